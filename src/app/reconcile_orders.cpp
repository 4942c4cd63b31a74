#include "app/reconcile_orders.hpp"

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>

#include "app/change_calls.hpp"
#include "wxpay/error.hpp"
#include "wxpay/order_time.hpp"

namespace wxpay::app {

namespace {

using Kind = ReconcileResult::Kind;

constexpr std::size_t page_size = 512;
constexpr std::chrono::hours closed_lately{24};
/// However long no run was complete: WeChat Pay takes no payment for so old an order.
constexpr std::chrono::days longest_look_back{90};
constexpr std::int64_t most_failures_in_a_row = 20;

template <class Outcome>
bool is_unknown_order(const Outcome& outcome) {
  const auto* refused = std::get_if<Refused>(&outcome);
  return refused != nullptr && refused->reaction == Reaction::order_unknown;
}

/// Whether the answer shows that WeChat Pay is there, serves, and has the same key: it was verified, whatever
/// it says about its order. No answer, one without a signature that holds (which a wrong key gets, too), the
/// word that ours does not hold, and a signed "not now" (FREQUENCY_LIMITED, SYSTEMERROR) do not.
bool is_served(const QueryOutcome& outcome) {
  if (const auto* refused = std::get_if<Refused>(&outcome)) {
    return refused->said.verified() && refused->reaction != Reaction::slow_down &&
           refused->reaction != Reaction::wrong_key;
  }
  if (const auto* unknown = std::get_if<Unknown>(&outcome)) {
    return unknown->kind == ErrorKind::gateway && unknown->said.verified() && !unknown->repeatable;
  }
  return true;
}

}  // namespace

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
    if (closing_begun_) {
      if (auto* call = next(closing_, [&] { return gateway.start_close(number()); })) return call;
    }
    if (auto* call = next(query_, [&] { return gateway.start_query(number()); })) return call;
    return run_.judge(query_.outcome(), probe_, gateway);
  }

  Next work(std::size_t /*worker*/) override { return Next::record; }

  Next record() override {
    if (closing_begun_) {
      settle_closing();
      return Next::done;
    }
    // What a transaction that failed has left of this is done anew.
    to_close_ = false;
    result_ = new_result();
    const auto ahead = clock_ahead_of(query_.outcome());
    if (ahead && is_clock_wrong(*ahead)) run_.clock_error_ = ahead;
    settle_answer();
    if (order_.state == OrderState::closed && result_.time_lies_ahead) note_closing();
    const bool can_be_paid = result_.kind == Kind::still_open || result_.payable_though_closed;
    if (!can_be_paid || !run_.options_.close_expired) return Next::done;
    result_.closing = judge_closing(order_, run_.options_.expire_after, run_.deps_.clock.now(), ahead);
    if (result_.closing != Closing::due) return Next::done;
    result_.payable_though_closed = false;
    if (run_.options_.dry_run) {
      result_.kind = Kind::closed;
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

  /// A closing in the future is dated by what is noted about it now.
  void note_closing() {
    if (run_.options_.dry_run || result_.kind != Kind::unchanged || run_.noted_as_closed(order_)) return;
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
    result_.kind = is_open(order_.state) ? Kind::still_open : Kind::unchanged;
  }

  void take(const QueryAnswer& answer) {
    const auto settled = settle(answer.evidence);
    result_.query = describe_settled(answer, settled, run_.options_.dry_run ? WriteBack::no : WriteBack::yes);
    result_.paid_after_close = settled.settlement.paid_after_close;
    const auto state = state_after(settled, order_.state);
    if (result_.query.outcome == Outcome::integrity) {
      result_.kind = Kind::mismatched;
    } else if (settled.settlement.verdict == Verdict::apply && !is_open(settled.settlement.to)) {
      result_.kind = Kind::updated;
    } else {
      result_.kind = is_open(state) ? Kind::still_open : Kind::unchanged;
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
      if (by_us && result_.kind == Kind::updated) result_.kind = Kind::closed;
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
    result_.kind = is_closed ? Kind::closed : Kind::unchanged;
  }

  void fail(Error error) {
    result_.query.out_trade_no = number().text();
    result_.query.ledger_state = order_.state;
    result_.kind = error.kind() == ErrorKind::untrusted ? Kind::mismatched : Kind::failed;
    result_.error = std::move(error);
  }

  ReconcileOrders& run_;
  Order order_;
  bool time_lies_ahead_;
  bool to_close_ = false;
  bool closing_begun_ = false;  ///< a worker has it, with the questions of a closing
  ThrottledCall<CloseOutcome> closing_;
  ThrottledCall<QueryOutcome> query_;
  std::unique_ptr<CallOf<QueryOutcome>> probe_;  ///< about the newest order, where it fell to this one
  ReconcileResult result_ = new_result();
};

ReconcileOrders::ReconcileOrders(ReconcileOptions options, ReconcileDeps deps)
    : options_{options},
      deps_{std::move(deps)},
      started_{deps_.clock.now()},
      pipeline_{{.workers = deps_.gateways.drivers, .ahead = 256},
                [this](const std::function<void()>& work) {
                  if (options_.dry_run) return work();
                  deps_.ledger.transact(work);
                },
                deps_.stop,
                deps_.gateways.resources(options_.jobs, deps_.clock)} {}

void ReconcileOrders::run(const Output& output) {
  newest_ = newest_order();
  pipeline_.run({.read = [this]() -> std::unique_ptr<PipelineItem> {
                   auto order = next_order();
                   if (!order) return nullptr;
                   return std::make_unique<Item>(*this, std::move(*order));
                 },
                 .readable = {}},
                {.give =
                     [&](PipelineItem& item) {
                       const auto& asked = static_cast<Item&>(item);
                       if (asked.leaves_closed_one_unanswered()) closed_ones_answered_ = false;
                       output.result(asked.result());
                     },
                 .leave = [this](PipelineItem&) { closed_ones_answered_ = false; },
                 .pause = output.pause});
  const bool all_wanted = !options_.since && !options_.until && !options_.dry_run;
  complete_ = all_wanted && walked_to_the_end_ && closed_ones_answered_ && !clock_error_ && !gave_up_ &&
              !deps_.stop.requested();
}

std::int64_t ReconcileOrders::count() const {
  const auto& mch_id = deps_.merchant.mch_id;
  const auto all = deps_.orders.count(mch_id, open_orders()) + deps_.orders.count(mch_id, closed_orders());
  return options_.limit ? std::min(all, *options_.limit) : all;
}

OpenOrders ReconcileOrders::open_orders() const {
  const auto old_enough = started_ - options_.older_than + std::chrono::seconds{1};
  // As the clock is now: what others create during a long run is young.
  const auto ahead = std::min(options_.older_than, largest_set_back);
  return {.since = options_.since,
          .until = options_.until ? std::min(*options_.until, old_enough) : old_enough,
          .ahead_of = deps_.clock.now() + ahead};
}

ClosedOrders ReconcileOrders::closed_orders() const {
  auto since = started_ - closed_lately;
  const auto& last = options_.last_complete;
  if (last && *last <= started_) since = std::max(*last - closed_lately, started_ - longest_look_back);
  return {.since = since, .until = started_, .ahead_of = deps_.clock.now() + largest_set_back};
}

/// When an earlier run noted that an order is closed whose closing lies in the future.
std::optional<std::chrono::sys_seconds> ReconcileOrders::noted_as_closed(const Order& order) const {
  try {
    const auto history = deps_.orders.history(deps_.merchant.mch_id, order.intent.out_trade_no);
    if (history.empty() || history.back().from != OrderState::closed) return std::nullopt;
    if (lies_ahead(history.back().at, deps_.clock.now())) return std::nullopt;
    return history.back().at;
  } catch (const UnreadableOrder&) {
    return std::nullopt;
  }
}

bool ReconcileOrders::time_lies_ahead(const Order& order) const {
  return lies_ahead(is_open(order.state) ? order.created_at : order.updated_at, deps_.clock.now());
}

std::optional<Order> ReconcileOrders::next_order() {
  while (!options_.limit || asked_ < *options_.limit) {
    if (page_place_ == page_.size() && !fill_page()) {
      walked_to_the_end_ = true;
      return std::nullopt;
    }
    auto& order = page_[page_place_++];
    // The walk over the closed ones goes by the time of closing alone.
    const bool too_old = options_.since && order.created_at < *options_.since;
    const bool too_young = options_.until && order.created_at >= *options_.until &&
                           !lies_ahead(order.created_at, deps_.clock.now());
    if (too_old || too_young) continue;
    if (is_of_another_app(order.intent.merchant, deps_.merchant)) {
      ++of_other_apps_;
      continue;
    }
    if (order.state == OrderState::closed && time_lies_ahead(order)) {
      const auto closed_before = noted_as_closed(order);
      if (closed_before && *closed_before < closed_orders().since) continue;
    }
    ++asked_;
    return std::move(order);
  }
  return std::nullopt;
}

bool ReconcileOrders::fill_page() {
  page_place_ = 0;
  page_.clear();
  if (!open_ones_given_) page_ = deps_.orders.page(deps_.merchant.mch_id, open_orders(), cursor_, page_size);
  if (!page_.empty()) return true;
  if (!std::exchange(open_ones_given_, true)) cursor_ = {.unreadable = std::move(cursor_.unreadable)};
  page_ = deps_.orders.page(deps_.merchant.mch_id, closed_orders(), cursor_, page_size);
  return !page_.empty();
}

std::optional<OutTradeNo> ReconcileOrders::newest_order() const {
  std::optional<OutTradeNo> newest;
  try {
    deps_.orders.list(deps_.merchant.mch_id, {}, [&](const Order& order) {
      if (is_of_another_app(order.intent.merchant, deps_.merchant)) return true;
      newest = order.intent.out_trade_no;
      return false;
    });
  } catch (const UnreadableOrder&) {
    // None of those that can be read; the walk tells of the others.
  }
  return newest;
}

/// In any worker. Where too many in a row failed, there may be no point in going on: the newest order tells.
/// @param probe  the question about that one, where it fell to the order whose answer this is
/// @return that question, to be driven; null: there is none, or it has been judged as well
Call* ReconcileOrders::judge(const QueryOutcome& answer, std::unique_ptr<CallOf<QueryOutcome>>& probe,
                             PaymentGateway& gateway) {
  const std::lock_guard lock{judging_};
  if (gave_up_ || deps_.stop.requested()) return nullptr;
  if (probe) {
    probing_ = false;
    // Others may have been served meanwhile.
    const bool still_in_a_row = std::exchange(failures_in_a_row_, 0) >= most_failures_in_a_row;
    if (!is_served(std::exchange(probe, nullptr)->outcome()) && still_in_a_row) give_up();
    return nullptr;
  }
  failures_in_a_row_ = is_served(answer) ? 0 : failures_in_a_row_ + 1;
  if (failures_in_a_row_ < most_failures_in_a_row || probing_) return nullptr;
  if (!newest_) {
    give_up();
    return nullptr;
  }
  probing_ = true;
  probe = gateway.start_query(*newest_);
  return probe.get();
}

void ReconcileOrders::give_up() {
  gave_up_ = true;
  pipeline_.halt();
}

}  // namespace wxpay::app
