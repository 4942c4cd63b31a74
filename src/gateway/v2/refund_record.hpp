#pragma once

#include <string>
#include <variant>

#include "wxpay/evidence.hpp"
#include "wxpay/fields.hpp"
#include "wxpay/refund.hpp"

namespace wxpay::v2 {

/// What one message calls what it says of a refund; total_fee, out_trade_no and transaction_id are called so
/// everywhere.
struct RefundNames {
  std::string out_refund_no;
  std::string refund_id;
  std::string refund_fee;
  std::string refund_status;  ///< empty: it says no more than that the refund was accepted
  std::string success_time;   ///< likewise
};

/// What a message says of one refund (API v2 reference, 7.3, 8 and 12.2), or what is wrong with it.
std::variant<RefundEvidence, std::string> read_refund_record(const Fields& fields, const RefundNames& names,
                                                             const MerchantIdentity& merchant,
                                                             EvidenceSource source);

}  // namespace wxpay::v2
