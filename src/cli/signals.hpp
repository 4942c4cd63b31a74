#pragma once

#include "wxpay/clock.hpp"

namespace wxpay::cli {

/// Turns SIGINT, SIGTERM and SIGHUP into a question that long work asks, and ignores SIGPIPE and SIGXFSZ, so
/// that a closed pipe and a limit on the size of files are errors of a write. SIGHUP stays ignored where it
/// is already, as nohup(1) has it. One for the whole program.
class SignalStop final : public Stop {
 public:
  SignalStop();
  bool requested() const noexcept override;
  /// 129, 130 or 143 by the signal that came first, 130 if none did.
  int exit_code() const noexcept;
};

}  // namespace wxpay::cli
