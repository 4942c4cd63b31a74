#include "cli/refund_reconciliation.hpp"

#include <utility>

#include "app/refund_rules.hpp"
#include "cli/exit_code.hpp"
#include "cli/refund_result.hpp"

namespace wxpay::cli {

namespace {

std::string counted_refunds(std::int64_t count) {
  return std::to_string(count) + (count == 1 ? " refund" : " refunds");
}

std::vector<std::string> refund_detail_columns() {
  auto columns = refund_query_columns();
  columns.insert(columns.end(), {"errCode", "errCodeDes", "dryRun"});
  return columns;
}

std::string code_of_error(const Error& error) {
  return error.code().empty() ? std::string{error_code(error.kind())} : error.code();
}

}  // namespace

void RefundReconciliation::run(Ledger& ledger, app::GatewayPool gateways, Progress& progress,
                               const Print& print) {
  app::ReconcileRefunds reconcile{options_.reconcile,
                                  {ledger, ledger, services_.profile().merchant, std::move(gateways),
                                   services_.clock(), services_.stop()}};
  const auto or_halt = [&](const std::function<void()>& work) {
    if (!print(work)) reconcile.halt();
  };
  reconcile.run({.result =
                     [&](const app::RefundReconciliation& result) {
                       count(result, progress);
                       if (options_.details) or_halt([&] { show(result); });
                     },
                 .pause = [&] { or_halt([&] { progress.show(); }); }});
  gave_up_ = reconcile.gave_up();
  cut_short_ = !reconcile.finished();
  unreadable_ = reconcile.unreadable();
}

void RefundReconciliation::show(const app::RefundReconciliation& result) {
  if (!std::exchange(table_begun_, true)) output_.begin_another_table();
  auto record = describe(result.query);
  if (result.error) {
    record.text("errCode", code_of_error(*result.error)).text("errCodeDes", result.error->what());
  }
  if (options_.reconcile.dry_run) record.flag("dryRun", true);
  output_.print_row(record, refund_detail_columns());
}

void RefundReconciliation::count(const app::RefundReconciliation& result, Progress& progress) {
  using Kind = app::RefundReconciliation::Kind;
  if (result.error && result.error->kind() == ErrorKind::interrupted) return;
  ++checked_;
  const auto refund = "refund " + result.query.out_refund_no;
  const auto alert = [&](const std::string& text) {
    progress.clear();
    output_.alert(text);
  };
  progress.add(result.kind == Kind::failed || result.kind == Kind::mismatched);
  if (result.query.is_abnormal()) {
    ++abnormal_;
    alert(refund + " is ABNORMAL: " + app::abnormal_refund_hint);
  }
  switch (result.kind) {
    case Kind::unchanged:
      return;
    case Kind::updated:
      ++updated_;
      return;
    case Kind::mismatched:
      ++mismatched_;
      alert(refund + " does not agree: " + (result.error ? result.error->what() : result.query.reason) +
            "; nothing was applied: compare 'wxpayctl query-refund --read-only " +
            result.query.out_refund_no + "' with 'wxpayctl refunds list'");
      return;
    case Kind::failed:
      ++failed_;
      if (result.error->kind() == ErrorKind::key) code_ = gravest(code_, exit_config);
      if (!first_failed_) first_failed_ = result;
      return;
  }
}

void RefundReconciliation::add_to(report::Record& summary) const {
  summary.number("refundsChecked", checked_)
      .number("refundsUpdated", updated_)
      .number("refundsAbnormal", abnormal_);
  if (mismatched_ > 0) summary.number("refundsMismatched", mismatched_);
  if (failed_ > 0) summary.number("refundsFailed", failed_);
}

void RefundReconciliation::report_failures() const {
  if (!first_failed_) return;
  const auto& error = *first_failed_->error;
  const auto what = counted_refunds(failed_) + " could not be asked about, the first is " +
                    first_failed_->query.out_refund_no + ": " + error.what();
  output_.report(Error{error.kind(), gave_up_ ? what + "; stopped, as too many in a row failed" : what,
                       error.hint(), error.code()});
}

int RefundReconciliation::code() const {
  auto code = code_;
  if (mismatched_ > 0) code = gravest(code, exit_integrity);
  if (failed_ > 0) code = gravest(code, exit_unknown);
  if (abnormal_ > 0) code = gravest(code, exit_differences);
  return code;
}

}  // namespace wxpay::cli
