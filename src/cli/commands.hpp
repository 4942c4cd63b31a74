#pragma once

#include <functional>

#include "cli/output.hpp"
#include "cli/services.hpp"

namespace CLI {
class App;
}

namespace wxpay::cli {

/// A parsed command, ready to run; gives the exit code.
using Command = std::function<int(Services&, Output&)>;

// Each declares one command and its options, and sets `chosen` when that command was given.
void add_create_order(CLI::App& root, Command& chosen);
void add_sign(CLI::App& root, Command& chosen);
void add_query(CLI::App& root, Command& chosen);
void add_reconcile(CLI::App& root, Command& chosen);
void add_replay_notify(CLI::App& root, Command& chosen);
void add_close(CLI::App& root, Command& chosen);
void add_refund(CLI::App& root, Command& chosen);
void add_query_refund(CLI::App& root, Command& chosen);
void add_micropay(CLI::App& root, Command& chosen);
void add_reverse(CLI::App& root, Command& chosen);
void add_orders(CLI::App& root, Command& chosen);
void add_refunds(CLI::App& root, Command& chosen);
void add_ledger(CLI::App& root, Command& chosen);
void add_sandbox(CLI::App& root, Command& chosen);
void add_api(CLI::App& root, Command& chosen);
void add_init(CLI::App& root, Command& chosen);
void add_doctor(CLI::App& root, Command& chosen);

/// All of them, in the order of --help.
void add_commands(CLI::App& root, Command& chosen);

}  // namespace wxpay::cli
