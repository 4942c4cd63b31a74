#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "app/reconcile_refunds.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "cli/services.hpp"
#include "report/record.hpp"
#include "wxpay/ledger.hpp"

namespace wxpay::cli {

/// The part of `reconcile` that asks about refunds: what it counts, tells and ends with.
class RefundReconciliation {
 public:
  struct Options {
    app::ReconcileRefundsOptions reconcile;
    bool details = false;
  };
  /// Does what prints, as long as that is possible; false: it is not any more.
  using Print = std::function<bool(const std::function<void()>& work)>;

  RefundReconciliation(Options options, Services& services, Output& output)
      : options_{options}, services_{services}, output_{output} {}

  /// @throws Error{ledger}
  void run(Ledger& ledger, app::GatewayPool gateways, Progress& progress, const Print& print);

  void add_to(report::Record& summary) const;
  /// Tells of what failed, on standard error.
  void report_failures() const;
  /// Whether nothing was found that is worth a word.
  bool found_nothing() const { return updated_ + abnormal_ + mismatched_ + failed_ == 0; }
  bool was_cut_short() const { return cut_short_; }
  const UnreadableOrders& unreadable() const { return unreadable_; }
  int code() const;

 private:
  void count(const app::RefundReconciliation& result, Progress& progress);
  void show(const app::RefundReconciliation& result);

  Options options_;
  Services& services_;
  Output& output_;
  std::optional<app::RefundReconciliation> first_failed_;
  int code_ = 0;
  bool gave_up_ = false;
  bool cut_short_ = false;
  bool table_begun_ = false;
  UnreadableOrders unreadable_;
  std::int64_t checked_ = 0;
  std::int64_t updated_ = 0;
  std::int64_t abnormal_ = 0;
  std::int64_t mismatched_ = 0;
  std::int64_t failed_ = 0;
};

}  // namespace wxpay::cli
