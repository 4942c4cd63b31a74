#include "app/close_order.hpp"

#include <utility>

#include "app/change_calls.hpp"

namespace wxpay::app {

namespace {

class Closing {
 public:
  Closing(const OutTradeNo& out_trade_no, const MerchantIdentity& merchant, OrderLedger& ledger,
          GatewayClient& client)
      : number_{out_trade_no},
        merchant_{merchant},
        mch_id_{merchant.mch_id},
        ledger_{ledger},
        client_{client} {}

  CloseResult run() {
    const auto order = ledger_.find(mch_id_, number_);
    if (order) state_ = order->state;
    if (order && is_paid(order->state))
      return ended(Outcome::refused, Reply::refused, {.code = "ORDERPAID", .text = "the order is paid"});
    if (order && is_of_another_app(order->intent.merchant, merchant_)) return of_another_app(*order);
    if (order) ledger_.note(mch_id_, number_, EvidenceSource::close, "closing is asked for");
    while (auto* call = next_call()) client_.drive(*call);
    const auto& answer = *calls_.answer();
    if (const auto* closed = std::get_if<Closed>(&answer)) return settled(closed->evidence, closed->said);
    if (const auto* refused = std::get_if<Refused>(&answer)) return refused_by_gateway(*refused);
    const auto& nothing = std::get<Unknown>(answer);
    return ended(outcome_of(nothing), Reply::unknown, said_of(nothing));
  }

 private:
  /// ORDERPAID and the like: the payer was faster, which only a query can tell.
  Call* next_call() {
    auto& gateway = client_.gateway();
    return calls_.next([&] { return gateway.start_close(number_); },
                       [](const Refused& refused) { return refused.reaction == Reaction::ask_by_query; },
                       [&] { return gateway.start_query(number_); });
  }

  /// Asked with this app's id, WeChat Pay would deny the order while it can be paid.
  CloseResult of_another_app(const Order& order) const {
    const auto& theirs = order.intent.merchant;
    auto why = "the order belongs to the app " + theirs.app_id.text();
    if (!theirs.sub_mch_id.empty()) why += " of the sub-merchant " + theirs.sub_mch_id.text();
    auto result = ended(Outcome::refused, Reply::refused, {.code = "OTHER_APP", .text = std::move(why)});
    result.hint = "close it with the profile of that app";
    return result;
  }

  CloseResult ended(Outcome outcome, Reply reply, Said said) const {
    auto hint = outcome == Outcome::wrong_key ? wrong_key_hint(said) : std::string{};
    return {outcome, reply, std::move(said), state_, std::move(hint)};
  }

  CloseResult settled(const PaymentEvidence& evidence, const Said& said) {
    const auto result = ledger_.settle(evidence);
    if (result.order) state_ = result.order->state;
    return ended(agrees(result) ? Outcome::done : Outcome::integrity, Reply::accepted, said);
  }

  CloseResult refused_by_gateway(const Refused& refused) {
    if (refused.reaction == Reaction::order_unknown && state_)
      return settled(closed_as_unknown(mch_id_, number_, refused), refused.said);
    auto outcome = refused.reaction == Reaction::slow_down ? Outcome::unknown : outcome_of(refused);
    if (const auto& answer = calls_.query_answer()) outcome = asked(*answer);
    return ended(outcome, Reply::refused, refused.said);
  }

  Outcome asked(const QueryOutcome& answer) {
    if (const auto* nothing = std::get_if<Unknown>(&answer)) return outcome_of(*nothing);
    const auto* known = std::get_if<QueryAnswer>(&answer);
    if (known == nullptr) return Outcome::refused;
    const auto result = ledger_.settle(known->evidence);
    if (result.order) state_ = result.order->state;
    return agrees(result) ? Outcome::refused : Outcome::integrity;
  }

  const OutTradeNo& number_;
  const MerchantIdentity& merchant_;
  const MerchantId& mch_id_;
  OrderLedger& ledger_;
  GatewayClient& client_;
  ChangeCalls<CloseOutcome> calls_;
  std::optional<OrderState> state_;
};

}  // namespace

CloseResult close_order(const OutTradeNo& out_trade_no, const MerchantIdentity& merchant, OrderLedger& ledger,
                        GatewayClient& client) {
  return Closing{out_trade_no, merchant, ledger, client}.run();
}

}  // namespace wxpay::app
