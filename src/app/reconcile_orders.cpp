#include "app/reconcile_orders.hpp"

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>

#include "app/reconcile_item.hpp"
#include "wxpay/error.hpp"
#include "wxpay/order_time.hpp"

namespace wxpay::app {

namespace {

constexpr std::size_t page_size = 512;
constexpr std::chrono::hours closed_lately{24};
/// However long no run was complete: WeChat Pay takes no payment for so old an order.
constexpr std::chrono::days longest_look_back{90};
constexpr std::int64_t most_failures_in_a_row = 20;
}  // namespace

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
