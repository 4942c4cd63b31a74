#include "app/pipeline.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <exception>
#include <span>
#include <utility>
#include <vector>

#include "app/pipeline_workers.hpp"
#include "app/work_queue.hpp"

namespace wxpay::app {

namespace {

using Next = PipelineItem::Next;
using Entry = QueueEntry;
using Place = QueueEntry::Place;
using std::chrono::milliseconds;

/// Finished work waits a moment for more, so that one flush of the disk serves many items.
constexpr milliseconds longest_gathering{5};
constexpr std::size_t gathered = 64;
/// How long a request to stop may go unseen, and how often progress is shown while nothing happens.
constexpr milliseconds longest_wait{100};
/// How long input may go unseen while the input is slow and other items are under way.
constexpr milliseconds slow_input_wait{10};

/// As many workers as can have something to do.
PipelineOptions usable(PipelineOptions options, const std::optional<RequestResources>& resources) {
  if (resources) options.workers = std::min(options.workers, resources->slots);
  return options;
}

/// Items that all workers together have under way.
std::size_t at_once(const PipelineOptions& options, const std::optional<RequestResources>& resources) {
  return resources ? resources->slots : options.workers;
}

}  // namespace

Call* PipelineItem::question(std::size_t /*worker*/) { return nullptr; }

bool PipelineItem::record_failed(const Error& /*error*/) { return false; }

std::size_t PipelineItem::weight() const {
  constexpr std::size_t usual = 1024;
  return usual;
}

/// The writer.
class Pipeline::Run {
 public:
  Run(PipelineOptions options, Transact transact, const Stop& stop, std::optional<RequestResources> resources)
      : options_{usable(options, resources)},
        transact_{std::move(transact)},
        stop_{stop},
        resources_{std::move(resources)},
        queue_{options_.workers, at_once(options_, resources_), stop, [this](std::size_t worker) {
                 if (resources_) resources_->async_transport(worker).wake();
               }} {}

  void run(const PipelineSource& source, const PipelineSink& sink) {
    const PipelineWorkers workers{options_.workers, queue_, resources_, stop_};
    while (true) {
      progressed_ = false;
      stop_if_asked();
      if (!read_failed_) read_failed_ = !succeeds([&] { take_in(source); });
      hand_over();
      collect_finished();
      stop_if_asked();
      record_group();
      hand_over();
      give_out(sink);
      if (held_.empty() && (input_ended_ || stopping_)) break;
      if (!progressed_ && queue_.is_at_rest()) {
        give_up(sink);
        break;
      }
    }
    if (failure_) std::rethrow_exception(failure_);
  }

  void halt() noexcept { queue_.halt(); }
  bool finished() const noexcept { return input_ended_ && !any_left_; }

 private:
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
    queue_.halt();
    return false;
  }

  /// From the first turn in which a stop is seen, what no worker has begun is left.
  void stop_if_asked() {
    if (!queue_.is_asked_to_stop()) return;
    stopping_ = true;
    std::erase_if(to_record_, [this](Entry* entry) { return leaves(*entry); });
    std::erase_if(waiting_, [this](Entry* entry) { return leaves(*entry); });
    queue_.take_back([this](Entry& entry) { return leaves(entry); });
  }

  bool leaves(Entry& entry) const {
    if (!record_failed_ && entry.begun) return false;
    entry.place = Place::left;
    return true;
  }

  void take_in(const PipelineSource& source) {
    input_is_slow_ = false;
    for (std::size_t taken = 0; taken < options_.group && can_read(); ++taken) {
      input_is_slow_ = !held_.empty() && source.readable && !source.readable();
      if (input_is_slow_) return;
      auto item = source.read();
      if (!item) {
        input_ended_ = true;
        queue_.input_ended();
        return;
      }
      auto& entry = held_.emplace_back();
      entry.item = std::move(item);
      entry.index = next_index_++;
      entry.weight = entry.item->weight();
      weight_ += entry.weight;
      const auto first = entry.item->first();
      if (first != Next::done) queue_.expect();
      send_on(entry, first);
    }
  }

  bool can_read() const {
    return !input_ended_ && !stopping_ && !input_is_slow_ && weight_ < options_.window &&
           queue_.unbegun() < options_.ahead;
  }

  /// Puts an item where it is needed next; to the workers it goes with the others, by hand_over().
  void send_on(Entry& entry, Next next) {
    if (next != Next::wait) progressed_ = true;
    switch (next) {
      case Next::record:
        entry.place = Place::to_record;
        to_record_.push_back(&entry);
        return;
      case Next::wait:
        entry.place = Place::waiting;
        waiting_.push_back(&entry);
        return;
      case Next::leave:
        entry.place = Place::left;
        return;
      case Next::done:
        entry.place = Place::over;
        entry.recorded = true;
        return;
      case Next::work:
        break;
    }
    entry.place = Place::with_workers;
    to_hand_over_.push_back(&entry);
  }

  void hand_over() {
    queue_.hand_over(to_hand_over_);
    to_hand_over_.clear();
  }

  /// Takes over what the workers have finished; where there is nothing else to do, waits for it.
  void collect_finished() {
    const bool busy = !to_record_.empty() || held_.empty() || is_over(held_.front());
    if (!busy) await_finished(1, input_is_slow_ ? slow_input_wait : longest_wait);
    auto finished = queue_.collect();
    if (!finished.empty() && to_record_.empty() && finished.size() < gathered) {
      await_finished(gathered - finished.size(), longest_gathering);
      auto more = queue_.collect();
      std::move(more.begin(), more.end(), std::back_inserter(finished));
    }
    for (const auto& ended : finished) {
      send_on(*ended.entry, ended.next);
      if (!ended.failure) continue;
      ended.entry->place = Place::left;
      if (!failure_) failure_ = ended.failure;
      queue_.halt();
    }
  }

