#include <CLI/CLI.hpp>

#include <utility>

#include "app/plan_refunds.hpp"
#include "app/refund_batch.hpp"
#include "base/text.hpp"
#include "cli/batch_frame.hpp"
#include "cli/exit_code.hpp"
#include "cli/refund_command.hpp"
#include "cli/refund_result.hpp"
#include "cli/result_fields.hpp"
#include "wxpay/ledger_place.hpp"

namespace wxpay::cli {

namespace {

using Kind = app::RefundBatchResult::Kind;

/// People get those that fit on a screen.
std::vector<std::string> refund_batch_columns(OutputFormat format) {
  if (format == OutputFormat::text) {
    return {"line",       "outTradeNo", "outRefundNo", "refundFee", "refundState",
            "resultCode", "errCode",    "errCodeDes",  "refundId"};
  }
  std::vector<std::string> columns{"line"};
  columns.insert(columns.end(), refund_columns().begin(), refund_columns().end());
  columns.insert(columns.end(), {"dryRun", "hint"});
  return columns;
}

/// How many refunds a file asks for, and their sum, for the question before them.
struct BatchTotal {
  std::int64_t count = 0;
  std::int64_t fen = 0;
  std::int64_t of_all_that_is_left = 0;
};

BatchTotal total_of(const std::string& file, const MerchantIdentity& merchant, const Services& services) {
  BatchTotal total;
  InputStream stream{file, services.stop()};
  wire::RecordReader reader{[&stream](char* buffer, std::size_t size) { return stream.read(buffer, size); }};
  app::RefundBatchInput input{reader, merchant};
  while (const auto entry = input.next()) {
    if (!entry->request) continue;
    ++total.count;
    if (entry->request->refund_fee) {
      total.fen += entry->request->refund_fee->count();
    } else {
      ++total.of_all_that_is_left;
    }
  }
  return total;
}

std::string question_about(const BatchTotal& total) {
  auto question = "Make " + counted(total.count, total.count == 1 ? "refund" : "refunds") + ", " +
                  format_yuan(Fen{total.fen}) + " yuan in all";
  if (total.of_all_that_is_left > 0) {
    question += ", and all that is left of " +
                counted(total.of_all_that_is_left, total.of_all_that_is_left == 1 ? "order" : "orders");
  }
  return question + "?";
}

class RefundBatchRun {
 public:
  RefundBatchRun(const RefundBatchArguments& arguments, Services& services, Output& output)
      : arguments_{arguments},
        services_{services},
        output_{output},
        frame_{arguments.file, refund_batch_columns(output.format()), services, output},
        input_{frame_.reader(), services.profile().merchant} {}

  int run() {
    const auto& profile = services_.profile();
    const app::RefundBatchOptions options{.jobs = arguments_.jobs.jobs_of(profile),
                                          .rate = arguments_.jobs.rate_of(profile),
                                          .max_errors = max_errors_of(arguments_.max_errors),
                                          .interval = profile.refund_interval};
    // What is missing is found before anything is written or sent.
    services_.api().require_client_certificate();
    if (!arguments_.dry_run) ask();
    frame_.begin();
    if (arguments_.dry_run) {
      check_all();
    } else {
      refund_all(options);
    }
    return finish();
  }

 private:
  /// Once for all of them. Records that are typed in cannot be read before.
  void ask() {
    if (!output_.asks() || arguments_.file == "-") return;
    if (!frame_.can_be_read_twice()) {
      output_.confirm("Make the refunds of " + arguments_.file + ", which cannot be counted ahead?");
      return;
    }
    output_.confirm(question_about(total_of(arguments_.file, services_.profile().merchant, services_)));
  }

  void refund_all(const app::RefundBatchOptions& options) {
    auto& ledger = services_.ledger();
    Gateways pool{services_, options.jobs, options.rate};
    frame_.open_failed_file(arguments_.failed_file, input_.header());
    app::RefundBatch batch{
        input_, options, {{ledger, ledger}, pool.pool(), services_.clock(), services_.stop()}};
    frame_.run<app::RefundBatch, app::RefundBatchResult>(
        batch, [this](const app::RefundBatchResult& result) { take(result); });
  }

