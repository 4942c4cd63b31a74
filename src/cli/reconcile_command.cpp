#include <CLI/CLI.hpp>

#include "app/reconcile_orders.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/gateways.hpp"
#include "cli/guarded_output.hpp"
#include "cli/input.hpp"
#include "cli/order_reconciliation.hpp"
#include "cli/progress.hpp"
#include "cli/query_result.hpp"
#include "cli/refund_reconciliation.hpp"
#include "cli/streams.hpp"
#include "wxpay/time.hpp"

namespace wxpay::cli {

namespace {

struct ReconcileArguments {
  std::string older_than, since, until, limit, expire_after;
  JobOptions jobs;
  bool close_expired = false;
  bool details = false;
  bool dry_run = false;
};

const std::vector<std::string> summary_columns{
    "mode",           "checked", "updated",        "stillOpen",      "closed",          "mismatched",
    "paidAfterClose", "failed",  "refundsChecked", "refundsUpdated", "refundsAbnormal", "refundsMismatched",
    "refundsFailed",  "dryRun",  "startedAt",      "durationMs",     "otherApps",       "notClosed"};

std::vector<std::string> detail_columns() {
  auto columns = query_columns();
  columns.insert(columns.end(), {"errCode", "errCodeDes", "dryRun"});
  return columns;
}

app::ReconcileOptions options_of(const ReconcileArguments& arguments, Services& services) {
  app::ReconcileOptions options;
  options.jobs = arguments.jobs.jobs_of(services.profile());
  options.older_than = parse_duration_option("--older-than", arguments.older_than, options.older_than);
  const auto now = services.clock().now();
  options.since = parse_time_option("--since", arguments.since, now);
  options.until = parse_time_option("--until", arguments.until, now);
  if (!arguments.limit.empty()) options.limit = parse_count("--limit", arguments.limit, 1, INT64_MAX);
  if (!arguments.expire_after.empty() && !arguments.close_expired) {
    throw Error{ErrorKind::usage, "--expire-after belongs to --close-expired"};
  }
  options.close_expired = arguments.close_expired;
  options.expire_after =
      parse_duration_option("--expire-after", arguments.expire_after, options.expire_after);
  options.dry_run = arguments.dry_run;
  return options;
}

class Reconcile {
 public:
  Reconcile(const ReconcileArguments& arguments, Services& services, Output& output)
      : arguments_{arguments},
        services_{services},
        output_{output},
        options_{options_of(arguments, services)},
        orders_{output},
        refunds_{{{.jobs = options_.jobs,
                   .older_than = options_.older_than,
                   .limit = options_.limit,
                   .dry_run = options_.dry_run},
                  arguments.details},
                 services,
                 output} {}

  int run() {
    const auto rate = arguments_.jobs.rate_of(services_.profile());
    services_.api();  // a missing key is found before anything is written
    if (options_.close_expired && !options_.dry_run) {
      output_.confirm("Close every expired order at WeChat Pay?");
    }
    auto& ledger = options_.dry_run ? services_.ledger_read_only() : services_.ledger();
    if (!options_.dry_run && !take_lock(ledger)) return exit_lock_held;
    const auto& merchant = services_.profile().merchant;
    options_.last_complete = ledger.last_complete(LedgerJob::reconcile, merchant);
    started_at_ = services_.clock().now();
    const auto started = services_.clock().steady_now();
    Gateways pool{services_, options_.jobs, rate};
    app::ReconcileOrders reconcile{
        options_, {ledger, ledger, merchant, pool.pool(), services_.clock(), services_.stop()}};
    output_.buffer_output();
    progress_.emplace(output_, services_.clock(),
                      output_.shows_progress() ? std::optional{reconcile.count()} : std::nullopt);
    run(reconcile);
    if (!services_.stop().requested() && !orders_.gave_up() && !results_.failed())
      run_refunds(ledger, pool.pool());
    duration_ =
        std::chrono::duration_cast<std::chrono::milliseconds>(services_.clock().steady_now() - started);
    return finish();
  }

 private:
  /// With -q the exit code alone says that another run is at it, or cron would send a mail each time.
  bool take_lock(LedgerJobs& jobs) {
    try {
      lock_ = jobs.lock(LedgerJob::reconcile);
      return true;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::lock_held || !output_.quiet()) throw;
      return false;
    }
  }

  void run(app::ReconcileOrders& reconcile) {
    // When the output fails, what is under way is still ended and kept.
    const auto or_halt = [&](const auto& work) {
      if (!print(work)) reconcile.halt();
    };
    try {
      reconcile.run({.result =
                         [&](const app::ReconcileResult& result) {
                           orders_.count(result, *progress_);
                           or_halt([&] { show(result); });
                         },
                     .pause = [&] { or_halt([&] { progress_->show(); }); }});
    } catch (const Error& error) {
      fail(error);
    }
    if (reconcile.is_complete() && lock_) keep_time_of_run();
    orders_.end(reconcile);
    cut_short_ = !reconcile.finished();
    unreadable_ = reconcile.unreadable();
  }

  void run_refunds(Ledger& ledger, app::GatewayPool gateways) {
    try {
      refunds_.run(ledger, std::move(gateways), *progress_,
                   [this](const std::function<void()>& work) { return print(work); });
    } catch (const Error& error) {
      fail(error);
    }
    cut_short_ = cut_short_ || refunds_.was_cut_short();
  }

  /// Without it the next run asks about more than it need, or about the last day alone.
  void keep_time_of_run() {
    try {
      lock_->set_complete(services_.profile().merchant, started_at_);
    } catch (const Error& error) {
      progress_->clear();
      output_.warn(error.what());
    }
  }

