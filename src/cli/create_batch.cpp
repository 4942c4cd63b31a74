#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <utility>

#include "app/create_batch.hpp"
#include "base/text.hpp"
#include "base/unique_fd.hpp"
#include "cli/create_order.hpp"
#include "cli/exit_code.hpp"
#include "cli/input.hpp"
#include "cli/progress.hpp"
#include "cli/streams.hpp"

namespace wxpay::cli {

namespace {

using Kind = app::BatchResult::Kind;

constexpr std::size_t write_at_once = 65'536;

/// People get those that fit on a screen.
std::vector<std::string> batch_columns(OutputFormat format) {
  if (format == OutputFormat::text) {
    return {"line",       "outTradeNo", "resultCode",  "prepayId", "ledger", "errCode",
            "errCodeDes", "differs",    "ledgerState", "codeUrl",  "mwebUrl"};
  }
  std::vector<std::string> columns{"line"};
  columns.insert(columns.end(), creation_columns().begin(), creation_columns().end());
  columns.emplace_back("dryRun");
  return columns;
}

/// The records to run again, in the format of the input. Holds openids, so it is for its owner alone.
class FailedFile {
 public:
  FailedFile(std::string path, const std::string& header, const InputStream& input)
      : path_{std::move(path)}, file_{::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)} {
    if (!file_) fail();
    if (input.is_same_file(file_.get())) {
      throw Error{ErrorKind::usage, "--failed names the file of the batch itself", "name another file"};
    }
    struct stat about {};
    if (::fstat(file_.get(), &about) == 0 && S_ISREG(about.st_mode) && ::ftruncate(file_.get(), 0) != 0)
      fail();
    if (!header.empty()) add(header);
  }

  void add(const std::string& record) {
    buffered_ += record;
    buffered_ += '\n';
    if (buffered_.size() >= write_at_once) flush();
  }

  void flush() {
    std::string_view left{buffered_};
    while (!left.empty()) {
      const auto count = ::write(file_.get(), left.data(), left.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) fail();
      left.remove_prefix(static_cast<std::size_t>(count));
    }
    buffered_.clear();
  }

 private:
  [[noreturn]] void fail() {
    const int why = errno;
    buffered_.clear();
    throw Error{ErrorKind::file, "cannot write " + path_ + ": " + std::strerror(why),
                "what was finished is kept; run the same batch again"};
  }

  std::string path_;
  UniqueFd file_;
  std::string buffered_;
};

/// How many records a file has, for the progress line.
std::optional<std::int64_t> count_records(const std::string& path, const InputStream& input,
                                          Context& context) {
  if (!Progress::is_wanted(context) || !input.size()) return std::nullopt;
  InputStream again{path, context.stop()};
  wire::RecordReader reader{[&again](char* buffer, std::size_t size) { return again.read(buffer, size); }};
  std::int64_t count = reader.format() == wire::RecordFormat::csv ? -1 : 0;
  while (reader.next()) ++count;
  return std::max(count, std::int64_t{0});
}

std::string counted(std::int64_t count, const char* what) { return std::to_string(count) + " " + what; }

class BatchRun {
 public:
  BatchRun(const BatchArguments& arguments, Context& context)
      : arguments_{arguments},
        context_{context},
        columns_{batch_columns(context.options().output)},
        stream_{arguments.file, context.stop()},
        reader_{[this](char* buffer, std::size_t size) { return stream_.read(buffer, size); }},
        input_{reader_, order_defaults(context.profile()), context.clock()},
        progress_{context, count_records(arguments.file, stream_, context)} {}

  int run() {
    const auto& profile = context_.profile();
    const auto jobs = arguments_.jobs.jobs_of(profile);
    const auto rate = arguments_.jobs.rate_of(profile);
    const auto max_errors = arguments_.max_errors.empty()
                                ? std::int64_t{20}
                                : parse_count("--max-errors", arguments_.max_errors, 1, INT32_MAX);
    context_.key();  // a missing key is found before anything is written
    if (!arguments_.failed_file.empty() && !arguments_.dry_run) {
      failed_file_.emplace(arguments_.failed_file, input_.header(), stream_);
    }
    context_.buffer_output();
    context_.begin_rows(columns_);
    if (arguments_.dry_run) {
      check_all();
    } else {
      create_all({jobs, rate, max_errors});
    }
    return finish();
  }

