#pragma once

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>
#include <variant>

#include "app/change_calls.hpp"
#include "app/reconcile_orders.hpp"
#include "app/reverse_order.hpp"
#include "wxpay/error.hpp"
#include "wxpay/order_time.hpp"

namespace wxpay::app {

template <class Outcome>
bool is_unknown_order(const Outcome& outcome) {
  const auto* refused = std::get_if<Refused>(&outcome);
  return refused != nullptr && refused->reaction == Reaction::order_unknown;
}

/// Whether the answer shows that WeChat Pay is there, serves, and has the same key: it was verified, whatever
/// it says about its order. No answer, one without a signature that holds (which a wrong key gets, too), the
/// word that ours does not hold, and a signed "not now" (FREQUENCY_LIMITED, SYSTEMERROR) do not.
inline bool is_served(const QueryOutcome& outcome) {
  if (const auto* refused = std::get_if<Refused>(&outcome)) {
    return refused->said.verified() && refused->reaction != Reaction::slow_down &&
           refused->reaction != Reaction::wrong_key;
  }
  if (const auto* unknown = std::get_if<Unknown>(&outcome)) {
    return unknown->kind == ErrorKind::gateway && unknown->said.verified() && !unknown->repeatable;
  }
  return true;
}

/// One order: asked about, settled, and where it has expired closed and asked about again.
class ReconcileOrders::Item final : public PipelineItem {
 public:
  Item(ReconcileOrders& run, Order order)
      : run_{run}, order_{std::move(order)}, time_lies_ahead_{run_.time_lies_ahead(order_)} {}

  Next first() const override { return Next::work; }

  Call* question(std::size_t worker) override {
    auto& gateway = run_.deps_.gateways.gateway(worker);
    // Only now, as the transaction that noted the closing was committed.
    if (to_close_ && !std::exchange(closing_begun_, true)) query_ = {};
    if (to_reverse_) return reversal(gateway);
    if (closing_begun_) {
      if (auto* call = next(closing_, [&] { return gateway.start_close(number()); })) return call;
    }
    if (auto* call = next(query_, [&] { return gateway.start_query(number()); })) return call;
    return run_.judge(query_.outcome(), probe_, gateway);
  }

  Next work(std::size_t /*worker*/) override { return Next::record; }

  Next record() override {
    if (reversal_begun_) {
      settle_reversal();
      return Next::done;
    }
    if (closing_begun_) {
      settle_closing();
      return Next::done;
    }
    // What a transaction that failed has left of this is done anew.
    to_close_ = false;
    to_reverse_ = false;
    result_ = new_result();
    const auto ahead = clock_ahead_of(query_.outcome());
    if (ahead && is_clock_wrong(*ahead)) run_.clock_error_ = ahead;
    settle_answer();
    if (order_.state == OrderState::closed && result_.time_lies_ahead) note_closing();
    if (is_to_be_reversed()) return begin_reversal();
    const bool can_be_paid =
        result_.kind == ReconcileResult::Kind::still_open || result_.payable_though_closed;
    if (!can_be_paid || !run_.options_.close_expired) return Next::done;
    result_.closing = judge_closing(order_, run_.options_.expire_after, run_.deps_.clock.now(), ahead);
    if (result_.closing != Closing::due) return Next::done;
    result_.payable_though_closed = false;
    if (run_.options_.dry_run) {
      result_.kind = ReconcileResult::Kind::closed;
      return Next::done;
    }
    run_.deps_.ledger.note(run_.deps_.merchant.mch_id, number(), EvidenceSource::close,
                           "closing is asked for, as the order has expired");
    to_close_ = true;
    return Next::work;
  }

  /// An answer that the ledger cannot keep is the trouble of this order alone.
  bool record_failed(const Error& error) override {
    if (error.kind() != ErrorKind::ledger_value) return false;
    result_ = new_result();
    fail(error);
    return true;
  }

  const ReconcileResult& result() const { return result_; }
  bool leaves_closed_one_unanswered() const {
    return order_.state == OrderState::closed && !is_served(query_.outcome());
  }

