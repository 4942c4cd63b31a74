#include "cli/refund_command.hpp"

#include <CLI/CLI.hpp>

#include "app/refund_order.hpp"
#include "app/refund_request.hpp"
#include "base/text.hpp"
#include "cli/clock_watch.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/refund_result.hpp"

namespace wxpay::cli {

namespace {

struct RefundOptions {
  app::RefundFields refund;
  bool all = false;
  RefundBatchArguments batch;
};

std::string amount_in_question(const RefundRequest& request) {
  if (!request.refund_fee) return "all that is left";
  return format_yuan(*request.refund_fee) + " yuan";
}

int run_refund(const RefundOptions& options, Services& services, Output& output) {
  const auto& batch = options.batch;
  if (!batch.file.empty()) return run_refund_batch(batch, services, output);
  if (batch.dry_run || !(batch.jobs.jobs + batch.jobs.rate + batch.max_errors + batch.failed_file).empty()) {
    throw Error{ErrorKind::usage, "--jobs, --rate, --max-errors, --failed and --dry-run belong to --batch"};
  }
  auto fields = options.refund;
  if (options.all) fields.all = "Y";
  const auto& profile = services.profile();
  const auto request = app::check_refund_fields(fields, profile.merchant);
  // What is missing is found before anything is written or sent.
  services.api().require_client_certificate();
  auto& gateway = services.gateway();
  auto& ledger = services.ledger();
  ClockWatch clock_watch{services.clock()};
  const auto warn_of_clock = [&output](const std::string& warning) {
    if (!warning.empty()) output.alert(warning);
  };
  warn_of_clock(clock_watch.look());
  output.confirm("Refund " + amount_in_question(request) + " of order " + request.out_trade_no.text() + "?");
  app::Refunding refunding{request, profile.refund_interval};
  const auto result =
      app::refund_order(refunding, {ledger, ledger}, gateway, services.clock(), services.stop(),
                        [&](std::chrono::seconds wait) {
                          output.warn("refunds of one order are a minute apart: this one waits " +
                                      std::to_string(wait.count()) + " s for its turn");
                        });
  warn_of_clock(clock_watch.look(result.clock_ahead));
  report::Record record;
  describe_refund(record, request, result);
  auto columns = refund_columns();
  columns.emplace_back("hint");
  output.set_code_when_closed(exit_code(result.outcome));
  output.print(record, columns);
  return exit_code(result.outcome);
}

}  // namespace

void add_refund(CLI::App& root, Command& chosen) {
  auto options = std::make_shared<RefundOptions>();
  auto& refund = options->refund;
  auto* command = root.add_subcommand("refund", "Give back money of a paid order, all or a part of it");
  command->add_option("OUT_TRADE_NO", refund.out_trade_no, "The merchant's order number");
  const auto add = [&](const char* name, std::optional<std::string>& slot, const char* type,
                       const std::string& help) {
    return command->add_option(name, slot, help)->type_name(type);
  };
  add("--out-refund-no", refund.out_refund_no, "NO",
      "The refund's own number, at most 64 of 0-9 A-Z a-z _ - | * @; one number refunds once");
  auto* fee = add("--refund-fee", refund.refund_fee, "FEN", "Amount in fen, a whole number");
  auto* amount = add("--amount", refund.amount, "YUAN", "Amount in yuan, at most two decimals");
  auto* all = command->add_flag("--all", options->all, "All that is left of what was paid");
  all->excludes(fee)->excludes(amount);
  fee->excludes(amount);
  add("--reason", refund.reason, "TEXT", "Shown to the payer, at most 80 bytes");
  add("--notify-url", refund.notify_url, "URL", "Where WeChat Pay sends the notification of this refund");
  add("--funds-account", refund.funds_account, "ACCOUNT",
      "AVAILABLE pays it from the available balance instead of what is unsettled");
  const auto single = command->get_options();
  auto& batch = options->batch;
  auto* batch_file = command->add_option(
      "--batch", batch.file, "Refund many from JSON Lines or CSV in FILE, '-' for standard input");
  batch_file->type_name("FILE");
  for (auto* option : single) {
    if (option != command->get_help_ptr()) batch_file->excludes(option);
  }
  const auto add_for_batch = [&](const char* name, std::string& slot, const char* type, const char* help) {
    command->add_option(name, slot, help)->type_name(type);
  };
  add_for_batch("--jobs", batch.jobs.jobs, "N", "Requests at once (default: the profile's, 16)");
  add_for_batch("--rate", batch.jobs.rate, "N", "Requests a second at most (default: the profile's, 50)");
  add_for_batch("--max-errors", batch.max_errors, "N", "Stop after N failures in a row (default 20)");
  add_for_batch("--failed", batch.failed_file, "FILE", "Write the records that were not refunded there");
  command->add_flag("--dry-run", batch.dry_run, "Check everything, send and write nothing");
  command->footer(
      "Running it again with the same number never refunds twice. Asks first on a terminal, unless --yes.\n"
      "On API v2 it needs the client certificate (wxpayctl(1)).\n\n"
      "Examples:\n"
      "  wxpayctl refund 2026112300001 --out-refund-no R2026112300001 --amount 3.00 --reason '缺货'\n"
      "  wxpayctl refund 2026112300001 --out-refund-no R2026112300002 --all\n"
      "  wxpayctl refund --batch refunds.csv --failed again.csv --json > results.jsonl\n\n"
      "Exit codes: 0 accepted; 1 refused; 2 the request is wrong; 3 configuration, key or certificate; 4 no\n"
      "answer, run it again; 5 something does not agree; 7 the ledger could not take it; 130 not confirmed");
  command->callback([&chosen, options] {
    chosen = [options](Services& services, Output& output) { return run_refund(*options, services, output); };
  });
}

}  // namespace wxpay::cli
