// The rules of refunds (refund.hpp): what may be asked for, and what an answer may change.
#include "wxpay/refund.hpp"

#include <algorithm>

#include "domain/refund_turns.hpp"

namespace wxpay {

namespace {

bool is_same_refund(const Refund& known, const RefundRequest& wanted) {
  return known.intent.out_trade_no == wanted.out_trade_no &&
         (!wanted.refund_fee || known.intent.refund_fee == *wanted.refund_fee);
}

/// @param number  which of them is not counted
Fen left_without(Fen total_fee, const std::vector<Refund>& refunds, const OutRefundNo* number) {
  auto left = total_fee.count();
  for (const auto& refund : refunds) {
    const bool counts =
        holds_amount(refund.state) && (number == nullptr || refund.intent.out_refund_no != *number);
    if (counts) left -= refund.intent.refund_fee.count();
  }
  return Fen{std::max<std::int64_t>(left, 0)};
}

/// What becomes of a number that is sent, for the first time or again.
/// @param is_counted  it is one of those that WeChat Pay may have
RefundDecision plan_sending(RefundPlan plan, const Order& order, const std::vector<Refund>& refunds,
                            Fen refund_fee, Fen left, bool is_counted, std::chrono::sys_seconds now) {
  if (refund_fee > left || refund_fee.count() < 1) return {RefundPlan::exceeds, left};
  const auto taken = std::count_if(refunds.begin(), refunds.end(),
                                   [](const Refund& refund) { return refund.state != RefundState::failed; });
  if (!is_counted && static_cast<std::size_t>(taken) >= most_refunds)
    return {RefundPlan::too_many, refund_fee};
  if (order.paid_at && *order.paid_at + refund_deadline < now) return {RefundPlan::too_old, refund_fee};
  return {plan, refund_fee};
}

template <class Id>
bool contradicts(const Id& ours, const Id& said) {
  return !ours.empty() && !said.empty() && ours != said;
}

/// What WeChat Pay may say after a refund has ended.
RefundVerdict after_end(RefundState now, const RefundEvidence& evidence) {
  if (evidence.state == now) return RefundVerdict::already_applied;
  const bool ends = evidence.state == RefundState::success || evidence.state == RefundState::closed;
  if (ends) return RefundVerdict::state_mismatch;
  // A notification may be an old one; an answer is what holds now.
  const bool is_old = evidence.source == EvidenceSource::notify || evidence.state != RefundState::abnormal;
  return is_old ? RefundVerdict::no_news : RefundVerdict::state_mismatch;
}

RefundVerdict verdict_of(const Refund& refund, const RefundEvidence& evidence) {
  using enum RefundState;
  switch (refund.state) {
    case unknown:
      return evidence.state == unknown ? RefundVerdict::no_news : RefundVerdict::apply;
    case failed:
      if (evidence.state == failed) return RefundVerdict::already_applied;
      return evidence.state == unknown ? RefundVerdict::no_news : RefundVerdict::apply;
    case processing:
    case abnormal:
      if (evidence.state == refund.state) {
        const bool adds_id = refund.refund_id.empty() && !evidence.refund_id.empty();
        return adds_id ? RefundVerdict::apply : RefundVerdict::already_applied;
      }
      // It was accepted, so a refusal is of another sending, and what is on its way is older than what
      // failed.
      if (evidence.state == unknown || evidence.state == failed || evidence.state == processing)
        return RefundVerdict::no_news;
      return RefundVerdict::apply;
    case success:
    case closed:
      return after_end(refund.state, evidence);
  }
  return RefundVerdict::no_news;
}

}  // namespace

Fen refundable(Fen total_fee, const std::vector<Refund>& refunds) {
  return left_without(total_fee, refunds, nullptr);
}

RefundDecision plan_refund(const Order* order, const std::vector<Refund>& refunds, const Refund* known,
                           const RefundRequest& wanted, std::chrono::sys_seconds now) {
  if (order != nullptr && is_of_another_app(order->intent.merchant, wanted.merchant))
    return {RefundPlan::other_app, wanted.refund_fee.value_or(Fen{0})};
  if (known != nullptr) {
    const auto fee = known->intent.refund_fee;
    if (!is_same_refund(*known, wanted)) return {RefundPlan::differs, fee};
    if (is_accepted(known->state)) return {RefundPlan::known, fee};
    if (known->state == RefundState::closed) return {RefundPlan::closed, fee};
  }
  if (order == nullptr || !is_paid(order->state))
    return {RefundPlan::not_paid, wanted.refund_fee.value_or(Fen{0})};
  const auto left = left_without(order->intent.total_fee, refunds, &wanted.out_refund_no);
  // What was begun once is sent as it was then.
  if (known != nullptr)
    return plan_sending(RefundPlan::again, *order, refunds, known->intent.refund_fee, left,
                        known->state != RefundState::failed, now);
  return plan_sending(RefundPlan::first, *order, refunds, wanted.refund_fee.value_or(left), left, false, now);
}

bool is_turn_believed(std::chrono::sys_seconds turn, std::chrono::seconds interval,
                      std::chrono::sys_seconds now) {
  return turn <= now + interval * static_cast<int>(most_refunds);
}

std::chrono::sys_seconds refund_turn(const std::vector<Refund>& refunds, const OutRefundNo& number,
                                     std::chrono::seconds interval, std::chrono::sys_seconds now) {
  auto turn = now;
  for (const auto& other : refunds) {
    if (other.intent.out_refund_no == number || other.state == RefundState::failed) continue;
    if (is_turn_believed(other.sent_at, interval, now)) turn = std::max(turn, other.sent_at + interval);
  }
  return turn;
}

RefundSettlement settle(const Refund& refund, const RefundEvidence& evidence, Fen free) {
  const auto nothing = [&refund](RefundVerdict verdict) { return RefundSettlement{verdict, refund.state}; };
  const auto& intent = refund.intent;
  if (contradicts(intent.mch_id, evidence.merchant.mch_id)) return nothing(RefundVerdict::wrong_merchant);
  if (evidence.out_trade_no != intent.out_trade_no) return nothing(RefundVerdict::other_order);
  const bool other_amount = (evidence.refund_fee && *evidence.refund_fee != intent.refund_fee) ||
                            (evidence.total_fee && *evidence.total_fee != intent.total_fee);
  if (other_amount) return nothing(RefundVerdict::amount_mismatch);
  if (contradicts(refund.refund_id, evidence.refund_id)) return nothing(RefundVerdict::refund_mismatch);
  const auto verdict = verdict_of(refund, evidence);
  if (verdict != RefundVerdict::apply) return nothing(verdict);
  const bool counts_anew = !holds_amount(refund.state) && holds_amount(evidence.state);
  if (counts_anew && intent.refund_fee > free) return nothing(RefundVerdict::exceeds);
  return {RefundVerdict::apply, evidence.state};
}

void apply(Refund& refund, const RefundEvidence& evidence, const RefundSettlement& settlement,
           std::chrono::sys_seconds now) {
  refund.state = settlement.to;
  refund.updated_at = std::max(refund.updated_at, now);
  if (!evidence.refund_id.empty()) refund.refund_id = evidence.refund_id;
  if (refund.state != RefundState::success) return;
  refund.success_at = evidence.success_at ? evidence.success_at : refund.success_at;
  if (!refund.success_at) refund.success_at = now;
}

}  // namespace wxpay
