#include "app/create_order.hpp"

#include <algorithm>

#include "wxpay/error.hpp"
#include "wxpay/time.hpp"

namespace wxpay::app {

namespace {

constexpr const char* paid_text = "the order is paid already";
constexpr const char* closed_text = "the order is closed; use a new out_trade_no";

class Creation {
 public:
  Creation(OrderLedger& ledger, PaymentGateway& gateway, Clock& clock, BeginResult begun)
      : ledger_{ledger}, gateway_{gateway}, clock_{clock}, begun_{std::move(begun)} {}

  CreateResult run() {
    switch (begun_.decision.plan) {
      case CreatePlan::reuse:
        return reused();
      case CreatePlan::differs:
        return own_refusal("OUT_TRADE_NO_USED", "the number belongs to an order with other parameters");
      case CreatePlan::paid:
        return own_refusal("ORDERPAID", paid_text);
      case CreatePlan::closed:
        return own_refusal("ORDERCLOSED", closed_text);
      case CreatePlan::first:
      case CreatePlan::again:
      case CreatePlan::replace:
        break;
    }
    refuse_past_expiry();
    auto outcome = gateway_.create(begun_.order.intent);
    if (auto* created = std::get_if<Created>(&outcome)) return accepted(std::move(*created));
    if (auto* refused = std::get_if<Refused>(&outcome)) return refused_by_gateway(std::move(*refused));
    return unknown(std::get<Unknown>(outcome));
  }

 private:
  /// What was stored is sent again, and a time_expire that has passed can only be refused.
  void refuse_past_expiry() const {
    const auto& intent = begun_.order.intent;
    if (!intent.time_expire || *intent.time_expire > clock_.now()) return;
    throw Error{
        ErrorKind::usage,
        "order " + intent.out_trade_no.text() + " expired at " + format_rfc3339(*intent.time_expire),
        "'wxpayctl query " + intent.out_trade_no.text() + "' tells what became of it; use a new number"};
  }

  CreateResult reused() const {
    return {.outcome = Outcome::done,
            .said = {.return_code = "SUCCESS", .return_msg = "OK", .result_code = "SUCCESS"},
            .prepay = begun_.order.prepay,
            .origin = PrepayOrigin::reused,
            .ledger_state = begun_.order.state};
  }

  CreateResult own_refusal(const char* code, const char* why) const {
    CreateResult result;
    result.outcome = Outcome::refused;
    result.said.result_code = "FAIL";
    result.said.err_code = code;
    result.said.err_code_des = why;
    result.differs = begun_.decision.differs;
    result.ledger_state = begun_.order.state;
    return result;
  }

  CreateResult accepted(Created created) {
    auto& prepay = *created.evidence.prepay;
    prepay.expires_at = earliest_expiry(prepay.expires_at);
    const auto settled = ledger_.settle(created.evidence);
    const auto state = state_after(settled);
    // Somebody else settled the order in the meantime: what it is now counts, not what this answer hoped for.
    if (is_paid(state)) return overtaken("ORDERPAID", paid_text, state);
    if (state == OrderState::closed || state == OrderState::revoked) {
      return overtaken("ORDERCLOSED", closed_text, state);
    }
    if (settled.settlement.verdict == Verdict::stale) {
      return overtaken("OUT_TRADE_NO_USED", "the number was taken by other parameters meanwhile", state);
    }
    return {.outcome = Outcome::done,
            .said = std::move(created.said),
            .prepay = std::move(prepay),
            .origin = begun_.renews ? PrepayOrigin::renewed : PrepayOrigin::created,
            .ledger_state = state};
  }

  CreateResult refused_by_gateway(Refused refused) {
    switch (refused.reaction) {
      case Reaction::slow_down:
        return slowed_down(std::move(refused));
      case Reaction::order_closed:
        return refused_for_good(std::move(refused), OrderState::closed);
      case Reaction::ask_by_query:
        return asked(std::move(refused));
      case Reaction::refuse:
      case Reaction::repeat:
      case Reaction::order_unknown:
        break;
    }
    // An earlier sending had no answer and may have been accepted: only where WeChat Pay has no such order is
    // the number free.
    if (begun_.decision.plan == CreatePlan::again && begun_.order.state == OrderState::creating) {
      return asked(std::move(refused));
    }
    return refused_for_good(std::move(refused), OrderState::failed);
  }

