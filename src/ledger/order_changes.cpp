#include "ledger/order_changes.hpp"

#include <utility>

namespace wxpay::ledger {

Order new_order(const OrderIntent& intent, std::chrono::sys_seconds created_at,
                std::chrono::sys_seconds now) {
  return {intent, OrderState::creating, OrderState::creating, {}, {}, {}, created_at, now};
}

StoredEntry new_entry(std::chrono::sys_seconds at, std::optional<OrderState> from, OrderState to,
                      EvidenceSource source, std::string hash_before) {
  StoredEntry stored;
  stored.entry.at = at;
  stored.entry.from = from;
  stored.entry.to = to;
  stored.entry.source = source;
  stored.hash_before = std::move(hash_before);
  return stored;
}

std::string reason_of(const PaymentEvidence& evidence, const Settlement& settlement) {
  if (!settlement.paid_after_close) return evidence.reason;
  return evidence.reason.empty() ? "PAID_AFTER_CLOSE" : evidence.reason + "; PAID_AFTER_CLOSE";
}

}  // namespace wxpay::ledger
