#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "app/pipeline.hpp"
#include "wxpay/clock.hpp"

namespace wxpay::app {

/// An item and where it is on its way.
struct QueueEntry {
  enum class Place { to_record, with_workers, waiting, over, left };

  std::unique_ptr<PipelineItem> item;
  std::size_t index = 0;
  std::size_t weight = 0;
  Place place = Place::to_record;
  bool begun = false;  ///< a worker has or had it
  bool recorded = false;
};

/// What a worker is done with.
struct FinishedWork {
  QueueEntry* entry;
  PipelineItem::Next next;
  std::exception_ptr failure;
};

/// Where the writer, which is the thread that runs a pipeline, and its workers meet: what is ready for these,
/// and what they have finished. From any thread, but for what is said to be the writer's.
class WorkQueue {
 public:
  /// @param at_once  items that all workers together have under way
  /// @param wake  ends the wait of a worker for answers, as there is more to do
  WorkQueue(std::size_t workers, std::size_t at_once, const Stop& stop,
            std::function<void(std::size_t worker)> wake);

  void halt() noexcept;
  bool is_asked_to_stop() const { return halted_ || stop_.requested(); }

  // The workers' side.

  /// Waits, if it may, until there is something; else it may be none.
  /// @return nothing: the run is over
  std::optional<std::vector<QueueEntry*>> take(std::size_t worker, std::size_t most, bool may_wait);
  void put(std::vector<FinishedWork> finished);

  // The writer's side.

  /// The workers need no more than is ready.
  void input_ended() noexcept { input_ended_ = true; }
  /// An item was read that a worker will have; and one has that no worker will have after all.
  void expect() noexcept { ++unbegun_; }
  void expect_no_more() noexcept { --unbegun_; }
  /// Items that were read and that no worker has begun.
  std::size_t unbegun() const noexcept { return unbegun_; }

  /// Gives the workers all that is for them at once, and wakes as many as have something to do.
  void hand_over(const std::vector<QueueEntry*>& entries);
  /// Waits until so many are finished, the workers need more and `can_read`, the run has been asked to stop
  /// and `mind_stop`, or the time is over.
  void await_finished(std::size_t count, std::chrono::milliseconds longest,
                      const std::function<bool()>& can_read, bool mind_stop);
  std::vector<FinishedWork> collect();
  /// Whether every worker waits and none has left anything to collect: all that they had is back.
  bool is_at_rest();
  /// Takes back what is ready and fits.
  void take_back(const std::function<bool(QueueEntry&)>& fits);
  /// Lets the workers end.
  void close();

 private:
  static constexpr std::size_t never = std::numeric_limits<std::size_t>::max();

  /// Whether the workers will soon have nothing to do. To be asked under the lock.
  bool needs_input() const { return !input_ended_ && ready_.size() < at_once_; }
  /// After a stop nothing new is begun, even before the writer has seen the stop. Under the lock.
  bool is_takeable() const { return !ready_.empty() && (ready_.front()->begun || !is_asked_to_stop()); }
  void wake_one_with_room();

  const std::size_t at_once_;
  const Stop& stop_;
  const std::function<void(std::size_t)> wake_;
  std::atomic<bool> halted_ = false;
  std::atomic<bool> input_ended_ = false;
  std::atomic<std::size_t> unbegun_ = 0;

  std::mutex mutex_;
  std::condition_variable something_ready_;
  std::condition_variable something_finished_;
  std::deque<QueueEntry*> ready_;
  std::vector<FinishedWork> finished_;
  std::size_t wanted_ = never;  ///< how many finished items the writer waits for
  std::size_t idle_ = 0;        ///< workers that wait for something to do
  std::vector<bool> has_room_;  ///< by worker: it waits for answers and has room for more
  bool closed_ = false;
};

}  // namespace wxpay::app
