#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "wxpay/order.hpp"
#include "wxpay/payment_api.hpp"
#include "wxpay/transport.hpp"

namespace wxpay::v3 {

/// What a request is made of; the rest is in its headers.
struct RequestParts {
  HttpMethod method = HttpMethod::get;
  std::string target;  ///< path and query
  std::string body = {};
};

/// Each builds one call (API v3 reference, 6 to 8 and 15). A creation is built from the stored intent alone,
/// so that it is the same bytes whenever it is repeated.
RequestParts create_request(const OrderIntent& intent);
RequestParts query_request(const OutTradeNo& out_trade_no, const MerchantIdentity& merchant);
RequestParts query_request(const TransactionId& transaction_id, const MerchantIdentity& merchant);
RequestParts close_request(const OutTradeNo& out_trade_no, const MerchantIdentity& merchant);
RequestParts certificates_request();

/// See v3_intent_fault.
std::optional<IntentFault> intent_fault(const OrderIntent& intent);

}  // namespace wxpay::v3
