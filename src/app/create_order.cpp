#include "app/create_order.hpp"

#include <algorithm>

#include "app/creation_rules.hpp"
#include "app/throttling.hpp"
#include "wxpay/error.hpp"
#include "wxpay/order_time.hpp"
#include "wxpay/time.hpp"

namespace wxpay::app {

namespace {

/// For the history: WeChat Pay's code, or the words where it gave none.
const std::string& reason_of(const Said& said) { return said.code.empty() ? said.remark : said.code; }

bool is_closed(OrderState state) { return state == OrderState::closed || state == OrderState::revoked; }

}  // namespace

bool Creation::record(OrderLedger& ledger) {
  // Not by what was begun: where the transaction failed, this is done again.
  if (!calls_.answer()) return begin(ledger);
  const auto ahead = clock_ahead_of(*calls_.answer());
  result_ = concluded(ledger);
  result_.clock_ahead = ahead;
  return false;
}

bool Creation::begin(OrderLedger& ledger) {
  begun_ = std::make_shared<BeginResult>(ledger.begin(request_.intent, request_.defaulted));
  const auto plan = begun_->decision.plan;
  if (plan == CreatePlan::reuse) {
    result_ = reused();
    return false;
  }
  if (auto refusal = refusal_of(plan, intent())) {
    result_ = own_refusal(refusal->code, std::move(refusal->why));
    return false;
  }
  // What was stored is sent again, and a time_expire that has passed can only be refused.
  expired_ = intent().time_expire && *intent().time_expire <= clock_.now();
  return !expired_;
}

Call* Creation::question(PaymentGateway& gateway) {
  return calls_.next([&] { return gateway.start_create(shared_intent()); },
                     [this](const Refused& refused) { return is_in_doubt(refused); },
                     [&] { return gateway.start_query(out_trade_no()); });
}

/// ORDERPAID, OUT_TRADE_NO_USED, a code or words that nobody documented, or a refusal after an earlier
/// sending without an answer, which may have been accepted: only WeChat Pay knows what is true.
bool Creation::is_in_doubt(const Refused& refused) const {
  if (refused.reaction == Reaction::ask_by_query) return true;
  const bool sent_before = refused.doubtful_before || (begun_->decision.plan == CreatePlan::again &&
                                                       begun_->order.state == OrderState::creating);
  return sent_before && refused.reaction != Reaction::slow_down && refused.reaction != Reaction::order_closed;
}

bool Creation::told_to_slow_down() const { return calls_.answer() && says_too_many(*calls_.answer()); }

bool Creation::was_not_sent() const {
  const auto& answer = calls_.answer();
  const auto* nothing = answer ? std::get_if<Unknown>(&*answer) : nullptr;
  return nothing != nullptr && nothing->kind == ErrorKind::interrupted && !nothing->sent;
}

std::optional<bool> Creation::failed() const {
  const auto& answer = calls_.answer();
  if (!answer || std::holds_alternative<Created>(*answer)) return false;
  const auto* refused = std::get_if<Refused>(&*answer);
  if (refused != nullptr && refused->reaction == Reaction::order_closed) return std::nullopt;
  const auto& asked = calls_.query_answer();
  const auto* known = asked ? std::get_if<QueryAnswer>(&*asked) : nullptr;
  if (known != nullptr && !is_open(known->evidence.state)) return std::nullopt;
  return true;
}

CreateResult Creation::concluded(OrderLedger& ledger) {
  auto answer = *calls_.answer();  // a copy, as the transaction may fail and this be done again
  if (auto* created = std::get_if<Created>(&answer)) return accepted(std::move(*created), ledger);
  if (auto* refused = std::get_if<Refused>(&answer)) return refused_by_gateway(std::move(*refused), ledger);
  return unknown(std::get<Unknown>(answer));
}

CreateResult Creation::reused() const {
  return {.outcome = Outcome::done,
          .reply = Reply::accepted,
          .said = {.trust = Said::Trust::verified, .remark = "OK"},
          .prepay = begun_->order.prepay,
          .origin = PrepayOrigin::reused,
          .ledger_state = begun_->order.state};
}

CreateResult Creation::own_refusal(const char* code, std::string why) const {
  CreateResult result;
  result.outcome = Outcome::refused;
  result.reply = Reply::refused;
  result.said.code = code;
  result.said.text = std::move(why);
  result.differs = begun_->decision.differs;
  result.ledger_state = begun_->order.state;
  return result;
}

CreateResult Creation::overtaken(const char* code, const char* why, OrderState state) const {
  auto result = own_refusal(code, why);
  result.ledger_state = state;
  return result;
}

CreateResult Creation::accepted(Created created, OrderLedger& ledger) const {
  auto& prepay = *created.evidence.prepay;
  prepay.expires_at = earliest_expiry(prepay.expires_at, created.clock_ahead);
  const auto settled = ledger.settle(created.evidence);
  const auto state = state_after(settled, begun_->order.state);
  // Somebody else settled the order in the meantime: what it is now counts, not what this answer hoped for.
  if (is_paid(state)) return overtaken("ORDERPAID", paid_text, state);
  if (is_closed(state)) return overtaken("ORDERCLOSED", closed_text, state);
  if (settled.settlement.verdict == Verdict::stale) {
    return overtaken("OUT_TRADE_NO_USED", "the number was taken by other parameters meanwhile", state);
  }
  return {.outcome = Outcome::done,
          .reply = Reply::accepted,
          .said = std::move(created.said),
          .prepay = std::move(prepay),
          .origin = begun_->renews ? PrepayOrigin::renewed : PrepayOrigin::created,
          .ledger_state = state};
}

CreateResult Creation::refused_by_gateway(Refused refused, OrderLedger& ledger) const {
  if (refused.reaction == Reaction::slow_down) {
    auto result = said_no(Outcome::unknown, std::move(refused.said), begun_->order.state);
    result.hint = "the rate is limited: wait a minute and run it again";
    return result;
  }
  if (refused.reaction == Reaction::order_closed) {
    return refused_for_good(std::move(refused), OrderState::closed, ledger);
  }
  if (calls_.query_answer()) return asked(std::move(refused), ledger);
  return refused_for_good(std::move(refused), OrderState::failed, ledger);
}

CreateResult Creation::refused_for_good(Refused refused, OrderState state, OrderLedger& ledger) const {
  const PaymentEvidence evidence{.source = EvidenceSource::create,
                                 .merchant = intent().merchant,
                                 .out_trade_no = out_trade_no(),
                                 .state = state,
                                 .sent = shared_intent(),
                                 .digest = refused.digest,
                                 .reason = reason_of(refused.said)};
  const auto settled = ledger.settle(evidence);
  return said_no(outcome_of(refused), std::move(refused.said), state_after(settled, begun_->order.state));
}

CreateResult Creation::said_no(Outcome outcome, Said said, OrderState state) const {
  CreateResult result;
  result.outcome = outcome;
  result.reply = Reply::refused;
  if (said.code.empty()) said.code = "REFUSED";
  result.said = std::move(said);
  result.ledger_state = state;
  if (outcome == Outcome::wrong_key) result.hint = wrong_key_hint(result.said);
  return result;
}

/// A refusal after which WeChat Pay could not be asked, so that nobody knows. Words without a code, or
/// without a signature, prove no refusal.
CreateResult Creation::undecided(Outcome outcome, Said said) const {
  const bool proves_nothing = said.code.empty() || !said.verified();
  if (said.code.empty()) said.code = "GATEWAY";
  auto result = said_no(outcome, std::move(said), begun_->order.state);
  if (proves_nothing) result.reply = Reply::unknown;
  if (result.hint.empty() && outcome != Outcome::integrity) {
    result.hint = "'wxpayctl query " + out_trade_no().text() +
                  "' asks whether WeChat Pay has the order; the same command again is safe";
  }
  return result;
}

CreateResult Creation::asked(Refused refused, OrderLedger& ledger) const {
  const auto& answer = *calls_.query_answer();
  if (const auto* known = std::get_if<QueryAnswer>(&answer)) {
    const auto settled = ledger.settle(known->evidence);
    const bool in_words_only = refused.said.code.empty();
    const auto outcome = agrees(settled) ? outcome_of(refused) : Outcome::integrity;
    auto result = said_no(outcome, std::move(refused.said), state_after(settled, begun_->order.state));
    if (agrees(settled) && in_words_only && is_open(result.ledger_state)) {
      result.hint = "WeChat Pay has the order: the same command again asks for its prepay_id";
    }
    return result;
  }
  if (const auto* no = std::get_if<Refused>(&answer)) {
    if (no->reaction == Reaction::order_unknown && !refused.order_exists) {
      return refused_for_good(std::move(refused), OrderState::failed, ledger);
    }
    if (no->reaction == Reaction::wrong_key) {
      return said_no(Outcome::wrong_key, no->said, begun_->order.state);
    }
    const bool final = refused.reaction != Reaction::ask_by_query;
    return undecided(final ? outcome_of(refused) : Outcome::unknown, std::move(refused.said));
  }
  return undecided(outcome_of(std::get<Unknown>(answer)), std::move(refused.said));
}

CreateResult Creation::unknown(const Unknown& nothing) const {
  CreateResult result;
  result.outcome = outcome_of(nothing);
  result.said = said_of(nothing);
  result.ledger_state = begun_->order.state;
  return result;
}

/// An order that was sent before without an answer may have got this prepay_id then, and its life counts from
/// then.
std::chrono::sys_seconds Creation::earliest_expiry(std::chrono::sys_seconds expires_at,
                                                   ClockAhead ahead) const {
  if (begun_->decision.plan != CreatePlan::again || begun_->renews) return expires_at;
  const auto now = clock_.now();
  const auto from_first_sending = begun_->order.updated_at + (expires_at - now);
  const bool still_valid = from_first_sending > believed_time(now, ahead);
  return still_valid ? std::min(from_first_sending, expires_at) : expires_at;
}

CreateResult create_order(const CheckedRequest& request, OrderLedger& ledger, GatewayClient& client,
                          Clock& clock) {
  Creation creation{request, clock};
  while (creation.record(ledger)) {
    while (auto* call = creation.question(client.gateway())) client.drive(*call);
  }
  if (creation.expired()) {
    const auto& intent = creation.intent();
    throw Error{
        ErrorKind::usage,
        "order " + intent.out_trade_no.text() + " expired at " + format_rfc3339(*intent.time_expire),
        "'wxpayctl query " + intent.out_trade_no.text() + "' tells what became of it; use a new number"};
  }
  return creation.result();
}

}  // namespace wxpay::app
