#include "app/pipeline.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <limits>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace wxpay::app {

namespace {

using Next = PipelineItem::Next;
using std::chrono::milliseconds;

/// Finished work waits a moment for more, so that one flush of the disk serves many items.
constexpr milliseconds longest_gathering{5};
constexpr std::size_t gathered = 64;
/// How long a request to stop may go unseen, and how often progress is shown while nothing happens.
constexpr milliseconds longest_wait{100};
/// How long input may go unseen while the input is slow and other items are under way.
constexpr milliseconds slow_input_wait{10};
constexpr std::size_t never = std::numeric_limits<std::size_t>::max();

}  // namespace

bool PipelineItem::record_failed(const Error& /*error*/) { return false; }

std::size_t PipelineItem::weight() const {
  constexpr std::size_t usual = 1024;
  return usual;
}

/// What the workers share is guarded by `mutex_`; all else belongs to the thread that runs the pipeline.
class Pipeline::Run {
 public:
  Run(PipelineOptions options, Transact transact, const Stop& stop)
      : options_{options}, transact_{std::move(transact)}, stop_{stop} {}

  void run(const PipelineEnds& ends) {
    const Workers workers{*this};
    while (true) {
      stop_if_asked();
      if (!read_failed_) read_failed_ = !succeeds([&] { take_in(ends); });
      hand_over();
      collect_finished();
      stop_if_asked();
      record_group();
      hand_over();
      give_out(ends);
      if (held_.empty() && (input_ended_ || stopping_)) break;
    }
    if (failure_) std::rethrow_exception(failure_);
  }

  void halt() noexcept {
    halted_ = true;
    something_finished_.notify_all();
  }

 private:
  enum class Place { to_record, with_workers, waiting, over, left };

  /// An item and where it is on its way.
  struct Slot {
    std::unique_ptr<PipelineItem> item;
    std::size_t index = 0;
    std::size_t weight = 0;
    Place place = Place::to_record;
    bool begun = false;  ///< a worker has or had it
    bool recorded = false;
  };

  struct Finished {
    Slot* slot;
    Next next;
    bool failed;
  };

  /// The threads, which end when this is let go.
  class Workers {
   public:
    explicit Workers(Run& run) : run_{run} {
      for (std::size_t number = 0; number < run.options_.workers; ++number) {
        threads_.emplace_back([&run, number] { run.work_to_the_end(number); });
      }
    }
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;
    Workers(Workers&&) = delete;
    Workers& operator=(Workers&&) = delete;
    ~Workers() {
      {
        const std::lock_guard lock{run_.mutex_};
        run_.ended_ = true;
      }
      run_.something_ready_.notify_all();
      for (auto& thread : threads_) thread.join();
    }

   private:
    Run& run_;
    std::vector<std::thread> threads_;
  };

  // The workers' side.

  void work_to_the_end(std::size_t worker) {
    while (auto* slot = take_ready()) {
      auto next = Next::done;
      std::exception_ptr failure;
      try {
        next = slot->item->work(worker);
      } catch (...) {
        failure = std::current_exception();
      }
      put_finished(*slot, next, failure);
    }
  }

  Slot* take_ready() {
    std::unique_lock lock{mutex_};
    ++idle_;
    // After a stop nothing new is begun, even before the writer has seen the stop.
    something_ready_.wait(lock, [this] {
      return ended_ || (!ready_.empty() && (ready_.front()->begun || !is_asked_to_stop()));
    });
    --idle_;
    if (ended_) return nullptr;
    auto* slot = ready_.front();
    ready_.pop_front();
    if (!std::exchange(slot->begun, true)) --unbegun_;
    if (is_starving()) something_finished_.notify_one();
    return slot;
  }

  void put_finished(Slot& slot, Next next, const std::exception_ptr& failure) {
    bool is_awaited = false;
    {
      const std::lock_guard lock{mutex_};
      if (failure && !worker_failure_) worker_failure_ = failure;
      finished_.push_back({&slot, next, failure != nullptr});
      is_awaited = finished_.size() >= wanted_ || is_starving();
    }
    // Outside the lock, which the woken one wants first of all.
    if (is_awaited) something_finished_.notify_one();
  }

  bool is_asked_to_stop() const { return halted_ || stop_.requested(); }

