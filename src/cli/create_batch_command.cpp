#include <utility>

#include "app/create_batch.hpp"
#include "app/plan_batch.hpp"
#include "base/text.hpp"
#include "cli/batch_frame.hpp"
#include "cli/create_order_command.hpp"
#include "cli/exit_code.hpp"
#include "cli/result_fields.hpp"
#include "wxpay/ledger_place.hpp"

namespace wxpay::cli {

namespace {

using Kind = app::BatchResult::Kind;

/// People get those that fit on a screen.
std::vector<std::string> batch_columns(OutputFormat format) {
  if (format == OutputFormat::text) {
    return {"line",       "outTradeNo", "resultCode",  "prepayId", "ledger", "errCode",
            "errCodeDes", "differs",    "ledgerState", "codeUrl",  "mwebUrl"};
  }
  std::vector<std::string> columns{"line"};
  columns.insert(columns.end(), creation_columns().begin(), creation_columns().end());
  columns.insert(columns.end(), {"dryRun", "hint"});
  return columns;
}

class BatchRun {
 public:
  BatchRun(const BatchArguments& arguments, Services& services, Output& output)
      : arguments_{arguments},
        services_{services},
        frame_{arguments.file, batch_columns(output.format()), services, output},
        input_{frame_.reader(), order_defaults(services.profile()), services.clock()} {}

  int run() {
    const auto& profile = services_.profile();
    const app::BatchOptions options{arguments_.jobs.jobs_of(profile), arguments_.jobs.rate_of(profile),
                                    max_errors_of(arguments_.max_errors)};
    services_.api();  // a missing key is found before anything is written
    frame_.begin();
    if (arguments_.dry_run) {
      check_all();
    } else {
      create_all(options);
    }
    return finish();
  }

 private:
  void create_all(const app::BatchOptions& options) {
    auto& ledger = services_.new_or_existing_ledger();
    Gateways pool{services_, options.jobs, options.rate};
    frame_.open_failed_file(arguments_.failed_file, input_.header());
    app::CreateBatch batch{input_, options, {ledger, pool.pool(), services_.clock(), services_.stop()}};
    frame_.run<app::CreateBatch, app::BatchResult>(batch,
                                                   [this](const app::BatchResult& result) { take(result); });
  }

  void take(const app::BatchResult& result) {
    const auto& creation = result.creation;
    if (result.kind == Kind::not_sent) return frame_.leave(result.line, result.raw);
    if (result.kind == Kind::not_recorded) {
      if (!result.problem.empty()) tell_not_recorded(result);
      return frame_.add_not_recorded(result.raw);
    }
    const bool bad = result.kind != Kind::created || creation->expired();
    const bool runs_again = bad || fails(creation->result());
    count(result, bad);
    if (!bad) frame_.warn_of_clock(creation->result().clock_ahead);
    frame_.add(runs_again);
    if (runs_again) frame_.keep_failed(result.raw);
    report::Record record;
    record.number("line", static_cast<std::int64_t>(result.line));
    if (result.kind == Kind::unreadable) {
      describe_bad(record, result.out_trade_no, result.problem, "LEDGER");
    } else if (bad) {
      const bool expired = result.kind != Kind::bad;
      describe_bad(record, expired ? creation->out_trade_no().text() : result.out_trade_no,
                   expired ? "the order's time_expire has passed; use a new number" : result.problem);
    } else {
      describe_creation(record, creation->intent(), creation->result(), services_);
    }
    frame_.print(record);
  }

  /// The ledger cannot keep what WeChat Pay answered; the other records go on.
  void tell_not_recorded(const app::BatchResult& result) {
    frame_.raise(exit_unknown);
    frame_.add(true);
    report::Record record;
    record.number("line", static_cast<std::int64_t>(result.line))
        .text_if_set("outTradeNo", result.out_trade_no);
    describe_reply(record, app::Reply::unknown, std::string{error_code(ErrorKind::ledger_value)},
                   without_control_characters(result.problem));
    record.text("ledgerState", std::string{to_string(result.creation->state_when_sent())});
    frame_.print(record);
  }

