#include "app/refund_order.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "app/refund_rules.hpp"
#include "app/throttling.hpp"
#include "wxpay/error.hpp"

namespace wxpay::app {

namespace {

/// For the history: WeChat Pay's code, or the words where it gave none.
const std::string& code_or_words(const Said& said) { return said.code.empty() ? said.remark : said.code; }

/// An order that the ledger does not have, as WeChat Pay's answer proves it.
Order order_in(const QueryAnswer& answer) {
  const auto& evidence = answer.evidence;
  Order order{.intent = OrderIntent{.merchant = evidence.merchant,
                                    .out_trade_no = evidence.out_trade_no,
                                    .total_fee = *evidence.total_fee}};
  order.intent.trade_type = answer.trade_type.value_or(TradeType::jsapi);
  order.state = evidence.state;
  order.transaction_id = evidence.transaction_id;
  order.paid_at = evidence.time_end;
  return order;
}

RefundEvidence refusal_evidence(const RefundIntent& intent, const Refused& refused) {
  return {.source = EvidenceSource::refund,
          .merchant = MerchantIdentity{.mch_id = intent.mch_id},
          .out_trade_no = intent.out_trade_no,
          .out_refund_no = intent.out_refund_no,
          .state = RefundState::failed,
          .digest = refused.digest,
          .reason = code_or_words(refused.said)};
}

}  // namespace

bool Refunding::record(RefundBooks books) {
  if (!calls_.answer()) {
    if (order_answer_) take_order(books);
    return begin(books);
  }
  const auto ahead = clock_ahead_of(*calls_.answer());
  result_ = concluded(books);
  result_.clock_ahead = ahead;
  return false;
}

bool Refunding::begin(RefundBooks books) {
  begun_ = books.refunds.begin_refund(request_, interval_);
  asks_for_order_ = false;
  not_before_ = {};
  switch (begun_->decision.plan) {
    case RefundPlan::first:
    case RefundPlan::again:
      intent_ = std::make_shared<const RefundIntent>(begun_->refund->intent);
      not_before_ = begun_->refund->sent_at;
      return true;
    case RefundPlan::not_paid:
      if (order_was_asked_) break;
      asks_for_order_ = true;
      return true;
    default:
      break;
  }
  result_ = refused_by_rule(begun_->decision);
  return false;
}

Call* Refunding::question(PaymentGateway& gateway) {
  if (asks_for_order_) {
    if (order_query_) {
      order_answer_ = order_query_->outcome();
      order_query_.reset();
      return nullptr;
    }
    order_query_ = gateway.start_query(request_.out_trade_no);
    return order_query_.get();
  }
  return calls_.next([&] { return gateway.start_refund(intent_); },
                     [this](const Refused& refused) { return is_in_doubt(refused); },
                     [&] { return gateway.start_query_refund(request_.out_refund_no); });
}

void Refunding::ask_again() {
  order_answer_.reset();
  calls_.restart();
}

bool Refunding::told_to_slow_down() const {
  if (asks_for_order_) return order_answer_ && says_too_many(*order_answer_);
  return calls_.answer() && says_too_many(*calls_.answer());
}

bool Refunding::was_not_sent() const {
  const Unknown* nothing = nullptr;
  if (asks_for_order_) {
    nothing = order_answer_ ? std::get_if<Unknown>(&*order_answer_) : nullptr;
    return nothing != nullptr && nothing->kind == ErrorKind::interrupted;
  }
  if (const auto& answer = calls_.answer()) nothing = std::get_if<Unknown>(&*answer);
  return nothing != nullptr && nothing->kind == ErrorKind::interrupted && !nothing->sent;
}

bool Refunding::order_query_failed() const {
  if (!order_answer_ || std::holds_alternative<QueryAnswer>(*order_answer_)) return false;
  const auto* refused = std::get_if<Refused>(&*order_answer_);
  return refused == nullptr || refused->reaction != Reaction::order_unknown;
}

bool Refunding::failed() const {
  const auto& answer = calls_.answer();
  return answer && !std::holds_alternative<RefundAnswer>(*answer);
}

/// Takes in what WeChat Pay said of an order that the ledger has unpaid or not at all.
void Refunding::take_order(RefundBooks books) {
  order_was_asked_ = true;
  const auto* answer = std::get_if<QueryAnswer>(&*order_answer_);
  if (answer == nullptr) return;
  if (!begun_->order && is_paid(answer->evidence.state) && answer->evidence.total_fee) {
    const std::array orders{order_in(*answer)};
    books.orders.import(orders);
  }
  books.orders.settle(answer->evidence);
}

/// A refusal after an earlier sending without an answer, which may have been accepted, and a code or words
/// that nobody documented: only WeChat Pay knows what is true.
bool Refunding::is_in_doubt(const Refused& refused) const {
  if (refused.reaction == Reaction::slow_down || refused.reaction == Reaction::wrong_key) return false;
  return refused.reaction == Reaction::ask_by_query || refused.doubtful_before || begun_->was_unknown;
}

RefundResult Refunding::result_of(Outcome outcome, Reply reply, Said said,
                                  std::optional<Refund> refund) const {
  RefundResult result{.outcome = outcome, .reply = reply, .said = std::move(said)};
  result.refund = std::move(refund);
  if (begun_->order) result.total_fee = begun_->order->intent.total_fee;
  return result;
}

RefundResult Refunding::own_refusal(const char* code, std::string why, std::string hint) const {
  auto result =
      result_of(Outcome::refused, Reply::refused, {.code = code, .text = std::move(why)}, begun_->refund);
  result.hint = std::move(hint);
  return result;
}

RefundResult Refunding::refused_by_rule(const RefundDecision& decision) const {
  if (decision.plan == RefundPlan::known) {
    auto result = result_of(Outcome::done, Reply::accepted, {.trust = Said::Trust::verified, .remark = "OK"},
                            begun_->refund);
    result.was_known = true;
    return result;
  }
  const auto* const order = begun_->order ? &*begun_->order : nullptr;
  const auto* const known = begun_->refund ? &*begun_->refund : nullptr;
  if (auto refusal = refusal_of(decision, request_, order, known))
    return own_refusal(refusal->code, std::move(refusal->why), std::move(refusal->hint));
  return not_paid();
}

/// WeChat Pay was asked about the order.
RefundResult Refunding::not_paid() const {
  const auto order = "order " + request_.out_trade_no.text();
  if (order_answer_) {
    if (const auto* nothing = std::get_if<Unknown>(&*order_answer_)) {
      auto result = no_answer(*nothing);
      result.hint = "nothing was sent: WeChat Pay could not be asked whether the order is paid; run it again";
      return result;
    }
    const auto* refused = std::get_if<Refused>(&*order_answer_);
    if (refused != nullptr && refused->reaction == Reaction::wrong_key) {
      auto result = result_of(Outcome::wrong_key, Reply::refused, refused->said, begun_->refund);
      result.hint = wrong_key_hint(result.said);
      return result;
    }
    if (refused != nullptr && refused->reaction == Reaction::slow_down) {
      auto result = result_of(Outcome::unknown, Reply::unknown, refused->said, begun_->refund);
      result.hint = "the rate is limited: wait a minute and run it again";
      return result;
    }
    const auto* answer = std::get_if<QueryAnswer>(&*order_answer_);
    if (answer != nullptr && is_paid(answer->evidence.state)) {
      auto result =
          own_refusal("ORDER_NOT_PAID", order + " is paid at WeChat Pay, but not as the ledger has it",
                      "'wxpayctl query " + request_.out_trade_no.text() + "' tells more");
      result.outcome = Outcome::integrity;
      return result;
    }
    if (answer == nullptr) return own_refusal("ORDER_NOT_PAID", "WeChat Pay has no " + order);
    return own_refusal("ORDER_NOT_PAID", order + " is " + answer->trade_state + " at WeChat Pay: not paid");
  }
  return own_refusal("ORDER_NOT_PAID", order + " is not paid");
}

RefundResult Refunding::concluded(RefundBooks books) {
  auto answer = *calls_.answer();  // a copy, as the transaction may fail and this be done again
  if (const auto* accepted_by = std::get_if<RefundAnswer>(&answer)) return accepted(*accepted_by, books);
  if (const auto* refused = std::get_if<Refused>(&answer)) return refused_by_gateway(*refused, books);
  return no_answer(std::get<Unknown>(answer));
}

RefundResult Refunding::accepted(const RefundAnswer& answer, RefundBooks books) const {
  auto settled = books.refunds.settle_refund(answer.evidence);
  const auto verdict = settled.settlement.verdict;
  auto result = result_of(Outcome::done, Reply::accepted, answer.said, std::move(settled.refund));
  if (!agrees(verdict)) {
    result.outcome = Outcome::integrity;
    result.said.code = mismatch_code(verdict);
    result.said.text = "WeChat Pay's answer does not agree with the ledger; nothing was written";
    return result;
  }
  if (result.refund && result.refund->state == RefundState::closed) {
    result.outcome = Outcome::refused;
    result.reply = Reply::refused;
    result.said.code = "REFUNDCLOSE";
    result.said.text = "WeChat Pay closed the refund: nothing was refunded";
    result.hint = "its number is used up: refund with a new one";
  }
  if (result.refund && result.refund->state == RefundState::abnormal) result.hint = abnormal_refund_hint;
  return result;
}

RefundResult Refunding::refused_by_gateway(const Refused& refused, RefundBooks books) const {
  if (refused.reaction == Reaction::slow_down) {
    auto result = result_of(Outcome::unknown, Reply::refused, refused.said, begun_->refund);
    result.hint = "the rate is limited: wait a minute and run it again";
    return result;
  }
  if (calls_.query_answer()) return asked(refused, books);
  // Nothing was said of the sending before, which may have been accepted.
  const bool was_sent_before = begun_->was_unknown || refused.doubtful_before;
  if (refused.reaction == Reaction::wrong_key && was_sent_before)
    return undecided(Outcome::wrong_key, refused.said);
  return refused_for_good(refused, books);
}

RefundResult Refunding::refused_for_good(const Refused& refused, RefundBooks books) const {
  auto settled = books.refunds.settle_refund(refusal_evidence(*intent_, refused));
  auto result = result_of(outcome_of(refused), Reply::refused, refused.said, std::move(settled.refund));
  if (result.said.code.empty()) result.said.code = "REFUSED";
  if (result.outcome == Outcome::wrong_key) result.hint = wrong_key_hint(result.said);
  return result;
}

/// WeChat Pay refused, and was asked whether it has the refund all the same.
RefundResult Refunding::asked(const Refused& refused, RefundBooks books) const {
  const auto& answer = *calls_.query_answer();
  if (const auto* known = std::get_if<RefundAnswer>(&answer)) return accepted(*known, books);
  if (const auto* no = std::get_if<Refused>(&answer)) {
    if (no->reaction == Reaction::order_unknown) return refused_for_good(refused, books);
    if (no->reaction == Reaction::wrong_key) return undecided(Outcome::wrong_key, no->said);
    return undecided(Outcome::unknown, refused.said);
  }
  return undecided(outcome_of(std::get<Unknown>(answer)), refused.said);
}

RefundResult Refunding::undecided(Outcome outcome, const Said& said) const {
  auto result = result_of(outcome, Reply::unknown, said, begun_->refund);
  if (result.said.code.empty()) result.said.code = "GATEWAY";
  if (outcome == Outcome::wrong_key) {
    result.hint = wrong_key_hint(said);
  } else if (outcome != Outcome::integrity) {
    result.hint = "'wxpayctl query-refund " + request_.out_refund_no.text() +
                  "' asks whether WeChat Pay has it; the same command again is safe";
  }
  return result;
}

RefundResult Refunding::no_answer(const Unknown& nothing) const {
  auto result = result_of(outcome_of(nothing), Reply::unknown, said_of(nothing), begun_->refund);
  if (result.outcome == Outcome::unknown) {
    result.hint = "the same command again is safe: a number refunds once; never use another one for it";
  }
  return result;
}

RefundResult refund_order(Refunding& refunding, RefundBooks books, GatewayClient& client, Clock& clock,
                          const Stop& stop, const std::function<void(std::chrono::seconds)>& told_to_wait) {
  constexpr std::chrono::milliseconds nap{100};
  while (refunding.record(books)) {
    if (const auto wait = refunding.not_before() - clock.now(); wait.count() > 0) told_to_wait(wait);
    while (refunding.not_before() > clock.now()) {
      if (stop.requested()) throw Error{ErrorKind::interrupted, "interrupted before the refund was sent"};
      clock.sleep_for(nap);
    }
    while (auto* call = refunding.question(client.gateway())) client.drive(*call);
  }
  return refunding.result();
}

}  // namespace wxpay::app