  CreateResult refused_for_good(Refused refused, OrderState state) {
    const PaymentEvidence evidence{.source = EvidenceSource::create,
                                   .merchant = begun_.order.intent.merchant,
                                   .out_trade_no = begun_.order.intent.out_trade_no,
                                   .state = state,
                                   .sent = begun_.order.intent,
                                   .digest = refused.digest,
                                   .reason = refused.said.err_code};
    const auto settled = ledger_.settle(evidence);
    return said_no(Outcome::refused, std::move(refused.said), state_after(settled));
  }

  static CreateResult said_no(Outcome outcome, WireResult said, OrderState state) {
    CreateResult result;
    result.outcome = outcome;
    result.said = std::move(said);
    result.said.result_code = "FAIL";
    result.ledger_state = state;
    return result;
  }

  CreateResult slowed_down(Refused refused) const {
    return said_no(Outcome::unknown, std::move(refused.said), begun_.order.state);
  }

  /// ORDERPAID, OUT_TRADE_NO_USED, a code that nobody documented, or a refusal after an earlier sending
  /// without an answer: only WeChat Pay knows what is true.
  CreateResult asked(Refused refused) {
    auto answer = gateway_.query(begun_.order.intent.out_trade_no);
    if (const auto* known = std::get_if<QueryAnswer>(&answer)) {
      const auto settled = ledger_.settle(known->evidence);
      const auto verdict = settled.settlement.verdict;
      const bool agrees =
          verdict == Verdict::apply || verdict == Verdict::already_applied || verdict == Verdict::no_news;
      return said_no(agrees ? Outcome::refused : Outcome::integrity, std::move(refused.said),
                     state_after(settled));
    }
    if (const auto* no = std::get_if<Refused>(&answer)) {
      const bool documented =
          refused.said.err_code == "ORDERPAID" || refused.said.err_code == "OUT_TRADE_NO_USED";
      if (no->reaction == Reaction::order_unknown && !documented) {
        return refused_for_good(std::move(refused), OrderState::failed);
      }
      const bool final = refused.reaction == Reaction::refuse;
      return said_no(final ? Outcome::refused : Outcome::unknown, std::move(refused.said),
                     begun_.order.state);
    }
    const auto& nothing = std::get<Unknown>(answer);
    return said_no(outcome_of(nothing), std::move(refused.said), begun_.order.state);
  }

  CreateResult unknown(const Unknown& nothing) const {
    CreateResult result;
    result.outcome = outcome_of(nothing);
    result.said = nothing.said;
    result.said.result_code = "UNKNOWN";
    result.said.err_code = nothing.code;
    result.said.err_code_des = nothing.message;
    result.ledger_state = begun_.order.state;
    return result;
  }

  CreateResult overtaken(const char* code, const char* why, OrderState state) const {
    auto result = own_refusal(code, why);
    result.ledger_state = state;
    return result;
  }

  static Outcome outcome_of(const Unknown& nothing) {
    if (nothing.kind == ErrorKind::untrusted) return Outcome::integrity;
    if (nothing.kind == ErrorKind::interrupted) return Outcome::interrupted;
    return Outcome::unknown;
  }

  OrderState state_after(const SettleResult& settled) const {
    return settled.order ? settled.order->state : begun_.order.state;
  }

  /// An order that was sent before without an answer may have got this prepay_id then, and its life counts
  /// from then.
  std::chrono::sys_seconds earliest_expiry(std::chrono::sys_seconds expires_at) const {
    if (begun_.decision.plan != CreatePlan::again || begun_.renews) return expires_at;
    const auto now = clock_.now();
    const auto from_first_sending = begun_.order.updated_at + (expires_at - now);
    return from_first_sending > now ? std::min(from_first_sending, expires_at) : expires_at;
  }

  OrderLedger& ledger_;
  PaymentGateway& gateway_;
  Clock& clock_;
  BeginResult begun_;
};

}  // namespace

CreateResult create_order(const CheckedRequest& request, OrderLedger& ledger, PaymentGateway& gateway,
                          Clock& clock) {
  auto begun = ledger.begin(request.intent, request.defaulted);
  return Creation{ledger, gateway, clock, std::move(begun)}.run();
}

}  // namespace wxpay::app
