#pragma once

#include <string>

#include "cli/output.hpp"
#include "cli/services.hpp"
#include "wxpay/order.hpp"
#include "wxpay/pay_scheme.hpp"

namespace wxpay::cli {

struct SignBatch {
  std::string file;  ///< a prepay_id a line; "-" is standard input
  TradeType trade_type = TradeType::jsapi;
  PayScheme scheme = PayScheme::md5;
  std::string timestamp;  ///< empty: now
};

/// Prints the pay parameters of each prepay_id, as `sign --prepay-id` does, with a nonce of its own.
/// @return the exit code: 1 when a line was no prepay_id
int sign_batch(const SignBatch& batch, Services& services, Output& output);

}  // namespace wxpay::cli
