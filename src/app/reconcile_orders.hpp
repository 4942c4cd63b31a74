#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "app/closing_rules.hpp"
#include "app/gateway_pool.hpp"
#include "app/pipeline.hpp"
#include "app/query_order.hpp"
#include "app/throttling.hpp"
#include "wxpay/clock.hpp"
#include "wxpay/gateway.hpp"
#include "wxpay/order_ledger.hpp"
#include "wxpay/order_listing.hpp"

namespace wxpay::app {

struct ReconcileOptions {
  std::size_t jobs = 1;
  std::chrono::seconds older_than{300};           ///< younger open orders are left alone
  std::optional<std::chrono::sys_seconds> since;  ///< created at or after
  std::optional<std::chrono::sys_seconds> until;  ///< created before
  std::optional<std::int64_t> limit;              ///< orders to ask about, at most
  bool close_expired = false;
  std::chrono::seconds expire_after{7'200};  ///< for orders without a time_expire
  bool dry_run = false;                      ///< asks, but writes and closes nothing
  /// When the last complete run began; what was closed from a day before it on is asked about.
  std::optional<std::chrono::sys_seconds> last_complete;
};

/// What became of one order.
struct ReconcileResult {
  enum class Kind {
    unchanged,   ///< a closed order that is closed at WeChat Pay too
    updated,     ///< a decided state was written
    still_open,  ///< open at WeChat Pay, or not known there yet
    closed,      ///< closed by this run
    reversed,    ///< a payment by code that nobody made, reversed by this run
    mismatched,  ///< something does not agree; nothing was written
    failed       ///< no answer, or one that the ledger cannot keep
  };
  Kind kind = Kind::unchanged;
  bool paid_after_close = false;
  bool payable_though_closed = false;  ///< closed here, still open at WeChat Pay
  bool time_lies_ahead = false;        ///< it was created (or closed) in the future, as the ledger has it
  /// Of one that can still be paid, where closing was wanted: why it was not closed.
  Closing closing = Closing::not_due;
  bool not_reversed =
      false;  ///< a payment by code that nobody made, which this API or account cannot reverse
  QueryResult query;
  std::optional<Error> error;  ///< of failed and, where the answer was not to be trusted, of mismatched
};

struct ReconcileDeps {
  OrderLedger& ledger;
  OrderListing& orders;       ///< of the same ledger
  MerchantIdentity merchant;  ///< of the profile: orders of its other apps are left alone
  GatewayPool gateways;
  Clock& clock;
  const Stop& stop;
};

/// Asks WeChat Pay about every open order, and those closed lately, and settles the answers
/// (wxpayctl-reconcile(1)). Never creates an order. Running it again is always safe.
///
/// A closed order is asked about until a complete run began 24 hours after it was closed or later. An order
/// whose time lies in the future is not young: the clock was wrong, so that nobody knows how old it is.
///
/// It gives up early only where WeChat Pay as a whole cannot be used: after 20 orders in a row without an
/// answer that shows it to be there (`is_served`), and when the newest order gets none either. One bad order
/// does not count, as its answer is verified. Nor do many: those whose answers never can be used stay open,
/// and so in time are the oldest, with which every run begins; the newest tells them from an outage.
class ReconcileOrders {
 public:
  ReconcileOrders(ReconcileOptions options, ReconcileDeps deps);

  struct Output {
    std::function<void(const ReconcileResult&)> result;
    std::function<void()> pause;
  };
  /// @throws Error{ledger}
  void run(const Output& output);

  /// How many orders it would ask about now, those of other apps included.
  std::int64_t count() const;
  void halt() noexcept { pipeline_.halt(); }
  /// Whether every order that it had to ask about was asked about.
  bool finished() const noexcept { return pipeline_.finished(); }
  /// Whether it stopped since WeChat Pay as a whole cannot be used.
  bool gave_up() const noexcept { return gave_up_; }
  /// Orders that it came by and left alone, as they are of another app or sub-merchant.
  std::int64_t of_other_apps() const noexcept { return of_other_apps_; }
  /// Orders that it came by and could not read.
  const UnreadableOrders& unreadable() const noexcept { return cursor_.unreadable; }
  /// Whether every order that was to be asked about was, with an answer about each of the closed ones; of the
  /// open ones the next run asks anyway. A run on a wrong clock is not complete.
  bool is_complete() const noexcept { return complete_; }
  /// By how much this machine's clock was wrong; none: not by much, as far as is known.
  ClockAhead clock_error() const noexcept { return clock_error_; }

 private:
  class Item;
  OpenOrders open_orders() const;
  ClosedOrders closed_orders() const;
  std::optional<Order> next_order();
  bool fill_page();
  std::optional<OutTradeNo> newest_order() const;
  bool time_lies_ahead(const Order& order) const;
  std::optional<std::chrono::sys_seconds> noted_as_closed(const Order& order) const;
  Call* judge(const QueryOutcome& answer, std::unique_ptr<CallOf<QueryOutcome>>& probe,
              PaymentGateway& gateway);
  void give_up();

  ReconcileOptions options_;
  ReconcileDeps deps_;
  std::chrono::sys_seconds started_;
  Pipeline pipeline_;
  OrderCursor cursor_;
  bool open_ones_given_ = false;
  std::vector<Order> page_;
  std::size_t page_place_ = 0;
  bool walked_to_the_end_ = false;
  bool closed_ones_answered_ = true;
  bool complete_ = false;
  ClockAhead clock_error_;
  std::int64_t asked_ = 0;
  std::int64_t of_other_apps_ = 0;
  std::optional<OutTradeNo> newest_;
  std::mutex judging_;
  std::int64_t failures_in_a_row_ = 0;
  bool probing_ = false;  ///< the newest order is asked about
  std::atomic<bool> gave_up_ = false;
};

}  // namespace wxpay::app