 private:
  void create_all(const app::BatchOptions& options) {
    auto& ledger = context_.ledger();
    GatewayPool pool{context_, options.jobs, options.rate};
    app::CreateBatch batch{input_,
                           options,
                           {ledger, [&pool](std::size_t worker) -> PaymentGateway& { return pool[worker]; },
                            pool.pace(), context_.clock(), context_.stop()}};
    const auto while_possible = [&](const auto& work) {
      try {
        work();
      } catch (...) {
        // What is under way is still ended and kept.
        if (!output_failure_) output_failure_ = std::current_exception();
        batch.halt();
      }
    };
    batch.run({.result = [&](const app::BatchResult& result) { while_possible([&] { take(result); }); },
               .readable = [this] { return reader_.holds_line() || stream_.is_readable(); },
               .pause =
                   [&] {
                     while_possible([&] {
                       if (!output_failure_) progress_.show();
                     });
                   }});
    gave_up_ = batch.gave_up();
    take_the_rest();
  }

  void take(const app::BatchResult& result) {
    ++records_;
    const auto& creation = result.creation;
    if (result.kind == Kind::not_sent) {
      if (first_not_sent_ == 0) first_not_sent_ = result.line;
      ++not_sent_;
      return keep_failed(result.raw);
    }
    const bool bad = result.kind == Kind::bad || creation->expired();
    const bool runs_again = bad || fails(creation->result());
    count(result, bad);
    progress_.add(runs_again);
    if (runs_again) keep_failed(result.raw);
    if (output_failure_) return;
    report::Record record;
    record.number("line", static_cast<std::int64_t>(result.line));
    if (bad) {
      const bool expired = result.kind != Kind::bad;
      describe_bad(record, expired ? creation->out_trade_no().text() : result.out_trade_no,
                   expired ? "the order's time_expire has passed; use a new number" : result.problem);
    } else {
      describe_creation(record, creation->intent(), creation->result(), context_);
    }
    context_.print_row(record, columns_);
  }

  static void describe_bad(report::Record& record, const std::string& out_trade_no,
                           const std::string& problem) {
    record.text_if_set("outTradeNo", without_control_characters(out_trade_no))
        .text("resultCode", "FAIL")
        .text("errCode", "PARAM_ERROR")
        .text("errCodeDes", without_control_characters(problem));
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
    const auto& created = result.creation->result();
    const bool done = created.outcome == app::Outcome::done;
    if (done) ++(created.origin == app::PrepayOrigin::reused ? reused_ : created_);
    if (!done) ++(created.outcome == app::Outcome::refused ? refused_ : unknown_);
    if (created.outcome != app::Outcome::interrupted) code_ = gravest(code_, exit_code(created.outcome));
  }

  void keep_failed(const std::string& raw) {
    if (failed_file_ && !failed_file_failed_) {
      try {
        failed_file_->add(raw);
      } catch (const Error&) {
        failed_file_failed_ = true;
        throw;
      }
    }
  }

  /// What was not read any more belongs to the records that were not sent.
  void take_the_rest() {
    const bool stopped = gave_up_ || output_failure_ || context_.stop().requested();
    if (!stopped || failed_file_failed_) return;
    try {
      // A pipe's other end may be open for ever, so after Ctrl-C only a file is read to its end.
      if (context_.stop().requested() && !stream_.size()) return;
      stream_.ignore_stop();
      while (const auto raw = reader_.next()) {
        ++records_;
        if (first_not_sent_ == 0) first_not_sent_ = raw->line;
        ++not_sent_;
        keep_failed(raw->text);
      }
    } catch (...) {
      if (!output_failure_) output_failure_ = std::current_exception();
    }
  }

  void check_all() {
    const auto& mch_id = context_.profile().merchant.mch_id;
    auto* ledger = context_.ledger_read_only();
    while (!context_.stop().requested()) {
      const auto entry = input_.next();
      if (!entry) return;
      ++records_;
      report::Record record;
      record.number("line", static_cast<std::int64_t>(entry->raw.line));
      bool good = entry->request.has_value();
      if (good) {
        const auto& intent = entry->request->intent;
        const auto order = ledger == nullptr ? std::nullopt : ledger->find(mch_id, intent.out_trade_no);
        good = describe_plan(
            record, intent.out_trade_no,
            plan_create(order ? &*order : nullptr, intent, entry->request->defaulted, context_.clock().now()),
            order);
        ++(good ? created_ : refused_);
      } else {
        describe_bad(record, entry->out_trade_no, entry->problem);
        ++bad_;
      }
      if (!good) code_ = gravest(code_, exit_refused);
      context_.print_row(record.flag("dryRun", true), columns_);
      progress_.add(!good);
      if (records_ % checked_at_once == 0) progress_.show();
    }
  }

