#include "ledger/order_changes.hpp"

#include <algorithm>
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

void apply(Order& order, const PaymentEvidence& evidence, const Settlement& settlement,
           std::chrono::sys_seconds now) {
  order.state = settlement.to;
  order.proven_state = settlement.proven;
  // A clock that is behind must not hide a change from the walk over what was closed lately.
  order.updated_at = std::max(order.updated_at, now);
  if (!evidence.transaction_id.empty()) order.transaction_id = evidence.transaction_id;
  if (evidence.prepay) order.prepay = evidence.prepay;
  if (is_paid(order.state)) {
    if (evidence.time_end) order.paid_at = evidence.time_end;
    if (!order.paid_at) order.paid_at = now;
  } else if (evidence.source == EvidenceSource::hand) {
    order.paid_at.reset();  // a mark as paid is undone
    // A transaction that only an import named must not stand in the way of the true one.
    if (order.proven_state == OrderState::creating) order.transaction_id = {};
  }
}

}  // namespace wxpay::ledger
