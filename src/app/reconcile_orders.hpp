#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/persistence.hpp"
#include "app/pipeline.hpp"
#include "app/query_order.hpp"
#include "wxpay/clock.hpp"
#include "wxpay/gateway.hpp"
#include "wxpay/ledger.hpp"

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
};

/// What became of one order.
struct ReconcileResult {
  enum class Kind {
    unchanged,   ///< a closed order that is closed at WeChat Pay too
    updated,     ///< a decided state was written
    still_open,  ///< open at WeChat Pay, or not known there yet
    closed,      ///< closed by this run
    mismatched,  ///< something does not agree; nothing was written
    failed       ///< no answer
  };
  Kind kind = Kind::unchanged;
  bool paid_after_close = false;
  QueryResult query;
  std::optional<Error> error;  ///< of failed and, where the answer was not to be trusted, of mismatched
};

struct ReconcileSeams {
  OrderLedger* ledger = nullptr;  ///< none: there is no ledger file, so nothing to do (dry run)
  MerchantId mch_id;
  std::function<PaymentGateway&(std::size_t worker)> gateway;
  Pace& pace;
  Clock& clock;
  const Stop& stop;
};

/// Asks WeChat Pay about every open order, and those closed in the last 24 hours, and settles the answers
/// (wxpayctl-reconcile(1)). Never creates an order. Running it again is always safe.
class ReconcileOrders {
 public:
  ReconcileOrders(ReconcileOptions options, ReconcileSeams seams);

  struct Output {
    std::function<void(const ReconcileResult&)> result;
    std::function<void()> pause;
  };
  /// @throws Error{ledger}
  void run(const Output& output);

  /// How many orders it would ask about now.
  std::int64_t count() const;
  void halt() noexcept { pipeline_.halt(); }
  /// Whether it stopped since too many in a row had no answer.
  bool gave_up() const noexcept { return failures_.given_up(); }

 private:
  class Item;
  OpenOrders open_orders() const;
  ClosedOrders closed_orders() const;
  std::optional<Order> next_order();
  bool fill_page();
  bool is_expired(const Order& order) const;

  ReconcileOptions options_;
  ReconcileSeams seams_;
  std::chrono::sys_seconds started_;
  Pipeline pipeline_;
  FailuresInARow failures_;
  OrderCursor cursor_;
  bool open_ones_given_ = false;
  std::vector<Order> page_;
  std::size_t page_place_ = 0;
  std::int64_t asked_ = 0;
};

}  // namespace wxpay::app