  void await_finished(std::size_t count, milliseconds longest) {
    queue_.await_finished(
        count, longest, [this] { return can_read(); }, !stopping_);
  }

  static bool is_over(const Entry& entry) { return entry.place == Place::over || entry.place == Place::left; }

  void record_group() {
    if (record_failed_) return;
    const auto group = next_group();
    if (!group.empty()) record_together(group);
  }

  void record_together(std::span<Entry* const> group) {
    std::vector<Next> nexts(group.size(), Next::done);
    try {
      transact_([&] {
        for (std::size_t i = 0; i < group.size(); ++i) nexts[i] = group[i]->item->record();
      });
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::ledger_value && group.size() > 1) return record_in_halves(group);
      end_failed(group, error);
      if (record_failed_ && !failure_) failure_ = std::current_exception();
      if (record_failed_) queue_.halt();
      return;
    }
    for (std::size_t i = 0; i < group.size(); ++i) {
      group[i]->recorded = nexts[i] != Next::wait;
      if (nexts[i] == Next::done && !group[i]->begun) queue_.expect_no_more();
      send_on(*group[i], nexts[i]);
    }
  }

  /// The ledger cannot keep a value of one item, which must not hold up the others: halving finds it.
  void record_in_halves(std::span<Entry* const> group) {
    const auto half = group.size() / 2;
    for (const auto part : {group.first(half), group.subspan(half)}) {
      if (!record_failed_) {
        record_together(part);
      } else {
        for (auto* entry : part) entry->place = Place::left;
      }
    }
  }

  std::vector<Entry*> next_group() {
    auto& candidates = to_record_;
    candidates.insert(candidates.end(), waiting_.begin(), waiting_.end());
    waiting_.clear();
    std::sort(candidates.begin(), candidates.end(),
              [](const Entry* a, const Entry* b) { return a->index < b->index; });
    auto count = std::min(candidates.size(), options_.group);
    if (options_.record_in_order) count = std::min(count, recordable_in_order());
    std::vector<Entry*> group{candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(count)};
    candidates.erase(candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(count));
    return group;
  }

  /// How many of the sorted candidates have nothing unrecorded before them but each other.
  std::size_t recordable_in_order() const {
    std::size_t count = 0;
    for (const auto& entry : held_) {
      if (entry.recorded || is_over(entry)) continue;
      if (count == to_record_.size() || to_record_[count] != &entry) break;
      ++count;
    }
    return count;
  }

  /// The transaction wrote nothing. Where an item has no result without it, the run ends.
  void end_failed(std::span<Entry* const> group, const Error& error) {
    for (auto* entry : group) {
      if (entry->item->record_failed(error)) {
        if (!entry->begun) queue_.expect_no_more();
        send_on(*entry, Next::done);
      } else {
        entry->place = Place::left;
        record_failed_ = true;
      }
    }
  }

  /// Nothing was read, recorded or given, and no worker has anything to do: this would never end.
  void give_up(const PipelineSink& sink) {
    for (auto& entry : held_) {
      if (entry.place != Place::over) entry.place = Place::left;
    }
    if (!failure_) {
      failure_ =
          std::make_exception_ptr(Error{ErrorKind::internal, "the pipeline is stuck: this is a bug",
                                        "what was recorded counts, and the rest is safe to run again"});
    }
    give_out(sink);
  }

  void give_out(const PipelineSink& sink) {
    while (!held_.empty() && is_over(held_.front())) {
      progressed_ = true;
      const auto entry = std::move(held_.front());
      held_.pop_front();
      weight_ -= entry.weight;
      const auto& end = entry.place == Place::over ? sink.give : sink.leave;
      if (entry.place == Place::left) any_left_ = true;
      if (!give_failed_) give_failed_ = !succeeds([&] { end(*entry.item); });
    }
    if (!give_failed_) give_failed_ = !succeeds(sink.pause);
  }

  PipelineOptions options_;
  Transact transact_;
  const Stop& stop_;
  std::optional<RequestResources> resources_;
  WorkQueue queue_;

  std::deque<Entry> held_;  ///< all items between reading and giving out, in their order
  std::vector<Entry*> to_record_;
  std::vector<Entry*> waiting_;
  std::vector<Entry*> to_hand_over_;
  std::size_t next_index_ = 0;
  std::size_t weight_ = 0;
  bool progressed_ = false;  ///< in this turn: something was read, recorded or given
  bool input_is_slow_ = false;
  bool stopping_ = false;
  bool read_failed_ = false;
  bool record_failed_ = false;
  bool give_failed_ = false;
  bool any_left_ = false;
  std::exception_ptr failure_;

  bool input_ended_ = false;
};

Pipeline::Pipeline(PipelineOptions options, Transact transact, const Stop& stop,
                   std::optional<RequestResources> resources)
    : run_{std::make_unique<Run>(options, std::move(transact), stop, std::move(resources))} {}

Pipeline::~Pipeline() = default;

void Pipeline::run(const PipelineSource& source, const PipelineSink& sink) { run_->run(source, sink); }

void Pipeline::halt() noexcept { run_->halt(); }

bool Pipeline::finished() const noexcept { return run_->finished(); }

}  // namespace wxpay::app