  /// What a run would do with the record. False where it would refuse it.
  static bool describe_plan(report::Record& record, const OutTradeNo& number, const CreateDecision& decision,
                            const std::optional<Order>& order) {
    record.text("outTradeNo", number.text());
    const auto refuse = [&](const char* code) {
      record.text("resultCode", "FAIL").text("errCode", code);
      if (!decision.differs.empty()) record.list("differs", decision.differs);
      record.text("ledgerState", std::string{to_string(order->state)});
      return false;
    };
    switch (decision.plan) {
      case CreatePlan::differs:
        return refuse("OUT_TRADE_NO_USED");
      case CreatePlan::paid:
        return refuse("ORDERPAID");
      case CreatePlan::closed:
        return refuse("ORDERCLOSED");
      case CreatePlan::reuse:
        record.text("resultCode", "SUCCESS").text("ledger", "REUSED");
        return true;
      case CreatePlan::first:
      case CreatePlan::again:
      case CreatePlan::replace:
        break;
    }
    record.text("resultCode", "SUCCESS").text("ledger", order && order->prepay ? "RENEWED" : "CREATED");
    return true;
  }

  int finish() {
    progress_.clear();
    if (failed_file_ && !failed_file_failed_) {
      try {
        failed_file_->flush();
      } catch (...) {
        if (!output_failure_) output_failure_ = std::current_exception();
      }
    }
    if (!output_failure_) context_.finish();
    if (records_ == 0) context_.warn("the batch holds no record");
    bool output_closed = false;
    try {
      if (output_failure_) std::rethrow_exception(output_failure_);
    } catch (const OutputClosed&) {
      output_closed = true;
    } catch (const Error& error) {
      context_.report(error);
      code_ = gravest(code_, exit_code(error.kind()));
    }
    if (output_closed) throw OutputClosed{};
    summarize();
    return context_.stop().requested() ? exit_interrupted : code_;
  }

  void summarize() const {
    if (context_.options().quiet) return;
    std::string text = "wxpayctl: " + counted(records_, records_ == 1 ? "record: " : "records: ") +
                       counted(created_, arguments_.dry_run ? "would be created or reused" : "created");
    if (reused_ > 0) text += ", " + counted(reused_, "reused");
    if (refused_ > 0) text += ", " + counted(refused_, arguments_.dry_run ? "would be refused" : "refused");
    if (unknown_ > 0) text += ", " + counted(unknown_, "without a certain answer");
    if (bad_ > 0) text += ", " + counted(bad_, "bad");
    if (not_sent_ > 0) text += ", " + counted(not_sent_, "not sent");
    text += "\n";
    if (gave_up_) text += "wxpayctl: stopped, as too many in a row failed\n";
    if (first_not_sent_ > 0)
      text += "wxpayctl: the first not sent is line " + std::to_string(first_not_sent_) + "\n";
    const bool again = unknown_ > 0 || not_sent_ > 0 || gave_up_ || context_.stop().requested();
    if (again && !arguments_.dry_run) text += "wxpayctl: run the same command again to go on\n";
    write_standard_error(text);
  }

  static constexpr std::int64_t checked_at_once = 256;

  const BatchArguments& arguments_;
  Context& context_;
  const std::vector<std::string> columns_;
  InputStream stream_;
  wire::RecordReader reader_;
  app::BatchInput input_;
  Progress progress_;
  std::optional<FailedFile> failed_file_;
  bool failed_file_failed_ = false;
  std::exception_ptr output_failure_;  ///< of standard output or --failed
  bool gave_up_ = false;
  int code_ = exit_done;
  std::int64_t records_ = 0;
  std::int64_t created_ = 0;
  std::int64_t reused_ = 0;
  std::int64_t refused_ = 0;
  std::int64_t unknown_ = 0;
  std::int64_t bad_ = 0;
  std::int64_t not_sent_ = 0;
  std::size_t first_not_sent_ = 0;
};

}  // namespace

int run_create_batch(const BatchArguments& arguments, Context& context) {
  return BatchRun{arguments, context}.run();
}

}  // namespace wxpay::cli
