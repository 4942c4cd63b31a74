#pragma once

#include <optional>
#include <string>

#include "wxpay/order.hpp"
#include "wxpay/refund.hpp"

namespace wxpay::app {

/// Why a refund is refused without being sent, as it is told.
struct RefundRefusal {
  const char* code;
  std::string why;
  std::string hint = {};
};

/// @param order  that it is of; null: the ledger does not have it
/// @param known  the refund of this number; null: there is none
/// @return none: it is not refused by the ledger's rules, or only WeChat Pay can tell (not_paid)
std::optional<RefundRefusal> refusal_of(const RefundDecision& decision, const RefundRequest& request,
                                        const Order* order, const Refund* known);

/// Whether the ledger took the evidence, or had it already.
bool agrees(RefundVerdict verdict);
/// What a mismatch is called; empty of a verdict that is none.
const char* mismatch_code(RefundVerdict verdict);

/// What is to be done about RefundState::abnormal.
inline constexpr const char* abnormal_refund_hint =
    "the payer's card did not take the money, and it is back with the merchant: refund it on the merchant "
    "platform (abnormal refunds)";

}  // namespace wxpay::app
