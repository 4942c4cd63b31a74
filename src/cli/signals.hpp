#pragma once

#include "wxpay/clock.hpp"

namespace wxpay::cli {

/// Turns SIGINT and SIGTERM into a question that long work asks, and ignores SIGPIPE, so that a closed pipe
/// is an error of a write. One for the whole program.
class SignalStop final : public Stop {
 public:
  SignalStop();
  bool requested() const noexcept override;
  /// 130 or 143 by the signal that came, 130 if none did.
  int exit_code() const noexcept;
};

}  // namespace wxpay::cli