  /// Whether the workers will soon have nothing to do. To be asked under the lock.
  bool is_starving() const { return !input_ended_ && ready_.size() < options_.workers; }

  // The writer's side.

  /// Keeps the first failure for the end of the run.
  template <class Work>
  bool succeeds(const Work& work) {
    try {
      work();
      return true;
    } catch (const Error& error) {
      // The end of the input was not reached, which is no failure.
      if (error.kind() != ErrorKind::interrupted && !failure_) failure_ = std::current_exception();
    } catch (...) {
      if (!failure_) failure_ = std::current_exception();
    }
    halted_ = true;
    return false;
  }

  /// From the first turn in which a stop is seen, what no worker has begun is left.
  void stop_if_asked() {
    if (!is_asked_to_stop()) return;
    stopping_ = true;
    leave_from(to_record_);
    leave_from(waiting_);
    const std::lock_guard lock{mutex_};
    leave_from(ready_);
    something_ready_.notify_all();
  }

  template <class Slots>
  void leave_from(Slots& slots) {
    const auto ends_here = [this](const Slot* slot) { return record_failed_ || !slot->begun; };
    for (auto* slot : slots) {
      if (ends_here(slot)) slot->place = Place::left;
    }
    std::erase_if(slots, ends_here);
  }

  void take_in(const PipelineEnds& ends) {
    input_is_slow_ = false;
    for (std::size_t taken = 0; taken < options_.group && can_read(); ++taken) {
      input_is_slow_ = !held_.empty() && ends.readable && !ends.readable();
      if (input_is_slow_) return;
      auto item = ends.read();
      if (!item) {
        input_ended_ = true;
        return;
      }
      auto& slot = held_.emplace_back();
      slot.item = std::move(item);
      slot.index = next_index_++;
      slot.weight = slot.item->weight();
      weight_ += slot.weight;
      const auto first = slot.item->first();
      if (first != Next::done) ++unbegun_;
      send_on(slot, first);
    }
  }

  bool can_read() const {
    return !input_ended_ && !stopping_ && !input_is_slow_ && weight_ < options_.window &&
           unbegun_ < options_.ahead;
  }

  /// Puts an item where it is needed next; to the workers it goes with the others, by hand_over().
  void send_on(Slot& slot, Next next) {
    switch (next) {
      case Next::record:
        slot.place = Place::to_record;
        to_record_.push_back(&slot);
        return;
      case Next::wait:
        slot.place = Place::waiting;
        waiting_.push_back(&slot);
        return;
      case Next::leave:
        slot.place = Place::left;
        return;
      case Next::done:
        slot.place = Place::over;
        slot.recorded = true;
        return;
      case Next::work:
        break;
    }
    slot.place = Place::with_workers;
    to_hand_over_.push_back(&slot);
  }

  /// Gives the workers all that is for them at once, and wakes as many as have something to do.
  void hand_over() {
    if (to_hand_over_.empty()) return;
    std::size_t to_wake = 0;
    {
      const std::lock_guard lock{mutex_};
      ready_.insert(ready_.end(), to_hand_over_.begin(), to_hand_over_.end());
      to_wake = std::min(idle_, to_hand_over_.size());
    }
    to_hand_over_.clear();
    for (; to_wake > 0; --to_wake) something_ready_.notify_one();
  }

  /// Takes over what the workers have finished; where there is nothing else to do, waits for it.
  void collect_finished() {
    std::vector<Finished> finished;
    {
      std::unique_lock lock{mutex_};
      const bool busy = !to_record_.empty() || held_.empty() || is_over(held_.front());
      if (!busy) wait_for(lock, 1, input_is_slow_ ? slow_input_wait : longest_wait);
      if (!finished_.empty() && to_record_.empty()) wait_for(lock, gathered, longest_gathering);
      finished.swap(finished_);
      if (worker_failure_ && !failure_) failure_ = worker_failure_;
      if (worker_failure_) halted_ = true;
    }
    for (const auto& ended : finished) {
      send_on(*ended.slot, ended.next);
      if (ended.failed) ended.slot->place = Place::left;
    }
  }

  /// Until that many are finished, the workers need more, or the time is over.
  void wait_for(std::unique_lock<std::mutex>& lock, std::size_t count, milliseconds longest) {
    wanted_ = count;
    something_finished_.wait_for(lock, longest, [this, count] {
      return finished_.size() >= count || (is_starving() && can_read()) || (is_asked_to_stop() && !stopping_);
    });
    wanted_ = never;
  }

