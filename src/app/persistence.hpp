#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <variant>

#include "wxpay/clock.hpp"
#include "wxpay/gateway.hpp"
#include "wxpay/transport.hpp"

namespace wxpay::app {

/// Whether WeChat Pay did not carry the request out as there were too many.
template <class Outcome>
bool says_too_many(const Outcome& outcome) {
  const auto* refused = std::get_if<Refused>(&outcome);
  return refused != nullptr && refused->reaction == Reaction::slow_down;
}

/// Asks, and asks again at a slower pace while that is what WeChat Pay wants, up to a limit.
/// @param ask  gives whether it was told to slow down
template <class Ask>
void ask_at_a_bearable_pace(Pace& pace, const Stop& stop, const Ask& ask) {
  constexpr int most_times = 5;
  for (int times = 0; ask() && times < most_times && !stop.requested(); ++times) pace.slow_down();
}

/// Counts failures in a row, from any thread: a wrong key or an outage must not be tried thousands of times.
class FailuresInARow {
 public:
  explicit FailuresInARow(std::int64_t most) : most_{most} {}

  /// @param failed  nothing: neither a failure nor a success
  /// @return whether it is time to give up
  bool add(const std::optional<bool>& failed) {
    if (failed && !*failed) count_ = 0;
    if (failed.value_or(false) && ++count_ >= most_) given_up_ = true;
    return given_up_;
  }
  bool given_up() const noexcept { return given_up_; }

 private:
  std::int64_t most_;
  std::atomic<std::int64_t> count_ = 0;
  std::atomic<bool> given_up_ = false;
};

}  // namespace wxpay::app
