#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
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

/// How often one question has been asked again, at a slower pace, as that is what WeChat Pay wants.
class ThrottleRetries {
 public:
  /// Slows down where the question may be asked once more.
  /// @return whether it may
  bool again(RateLimiter& rate_limiter, const Stop& stop) {
    constexpr int most = 5;
    if (count_ == most || stop.requested()) return false;
    ++count_;
    rate_limiter.slow_down();
    return true;
  }
  bool any() const noexcept { return count_ > 0; }

 private:
  int count_ = 0;
};

/// Asks, and asks again at a slower pace while that is what WeChat Pay wants, up to a limit.
template <class Outcome>
class ThrottledCall {
 public:
  /// The call to be driven next; null: there is an outcome.
  /// @param ask  makes a new call
  template <class Ask>
  Call* next(RateLimiter& rate_limiter, const Stop& stop, const Ask& ask) {
    if (outcome_) return nullptr;
    if (call_) {
      auto outcome = call_->outcome();
      if (!says_too_many(outcome) || !throttle_retries_.again(rate_limiter, stop)) {
        outcome_ = std::move(outcome);
        call_.reset();
        return nullptr;
      }
    }
    call_ = ask();
    return call_.get();
  }

  const Outcome& outcome() const { return *outcome_; }

 private:
  std::unique_ptr<CallOf<Outcome>> call_;
  ThrottleRetries throttle_retries_;
  std::optional<Outcome> outcome_;
};

/// Counts failures in a row, from any thread: a wrong key or an outage must not be tried thousands of times.
class FailureStreak {
 public:
  explicit FailureStreak(std::int64_t most) : most_{most} {}

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
