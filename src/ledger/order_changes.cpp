#include "ledger/order_changes.hpp"

namespace wxpay::ledger {

Order new_order(const OrderIntent& intent, std::chrono::sys_seconds created_at,
                std::chrono::sys_seconds now) {
  return {intent, OrderState::creating, OrderState::creating, {}, {}, {}, created_at, now};
}

std::string reason_of(const PaymentEvidence& evidence, const Settlement& settlement) {
  if (!settlement.paid_after_close) return evidence.reason;
  return evidence.reason.empty() ? "PAID_AFTER_CLOSE" : evidence.reason + "; PAID_AFTER_CLOSE";
}

}  // namespace wxpay::ledger
