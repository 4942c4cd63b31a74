#include "app/pipeline_workers.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <iterator>
#include <utility>

#include "app/courier.hpp"

namespace wxpay::app {

namespace {

/// How long a request to stop may go unseen.
constexpr std::chrono::milliseconds longest_wait{100};

FinishedWork work_on(PipelineSlot& slot, std::size_t worker) {
  try {
    return {&slot, slot.item->work(worker), nullptr};
  } catch (...) {
    return {&slot, PipelineItem::Next::done, std::current_exception()};
  }
}

/// One worker with a courier: drives the questions of several items at once.
class Carrying {
 public:
  Carrying(std::size_t worker, std::size_t lanes, CourierSeams seams)
      : worker_{worker}, courier_{lanes, seams}, in_lanes_(lanes) {}

  std::size_t room() const { return courier_.room(); }
  bool is_idle() const { return courier_.is_idle(); }

  /// Begins with these, and goes on with those that have been answered.
  /// @return those that are finished
  std::vector<FinishedWork> go_on(const std::vector<PipelineSlot*>& more) {
    std::vector<FinishedWork> finished;
    for (auto* slot : more) go_on(*slot, finished);
    if (is_idle()) return finished;
    for (auto* slot : await_answered()) go_on(*slot, finished);
    return finished;
  }

 private:
  void go_on(PipelineSlot& slot, std::vector<FinishedWork>& finished) {
    try {
      if (broken_) std::rethrow_exception(broken_);
      if (auto* question = slot.item->question(worker_)) {
        in_lanes_[courier_.take(*question)] = &slot;
        return;
      }
    } catch (...) {
      finished.push_back({&slot, PipelineItem::Next::done, std::current_exception()});
      return;
    }
    finished.push_back(work_on(slot, worker_));
  }

  /// All of them at once: their lanes are free, and may be given to the next question.
  std::vector<PipelineSlot*> await_answered() {
    std::vector<PipelineSlot*> answered;
    try {
      for (const auto lane : courier_.await(longest_wait)) {
        answered.push_back(std::exchange(in_lanes_[lane], nullptr));
      }
    } catch (...) {
      broken_ = std::current_exception();
      courier_.abandon();
      std::copy_if(in_lanes_.begin(), in_lanes_.end(), std::back_inserter(answered),
                   [](const PipelineSlot* slot) { return slot != nullptr; });
    }
    return answered;
  }

  std::size_t worker_;
  Courier courier_;
  std::vector<PipelineSlot*> in_lanes_;
  std::exception_ptr broken_;  ///< why nothing more can be asked
};

}  // namespace

PipelineWorkers::PipelineWorkers(std::size_t count, PipelineDesk& desk,
                                 const std::optional<PipelineCarriage>& carriage, const Stop& stop)
    : desk_{desk}, carriage_{carriage}, stop_{stop} {
  for (std::size_t worker = 0; worker < count; ++worker) {
    const auto lanes = carriage_ ? (carriage_->lanes + worker) / count : 0;
    threads_.emplace_back([this, worker, lanes] { carriage_ ? carry(worker, lanes) : work(worker); });
  }
}

PipelineWorkers::~PipelineWorkers() {
  desk_.close();
  for (auto& thread : threads_) thread.join();
}

void PipelineWorkers::work(std::size_t worker) {
  while (const auto taken = desk_.take(worker, 1, true)) {
    for (auto* slot : *taken) desk_.put({work_on(*slot, worker)});
  }
}

void PipelineWorkers::carry(std::size_t worker, std::size_t lanes) {
  Carrying carrying{worker, lanes, {carriage_->carrier(worker), carriage_->pace, carriage_->clock, stop_}};
  while (const auto taken = desk_.take(worker, carrying.room(), carrying.is_idle())) {
    desk_.put(carrying.go_on(*taken));
  }
}

}  // namespace wxpay::app
