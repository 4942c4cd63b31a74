#include "app/pay_by_code.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "app/change_calls.hpp"
#include "app/creation_rules.hpp"
#include "app/query_order.hpp"
#include "app/reverse_order.hpp"
#include "base/text.hpp"

namespace wxpay::app {

namespace {

/// WeChat Pay asks to be asked every five to ten seconds (API v2, 9_10).
constexpr std::chrono::seconds between_queries{5};
constexpr std::chrono::milliseconds nap{100};

constexpr std::size_t auth_code_size = 18;

class PaymentByCode {
 public:
  PaymentByCode(const OrderIntent& intent, std::chrono::seconds longest, const CodePaymentDeps& deps)
      : intent_{intent}, longest_{longest}, deps_{deps} {}

  CodePaymentResult run(Secret auth_code) {
    auto begun = deps_.ledger.begin(intent_, {});
    state_ = begun.order.state;
    const auto plan = begun.decision.plan;
    if (plan == CreatePlan::paid && begun.decision.differs.empty()) return paid_before(begun.order);
    if (auto refusal = refusal_of(plan, intent_)) {
      return ended(Outcome::refused, {.code = refusal->code, .text = std::move(refusal->why)});
    }
    started_ = deps_.clock.steady_now();
    // A code pays once, so what was sent by an earlier run is only asked about.
    if (plan == CreatePlan::first || plan == CreatePlan::replace) {
      auto payment =
          std::make_shared<const CodePayment>(CodePayment{begun.order.intent, std::move(auth_code)});
      if (auto result = take_answer(deps_.client.pay_by_code(payment), begun.order.intent)) return *result;
    }
    return await_payer();
  }

 private:
  /// @return nothing: it is not decided
  std::optional<CodePaymentResult> take_answer(const QueryOutcome& outcome, const OrderIntent& sent) {
    if (const auto* answer = std::get_if<QueryAnswer>(&outcome)) return take(*answer);
    if (const auto* nothing = std::get_if<Unknown>(&outcome)) {
      said_ = said_of(*nothing);
      if (nothing->kind == ErrorKind::interrupted) throw interrupted();
      return std::nullopt;
    }
    const auto& refused = std::get<Refused>(outcome);
    said_ = refused.said;
    // Of a closed or reversed order a query tells which.
    if (refused.reaction == Reaction::ask_by_query || refused.reaction == Reaction::repeat ||
        refused.reaction == Reaction::order_closed) {
      return std::nullopt;
    }
    const auto settled = deps_.ledger.settle({.source = EvidenceSource::create,
                                              .merchant = sent.merchant,
                                              .out_trade_no = sent.out_trade_no,
                                              .state = OrderState::failed,
                                              .sent = std::make_shared<const OrderIntent>(sent),
                                              .digest = refused.digest,
                                              .reason = refused.said.code});
    state_ = state_after(settled, state_);
    auto result =
        ended(refused.reaction == Reaction::slow_down ? Outcome::unknown : outcome_of(refused), refused.said);
    if (result.outcome == Outcome::wrong_key) result.hint = wrong_key_hint(refused.said);
    return result;
  }

  /// Asks until the payer has paid or the time is over.
  CodePaymentResult await_payer() {
    while (elapsed() < longest_) {
      sleep(std::min<std::chrono::steady_clock::duration>(between_queries, longest_ - elapsed()));
      if (auto result = ask()) return *result;
    }
    return reverse();
  }

  std::optional<CodePaymentResult> ask() {
    const auto outcome = deps_.client.query(intent_.out_trade_no);
    if (const auto* answer = std::get_if<QueryAnswer>(&outcome)) return take(*answer);
    if (const auto* nothing = std::get_if<Unknown>(&outcome);
        nothing != nullptr && nothing->kind == ErrorKind::interrupted) {
      throw interrupted();
    }
    return std::nullopt;
  }

