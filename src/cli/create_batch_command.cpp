#include <utility>

#include "app/create_batch.hpp"
#include "app/plan_batch.hpp"
#include "base/text.hpp"
#include "cli/clock_watch.hpp"
#include "cli/create_order_command.hpp"
#include "cli/exit_code.hpp"
#include "cli/failed_file.hpp"
#include "cli/guarded_output.hpp"
#include "cli/input.hpp"
#include "cli/progress.hpp"
#include "cli/result_fields.hpp"
#include "cli/streams.hpp"
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

/// How many records a file has, for the progress line.
std::optional<std::int64_t> count_records(const std::string& path, const InputStream& input,
                                          Services& services, Output& output) {
  if (!output.shows_progress() || !input.can_be_read_twice()) return std::nullopt;
  try {
    InputStream again{path, services.stop()};
    wire::RecordReader reader{[&again](char* buffer, std::size_t size) { return again.read(buffer, size); }};
    std::int64_t count = reader.format() == wire::RecordFormat::csv ? -1 : 0;
    while (reader.next()) ++count;
    return std::max(count, std::int64_t{0});
  } catch (const Error& error) {
    // What is wrong with the file is told when the records before that have been worked on.
    if (error.kind() != ErrorKind::file) throw;
    return std::nullopt;
  }
}

std::string counted(std::int64_t count, const char* what) { return std::to_string(count) + " " + what; }

class BatchRun {
 public:
  BatchRun(const BatchArguments& arguments, Services& services, Output& output)
      : arguments_{arguments},
        services_{services},
        output_{output},
        columns_{batch_columns(output.format())},
        stream_{arguments.file, services.stop()},
        reader_{[this](char* buffer, std::size_t size) { return stream_.read(buffer, size); }},
        input_{reader_, order_defaults(services.profile()), services.clock()},
        progress_{output, services.clock(), count_records(arguments.file, stream_, services, output)} {}

  int run() {
    const auto& profile = services_.profile();
    const auto jobs = arguments_.jobs.jobs_of(profile);
    const auto rate = arguments_.jobs.rate_of(profile);
    const auto max_errors = arguments_.max_errors.empty()
                                ? std::int64_t{20}
                                : parse_count("--max-errors", arguments_.max_errors, 1, INT32_MAX);
    services_.api();  // a missing key is found before anything is written
    warn_of_clock(clock_watch_.look());
    output_.buffer_output();
    output_.begin_rows(columns_);
    if (arguments_.dry_run) {
      check_all();
    } else {
      create_all({jobs, rate, max_errors});
    }
    return finish();
  }

 private:
  void create_all(const app::BatchOptions& options) {
    auto& ledger = services_.new_or_existing_ledger();
    Gateways pool{services_, options.jobs, options.rate};
    // All that can keep the run from beginning has been seen: only now is a file made.
    if (!arguments_.failed_file.empty()) failed_file_.emplace(arguments_.failed_file, input_.header());
    app::CreateBatch batch{input_, options, {ledger, pool.pool(), services_.clock(), services_.stop()}};
    const auto halt_where_of_no_use = [&] {
      if (results_.failed() || records_lost_) batch.halt();
    };
    const app::CreateBatch::Output results{.result =
                                               [&](const app::BatchResult& result) {
                                                 take(result);
                                                 halt_where_of_no_use();
                                               },
                                           .readable = [this] { return is_readable(); },
                                           .pause =
                                               [&] {
                                                 show();
                                                 halt_where_of_no_use();
                                               }};
    failures_.succeeds([&] {
      try {
        batch.run(results);
      } catch (const Error& error) {
        input_failed_ = error.kind() == ErrorKind::file;
        throw;
      }
    });
    gave_up_ = batch.gave_up();
    cut_short_ = !batch.finished();
    take_the_rest();
  }

  void warn_of_clock(const std::string& warning) {
    if (warning.empty()) return;
    progress_.clear();
    output_.alert(warning);
  }

  bool is_readable() const { return reader_.holds_line() || stream_.is_readable(); }

  void show() {
    results_.write([this] { progress_.show(); });
  }

  void print(const report::Record& record) {
    results_.write([&] { output_.print_row(record, columns_); });
  }

