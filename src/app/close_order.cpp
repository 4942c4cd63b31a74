#include "app/close_order.hpp"

#include <utility>

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
    auto outcome = client_.close(number_);
    if (auto* closed = std::get_if<Closed>(&outcome))
      return settled(closed->evidence, std::move(closed->said));
    if (auto* refused = std::get_if<Refused>(&outcome)) return refused_by_gateway(std::move(*refused));
    return unknown(std::get<Unknown>(outcome));
  }

 private:
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
    const auto hint = outcome == Outcome::wrong_key ? wrong_key_hint : std::string_view{};
    return {outcome, reply, std::move(said), state_, std::string{hint}};
  }

  CloseResult settled(const PaymentEvidence& evidence, Said said) {
    const auto result = ledger_.settle(evidence);
    if (result.order) state_ = result.order->state;
    return ended(agrees(result) ? Outcome::done : Outcome::integrity, Reply::accepted, std::move(said));
  }

  CloseResult refused_by_gateway(Refused refused) {
    if (refused.reaction == Reaction::order_unknown && state_) {
      // WeChat Pay has nothing to close, so nothing can be paid: the order is as good as closed.
      const PaymentEvidence evidence{.source = EvidenceSource::close,
                                     .merchant = {mch_id_, {}, {}, {}},
                                     .out_trade_no = number_,
                                     .state = OrderState::closed,
                                     .digest = refused.digest,
                                     .reason = refused.said.code};
      return settled(evidence, std::move(refused.said));
    }
    if (refused.reaction == Reaction::ask_by_query) return asked(std::move(refused));
    const bool later = refused.reaction == Reaction::slow_down;
    return said_no(later ? Outcome::unknown : outcome_of(refused), std::move(refused));
  }

  CloseResult said_no(Outcome outcome, Refused refused) const {
    return ended(outcome, Reply::refused, std::move(refused.said));
  }

  /// ORDERPAID and the like: the payer was faster.
  CloseResult asked(Refused refused) {
    const auto answer = client_.query(number_);
    auto outcome = Outcome::refused;
    if (const auto* known = std::get_if<QueryAnswer>(&answer)) {
      const auto result = ledger_.settle(known->evidence);
      if (result.order) state_ = result.order->state;
      if (!agrees(result)) outcome = Outcome::integrity;
    } else if (const auto* nothing = std::get_if<Unknown>(&answer)) {
      outcome = outcome_of(*nothing);
    }
    return said_no(outcome, std::move(refused));
  }

  /// Whether the ledger took the answer, had it already, or has no such order.
  static bool agrees(const SettleResult& result) {
    const auto verdict = result.settlement.verdict;
    return !result.order || verdict == Verdict::apply || verdict == Verdict::already_applied ||
           verdict == Verdict::no_news;
  }

  CloseResult unknown(const Unknown& nothing) const {
    auto said = nothing.said;
    said.code = nothing.code;
    said.text = nothing.message;
    return ended(outcome_of(nothing), Reply::unknown, std::move(said));
  }

  const OutTradeNo& number_;
  const MerchantIdentity& merchant_;
  const MerchantId& mch_id_;
  OrderLedger& ledger_;
  GatewayClient& client_;
  std::optional<OrderState> state_;
};

}  // namespace

CloseResult close_order(const OutTradeNo& out_trade_no, const MerchantIdentity& merchant, OrderLedger& ledger,
                        GatewayClient& client) {
  return Closing{out_trade_no, merchant, ledger, client}.run();
}

}  // namespace wxpay::app
