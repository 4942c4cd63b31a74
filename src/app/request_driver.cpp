#include "app/request_driver.hpp"

#include <algorithm>
#include <utility>

namespace wxpay::app {

using std::chrono::milliseconds;

RequestDriver::RequestDriver(std::size_t slots, RequestDriverDeps deps) : deps_{deps}, slots_(slots) {
  abandon();
}

void RequestDriver::abandon() {
  waiting_.clear();
  paused_.clear();
  free_.clear();
  for (auto slot = slots_.size(); slot > 0; --slot) free_.push_back(slot - 1);
}

std::size_t RequestDriver::start(Call& call) {
  const auto slot = free_.back();
  free_.pop_back();
  slots_[slot] = &call;
  waiting_.push_back(slot);
  return slot;
}

std::vector<std::size_t> RequestDriver::await(milliseconds longest) {
  std::vector<std::size_t> ended;
  if (deps_.stop.requested()) {
    interrupt_waiting(ended);
  } else {
    longest = send_waiting(end_pauses(longest));
  }
  for (auto& arrival : deps_.async_transport.await(ended.empty() ? longest : milliseconds{0})) {
    const auto pause = slots_[arrival.slot]->on_result(std::move(arrival.result));
    if (pause) {
      paused_.push_back({arrival.slot, deps_.clock.steady_now() + *pause});
    } else {
      ended.push_back(arrival.slot);
    }
  }
  free_.insert(free_.end(), ended.begin(), ended.end());
  return ended;
}

void RequestDriver::interrupt_waiting(std::vector<std::size_t>& ended) {
  ended.assign(waiting_.begin(), waiting_.end());
  for (const auto& paused : paused_) ended.push_back(paused.slot);
  waiting_.clear();
  paused_.clear();
  for (const auto slot : ended) slots_[slot]->interrupt();
}

/// Whose pause is over waits for its turn.
/// @return until when the next pause ends, if that is sooner
milliseconds RequestDriver::end_pauses(milliseconds longest) {
  if (paused_.empty()) return longest;
  const auto now = deps_.clock.steady_now();
  std::erase_if(paused_, [&](const Paused& paused) {
    if (paused.until <= now) {
      waiting_.push_back(paused.slot);
      return true;
    }
    longest = std::min(longest, std::chrono::ceil<milliseconds>(paused.until - now));
    return false;
  });
  return longest;
}

/// Sends what may be sent now.
/// @return until when the next turn comes, if one is waited for and that is sooner
milliseconds RequestDriver::send_waiting(milliseconds longest) {
  while (!waiting_.empty() && !deps_.stop.requested()) {
    const auto wait = deps_.rate_limiter.try_acquire();
    if (wait > wait.zero()) return std::min(longest, std::chrono::ceil<milliseconds>(wait));
    const auto slot = waiting_.front();
    waiting_.pop_front();
    deps_.async_transport.start(slot, slots_[slot]->next_attempt());
  }
  return longest;
}

}  // namespace wxpay::app
