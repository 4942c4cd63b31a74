#include "app/work_queue.hpp"

#include <algorithm>
#include <utility>

namespace wxpay::app {

WorkQueue::WorkQueue(std::size_t workers, std::size_t at_once, const Stop& stop,
                     std::function<void(std::size_t)> wake)
    : at_once_{at_once}, stop_{stop}, wake_{std::move(wake)}, has_room_(workers) {}

void WorkQueue::halt() noexcept {
  halted_ = true;
  something_finished_.notify_all();
}

std::optional<std::vector<QueueEntry*>> WorkQueue::take(std::size_t worker, std::size_t most, bool may_wait) {
  std::vector<QueueEntry*> taken;
  std::unique_lock lock{mutex_};
  if (may_wait) {
    ++idle_;
    something_ready_.wait(lock, [this] { return closed_ || is_takeable(); });
    --idle_;
  }
  if (closed_) return std::nullopt;
  for (; taken.size() < most && is_takeable(); ready_.pop_front()) {
    taken.push_back(ready_.front());
    if (!std::exchange(ready_.front()->begun, true)) --unbegun_;
  }
  has_room_[worker] = taken.size() < most;
  if (is_takeable()) wake_one_with_room();
  if (needs_input()) something_finished_.notify_one();
  return taken;
}

void WorkQueue::put(std::vector<FinishedWork> finished) {
  if (finished.empty()) return;
  bool is_awaited = false;
  {
    const std::lock_guard lock{mutex_};
    std::move(finished.begin(), finished.end(), std::back_inserter(finished_));
    is_awaited = finished_.size() >= wanted_ || needs_input();
  }
  // Outside the lock, which the woken one wants first of all.
  if (is_awaited) something_finished_.notify_one();
}

void WorkQueue::hand_over(const std::vector<QueueEntry*>& entries) {
  if (entries.empty()) return;
  std::size_t to_wake = 0;
  {
    const std::lock_guard lock{mutex_};
    ready_.insert(ready_.end(), entries.begin(), entries.end());
    to_wake = std::min(idle_, entries.size());
    if (to_wake == 0) wake_one_with_room();
  }
  for (; to_wake > 0; --to_wake) something_ready_.notify_one();
}

void WorkQueue::wake_one_with_room() {
  const auto worker = std::find(has_room_.begin(), has_room_.end(), true);
  if (worker == has_room_.end() || !wake_) return;
  *worker = false;
  wake_(static_cast<std::size_t>(worker - has_room_.begin()));
}

void WorkQueue::await_finished(std::size_t count, std::chrono::milliseconds longest,
                               const std::function<bool()>& can_read, bool mind_stop) {
  std::unique_lock lock{mutex_};
  wanted_ = count;
  something_finished_.wait_for(lock, longest, [&] {
    return finished_.size() >= count || (needs_input() && can_read()) || (mind_stop && is_asked_to_stop());
  });
  wanted_ = never;
}

std::vector<FinishedWork> WorkQueue::collect() {
  const std::lock_guard lock{mutex_};
  return std::exchange(finished_, {});
}

bool WorkQueue::is_at_rest() {
  const std::lock_guard lock{mutex_};
  return idle_ == has_room_.size() && ready_.empty() && finished_.empty();
}

void WorkQueue::take_back(const std::function<bool(QueueEntry&)>& fits) {
  const std::lock_guard lock{mutex_};
  std::erase_if(ready_, [&](QueueEntry* entry) { return fits(*entry); });
  // What stood behind them may be taken now.
  something_ready_.notify_all();
}

void WorkQueue::close() {
  {
    const std::lock_guard lock{mutex_};
    closed_ = true;
  }
  something_ready_.notify_all();
}

}  // namespace wxpay::app
