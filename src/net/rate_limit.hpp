#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>

#include "wxpay/clock.hpp"
#include "wxpay/transport.hpp"

namespace wxpay::net {

/// At most so many requests in any one second, spread evenly. When it is told to slow down it goes at half
/// the rate, and comes back to the whole one step by step.
class RateLimit final : public RateLimiter {
 public:
  /// @param per_second  from 1 on
  RateLimit(std::int64_t per_second, const Clock& clock);

  std::chrono::nanoseconds try_acquire() override;
  void slow_down() override;

 private:
  using Instant = std::chrono::steady_clock::time_point;

  void speed_up_again(Instant now);
  Instant next_turn(Instant now);

  const Clock& clock_;
  const std::chrono::nanoseconds usual_interval_;
  const std::size_t most_in_a_second_;

  std::mutex mutex_;  ///< guards what follows
  std::chrono::nanoseconds interval_;
  Instant planned_{};         ///< when the next request would be sent if all go on time
  Instant changed_{};         ///< when the rate was last changed
  std::deque<Instant> sent_;  ///< the requests of the last second
};

}  // namespace wxpay::net
