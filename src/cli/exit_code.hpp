#pragma once

#include <string>
#include <string_view>

#include "app/outcome.hpp"
#include "wxpay/error.hpp"

namespace wxpay::cli {

/// The codes that the program ends with. What each means and which is the graver says the table in
/// exit_code.cpp.
enum ExitCode : int {
  exit_done = 0,
  exit_refused = 1,
  exit_usage = 2,
  exit_config = 3,
  exit_unknown = 4,
  exit_integrity = 5,
  exit_differences = 6,
  exit_ledger = 7,
  exit_file = 8,
  exit_internal = 70,
  exit_lock_held = 75,
  exit_terminal_gone = 129,
  exit_interrupted = 130,
  /// Nobody read standard output any more, and so a command that changes something ended before its work did.
  exit_cut_short = 141,
  exit_terminated = 143,
};

/// The table of wxpayctl(1).
constexpr int exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::refused:
      return exit_refused;
    case ErrorKind::usage:
      return exit_usage;
    case ErrorKind::config:
    case ErrorKind::key:
      return exit_config;
    case ErrorKind::network:
    case ErrorKind::timeout:
    case ErrorKind::gateway:
      return exit_unknown;
    case ErrorKind::untrusted:
      return exit_integrity;
    case ErrorKind::ledger:
    case ErrorKind::ledger_value:
    case ErrorKind::ledger_busy:
      return exit_ledger;
    case ErrorKind::lock_held:
      return exit_lock_held;
    case ErrorKind::file:
      return exit_file;
    case ErrorKind::interrupted:
      return exit_interrupted;
    case ErrorKind::internal:
      return exit_internal;
  }
  return exit_internal;
}

/// The code that an error is reported with, where WeChat Pay gave none of its own.
constexpr std::string_view error_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::refused:
      return "REFUSED";
    case ErrorKind::usage:
      return "USAGE";
    case ErrorKind::config:
      return "CONFIG";
    case ErrorKind::key:
      return "KEY";
    case ErrorKind::network:
      return "NETWORK";
    case ErrorKind::timeout:
      return "TIMEOUT";
    case ErrorKind::gateway:
      return "GATEWAY";
    case ErrorKind::untrusted:
      return "UNTRUSTED";
    case ErrorKind::ledger:
    case ErrorKind::ledger_value:
      return "LEDGER";
    case ErrorKind::ledger_busy:
    case ErrorKind::lock_held:
      return "LOCKED";
    case ErrorKind::file:
      return "FILE";
    case ErrorKind::interrupted:
      return "INTERRUPTED";
    case ErrorKind::internal:
      return "INTERNAL";
  }
  return "INTERNAL";
}

constexpr int exit_code(app::Outcome outcome) {
  switch (outcome) {
    case app::Outcome::done:
      return exit_done;
    case app::Outcome::refused:
      return exit_refused;
    case app::Outcome::wrong_key:
      return exit_config;
    case app::Outcome::unknown:
      return exit_unknown;
    case app::Outcome::integrity:
      return exit_integrity;
    case app::Outcome::ledger_failed:
      return exit_ledger;
    case app::Outcome::interrupted:
      return exit_interrupted;
  }
  return exit_internal;
}

/// The exit code of several pieces of work: the gravest, in the order of wxpayctl(1).
int gravest(int a, int b);

/// All codes and what they mean, as the help shows them.
std::string exit_code_help();

}  // namespace wxpay::cli
