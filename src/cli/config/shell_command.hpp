#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "wxpay/clock.hpp"

namespace wxpay::cli {

struct CommandLimits {
  std::chrono::milliseconds time{10'000};
  std::size_t output = 4096;   ///< bytes
  const Stop* stop = nullptr;  ///< ends the wait early
};

enum class CommandEnd { exited, signalled, timed_out, too_much_output, stopped, not_started };

struct CommandResult {
  CommandEnd end = CommandEnd::not_started;
  int status = 0;      ///< exit status, signal number, or errno of not_started
  std::string output;  ///< standard output, at most the limit; for the caller to wipe
};

/// Runs `/bin/sh -c COMMAND` in a process group of its own, with nothing on standard input; standard error is
/// the caller's. The whole group is killed when a limit is passed. A process that the command leaves behind
/// on purpose (an agent) is not waited for.
CommandResult run_shell_command(const std::string& command, const CommandLimits& limits);

}  // namespace wxpay::cli
