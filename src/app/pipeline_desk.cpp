#include "app/pipeline_desk.hpp"

#include <algorithm>
#include <utility>

namespace wxpay::app {

PipelineDesk::PipelineDesk(std::size_t workers, std::size_t at_once, const Stop& stop,
                           std::function<void(std::size_t)> wake)
    : at_once_{at_once}, stop_{stop}, wake_{std::move(wake)}, hungry_(workers) {}

void PipelineDesk::halt() noexcept {
  halted_ = true;
  something_finished_.notify_all();
}

std::optional<std::vector<PipelineSlot*>> PipelineDesk::take(std::size_t worker, std::size_t most,
                                                             bool may_wait) {
  std::vector<PipelineSlot*> taken;
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
  hungry_[worker] = taken.size() < most;
  if (is_takeable()) wake_a_hungry_one();
  if (is_starving()) something_finished_.notify_one();
  return taken;
}

void PipelineDesk::put(std::vector<FinishedWork> finished) {
  if (finished.empty()) return;
  bool is_awaited = false;
  {
    const std::lock_guard lock{mutex_};
    std::move(finished.begin(), finished.end(), std::back_inserter(finished_));
    is_awaited = finished_.size() >= wanted_ || is_starving();
  }
  // Outside the lock, which the woken one wants first of all.
  if (is_awaited) something_finished_.notify_one();
}

void PipelineDesk::hand_over(const std::vector<PipelineSlot*>& slots) {
  if (slots.empty()) return;
  std::size_t to_wake = 0;
  {
    const std::lock_guard lock{mutex_};
    ready_.insert(ready_.end(), slots.begin(), slots.end());
    to_wake = std::min(idle_, slots.size());
    if (to_wake == 0) wake_a_hungry_one();
  }
  for (; to_wake > 0; --to_wake) something_ready_.notify_one();
}

void PipelineDesk::wake_a_hungry_one() {
  const auto hungry = std::find(hungry_.begin(), hungry_.end(), true);
  if (hungry == hungry_.end() || !wake_) return;
  *hungry = false;
  wake_(static_cast<std::size_t>(hungry - hungry_.begin()));
}

void PipelineDesk::await_finished(std::size_t count, std::chrono::milliseconds longest,
                                  const std::function<bool()>& can_read, bool mind_stop) {
  std::unique_lock lock{mutex_};
  wanted_ = count;
  something_finished_.wait_for(lock, longest, [&] {
    return finished_.size() >= count || (is_starving() && can_read()) || (mind_stop && is_asked_to_stop());
  });
  wanted_ = never;
}

std::vector<FinishedWork> PipelineDesk::collect() {
  const std::lock_guard lock{mutex_};
  return std::exchange(finished_, {});
}

void PipelineDesk::take_back(const std::function<bool(PipelineSlot&)>& fits) {
  const std::lock_guard lock{mutex_};
  std::erase_if(ready_, [&](PipelineSlot* slot) { return fits(*slot); });
  // What stood behind them may be taken now.
  something_ready_.notify_all();
}

void PipelineDesk::close() {
  {
    const std::lock_guard lock{mutex_};
    closed_ = true;
  }
  something_ready_.notify_all();
}

}  // namespace wxpay::app
