#include "app/courier.hpp"

#include <algorithm>
#include <utility>

namespace wxpay::app {

using std::chrono::milliseconds;

Courier::Courier(std::size_t lanes, CourierSeams seams) : seams_{seams}, lanes_(lanes) { abandon(); }

void Courier::abandon() {
  waiting_.clear();
  paused_.clear();
  free_.clear();
  for (auto lane = lanes_.size(); lane > 0; --lane) free_.push_back(lane - 1);
}

std::size_t Courier::take(Exchange& exchange) {
  const auto lane = free_.back();
  free_.pop_back();
  lanes_[lane] = &exchange;
  waiting_.push_back(lane);
  return lane;
}

std::vector<std::size_t> Courier::await(milliseconds longest) {
  std::vector<std::size_t> ended;
  if (seams_.stop.requested()) {
    interrupt_waiting(ended);
  } else {
    longest = send_waiting(end_pauses(longest));
  }
  for (auto& arrival : seams_.carrier.await(ended.empty() ? longest : milliseconds{0})) {
    const auto pause = lanes_[arrival.lane]->take(std::move(arrival.result));
    if (pause) {
      paused_.push_back({arrival.lane, seams_.clock.steady_now() + *pause});
    } else {
      ended.push_back(arrival.lane);
    }
  }
  free_.insert(free_.end(), ended.begin(), ended.end());
  return ended;
}

void Courier::interrupt_waiting(std::vector<std::size_t>& ended) {
  ended.assign(waiting_.begin(), waiting_.end());
  for (const auto& paused : paused_) ended.push_back(paused.lane);
  waiting_.clear();
  paused_.clear();
  for (const auto lane : ended) lanes_[lane]->interrupt();
}

/// Whose pause is over waits for its turn.
/// @return until when the next pause ends, if that is sooner
milliseconds Courier::end_pauses(milliseconds longest) {
  if (paused_.empty()) return longest;
  const auto now = seams_.clock.steady_now();
  std::erase_if(paused_, [&](const Paused& paused) {
    if (paused.until <= now) {
      waiting_.push_back(paused.lane);
      return true;
    }
    longest = std::min(longest, std::chrono::ceil<milliseconds>(paused.until - now));
    return false;
  });
  return longest;
}

/// Sends what may be sent now.
/// @return until when the next turn comes, if one is waited for and that is sooner
milliseconds Courier::send_waiting(milliseconds longest) {
  while (!waiting_.empty() && !seams_.stop.requested()) {
    const auto wait = seams_.pace.try_turn();
    if (wait > wait.zero()) return std::min(longest, std::chrono::ceil<milliseconds>(wait));
    const auto lane = waiting_.front();
    waiting_.pop_front();
    seams_.carrier.start(lane, lanes_[lane]->next_try());
  }
  return longest;
}

}  // namespace wxpay::app
