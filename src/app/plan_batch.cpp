#include "app/plan_batch.hpp"

#include <utility>

#include "app/creation_rules.hpp"

namespace wxpay::app {

PlannedCreation plan_creation(const BatchInput::Entry& entry, const MerchantId& mch_id, OrderLedger* ledger,
                              std::chrono::sys_seconds now) {
  using Kind = PlannedCreation::Kind;
  PlannedCreation planned;
  if (!entry.request) {
    planned.out_trade_no = entry.out_trade_no;
    planned.problem = entry.problem;
    return planned;
  }
  const auto& intent = entry.request->intent;
  planned.out_trade_no = intent.out_trade_no.text();
  std::optional<Order> order;
  try {
    if (ledger != nullptr) order = ledger->find(mch_id, intent.out_trade_no);
  } catch (const UnreadableOrder& error) {
    planned.kind = Kind::unreadable;
    planned.problem = error.what();
    return planned;
  }
  auto decision = plan_create(order ? &*order : nullptr, intent, entry.request->defaulted, now);
  if (const auto refusal = refusal_of(decision.plan, order ? order->intent : intent)) {
    planned.kind = Kind::refused;
    planned.code = refusal->code;
    planned.differs = std::move(decision.differs);
    planned.ledger_state = order->state;
  } else if (decision.plan == CreatePlan::reuse) {
    planned.kind = Kind::reused;
  } else {
    planned.kind = order && order->prepay ? Kind::renewed : Kind::created;
  }
  return planned;
}

}  // namespace wxpay::app