  void take(const app::BatchResult& result) {
    ++records_;
    const auto& creation = result.creation;
    if (result.kind == Kind::not_sent) return leave(result.line, result.raw);
    if (result.kind == Kind::not_recorded) {
      ++not_recorded_;
      if (!result.problem.empty()) tell_not_recorded(result);
      return keep_failed(result.raw);
    }
    if (result.kind == Kind::unreadable) return take_unreadable(result);
    const bool bad = result.kind == Kind::bad || creation->expired();
    const bool runs_again = bad || fails(creation->result());
    count(result, bad);
    if (!bad) warn_of_clock(clock_watch_.look(creation->result().clock_ahead));
    progress_.add(runs_again);
    if (runs_again) keep_failed(result.raw);
    report::Record record;
    record.number("line", static_cast<std::int64_t>(result.line));
    if (bad) {
      const bool expired = result.kind != Kind::bad;
      describe_bad(record, expired ? creation->out_trade_no().text() : result.out_trade_no,
                   expired ? "the order's time_expire has passed; use a new number" : result.problem);
    } else {
      describe_creation(record, creation->intent(), creation->result(), services_);
    }
    print(record);
  }

  void take_unreadable(const app::BatchResult& result) {
    ++bad_;
    code_ = gravest(code_, exit_ledger);
    progress_.add(true);
    keep_failed(result.raw);
    report::Record record;
    record.number("line", static_cast<std::int64_t>(result.line));
    describe_bad(record, result.out_trade_no, result.problem, "LEDGER");
    print(record);
  }

  /// The ledger cannot keep what WeChat Pay answered; the other records go on.
  void tell_not_recorded(const app::BatchResult& result) {
    code_ = gravest(code_, exit_unknown);
    progress_.add(true);
    report::Record record;
    record.number("line", static_cast<std::int64_t>(result.line))
        .text_if_set("outTradeNo", result.out_trade_no);
    describe_reply(record, app::Reply::unknown, std::string{error_code(ErrorKind::ledger_value)},
                   without_control_characters(result.problem));
    record.text("ledgerState", std::string{to_string(result.creation->state_when_sent())});
    print(record);
  }

  void leave(std::size_t line, const std::string& raw) {
    if (not_sent_++ == 0) first_not_sent_ = line;
    keep_failed(raw);
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
    if (bad) {
      ++bad_;
      code_ = gravest(code_, exit_refused);
      return;
    }
    if (result.creation->out_trade_no().shorter_than_advised()) ++short_numbers_;
    const auto& created = result.creation->result();
    switch (created.outcome) {
      case app::Outcome::done:
        ++(created.origin == app::PrepayOrigin::reused ? reused_ : created_);
        break;
      case app::Outcome::refused:
        ++refused_;
        break;
      case app::Outcome::wrong_key:
        ++refused_;
        wrong_key_hint_ = created.hint;
        break;
      case app::Outcome::integrity:
        ++untrusted_;
        break;
      case app::Outcome::unknown:
      case app::Outcome::ledger_failed:
      case app::Outcome::interrupted:
        ++unknown_;
        break;
    }
    if (created.outcome != app::Outcome::interrupted) code_ = gravest(code_, exit_code(created.outcome));
  }

  void keep_failed(const std::string& raw) {
    if (failed_file_ && !records_lost_) records_lost_ = !failures_.succeeds([&] { failed_file_->add(raw); });
  }

  /// What was not taken in any more, after a stop, belongs to the records that were not sent.
  void take_the_rest() {
    if (input_failed_) return;
    // The other end of a pipe may be open for ever: after Ctrl-C, or when nobody reads the results any more,
    // only what has come already is taken; else a stop ends it.
    const bool is_to_end = results_.failed() || records_lost_ || services_.stop().requested();
    const bool to_the_end = stream_.is_file() || !is_to_end;
    if (stream_.is_file()) stream_.ignore_stop();
    failures_.succeeds([&] {
      while (to_the_end || reader_.holds_line()) {
        const auto raw = reader_.next();
        if (!raw) return;
        ++records_;
        leave(raw->line, raw->text);
      }
    });
  }

  /// The dry run.
  void check_all() {
    const auto& mch_id = services_.profile().merchant.mch_id;
    const bool may_be_there = find_ledger(services_.ledger_place().address).may_be_there;
    auto* ledger = may_be_there ? &services_.ledger_read_only() : nullptr;
    failures_.succeeds([&] {
      while (!services_.stop().requested() && !results_.failed()) {
        if (!is_readable()) show();
        const auto entry = input_.next();
        if (!entry) return;
        ++records_;
        if (entry->request && entry->request->intent.out_trade_no.shorter_than_advised()) ++short_numbers_;
        take(entry->raw.line, app::plan_creation(*entry, mch_id, ledger, services_.clock().now()));
        if (records_ % checked_at_once == 0) show();
      }
    });
  }

