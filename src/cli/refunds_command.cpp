#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>

#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/input.hpp"
#include "cli/progress.hpp"
#include "cli/refund_record.hpp"
#include "cli/streams.hpp"

namespace wxpay::cli {

namespace {

constexpr std::size_t text_written_at_once = std::size_t{64} << 10U;

struct WhichRefunds {
  std::string state, order, since, until, min_fee, max_fee, limit;
};

std::optional<Fen> refund_fee_of(const char* option, const std::string& text) {
  if (text.empty()) return std::nullopt;
  return Fen{parse_count(option, text, 0, largest_fee.count())};
}

RefundFilter filter_of(const WhichRefunds& options, Services& services) {
  RefundFilter filter;
  const auto now = services.clock().now();
  if (!options.state.empty()) filter.state = checked_refund_state(options.state);
  if (!options.order.empty()) filter.out_trade_no = OutTradeNo::parse(options.order);
  filter.since = parse_time_option("--since", options.since, now);
  filter.until = parse_time_option("--until", options.until, now);
  filter.min_fee = refund_fee_of("--min-fee", options.min_fee);
  filter.max_fee = refund_fee_of("--max-fee", options.max_fee);
  if (!options.limit.empty()) filter.limit = parse_count("--limit", options.limit, 1, INT64_MAX);
  return filter;
}

int list(const WhichRefunds& options, Services& services, Output& output) {
  const auto filter = filter_of(options, services);
  const auto& mch_id = services.profile().merchant.mch_id;
  const auto& columns =
      output.format() == OutputFormat::text ? listed_refund_columns() : exported_refund_columns();
  auto& ledger = services.ledger_read_only();
  output.begin_rows(columns);
  ledger.list_refunds(mch_id, filter, [&services, &output, &columns](const Refund& refund) {
    output.print_row(describe_refund(refund), columns);
    return !services.stop().requested();
  });
  if (services.stop().requested()) throw Error{ErrorKind::interrupted, "interrupted"};
  return exit_done;
}

int write_all(const WhichRefunds& options, Services& services, Output& output) {
  auto filter = filter_of(options, services);
  filter.oldest_first = true;
  const auto& mch_id = services.profile().merchant.mch_id;
  auto& ledger = services.ledger_read_only();
  const auto& columns = exported_refund_columns();
  output.begin_rows(columns);
  const bool is_csv = output.format() == OutputFormat::csv;
  Progress progress{output, services.clock(), std::nullopt};
  std::string text;
  const auto write = [&] {
    write_standard_output(text, services.stop());
    text.clear();
    // Rows on a terminal are progress enough.
    if (!output.is_terminal()) progress.show();
  };
  const auto take = [&](const Refund& refund) {
    const auto record = describe_refund(refund);
    text += is_csv ? report::csv_row(record, columns) : report::to_json(record);
    text += '\n';
    progress.add(false);
    if (text.size() >= text_written_at_once) write();
    return !services.stop().requested();
  };
  try {
    ledger.list_refunds(mch_id, filter, take);
  } catch (const UnreadableOrder&) {
    // All the others are written all the same.
    write();
    progress.clear();
    throw;
  }
  write();
  progress.clear();
  if (services.stop().requested()) throw Error{ErrorKind::interrupted, "interrupted"};
  return exit_done;
}

void add_filter(CLI::App& command, WhichRefunds& options) {
  command.add_option("--state", options.state, "Only refunds in this state")->type_name("STATE");
  command.add_option("--order", options.order, "Only refunds of this order")->type_name("OUT_TRADE_NO");
  command.add_option("--since", options.since, "Created at or after")->type_name("T");
  command.add_option("--until", options.until, "Created before")->type_name("T");
}

void add_refunds_list(CLI::App& refunds, Command& chosen) {
  auto options = std::make_shared<WhichRefunds>();
  auto* command = refunds.add_subcommand("list", "List refunds of the ledger, newest first");
  add_filter(*command, *options);
  command->add_option("--min-fee", options->min_fee, "At least this many fen")->type_name("FEN");
  command->add_option("--max-fee", options->max_fee, "At most this many fen")->type_name("FEN");
  command->add_option("--limit", options->limit, "At most so many refunds")->type_name("N");
  command->footer(
      "Example:\n  wxpayctl refunds list --state PROCESSING --since 2h --json\n\nExit codes: 0 done; 7 "
      "ledger");
  command->callback([&chosen, options] {
    chosen = [options](Services& services, Output& output) { return list(*options, services, output); };
  });
}

void add_refunds_export(CLI::App& refunds, Command& chosen) {
  auto options = std::make_shared<WhichRefunds>();
  auto* command = refunds.add_subcommand("export", "Write refunds as JSON Lines or CSV, oldest first");
  add_filter(*command, *options);
  command->footer(
      "Writes JSON Lines unless --output csv.\n\n"
      "Examples:\n"
      "  wxpayctl refunds export > refunds.jsonl\n"
      "  wxpayctl refunds export --since 2026-11-01 -o csv > november.csv\n\n"
      "Exit codes: 0 done; 7 ledger; 8 output");
  command->callback([&chosen, options] {
    chosen = [options](Services& services, Output& output) { return write_all(*options, services, output); };
  });
}

}  // namespace

void add_refunds(CLI::App& root, Command& chosen) {
  auto* command = root.add_subcommand("refunds", "List and write the refunds of the ledger");
  add_refunds_list(*command, chosen);
  add_refunds_export(*command, chosen);
}

}  // namespace wxpay::cli