  static bool is_over(const Slot& slot) { return slot.place == Place::over || slot.place == Place::left; }

  void record_group() {
    if (record_failed_) return;
    const auto group = next_group();
    if (group.empty()) return;
    std::vector<Next> nexts(group.size(), Next::done);
    try {
      transact_([&] {
        for (std::size_t i = 0; i < group.size(); ++i) nexts[i] = group[i]->item->record();
      });
    } catch (const Error& error) {
      end_failed(group, error);
      if (record_failed_ && !failure_) failure_ = std::current_exception();
      halted_ = halted_ || record_failed_;
      return;
    }
    for (std::size_t i = 0; i < group.size(); ++i) {
      group[i]->recorded = nexts[i] != Next::wait;
      if (nexts[i] == Next::done && !group[i]->begun) --unbegun_;
      send_on(*group[i], nexts[i]);
    }
  }

  std::vector<Slot*> next_group() {
    auto& candidates = to_record_;
    candidates.insert(candidates.end(), waiting_.begin(), waiting_.end());
    waiting_.clear();
    std::sort(candidates.begin(), candidates.end(),
              [](const Slot* a, const Slot* b) { return a->index < b->index; });
    auto count = std::min(candidates.size(), options_.group);
    if (options_.record_in_order) count = std::min(count, recordable_in_order());
    std::vector<Slot*> group{candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(count)};
    candidates.erase(candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(count));
    return group;
  }

  /// How many of the sorted candidates have nothing unrecorded before them but each other.
  std::size_t recordable_in_order() const {
    std::size_t count = 0;
    for (const auto& slot : held_) {
      if (slot.recorded || is_over(slot)) continue;
      if (count == to_record_.size() || to_record_[count] != &slot) break;
      ++count;
    }
    return count;
  }

  /// The transaction wrote nothing. Where an item has no result without it, the run ends.
  void end_failed(const std::vector<Slot*>& group, const Error& error) {
    for (auto* slot : group) {
      if (slot->item->record_failed(error)) {
        if (!slot->begun) --unbegun_;
        send_on(*slot, Next::done);
      } else {
        slot->place = Place::left;
        record_failed_ = true;
      }
    }
  }

  void give_out(const PipelineEnds& ends) {
    while (!held_.empty() && is_over(held_.front())) {
      const auto slot = std::move(held_.front());
      held_.pop_front();
      weight_ -= slot.weight;
      const auto& end = slot.place == Place::over ? ends.give : ends.leave;
      if (!give_failed_) give_failed_ = !succeeds([&] { end(*slot.item); });
    }
    if (!give_failed_) give_failed_ = !succeeds(ends.pause);
  }

  PipelineOptions options_;
  Transact transact_;
  const Stop& stop_;

  std::deque<Slot> held_;  ///< all items between reading and giving out, in their order
  std::vector<Slot*> to_record_;
  std::vector<Slot*> waiting_;
  std::vector<Slot*> to_hand_over_;
  std::size_t next_index_ = 0;
  std::size_t weight_ = 0;
  bool input_is_slow_ = false;
  bool stopping_ = false;
  bool read_failed_ = false;
  bool record_failed_ = false;
  bool give_failed_ = false;
  std::exception_ptr failure_;

  std::atomic<bool> halted_ = false;
  std::atomic<bool> input_ended_ = false;
  std::atomic<std::size_t> unbegun_ = 0;  ///< items for which a worker has not been found yet

  std::mutex mutex_;
  std::condition_variable something_ready_;
  std::condition_variable something_finished_;
  std::deque<Slot*> ready_;
  std::vector<Finished> finished_;
  std::size_t wanted_ = never;  ///< how many finished items the writer waits for
  std::size_t idle_ = 0;        ///< workers that wait
  bool ended_ = false;
  std::exception_ptr worker_failure_;
};

Pipeline::Pipeline(PipelineOptions options, Transact transact, const Stop& stop)
    : run_{std::make_unique<Run>(options, std::move(transact), stop)} {}

Pipeline::~Pipeline() = default;

void Pipeline::run(const PipelineEnds& ends) { run_->run(ends); }

void Pipeline::halt() noexcept { run_->halt(); }

}  // namespace wxpay::app
