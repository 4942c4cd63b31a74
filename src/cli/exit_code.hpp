#pragma once

#include <initializer_list>
#include <string_view>

#include "app/outcome.hpp"
#include "wxpay/error.hpp"

namespace wxpay::cli {

inline constexpr int exit_done = 0;
inline constexpr int exit_refused = 1;
inline constexpr int exit_usage = 2;
inline constexpr int exit_config = 3;
inline constexpr int exit_unknown = 4;
inline constexpr int exit_integrity = 5;
inline constexpr int exit_differences = 6;
inline constexpr int exit_ledger = 7;
inline constexpr int exit_file = 8;
inline constexpr int exit_internal = 70;
inline constexpr int exit_lock_held = 75;
inline constexpr int exit_interrupted = 130;
/// Nobody read standard output any more, and so a command that changes something ended before its work did.
inline constexpr int exit_cut_short = 141;

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
constexpr int gravest(int a, int b) {
  for (const int code : {exit_interrupted, exit_internal, exit_integrity, exit_ledger, exit_file, exit_config,
                         exit_unknown, exit_refused, exit_differences, exit_cut_short}) {
    if (a == code || b == code) return code;
  }
  // A code that is not ranked is grave all the same.
  return a != exit_done ? a : b;
}

}  // namespace wxpay::cli
