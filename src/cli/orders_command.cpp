#include <CLI/CLI.hpp>
#include <algorithm>

#include "app/mark_order.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/input.hpp"
#include "cli/order_record.hpp"
#include "cli/orders_stream.hpp"
#include "cli/refund_record.hpp"
#include "cli/result_fields.hpp"
#include "wxpay/time.hpp"

namespace wxpay::cli {

namespace {

report::Record describe(const HistoryEntry& entry) {
  report::Record record;
  record.text("at", format_rfc3339(entry.at));
  const auto add_states = [&record](const auto& from, auto to) {
    if (from) record.text("from", std::string{to_string(*from)});
    record.text("to", std::string{to_string(to)});
  };
  if (const auto& refund = entry.refund) {
    record.text("outRefundNo", refund->out_refund_no.text());
    add_states(refund->from, refund->to);
  } else {
    add_states(entry.from, entry.to);
  }
  record.text("source", std::string{to_string(entry.source)})
      .text_if_set("actor", entry.actor)
      .text_if_set("reason", entry.reason)
      .text_if_set("digest", entry.digest)
      .text_if_set("replaced", entry.replaced);
  return record;
}

report::Record describe(const KeptNotification& kept) {
  report::Record record;
  record.text("at", format_rfc3339(kept.at)).text("outcome", kept.outcome).text("digest", kept.digest);
  return record;
}

struct ListOptions {
  std::string state, since, until, min_fee, max_fee, limit;
};

std::optional<Fen> fee_of(const char* option, const std::string& text) {
  if (text.empty()) return std::nullopt;
  return Fen{parse_count(option, text, 0, largest_fee.count())};
}

int run_list(const ListOptions& options, Services& services, Output& output) {
  OrderFilter filter;
  if (!options.state.empty()) filter.state = checked_state(options.state);
  filter.since = parse_time_option("--since", options.since, services.clock().now());
  filter.until = parse_time_option("--until", options.until, services.clock().now());
  filter.min_fee = fee_of("--min-fee", options.min_fee);
  filter.max_fee = fee_of("--max-fee", options.max_fee);
  if (!options.limit.empty()) filter.limit = parse_count("--limit", options.limit, 1, INT64_MAX);
  const auto& mch_id = services.profile().merchant.mch_id;
  const auto& columns = output.format() == OutputFormat::text ? listed_columns() : exported_columns();
  auto& ledger = services.ledger_read_only();
  output.begin_rows(columns);
  ledger.list(mch_id, filter, [&services, &output, &columns](const Order& order) {
    output.print_row(describe_order(order), columns);
    return !services.stop().requested();
  });
  if (services.stop().requested()) throw Error{ErrorKind::interrupted, "interrupted"};
  return exit_done;
}

/// Under its name, in text.
void print_table(const std::string& name, const std::vector<report::Record>& rows,
                 const std::vector<std::string>& columns, Output& output) {
  report::Table table{columns};
  for (const auto& row : rows) table.add(row);
  output.print_text(name + "\n" +
                    table.render(true, output.color() ? report::paint_states : report::no_paint));
}

int run_show(const std::string& text, Services& services, Output& output) {
  const auto number = OutTradeNo::parse(text);
  const auto& mch_id = services.profile().merchant.mch_id;
  auto& ledger = services.ledger_read_only();
  const auto order = ledger.find(mch_id, number);
  if (!order) {
    throw Error{ErrorKind::refused, "order " + text + " is not in the ledger",
                "'wxpayctl query " + text + "' asks WeChat Pay about it", "ORDERNOTEXIST"};
  }
  auto record = describe_order(*order);
  std::vector<report::Record> history;
  for (const auto& entry : ledger.history(mch_id, number)) history.push_back(describe(entry));
  std::vector<report::Record> refunds;
  for (const auto& refund : ledger.refunds_of(mch_id, number)) {
    refunds.push_back(describe_refund_of_order(refund));
  }
  std::vector<report::Record> notifications;
  for (const auto& kept : ledger.notifications(mch_id, number)) notifications.push_back(describe(kept));
  if (output.format() != OutputFormat::text) {
    auto with_history = exported_columns();
    with_history.insert(with_history.end(), {"refunds", "history", "notifications"});
    if (!refunds.empty()) record.records("refunds", std::move(refunds));
    record.records("history", std::move(history));
    if (!notifications.empty()) record.records("notifications", std::move(notifications));
    output.print(record, with_history);
    return exit_done;
  }
  output.print(record, exported_columns());
  output.print_text("\n");
  if (!refunds.empty()) {
    print_table("refunds", refunds, shown_refund_columns(), output);
    output.print_text("\n");
  }
  std::vector<std::string> shown{"at", "from", "to", "source", "actor", "reason", "digest"};
  const bool replaced = std::any_of(history.begin(), history.end(),
                                    [](const auto& entry) { return entry.find("replaced") != nullptr; });
  if (replaced) shown.emplace_back("replaced");
  if (!refunds.empty()) shown.insert(shown.begin() + 1, "outRefundNo");
  for (const auto& entry : history) output.print_row(entry, shown);
  if (notifications.empty()) return exit_done;
  output.finish();
  output.print_text("\n");
  print_table("notifications", notifications, {"at", "outcome", "digest"}, output);
  return exit_done;
}

struct MarkOptions {
  std::string order, state, reason;
};

int run_mark(const MarkOptions& options, Services& services, Output& output) {
  const auto number = OutTradeNo::parse(options.order);
  const app::Mark mark{number, checked_state(options.state), options.reason};
  if (const auto fault = app::reason_fault(options.reason)) {
    throw Error{ErrorKind::usage, "--reason " + fault->what, fault->hint};
  }
  const auto& mch_id = services.profile().merchant.mch_id;
  auto& ledger = services.ledger();
  output.confirm("Mark order " + options.order + " as " + options.state + " by hand?");
  const auto marked = app::mark_order(mark, mch_id, ledger);
  report::Record record;
  record.text("outTradeNo", options.order);
  describe_reply(record, marked.reply, marked.code, marked.text);
  if (marked.ledger_state) record.text("ledgerState", std::string{to_string(*marked.ledger_state)});
  const int code = marked.reply == app::Reply::accepted ? exit_done : exit_refused;
  output.set_code_when_closed(code);
  output.print(record, {"outTradeNo", "resultCode", "errCode", "errCodeDes", "ledgerState"});
  return code;
}

void add_list(CLI::App& orders, Command& chosen) {
  auto options = std::make_shared<ListOptions>();
  auto* command = orders.add_subcommand("list", "List orders of the ledger, newest first");
  command->add_option("--state", options->state, "Only orders in this state")->type_name("STATE");
  command->add_option("--since", options->since, "Created at or after")->type_name("T");
  command->add_option("--until", options->until, "Created before")->type_name("T");
  command->add_option("--min-fee", options->min_fee, "At least this many fen")->type_name("FEN");
  command->add_option("--max-fee", options->max_fee, "At most this many fen")->type_name("FEN");
  command->add_option("--limit", options->limit, "At most so many orders")->type_name("N");
  command->footer(
      "Example:\n  wxpayctl orders list --state NOTPAY --since 2h --json\n\nExit codes: 0 done; 7 ledger");
  command->callback([&chosen, options] {
    chosen = [options](Services& services, Output& output) { return run_list(*options, services, output); };
  });
}

void add_show(CLI::App& orders, Command& chosen) {
  auto order = std::make_shared<std::string>();
  auto* command = orders.add_subcommand("show", "Show an order with its whole history");
  command->add_option("OUT_TRADE_NO", *order, "The merchant's order number")->required();
  command->footer(
      "Example:\n  wxpayctl orders show 2026112300001 --json\n\nExit codes: 0 shown; 1 unknown order; 7 "
      "ledger");
  command->callback([&chosen, order] {
    chosen = [order](Services& services, Output& output) { return run_show(*order, services, output); };
  });
}

void add_mark(CLI::App& orders, Command& chosen) {
  auto options = std::make_shared<MarkOptions>();
  auto* command = orders.add_subcommand("mark", "Repair an order's state by hand");
  command->add_option("OUT_TRADE_NO", options->order, "The merchant's order number")->required();
  command->add_option("--state", options->state, "The state it is to have")->type_name("STATE")->required();
  command->add_option("--reason", options->reason, "Why; kept for good")->type_name("TEXT")->required();
  command->footer(
      "Moves an order forward, or undoes an earlier mark; what WeChat Pay proved is not moved back. Asks "
      "first on a\n"
      "terminal, unless --yes.\n\n"
      "Example:\n"
      "  wxpayctl orders mark 2026112300001 --state SUCCESS --reason 'seen on the merchant platform, ticket "
      "42'\n\n"
      "Exit codes: 0 marked; 1 unknown order or proven state; 2 no reason; 7 ledger; 130 not confirmed");
  command->callback([&chosen, options] {
    chosen = [options](Services& services, Output& output) { return run_mark(*options, services, output); };
  });
}

}  // namespace

void add_orders(CLI::App& root, Command& chosen) {
  auto* command = root.add_subcommand("orders", "List, show, move and repair the orders of the ledger");
  add_list(*command, chosen);
  add_show(*command, chosen);
  add_orders_import(*command, chosen);
  add_orders_export(*command, chosen);
  add_mark(*command, chosen);
}

}  // namespace wxpay::cli
