#include "app/pipeline_workers.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <iterator>
#include <utility>

#include "app/request_driver.hpp"

namespace wxpay::app {

namespace {

/// How long a request to stop may go unseen.
constexpr std::chrono::milliseconds longest_wait{100};

FinishedWork work_on(QueueEntry& entry, std::size_t worker) {
  try {
    return {&entry, entry.item->work(worker), nullptr};
  } catch (...) {
    return {&entry, PipelineItem::Next::done, std::current_exception()};
  }
}

/// One worker with a driver: drives the questions of several items at once.
class Carrying {
 public:
  Carrying(std::size_t worker, const WorkQueue& queue, std::size_t slots, RequestDriverDeps deps)
      : worker_{worker}, queue_{queue}, clock_{deps.clock}, driver_{slots, deps}, in_slots_(slots) {}

  std::size_t room() const { return driver_.room(); }
  bool is_idle() const { return driver_.is_idle() && early_.empty(); }

  /// Begins with these, and goes on with those that have been answered.
  /// @return those that are finished
  std::vector<FinishedWork> go_on(const std::vector<QueueEntry*>& more) {
    std::vector<FinishedWork> finished;
    for (auto* entry : more) {
      if (is_early(*entry)) {
        early_.push_back(entry);
      } else {
        go_on(*entry, finished);
      }
    }
    begin_due(finished);
    if (is_idle()) return finished;
    for (auto* entry : await_answered()) go_on(*entry, finished);
    return finished;
  }

 private:
  bool is_early(const QueueEntry& entry) const { return entry.item->not_before() > clock_.now(); }

  /// Begins with those whose time has come; a stop ends the waiting.
  void begin_due(std::vector<FinishedWork>& finished) {
    const bool is_stopped = queue_.is_asked_to_stop();
    std::erase_if(early_, [&](QueueEntry* entry) {
      if (is_stopped) {
        finished.push_back({entry, PipelineItem::Next::leave, nullptr});
        return true;
      }
      if (room() == 0 || is_early(*entry)) return false;
      go_on(*entry, finished);
      return true;
    });
  }

  void go_on(QueueEntry& entry, std::vector<FinishedWork>& finished) {
    try {
      if (broken_) std::rethrow_exception(broken_);
      if (auto* question = entry.item->question(worker_)) {
        in_slots_[driver_.start(*question)] = &entry;
        return;
      }
    } catch (...) {
      finished.push_back({&entry, PipelineItem::Next::done, std::current_exception()});
      return;
    }
    finished.push_back(work_on(entry, worker_));
  }

  /// All of them at once: their slots are free, and may be given to the next question.
  std::vector<QueueEntry*> await_answered() {
    std::vector<QueueEntry*> answered;
    try {
      for (const auto slot : driver_.await(longest_wait)) {
        answered.push_back(std::exchange(in_slots_[slot], nullptr));
      }
    } catch (...) {
      broken_ = std::current_exception();
      driver_.abandon();
      std::copy_if(in_slots_.begin(), in_slots_.end(), std::back_inserter(answered),
                   [](const QueueEntry* entry) { return entry != nullptr; });
    }
    return answered;
  }

  std::size_t worker_;
  const WorkQueue& queue_;
  const Clock& clock_;
  RequestDriver driver_;
  std::vector<QueueEntry*> in_slots_;
  std::vector<QueueEntry*> early_;  ///< whose time has not come
  std::exception_ptr broken_;       ///< why nothing more can be asked
};

}  // namespace

PipelineWorkers::PipelineWorkers(std::size_t count, WorkQueue& queue,
                                 const std::optional<RequestResources>& resources, const Stop& stop)
    : queue_{queue}, resources_{resources}, stop_{stop} {
  for (std::size_t worker = 0; worker < count; ++worker) {
    const auto slots = resources_ ? (resources_->slots + worker) / count : 0;
    threads_.emplace_back([this, worker, slots] { resources_ ? carry(worker, slots) : work(worker); });
  }
}

PipelineWorkers::~PipelineWorkers() {
  queue_.close();
  for (auto& thread : threads_) thread.join();
}

void PipelineWorkers::work(std::size_t worker) {
  while (const auto taken = queue_.take(worker, 1, true)) {
    for (auto* entry : *taken) queue_.put({work_on(*entry, worker)});
  }
}

void PipelineWorkers::carry(std::size_t worker, std::size_t slots) {
  Carrying carrying{
      worker,
      queue_,
      slots,
      {resources_->async_transport(worker), resources_->rate_limiter, resources_->clock, stop_}};
  while (const auto taken = queue_.take(worker, carrying.room(), carrying.is_idle())) {
    queue_.put(carrying.go_on(*taken));
  }
}

}  // namespace wxpay::app