  std::optional<CodePaymentResult> take(const QueryAnswer& answer) {
    const auto& evidence = answer.evidence;
    trade_state_ = answer.trade_state;
    const auto settled = deps_.ledger.settle(evidence);
    state_ = state_after(settled, state_);
    if (!agrees(settled)) {
      auto result =
          ended(Outcome::integrity,
                {.code = "MISMATCH",
                 .text = "WeChat Pay's answer does not agree with the ledger; nothing was written"});
      result.hint = "'wxpayctl query " + intent_.out_trade_no.text() + "' tells what differs";
      return result;
    }
    if (is_paid(evidence.state)) {
      auto result = ended(Outcome::done, {});
      result.paid = evidence;
      return result;
    }
    // Refused by the bank or the payer: it is reversed, so that nothing can come of it any more.
    if (evidence.state == OrderState::payerror) return reverse();
    if (!is_open(evidence.state)) return not_paid();
    return std::nullopt;
  }

  CodePaymentResult reverse() {
    sleep(youngest_to_reverse - elapsed());
    const auto reversal = reverse_order(intent_.out_trade_no, intent_.merchant, deps_.ledger, deps_.client);
    if (reversal.ledger_state) state_ = *reversal.ledger_state;
    if (reversal.outcome == Outcome::interrupted) throw interrupted();
    const bool agrees = reversal.outcome != Outcome::integrity;
    if (agrees && reversal.known && is_paid(reversal.known->state)) {
      auto result = ended(Outcome::done, {});
      result.paid = reversal.known;
      return result;
    }
    if (reversal.outcome != Outcome::done) {
      auto result =
          ended(reversal.outcome == Outcome::refused ? Outcome::unknown : reversal.outcome, reversal.said);
      result.hint =
          "the order is not decided: 'wxpayctl reconcile' asks again, and reverses what nobody paid";
      return result;
    }
    auto result = not_paid();
    result.reversed = true;
    return result;
  }

  CodePaymentResult not_paid() const {
    auto said = said_;
    if (said.code.empty()) said.code = "NOTPAY";
    if (said.text.empty()) said.text = "nobody paid";
    return ended(Outcome::refused, std::move(said));
  }

  CodePaymentResult paid_before(const Order& order) const {
    auto result = ended(Outcome::done, {});
    result.paid = PaymentEvidence{.out_trade_no = order.intent.out_trade_no,
                                  .state = order.state,
                                  .transaction_id = order.transaction_id,
                                  .total_fee = order.intent.total_fee,
                                  .time_end = order.paid_at};
    result.hint = "it was paid before: nothing was taken with this code";
    return result;
  }

  CodePaymentResult ended(Outcome outcome, Said said) const {
    CodePaymentResult result{.outcome = outcome, .said = std::move(said)};
    result.trade_state = trade_state_;
    result.ledger_state = state_;
    return result;
  }

  std::chrono::steady_clock::duration elapsed() const { return deps_.clock.steady_now() - started_; }

  void sleep(std::chrono::steady_clock::duration longest) const {
    const auto end = deps_.clock.steady_now() + longest;
    while (deps_.clock.steady_now() < end) {
      if (deps_.stop.requested()) throw interrupted();
      deps_.clock.sleep_for(nap);
    }
    if (deps_.stop.requested()) throw interrupted();
  }

  Error interrupted() const {
    return {ErrorKind::interrupted,
            "interrupted before it was known whether order " + intent_.out_trade_no.text() + " was paid",
            "it is in the ledger: 'wxpayctl reconcile' asks, and reverses what nobody paid"};
  }

  const OrderIntent& intent_;
  std::chrono::seconds longest_;
  const CodePaymentDeps& deps_;
  std::chrono::steady_clock::time_point started_;
  OrderState state_ = OrderState::creating;
  std::string trade_state_;
  Said said_;  ///< of what left it open
};

}  // namespace

Secret parse_auth_code(std::string_view text) {
  const auto code = trim(text);
  const bool is_code = code.size() == auth_code_size && is_digits(code) && code[0] == '1' && code[1] <= '5';
  if (is_code) return Secret{std::string{code}};
  throw Error{ErrorKind::usage, "the auth code is not 18 digits that begin with 10 to 15",
              "it is what the scanner reads from the payer's payment code"};
}

CodePaymentResult pay_by_code(const OrderIntent& intent, Secret auth_code, std::chrono::seconds longest,
                              const CodePaymentDeps& deps) {
  return PaymentByCode{intent, longest, deps}.run(std::move(auth_code));
}

}  // namespace wxpay::app
