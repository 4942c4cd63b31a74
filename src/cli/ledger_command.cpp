#include <CLI/CLI.hpp>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "wxpay/ledger_place.hpp"

namespace wxpay::cli {

namespace {

std::optional<std::string> checked_head(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto head = to_lower(text);
  if (head.size() != 64 || head.find_first_not_of("0123456789abcdef") != std::string::npos) {
    throw Error{ErrorKind::usage, "--head must be 64 hex digits, as 'ledger check' prints them"};
  }
  return head;
}

/// How many rows of each kind the ledger has: "orders" and so on.
void add_counts(const CheckReport& found, report::Record& record, std::vector<std::string>& columns) {
  for (const auto& [kind, count] : found.rows) {
    record.number(kind, count);
    columns.push_back(kind);
  }
}

int run_check(const std::string& expected_head, Services& services, Output& output) {
  const auto head = checked_head(expected_head);
  const auto found = services.ledger_read_only().check(head);
  report::Record record;
  std::vector<std::string> columns{"ok"};
  record.flag("ok", found.ok);
  add_counts(found, record, columns);
  record.number("entries", found.entries)
      .text("head", found.head)
      .number("notifications", found.notifications)
      .text("notificationsHead", found.notifications_head);
  if (found.bad_entry) record.number("badEntry", *found.bad_entry);
  record.text_if_set("problem", found.problem);
  output.set_code_when_closed(found.ok ? exit_done : exit_ledger);
  columns.insert(columns.end(),
                 {"entries", "head", "notifications", "notificationsHead", "badEntry", "problem"});
  output.print(record, columns);
  return found.ok ? exit_done : exit_ledger;
}

int run_backup(const std::string& target, Services& services, Output& output) {
  services.refuse_output("FILE", target);
  services.ledger_read_only().backup(target);
  report::Record record;
  record.text("backup", target);
  output.print(record, {"backup"});
  return exit_done;
}

int run_restore(const std::string& copy, Services& services, Output& output) {
  const auto address = services.ledger_place().address;
  output.confirm("Put " + copy + " in the place of the ledger " + address.name() + "?");
  const auto restored =
      restore_ledger(address, copy, services.clock(), &services.stop(), &services.undisturbed());
  report::Record record;
  std::vector<std::string> columns{"restored", "from"};
  record.text("restored", address.name()).text("from", copy);
  add_counts(restored.copy, record, columns);
  record.number("entries", restored.copy.entries).text("head", restored.copy.head);
  if (!restored.kept_as.empty()) record.list("keptAs", restored.kept_as);
  columns.insert(columns.end(), {"entries", "head", "keptAs"});
  output.print(record, columns);
  return exit_done;
}

}  // namespace

void add_ledger(CLI::App& root, Command& chosen) {
  auto* command = root.add_subcommand("ledger", "Check, back up and restore the ledger itself");

  auto head = std::make_shared<std::string>();
  auto* check =
      command->add_subcommand("check", "Recompute the ledger's hash chain and hold the orders against it");
  check
      ->add_option("--head", *head, "A head kept elsewhere, either of the two: it must still be in the chain")
      ->type_name("HASH");
  check->footer(
      "Example:\n  wxpayctl ledger check --json\n\nExit codes: 0 whole; 7 changed, cut off or unreadable");
  check->callback([&chosen, head] {
    chosen = [head](Services& services, Output& output) { return run_check(*head, services, output); };
  });

  auto target = std::make_shared<std::string>();
  auto* backup = command->add_subcommand("backup", "Copy the ledger while others go on using it");
  backup->add_option("FILE", *target, "The copy; must not exist yet")->required();
  backup->footer(
      "Example:\n  wxpayctl ledger backup /backup/shop-20261123.db\n\nExit codes: 0 copied; 7 ledger; 8 "
      "file");
  backup->callback([&chosen, target] {
    chosen = [target](Services& services, Output& output) { return run_backup(*target, services, output); };
  });

  auto copy = std::make_shared<std::string>();
  auto* restore =
      command->add_subcommand("restore", "Put a copy in the ledger's place and keep what was there");
  restore->add_option("FILE", *copy, "A copy that 'ledger backup' made; it is checked first")->required();
  restore->footer(
      "The ledger that was there, with its log, gets a name with the time and stays beside it.\n\n"
      "Example:\n  wxpayctl ledger restore /backup/shop-20261123.db\n\nExit codes: 0 restored; 2 it is the "
      "ledger "
      "itself;\n7 the copy is not whole, or the ledger is in use; 130 answered no");
  restore->callback([&chosen, copy] {
    chosen = [copy](Services& services, Output& output) { return run_restore(*copy, services, output); };
  });
}

}  // namespace wxpay::cli
