#pragma once

#include <string>

#include "wxpay/clock.hpp"
#include "wxpay/gateway.hpp"

namespace wxpay::cli {

/// "this machine's clock is 28800 s ahead of the gateway's; set it by NTP"
std::string describe_wrong_clock(std::chrono::seconds ahead);

/// Warns once in a run, also with --quiet, of a clock that is plainly wrong.
class ClockWatch {
 public:
  explicit ClockWatch(const Clock& clock) : clock_{clock} {}

  /// Whether the clock itself says what cannot be.
  /// @return the warning; empty: none, or it was given out before
  std::string look();
  /// The same by an answer of the gateway.
  std::string look(ClockAhead ahead);

 private:
  const Clock& clock_;
  bool warned_ = false;
};

}  // namespace wxpay::cli