  static void describe_bad(report::Record& record, const std::string& out_trade_no,
                           const std::string& problem, const char* code = "PARAM_ERROR") {
    record.text_if_set("outTradeNo", without_control_characters(out_trade_no));
    describe_reply(record, app::Reply::refused, code, without_control_characters(problem));
  }

  /// Whether a record is one for --failed: an order that is paid or closed is settled, and running it again
  /// is of no use.
  static bool fails(const app::CreateResult& result) {
    const auto state = result.ledger_state;
    const bool ended = is_paid(state) || state == OrderState::closed || state == OrderState::revoked;
    return result.outcome != app::Outcome::done && !(ended && result.outcome == app::Outcome::refused);
  }

  void count(const app::BatchResult& result, bool bad) {
    if (bad) return frame_.add_bad(result.kind == Kind::unreadable ? exit_ledger : exit_refused);
    if (result.creation->out_trade_no().shorter_than_advised()) ++short_numbers_;
    const auto& created = result.creation->result();
    if (frame_.count(created.outcome, created.hint))
      ++(created.origin == app::PrepayOrigin::reused ? reused_ : created_);
  }

  /// The dry run.
  void check_all() {
    const auto& mch_id = services_.profile().merchant.mch_id;
    const bool may_be_there = find_ledger(services_.ledger_place().address).may_be_there;
    auto* ledger = may_be_there ? &services_.ledger_read_only() : nullptr;
    frame_.check_all([&] {
      const auto entry = input_.next();
      if (!entry) return false;
      if (entry->request && entry->request->intent.out_trade_no.shorter_than_advised()) ++short_numbers_;
      take(entry->raw.line, app::plan_creation(*entry, mch_id, ledger, services_.clock().now()));
      return true;
    });
  }

  void take(std::size_t line, const app::PlannedCreation& planned) {
    using Planned = app::PlannedCreation::Kind;
    const bool unreadable = planned.kind == Planned::unreadable;
    report::Record record;
    record.number("line", static_cast<std::int64_t>(line));
    if (unreadable || planned.kind == Planned::bad) {
      frame_.add_bad(unreadable ? exit_ledger : exit_refused);
      describe_bad(record, planned.out_trade_no, planned.problem, unreadable ? "LEDGER" : "PARAM_ERROR");
    } else {
      if (planned.is_good()) {
        ++created_;
      } else {
        frame_.add_refused();
        frame_.raise(exit_refused);
      }
      describe_plan(record, planned);
    }
    frame_.print(record.flag("dryRun", true));
    frame_.add(!planned.is_good());
  }

  static void describe_plan(report::Record& record, const app::PlannedCreation& planned) {
    using Planned = app::PlannedCreation::Kind;
    record.text("outTradeNo", planned.out_trade_no);
    describe_reply(record, planned.is_good() ? app::Reply::accepted : app::Reply::refused, planned.code);
    if (!planned.differs.empty()) record.list("differs", planned.differs);
    if (planned.ledger_state) record.text("ledgerState", std::string{to_string(*planned.ledger_state)});
    if (!planned.is_good()) return;
    const bool renewed = planned.kind == Planned::renewed;
    record.text("ledger", planned.kind == Planned::reused ? "REUSED" : renewed ? "RENEWED" : "CREATED");
  }

  int finish() {
    auto done = counted(created_, arguments_.dry_run ? "would be created or reused" : "created");
    if (reused_ > 0) done += ", " + counted(reused_, "reused");
    const auto warning =
        short_numbers_ == 0
            ? std::string{}
            : counted(short_numbers_, short_numbers_ == 1 ? "out_trade_no has" : "out_trade_no have") +
                  " fewer than the 6 characters that WeChat Pay asks for now";
    return frame_.finish(done, arguments_.dry_run, warning);
  }

  const BatchArguments& arguments_;
  Services& services_;
  BatchFrame frame_;
  app::BatchInput input_;
  std::int64_t created_ = 0;
  std::int64_t reused_ = 0;
  std::int64_t short_numbers_ = 0;
};

}  // namespace

int run_create_batch(const BatchArguments& arguments, Services& services, Output& output) {
  services.add_inputs({arguments.file});
  if (!arguments.failed_file.empty()) services.refuse_output("--failed", arguments.failed_file);
  return BatchRun{arguments, services, output}.run();
}

}  // namespace wxpay::cli
