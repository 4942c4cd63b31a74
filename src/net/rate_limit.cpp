#include "net/rate_limit.hpp"

#include <algorithm>

namespace wxpay::net {

namespace {

using std::chrono::nanoseconds;

/// The lateness that a sender may catch up with, so that the average rate is kept.
constexpr std::chrono::milliseconds longest_delay{100};
/// The window in which the limit holds. A little over a second, as a busy machine sends some milliseconds
/// late and requests may arrive less evenly than they were sent. It costs one per cent of the rate.
constexpr std::chrono::milliseconds second{1'010};
constexpr std::chrono::seconds slowest_interval{1};
constexpr std::chrono::seconds between_changes{1};
constexpr std::chrono::seconds before_speeding_up{5};

}  // namespace

RateLimit::RateLimit(std::int64_t per_second, const Clock& clock)
    : clock_{clock},
      usual_interval_{nanoseconds{second} / per_second},
      most_in_a_second_{static_cast<std::size_t>(per_second)},
      interval_{usual_interval_} {}

nanoseconds RateLimit::try_acquire() {
  const std::lock_guard lock{mutex_};
  const auto now = clock_.steady_now();
  const auto due = next_turn(now);
  if (due > now) return due - now;
  planned_ = std::max(planned_, now - longest_delay) + interval_;
  sent_.push_back(now);
  if (sent_.size() > most_in_a_second_) sent_.pop_front();
  return nanoseconds{0};
}

RateLimit::Instant RateLimit::next_turn(Instant now) {
  speed_up_again(now);
  auto due = planned_;
  if (sent_.size() == most_in_a_second_) due = std::max(due, sent_.front() + second);
  return due;
}

void RateLimit::slow_down() {
  const std::lock_guard lock{mutex_};
  const auto now = clock_.steady_now();
  // Many requests may be refused at once; only the first of them lowers the rate.
  if (interval_ != usual_interval_ && now - changed_ < between_changes) return;
  interval_ = std::min<nanoseconds>(interval_ * 2, std::max<nanoseconds>(slowest_interval, usual_interval_));
  planned_ = std::max(planned_, now + between_changes);
  changed_ = now;
}

void RateLimit::speed_up_again(Instant now) {
  if (interval_ == usual_interval_ || now - changed_ < before_speeding_up) return;
  interval_ = std::max(usual_interval_, interval_ * 3 / 4);
  changed_ = now;
}

}  // namespace wxpay::net