 private:
  const OutTradeNo& number() const { return order_.intent.out_trade_no; }

  ReconcileResult new_result() const {
    ReconcileResult result;
    result.time_lies_ahead = time_lies_ahead_;
    return result;
  }

  template <class Outcome, class Ask>
  Call* next(ThrottledCall<Outcome>& question, const Ask& ask) const {
    return question.next(run_.deps_.gateways.rate_limiter, run_.deps_.stop, ask);
  }

  SettleResult settle(const PaymentEvidence& evidence) {
    auto& ledger = run_.deps_.ledger;
    return run_.options_.dry_run ? ledger.preview(evidence) : ledger.settle(evidence);
  }

  /// A payment by code is made at once or not at all, and so is an order of it that nobody has paid by now.
  bool is_to_be_reversed() const {
    if (order_.intent.trade_type != TradeType::micropay || result_.kind != ReconcileResult::Kind::still_open)
      return false;
    const auto now = run_.deps_.clock.now();
    const auto age = std::max(youngest_to_reverse, run_.options_.older_than);
    return order_.updated_at + age <= now && now < order_.created_at + oldest_to_reverse;
  }

  Next begin_reversal() {
    if (run_.options_.dry_run) {
      result_.kind = ReconcileResult::Kind::reversed;
      return Next::done;
    }
    run_.deps_.ledger.note(run_.deps_.merchant.mch_id, number(), EvidenceSource::reverse,
                           "reversal is asked for, as nobody paid");
    to_reverse_ = true;
    return Next::work;
  }

  Call* reversal(PaymentGateway& gateway) {
    reversal_begun_ = true;
    try {
      return next(reversing_, [&] { return gateway.start_reverse(number()); });
    } catch (const Error& error) {
      // The API has no such call, or the account no certificate for it.
      if (error.kind() != ErrorKind::usage && error.kind() != ErrorKind::key &&
          error.kind() != ErrorKind::config) {
        throw;
      }
      cannot_reverse_ = true;
      return nullptr;
    }
  }

  void settle_reversal() {
    result_.not_reversed = cannot_reverse_;
    if (cannot_reverse_) return;
    if (const auto* reversed = std::get_if<Reversed>(&reversing_.outcome()))
      return take_reversed(reversed->evidence);
    // Both answers say that it never arrived, so nobody can pay it.
    if (is_unknown_order(reversing_.outcome()) && is_unknown_order(query_.outcome())) {
      auto evidence =
          closed_as_unknown(run_.deps_.merchant.mch_id, number(), std::get<Refused>(reversing_.outcome()));
      evidence.source = EvidenceSource::reverse;
      evidence.state = OrderState::revoked;
      return take_reversed(evidence);
    }
    if (const auto* nothing = std::get_if<Unknown>(&reversing_.outcome()))
      return fail(query_failure(*nothing));
    fail(query_failure(std::get<Refused>(reversing_.outcome())));
  }

  void take_reversed(const PaymentEvidence& evidence) {
    const auto settled = settle(evidence);
    result_.query.result_msg = "UPDATE_SUCCESS";
    result_.query.reason.clear();
    result_.query.ledger_state = state_after(settled, order_.state);
    result_.kind = result_.query.ledger_state == OrderState::revoked ? ReconcileResult::Kind::reversed
                                                                     : ReconcileResult::Kind::unchanged;
  }

  /// A closing in the future is dated by what is noted about it now.
  void note_closing() {
    if (run_.options_.dry_run || result_.kind != ReconcileResult::Kind::unchanged ||
        run_.noted_as_closed(order_))
      return;
    run_.deps_.ledger.note(run_.deps_.merchant.mch_id, number(), EvidenceSource::query,
                           "still closed; the time of its closing lies in the future");
  }

