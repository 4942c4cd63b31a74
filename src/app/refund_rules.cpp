#include "app/refund_rules.hpp"

#include "wxpay/time.hpp"

namespace wxpay::app {

namespace {

std::string in_fen(Fen fee) { return std::to_string(fee.count()) + " fen"; }

}  // namespace

std::optional<RefundRefusal> refusal_of(const RefundDecision& decision, const RefundRequest& request,
                                        const Order* order, const Refund* known) {
  const auto order_name = "order " + request.out_trade_no.text();
  const auto refund_name = "refund " + request.out_refund_no.text();
  switch (decision.plan) {
    case RefundPlan::closed:
      return RefundRefusal{"REFUNDCLOSE", refund_name + " was closed at WeChat Pay: nothing was refunded",
                           "its number is used up: refund with a new one"};
    case RefundPlan::other_app:
      return RefundRefusal{"OTHER_APP", order_name + " belongs to another app or sub-merchant",
                           "refund it with the profile of that app"};
    case RefundPlan::differs:
      if (known == nullptr) return std::nullopt;
      return RefundRefusal{
          "REFUND_FEE_MISMATCH",
          refund_name + " is known: " + in_fen(known->intent.refund_fee) + " of order " +
              known->intent.out_trade_no.text(),
          "the same refund again must be the same; another refund needs a number of its own"};
    case RefundPlan::exceeds:
      return RefundRefusal{
          "REFUND_EXCEEDS_PAID",
          "of " + order_name + ", " + in_fen(decision.refund_fee) + " are left to be refunded",
          "'wxpayctl orders show " + request.out_trade_no.text() + "' lists its refunds"};
    case RefundPlan::too_many:
      return RefundRefusal{"TOO_MANY_REFUNDS", order_name + " has " + std::to_string(most_refunds) +
                                                   " refunds, and may not have more"};
    case RefundPlan::too_old:
      if (order == nullptr) return std::nullopt;
      return RefundRefusal{
          "TRADE_OVERDUE",
          order_name + " was paid at " + format_rfc3339(*order->paid_at) + ", more than a year ago",
          "WeChat Pay refunds no such order: give the money back in another way"};
    case RefundPlan::known:
    case RefundPlan::not_paid:
    case RefundPlan::first:
    case RefundPlan::again:
      return std::nullopt;
  }
  return std::nullopt;
}

bool agrees(RefundVerdict verdict) {
  return verdict == RefundVerdict::apply || verdict == RefundVerdict::already_applied ||
         verdict == RefundVerdict::no_news;
}

const char* mismatch_code(RefundVerdict verdict) {
  switch (verdict) {
    case RefundVerdict::wrong_merchant:
      return "WRONG_MERCHANT";
    case RefundVerdict::other_order:
      return "ORDER_MISMATCH";
    case RefundVerdict::amount_mismatch:
      return "AMOUNT_MISMATCH";
    case RefundVerdict::refund_mismatch:
      return "REFUND_MISMATCH";
    case RefundVerdict::state_mismatch:
      return "STATE_MISMATCH";
    case RefundVerdict::exceeds:
      return "REFUND_EXCEEDS_PAID";
    case RefundVerdict::apply:
    case RefundVerdict::already_applied:
    case RefundVerdict::no_news:
      break;
  }
  return "";
}

}  // namespace wxpay::app