  void take(const app::RefundBatchResult& result) {
    if (result.kind == Kind::not_sent) return frame_.leave(result.line, result.raw);
    if (result.kind == Kind::not_recorded) {
      if (!result.problem.empty()) tell_not_recorded(result);
      return frame_.add_not_recorded(result.raw);
    }
    report::Record record;
    record.number("line", static_cast<std::int64_t>(result.line));
    bool runs_again = true;
    if (result.kind == Kind::refunded) {
      const auto& refunded = result.refunding->result();
      frame_.warn_of_clock(refunded.clock_ahead);
      describe_refund(record, result.refunding->request(), refunded);
      if (frame_.count(refunded.outcome, refunded.hint)) {
        ++(refunded.was_known ? known_ : accepted_);
        runs_again = false;
      }
    } else {
      const bool unreadable = result.kind == Kind::unreadable;
      frame_.add_bad(unreadable ? exit_ledger : exit_refused);
      describe_bad(record, result.numbers, result.problem, unreadable ? "LEDGER" : "PARAM_ERROR");
    }
    frame_.add(runs_again);
    if (runs_again) frame_.keep_failed(result.raw);
    frame_.print(record);
  }

  /// The ledger cannot keep what WeChat Pay answered; the other records go on.
  void tell_not_recorded(const app::RefundBatchResult& result) {
    frame_.raise(exit_unknown);
    frame_.add(true);
    report::Record record;
    record.number("line", static_cast<std::int64_t>(result.line));
    describe_numbers(record, result.numbers);
    describe_reply(record, app::Reply::unknown, std::string{error_code(ErrorKind::ledger_value)},
                   without_control_characters(result.problem));
    frame_.print(record);
  }

  static void describe_numbers(report::Record& record, const app::RefundNumbers& numbers) {
    record.text_if_set("outTradeNo", without_control_characters(numbers.out_trade_no))
        .text_if_set("outRefundNo", without_control_characters(numbers.out_refund_no));
  }

  static void describe_bad(report::Record& record, const app::RefundNumbers& numbers,
                           const std::string& problem, const char* code) {
    describe_numbers(record, numbers);
    describe_reply(record, app::Reply::refused, code, without_control_characters(problem));
  }

  void check_all() {
    const bool may_be_there = find_ledger(services_.ledger_place().address).may_be_there;
    auto* ledger = may_be_there ? &services_.ledger_read_only() : nullptr;
    app::RefundDryRun dry_run{ledger, ledger, services_.clock().now()};
    frame_.check_all([&] {
      const auto entry = input_.next();
      if (!entry) return false;
      take(entry->raw.line, dry_run.plan(*entry));
      return true;
    });
  }

  void take(std::size_t line, const app::PlannedRefund& planned) {
    using Planned = app::PlannedRefund::Kind;
    const bool unreadable = planned.kind == Planned::unreadable;
    report::Record record;
    record.number("line", static_cast<std::int64_t>(line));
    if (unreadable || planned.kind == Planned::bad) {
      frame_.add_bad(unreadable ? exit_ledger : exit_refused);
      describe_bad(record, planned.numbers, planned.problem, unreadable ? "LEDGER" : "PARAM_ERROR");
    } else {
      describe_numbers(record, planned.numbers);
      if (planned.refund_fee) record.number("refundFee", planned.refund_fee->count());
      describe_reply(record, planned.is_good() ? app::Reply::accepted : app::Reply::refused, planned.code,
                     planned.problem);
      if (planned.is_good()) {
        ++(planned.kind == Planned::known ? known_ : accepted_);
      } else {
        frame_.add_refused();
        frame_.raise(exit_refused);
      }
    }
    frame_.print(record.flag("dryRun", true));
    frame_.add(!planned.is_good());
  }

  int finish() {
    auto done = counted(accepted_, arguments_.dry_run ? "would be sent" : "accepted");
    if (known_ > 0) done += ", " + counted(known_, "known before");
    return frame_.finish(done, arguments_.dry_run);
  }

  const RefundBatchArguments& arguments_;
  Services& services_;
  Output& output_;
  BatchFrame frame_;
  app::RefundBatchInput input_;
  std::int64_t accepted_ = 0;
  std::int64_t known_ = 0;
};

}  // namespace

int run_refund_batch(const RefundBatchArguments& arguments, Services& services, Output& output) {
  services.add_inputs({arguments.file});
  if (!arguments.failed_file.empty()) services.refuse_output("--failed", arguments.failed_file);
  return RefundBatchRun{arguments, services, output}.run();
}

}  // namespace wxpay::cli