  void take(std::size_t line, const app::PlannedCreation& planned) {
    using Planned = app::PlannedCreation::Kind;
    const bool unreadable = planned.kind == Planned::unreadable;
    if (!planned.is_good()) code_ = gravest(code_, unreadable ? exit_ledger : exit_refused);
    report::Record record;
    record.number("line", static_cast<std::int64_t>(line));
    if (unreadable || planned.kind == Planned::bad) {
      ++bad_;
      describe_bad(record, planned.out_trade_no, planned.problem, unreadable ? "LEDGER" : "PARAM_ERROR");
    } else {
      ++(planned.is_good() ? created_ : refused_);
      describe_plan(record, planned);
    }
    print(record.flag("dryRun", true));
    progress_.add(!planned.is_good());
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
    progress_.clear();
    if (failed_file_ && !records_lost_) records_lost_ = !failures_.succeeds([&] { failed_file_->finish(); });
    results_.finish();
    const bool all_went_well = failures_.empty();
    code_ = gravest(code_, failures_.tell(output_));
    if (failures_.output_closed() && cut_short_) code_ = gravest(code_, exit_cut_short);
    if (records_ == 0 && all_went_well) output_.warn("the batch holds no record");
    if (short_numbers_ > 0) {
      output_.warn(counted(short_numbers_, short_numbers_ == 1 ? "out_trade_no has" : "out_trade_no have") +
                   " fewer than the 6 characters that WeChat Pay asks for now");
    }
    summarize();
    return services_.stop().requested() ? exit_interrupted : code_;
  }

  void summarize() const {
    if (output_.quiet()) return;
    std::string text = "wxpayctl: " + counted(records_, records_ == 1 ? "record: " : "records: ") +
                       counted(created_, arguments_.dry_run ? "would be created or reused" : "created");
    if (reused_ > 0) text += ", " + counted(reused_, "reused");
    if (refused_ > 0) text += ", " + counted(refused_, arguments_.dry_run ? "would be refused" : "refused");
    if (untrusted_ > 0) text += ", " + counted(untrusted_, "with an answer that is not to be trusted");
    if (unknown_ > 0) text += ", " + counted(unknown_, "without a certain answer");
    if (not_recorded_ > 0) text += ", " + counted(not_recorded_, "sent, but the answer not recorded");
    if (bad_ > 0) text += ", " + counted(bad_, "bad");
    if (not_sent_ > 0) text += ", " + counted(not_sent_, "not sent");
    text += "\n";
    if (gave_up_) text += "wxpayctl: stopped, as too many in a row failed\n";
    if (!wrong_key_hint_.empty()) text += "wxpayctl: the signature was refused: " + wrong_key_hint_ + "\n";
    if (first_not_sent_ > 0)
      text += "wxpayctl: the first not sent is line " + std::to_string(first_not_sent_) + "\n";
    const bool again =
        unknown_ + not_recorded_ + not_sent_ > 0 || gave_up_ || cut_short_ || services_.stop().requested();
    if (again && !arguments_.dry_run) text += "wxpayctl: run the same command again to go on\n";
    write_standard_error(text);
  }

  static constexpr std::int64_t checked_at_once = 256;

  const BatchArguments& arguments_;
  Services& services_;
  Output& output_;
  const std::vector<std::string> columns_;
  InputStream stream_;
  wire::RecordReader reader_;
  app::BatchInput input_;
  Progress progress_;
  ClockWatch clock_watch_{services_.clock()};
  std::optional<FailedFile> failed_file_;
  KeptFailures failures_;
  GuardedOutput results_{output_, failures_};
  bool records_lost_ = false;  ///< --failed could not be written
  bool input_failed_ = false;
  bool gave_up_ = false;
  bool cut_short_ = false;      ///< records may be left that have no result
  std::string wrong_key_hint_;  ///< empty: no signature was refused
  int code_ = exit_done;
  std::int64_t records_ = 0;
  std::int64_t created_ = 0;
  std::int64_t reused_ = 0;
  std::int64_t refused_ = 0;
  std::int64_t untrusted_ = 0;
  std::int64_t unknown_ = 0;
  std::int64_t not_recorded_ = 0;
  std::int64_t bad_ = 0;
  std::int64_t not_sent_ = 0;
  std::int64_t short_numbers_ = 0;
  std::size_t first_not_sent_ = 0;
};

}  // namespace

int run_create_batch(const BatchArguments& arguments, Services& services, Output& output) {
  services.add_inputs({arguments.file});
  if (!arguments.failed_file.empty()) services.refuse_output("--failed", arguments.failed_file);
  return BatchRun{arguments, services, output}.run();
}

}  // namespace wxpay::cli