  /// Does what prints, as long as that is possible; why it is not any more is told at once.
  template <class Work>
  bool print(const Work& work) {
    if (results_.write(work)) return true;
    if (failures_.empty()) return false;
    progress_->clear();
    code_ = gravest(code_, failures_.tell(output_));
    return false;
  }

  /// A failure of the ledger is not to hide what was found before it.
  void fail(const Error& error) {
    progress_->clear();
    if (error.kind() != ErrorKind::interrupted) output_.report(error);
    code_ = gravest(code_, exit_code(error.kind()));
  }

  void show(const app::ReconcileResult& result) {
    if (!arguments_.details) return;
    auto record = describe(result.query);
    if (result.error) {
      record.text("errCode", code_of(*result.error)).text("errCodeDes", result.error->what());
    }
    if (options_.dry_run) record.flag("dryRun", true);
    output_.print_row(record, details_);
  }

  static std::string code_of(const Error& error) {
    return error.code().empty() ? std::string{error_code(error.kind())} : error.code();
  }

  int finish() {
    progress_->clear();
    const bool nothing_done = orders_.found_nothing() && refunds_.found_nothing();
    if (!output_.quiet() || !nothing_done) give_summary();
    if (results_.failed()) output_.discard();
    orders_.report_failures();
    refunds_.report_failures();
    if (!unreadable_.empty()) fail(unreadable_.together());
    if (!refunds_.unreadable().empty()) fail(refunds_.unreadable().together());
    orders_.report_left_alone();
    if (services_.stop().requested()) return exit_interrupted;
    code_ = gravest(gravest(code_, orders_.code()), refunds_.code());
    if (failures_.output_closed() && cut_short_ && !options_.dry_run) code_ = gravest(code_, exit_cut_short);
    return code_;
  }

  /// On standard output or, where that has failed, on standard error.
  void give_summary() {
    const auto record = summary();
    print([&] {
      output_.finish();
      // The table of the details, where there is one, ends here.
      if (arguments_.details && orders_.checked_any() && output_.format() != OutputFormat::json) {
        output_.print_text("\n");
      }
      output_.begin_another_table();
      output_.print(record, summary_columns);
      output_.flush();
    });
    if (!results_.failed()) return;
    const bool json = output_.format() == OutputFormat::json;
    write_standard_error(json ? report::to_json(record) + "\n" : report::to_text(record));
  }

  report::Record summary() const {
    report::Record record;
    record.text("mode", "orders");
    orders_.add_to(record);
    refunds_.add_to(record);
    if (options_.dry_run) record.flag("dryRun", true);
    record.text("startedAt", format_rfc3339(started_at_)).number("durationMs", duration_.count());
    orders_.add_exceptions_to(record);
    return record;
  }

  const ReconcileArguments& arguments_;
  Services& services_;
  Output& output_;
  app::ReconcileOptions options_;
  OrderReconciliation orders_;
  RefundReconciliation refunds_;
  const std::vector<std::string> details_ = detail_columns();
  std::optional<Progress> progress_;
  std::unique_ptr<JobLock> lock_;
  KeptFailures failures_;
  GuardedOutput results_{output_, failures_};
  int code_ = exit_done;
  bool cut_short_ = false;
  UnreadableOrders unreadable_;
  std::chrono::sys_seconds started_at_{};
  std::chrono::milliseconds duration_{};
};

}  // namespace

void add_reconcile(CLI::App& root, Command& chosen) {
  auto arguments = std::make_shared<ReconcileArguments>();
  auto* command = root.add_subcommand(
      "reconcile", "Ask WeChat Pay about every open order and refund, and repair the ledger");
  const auto add = [&](const char* name, std::string& slot, const char* type, const char* help) {
    return command->add_option(name, slot, help)->type_name(type);
  };
  add("--older-than", arguments->older_than, "DURATION", "Leave younger open orders alone (default 5m)");
  add("--since", arguments->since, "T", "Only orders created at or after");
  add("--until", arguments->until, "T", "Only orders created before");
  add("--limit", arguments->limit, "N", "Ask about at most so many orders");
  add("--jobs", arguments->jobs.jobs, "N", "Requests at once (default: the profile's, 16)");
  add("--rate", arguments->jobs.rate, "N", "Requests a second at most (default: the profile's, 50)");
  command->add_flag("--close-expired", arguments->close_expired, "Close orders that nobody paid in time");
  add("--expire-after", arguments->expire_after, "DURATION",
      "When an order without a time_expire counts as expired (default 2h)");
  command->add_flag("--details", arguments->details, "Print each order before the summary");
  command->add_flag("--dry-run", arguments->dry_run, "Ask, but write and close nothing");
  command->footer(
      "Repairs lost notifications and orders whose creation had no answer. Made for cron: one run at a time, "
      "safe to\n"
      "interrupt and to repeat; with -q it prints nothing when there is nothing to do.\n\n"
      "Examples:\n"
      "  wxpayctl reconcile\n"
      "  wxpayctl reconcile --close-expired --expire-after 1d --yes\n"
      "  */5 * * * * wxpayctl -q -p shop reconcile          # crontab\n\n"
      "Exit codes: 0 done, orders may still be open; 3 configuration or key; 4 some had no answer, run it "
      "again; 5 something does "
      "not "
      "agree;\n"
      "6 an order was paid after it was closed, or a refund is ABNORMAL; 7 ledger; 75 another run is at it");
  command->callback([&chosen, arguments] {
    chosen = [arguments](Services& services, Output& output) {
      return Reconcile{*arguments, services, output}.run();
    };
  });
}

}  // namespace wxpay::cli
