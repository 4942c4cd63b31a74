#include "app/reverse_order.hpp"

#include <utility>

#include "app/change_calls.hpp"

namespace wxpay::app {

namespace {

class Reversal {
 public:
  Reversal(const OutTradeNo& number, const MerchantIdentity& merchant, OrderLedger& ledger,
           GatewayClient& client)
      : number_{number}, merchant_{merchant}, ledger_{ledger}, client_{client} {}

  ReverseResult run() {
    const auto order = ledger_.find(merchant_.mch_id, number_);
    if (order) state_ = order->state;
    if (order && is_of_another_app(order->intent.merchant, merchant_)) return of_another_app(*order);
    if (order && order->state == OrderState::refund) {
      return ended(Outcome::refused, Reply::refused,
                   {.code = "ORDER_REFUNDED", .text = "the order was refunded, wholly or in part"});
    }
    if (order) ledger_.note(merchant_.mch_id, number_, EvidenceSource::reverse, "reversal is asked for");
    while (auto* call = next_call()) client_.drive(*call);
    const auto& answer = *calls_.answer();
    if (const auto* reversed = std::get_if<Reversed>(&answer))
      return settled(reversed->evidence, reversed->said);
    if (const auto* refused = std::get_if<Refused>(&answer)) return refused_by_gateway(*refused);
    const auto& nothing = std::get<Unknown>(answer);
    auto result = ended(outcome_of(nothing), Reply::unknown, said_of(nothing));
    if (result.outcome == Outcome::unknown)
      result.hint = "nobody knows whether it was reversed: the same command again is safe";
    return result;
  }

 private:
  Call* next_call() {
    auto& gateway = client_.gateway();
    return calls_.next([&] { return gateway.start_reverse(number_); },
                       [](const Refused& refused) {
                         return refused.reaction == Reaction::ask_by_query ||
                                refused.reaction == Reaction::order_unknown;
                       },
                       [&] { return gateway.start_query(number_); });
  }

  ReverseResult ended(Outcome outcome, Reply reply, Said said) const {
    ReverseResult result{.outcome = outcome, .reply = reply, .said = std::move(said)};
    result.ledger_state = state_;
    if (outcome == Outcome::wrong_key) result.hint = wrong_key_hint(result.said);
    return result;
  }

  ReverseResult of_another_app(const Order& order) const {
    auto result = ended(
        Outcome::refused, Reply::refused,
        {.code = "OTHER_APP", .text = "the order belongs to the app " + order.intent.merchant.app_id.text()});
    result.hint = "reverse it with the profile of that app";
    return result;
  }

  ReverseResult settled(const PaymentEvidence& evidence, const Said& said) {
    const auto settlement = ledger_.settle(evidence);
    state_ = settlement.order ? std::optional{settlement.order->state} : state_;
    return ended(agrees(settlement) ? Outcome::done : Outcome::integrity, Reply::accepted, said);
  }

  ReverseResult refused_by_gateway(const Refused& refused) {
    // Both say that it never arrived, so nobody can pay it.
    if (refused.reaction == Reaction::order_unknown && state_ && query_knows_no_order()) {
      auto evidence = closed_as_unknown(merchant_.mch_id, number_, refused);
      evidence.source = EvidenceSource::reverse;
      evidence.state = OrderState::revoked;
      return settled(evidence, refused.said);
    }
    if (refused.reaction == Reaction::order_closed) {
      return settled({.source = EvidenceSource::reverse,
                      .merchant = {.mch_id = merchant_.mch_id},
                      .out_trade_no = number_,
                      .state = OrderState::revoked,
                      .digest = refused.digest,
                      .reason = refused.said.code},
                     refused.said);
    }
    const bool later = refused.reaction == Reaction::slow_down;
    auto result = ended(later ? Outcome::unknown : outcome_of(refused), Reply::refused, refused.said);
    if (const auto& answer = calls_.query_answer()) return asked(*answer, std::move(result));
    return result;
  }

  bool query_knows_no_order() const {
    const auto* answer = std::get_if<Refused>(&*calls_.query_answer());
    return answer != nullptr && answer->reaction == Reaction::order_unknown;
  }

  ReverseResult asked(const QueryOutcome& answer, ReverseResult result) {
    if (const auto* nothing = std::get_if<Unknown>(&answer)) {
      result.outcome = outcome_of(*nothing);
      return result;
    }
    const auto* known = std::get_if<QueryAnswer>(&answer);
    if (known == nullptr) return result;
    const auto settlement = ledger_.settle(known->evidence);
    if (settlement.order) result.ledger_state = settlement.order->state;
    result.known = known->evidence;
    const bool is_reversed = known->evidence.state == OrderState::revoked;
    if (is_reversed) result.reply = Reply::accepted;
    result.outcome = !agrees(settlement) ? Outcome::integrity
                     : is_reversed       ? Outcome::done
                                         : Outcome::refused;
    return result;
  }

  const OutTradeNo& number_;
  const MerchantIdentity& merchant_;
  OrderLedger& ledger_;
  GatewayClient& client_;
  ChangeCalls<ReverseOutcome> calls_;
  std::optional<OrderState> state_;
};

}  // namespace

std::chrono::seconds time_to_reversal(const Order& order, std::chrono::sys_seconds now) {
  if (order.proven_state == OrderState::revoked) return std::chrono::seconds{0};
  const auto wait = order.updated_at + youngest_to_reverse - now;
  // A clock that was ahead must not keep anybody waiting.
  return wait > wait.zero() && wait <= youngest_to_reverse ? wait : std::chrono::seconds{0};
}

ReverseResult reverse_order(const OutTradeNo& out_trade_no, const MerchantIdentity& merchant,
                            OrderLedger& ledger, GatewayClient& client) {
  return Reversal{out_trade_no, merchant, ledger, client}.run();
}

}  // namespace wxpay::app
