#include <CLI/CLI.hpp>

#include "cli/exit_code.hpp"
#include "cli/input.hpp"
#include "cli/order_record.hpp"
#include "cli/orders_stream.hpp"
#include "cli/progress.hpp"
#include "cli/streams.hpp"

namespace wxpay::cli {

namespace {

constexpr std::size_t written_at_once = std::size_t{64} << 10U;

struct ExportOptions {
  std::string state, since, until;
};

int run_export(const ExportOptions& options, Services& services, Output& output) {
  OrderFilter filter;
  filter.oldest_first = true;
  if (!options.state.empty()) filter.state = checked_state(options.state);
  filter.since = parse_time_option("--since", options.since, services.clock().now());
  filter.until = parse_time_option("--until", options.until, services.clock().now());
  const auto& mch_id = services.profile().merchant.mch_id;
  auto& ledger = services.ledger_read_only();
  output.begin_rows(exported_columns());
  const bool is_csv = output.format() == OutputFormat::csv;
  // How many orders there are would take as long to find out as to write them.
  Progress progress{output, services.clock(), std::nullopt};
  std::string text;
  const auto write = [&] {
    write_standard_output(text, services.stop());
    text.clear();
    // Rows on a terminal are progress enough.
    if (!output.is_terminal()) progress.show();
  };
  const auto take = [&](const Order& order) {
    is_csv ? append_csv(text, order) : append_json(text, order);
    text += '\n';
    progress.add(false);
    if (text.size() >= written_at_once) write();
    return !services.stop().requested();
  };
  try {
    ledger.list(mch_id, filter, take);
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

}  // namespace

void add_orders_export(CLI::App& orders, Command& chosen) {
  auto options = std::make_shared<ExportOptions>();
  auto* command = orders.add_subcommand("export", "Write orders as JSON Lines or CSV, oldest first");
  command->add_option("--state", options->state, "Only orders in this state")->type_name("STATE");
  command->add_option("--since", options->since, "Created at or after")->type_name("T");
  command->add_option("--until", options->until, "Created before")->type_name("T");
  command->footer(
      "Writes JSON Lines unless --output csv; 'orders import' takes both.\n\n"
      "Examples:\n"
      "  wxpayctl orders export > orders.jsonl\n"
      "  wxpayctl orders export --since 2026-11-01 -o csv > november.csv\n\n"
      "Exit codes: 0 done; 7 ledger; 8 output");
  command->callback([&chosen, options] {
    chosen = [options](Services& services, Output& output) { return run_export(*options, services, output); };
  });
}

}  // namespace wxpay::cli
