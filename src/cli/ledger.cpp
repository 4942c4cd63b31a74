#include <CLI/CLI.hpp>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/input.hpp"

namespace wxpay::cli {

namespace {

OrderLedger& existing_ledger(Context& context) {
  auto* ledger = context.ledger_read_only();
  if (ledger != nullptr) return *ledger;
  throw Error{ErrorKind::ledger, "there is no ledger at " + context.ledger_place().path.string(),
              "name it with --ledger, or its profile with -p"};
}

std::optional<std::string> checked_head(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto head = to_lower(text);
  if (head.size() != 64 || head.find_first_not_of("0123456789abcdef") != std::string::npos) {
    throw Error{ErrorKind::usage, "--head must be 64 hex digits, as 'ledger check' prints them"};
  }
  return head;
}

int run_check(const std::string& expected_head, Context& context) {
  const auto head = checked_head(expected_head);
  const auto found = existing_ledger(context).check(head);
  report::Record record;
  record.flag("ok", found.ok)
      .number("orders", found.orders)
      .number("entries", found.entries)
      .text("head", found.head);
  if (found.bad_entry) record.number("badEntry", *found.bad_entry);
  record.text_if_set("problem", found.problem);
  context.set_code_when_closed(found.ok ? exit_done : exit_ledger);
  context.print(record, {"ok", "orders", "entries", "head", "badEntry", "problem"});
  return found.ok ? exit_done : exit_ledger;
}

int run_backup(const std::string& target, Context& context) {
  context.refuse_output("FILE", target);
  existing_ledger(context).backup(target);
  report::Record record;
  record.text("backup", target);
  context.print(record, {"backup"});
  return exit_done;
}

}  // namespace

void add_ledger(CLI::App& root, Command& chosen) {
  auto* command = root.add_subcommand("ledger", "Check and back up the ledger itself");

  auto head = std::make_shared<std::string>();
  auto* check =
      command->add_subcommand("check", "Recompute the ledger's hash chain and hold the orders against it");
  check->add_option("--head", *head, "A head kept elsewhere: it must still be in the chain")
      ->type_name("HASH")
      ->check(refuse_empty);
  check->footer(
      "Example:\n  wxpayctl ledger check --json\n\nExit codes: 0 whole; 7 changed, cut off or unreadable");
  check->callback(
      [&chosen, head] { chosen = [head](Context& context) { return run_check(*head, context); }; });

  auto target = std::make_shared<std::string>();
  auto* backup = command->add_subcommand("backup", "Copy the ledger while others go on using it");
  backup->add_option("FILE", *target, "The copy; must not exist yet")->required();
  backup->footer(
      "Example:\n  wxpayctl ledger backup /backup/shop-20261123.db\n\nExit codes: 0 copied; 7 ledger; 8 "
      "file");
  backup->callback(
      [&chosen, target] { chosen = [target](Context& context) { return run_backup(*target, context); }; });
}

}  // namespace wxpay::cli
