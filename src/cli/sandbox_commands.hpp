#pragma once

#include "cli/commands.hpp"

namespace wxpay::cli {

// The subcommands of `sandbox` that have a file of their own.
void add_sandbox_refund(CLI::App& sandbox, Command& chosen);
void add_sandbox_notify(CLI::App& sandbox, Command& chosen);
void add_sandbox_keys(CLI::App& sandbox, Command& chosen);

}  // namespace wxpay::cli