  void settle_answer() {
    if (const auto* answer = std::get_if<QueryAnswer>(&query_.outcome())) return take(*answer);
    if (const auto* nothing = std::get_if<Unknown>(&query_.outcome())) return fail(query_failure(*nothing));
    const auto& refused = std::get<Refused>(query_.outcome());
    if (refused.reaction != Reaction::order_unknown) return fail(query_failure(refused));
    result_.query.out_trade_no = number().text();
    result_.query.result_msg = "NO_SUCH_PAYMENT_ORDER_IN_WECHAT";
    result_.query.ledger_state = order_.state;
    // Its creation may still be under way.
    result_.kind =
        is_open(order_.state) ? ReconcileResult::Kind::still_open : ReconcileResult::Kind::unchanged;
  }

  void take(const QueryAnswer& answer) {
    const auto settled = settle(answer.evidence);
    result_.query = describe_settled(answer, settled, run_.options_.dry_run ? WriteBack::no : WriteBack::yes);
    result_.paid_after_close = settled.settlement.paid_after_close;
    const auto state = state_after(settled, order_.state);
    if (result_.query.outcome == Outcome::integrity) {
      result_.kind = ReconcileResult::Kind::mismatched;
    } else if (settled.settlement.verdict == Verdict::apply && !is_open(settled.settlement.to)) {
      result_.kind = ReconcileResult::Kind::updated;
    } else {
      result_.kind = is_open(state) ? ReconcileResult::Kind::still_open : ReconcileResult::Kind::unchanged;
      result_.payable_though_closed = state == OrderState::closed && is_open(answer.evidence.state);
    }
  }

  /// After a closing: what the second answer says counts; else that WeChat Pay closed it or has no such
  /// order.
  void settle_closing() {
    const auto* answer = std::get_if<QueryAnswer>(&query_.outcome());
    if (answer != nullptr && !is_open(answer->evidence.state)) {
      take(*answer);
      const bool by_us =
          std::holds_alternative<Closed>(closing_.outcome()) && answer->evidence.state == OrderState::closed;
      if (by_us && result_.kind == ReconcileResult::Kind::updated)
        result_.kind = ReconcileResult::Kind::closed;
      return;
    }
    if (const auto* closed = std::get_if<Closed>(&closing_.outcome())) return take_closed(closed->evidence);
    if (is_unknown_order(closing_.outcome()))
      return take_closed(
          closed_as_unknown(run_.deps_.merchant.mch_id, number(), std::get<Refused>(closing_.outcome())));
    settle_answer();
    if (const auto* nothing = std::get_if<Unknown>(&closing_.outcome())) fail(query_failure(*nothing));
    const auto* refused = std::get_if<Refused>(&closing_.outcome());
    if (refused != nullptr && refused->reaction == Reaction::wrong_key) fail(query_failure(*refused));
  }

  void take_closed(const PaymentEvidence& evidence) {
    const auto settled = settle(evidence);
    result_.query.result_msg = "UPDATE_SUCCESS";
    result_.query.reason.clear();
    result_.query.ledger_state = state_after(settled, order_.state);
    const bool is_closed = result_.query.ledger_state == OrderState::closed;
    result_.kind = is_closed ? ReconcileResult::Kind::closed : ReconcileResult::Kind::unchanged;
  }

  void fail(Error error) {
    result_.query.out_trade_no = number().text();
    result_.query.ledger_state = order_.state;
    result_.kind = error.kind() == ErrorKind::untrusted ? ReconcileResult::Kind::mismatched
                                                        : ReconcileResult::Kind::failed;
    result_.error = std::move(error);
  }

  ReconcileOrders& run_;
  Order order_;
  bool time_lies_ahead_;
  bool to_close_ = false;
  bool closing_begun_ = false;  ///< a worker has it, with the questions of a closing
  bool to_reverse_ = false;
  bool reversal_begun_ = false;
  bool cannot_reverse_ = false;
  ThrottledCall<ReverseOutcome> reversing_;
  ThrottledCall<CloseOutcome> closing_;
  ThrottledCall<QueryOutcome> query_;
  std::unique_ptr<CallOf<QueryOutcome>> probe_;  ///< about the newest order, where it fell to this one
  ReconcileResult result_ = new_result();
};

}  // namespace wxpay::app
