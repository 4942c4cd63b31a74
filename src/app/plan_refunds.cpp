#include "app/plan_refunds.hpp"

#include <utility>

#include "app/refund_rules.hpp"

namespace wxpay::app {

using PlannedKind = PlannedRefund::Kind;

PlannedRefund RefundDryRun::plan(const RefundBatchInput::Entry& entry) {
  PlannedRefund planned;
  if (!entry.request) {
    planned.problem = entry.problem;
  } else {
    try {
      planned = plan(*entry.request);
    } catch (const UnreadableOrder& error) {
      planned.kind = PlannedKind::unreadable;
      planned.problem = error.what();
    }
  }
  planned.numbers = entry.numbers;
  return planned;
}

PlannedRefund RefundDryRun::plan(const RefundRequest& request) {
  const auto& mch_id = request.merchant.mch_id;
  std::optional<Order> order;
  std::optional<Refund> known;
  std::vector<Refund> refunds;
  if (orders_ != nullptr) {
    order = orders_->find(mch_id, request.out_trade_no);
    known = refunds_->find_refund(mch_id, request.out_refund_no);
    refunds = refunds_->refunds_of(mch_id, request.out_trade_no);
  }
  if (const auto earlier = by_number_.find(request.out_refund_no.text());
      !known && earlier != by_number_.end())
    known = earlier->second;
  auto& of_this_batch = planned_[request.out_trade_no.text()];
  refunds.insert(refunds.end(), of_this_batch.begin(), of_this_batch.end());
  const auto decision =
      plan_refund(order ? &*order : nullptr, refunds, known ? &*known : nullptr, request, now_);
  PlannedRefund planned;
  planned.refund_fee = request.refund_fee;
  if (auto refusal = refusal_of(decision, request, order ? &*order : nullptr, known ? &*known : nullptr)) {
    planned.kind = PlannedKind::refused;
    planned.code = refusal->code;
    planned.problem = std::move(refusal->why);
    return planned;
  }
  if (decision.plan == RefundPlan::not_paid) {
    planned.kind = PlannedKind::would_ask;
    return planned;
  }
  planned.refund_fee = decision.refund_fee;
  planned.kind = decision.plan == RefundPlan::known ? PlannedKind::known : PlannedKind::would_send;
  if (decision.plan == RefundPlan::first) {
    const Refund refund{.intent = {.mch_id = mch_id,
                                   .out_trade_no = request.out_trade_no,
                                   .out_refund_no = request.out_refund_no,
                                   .refund_fee = decision.refund_fee,
                                   .total_fee = order->intent.total_fee},
                        .sent_at = now_};
    of_this_batch.push_back(refund);
    by_number_.emplace(request.out_refund_no.text(), refund);
  }
  return planned;
}

}  // namespace wxpay::app
