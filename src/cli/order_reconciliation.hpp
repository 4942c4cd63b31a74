#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "app/reconcile_orders.hpp"
#include "cli/exit_code.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "report/record.hpp"

namespace wxpay::cli {

/// The part of `reconcile` that asks about orders: what it counts, tells and ends with.
class OrderReconciliation {
 public:
  explicit OrderReconciliation(Output& output) : output_{output} {}

  /// One order; tells at once of what a person must look at.
  void count(const app::ReconcileResult& result, Progress& progress);
  /// When the run has ended.
  void end(const app::ReconcileOrders& reconcile);

  bool gave_up() const { return gave_up_; }
  bool checked_any() const { return checked_ > 0; }
  /// Whether nothing was found that is worth a word.
  bool found_nothing() const;
  void add_to(report::Record& summary) const;
  /// What only some summaries have.
  void add_exceptions_to(report::Record& summary) const;
  /// Tells of what failed, on standard error.
  void report_failures() const;
  /// Tells of what was left alone, and why.
  void report_left_alone() const;
  int code() const;

 private:
  std::int64_t not_closed() const { return not_closed_by_clock_ + age_unknown_; }
  void report_clock() const;

  Output& output_;
  int code_ = exit_done;
  bool gave_up_ = false;
  std::optional<app::ReconcileResult> first_failed_;
  std::int64_t checked_ = 0;
  std::int64_t updated_ = 0;
  std::int64_t still_open_ = 0;
  std::int64_t closed_ = 0;
  std::int64_t mismatched_ = 0;
  std::int64_t paid_after_close_ = 0;
  std::int64_t failed_ = 0;
  std::int64_t reversed_ = 0;
  std::int64_t not_reversed_ = 0;
  std::string first_not_reversed_;
  std::int64_t other_apps_ = 0;
  std::int64_t time_lies_ahead_ = 0;
  std::string first_ahead_;
  std::int64_t not_closed_by_clock_ = 0;
  std::int64_t age_unknown_ = 0;
  std::string first_age_unknown_;
  ClockAhead clock_error_;
};

}  // namespace wxpay::cli
