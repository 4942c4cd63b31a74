#include "app/pipeline.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <exception>
#include <span>
#include <utility>
#include <vector>

#include "app/pipeline_desk.hpp"
#include "app/pipeline_workers.hpp"

namespace wxpay::app {

namespace {

using Next = PipelineItem::Next;
using Slot = PipelineSlot;
using Place = PipelineSlot::Place;
using std::chrono::milliseconds;

/// Finished work waits a moment for more, so that one flush of the disk serves many items.
constexpr milliseconds longest_gathering{5};
constexpr std::size_t gathered = 64;
/// How long a request to stop may go unseen, and how often progress is shown while nothing happens.
constexpr milliseconds longest_wait{100};
/// How long input may go unseen while the input is slow and other items are under way.
constexpr milliseconds slow_input_wait{10};

/// As many workers as can have something to do.
PipelineOptions usable(PipelineOptions options, const std::optional<PipelineCarriage>& carriage) {
  if (carriage) options.workers = std::min(options.workers, carriage->lanes);
  return options;
}

/// Items that all workers together have under way.
std::size_t at_once(const PipelineOptions& options, const std::optional<PipelineCarriage>& carriage) {
  return carriage ? carriage->lanes : options.workers;
}

}  // namespace

Exchange* PipelineItem::question(std::size_t /*worker*/) { return nullptr; }

bool PipelineItem::record_failed(const Error& /*error*/) { return false; }

std::size_t PipelineItem::weight() const {
  constexpr std::size_t usual = 1024;
  return usual;
}

/// The writer.
class Pipeline::Run {
 public:
  Run(PipelineOptions options, Transact transact, const Stop& stop, std::optional<PipelineCarriage> carriage)
      : options_{usable(options, carriage)},
        transact_{std::move(transact)},
        stop_{stop},
        carriage_{std::move(carriage)},
        desk_{options_.workers, at_once(options_, carriage_), stop, [this](std::size_t worker) {
                if (carriage_) carriage_->carrier(worker).wake();
              }} {}

  void run(const PipelineEnds& ends) {
    const PipelineWorkers workers{options_.workers, desk_, carriage_, stop_};
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

  void halt() noexcept { desk_.halt(); }
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
    desk_.halt();
    return false;
  }

  /// From the first turn in which a stop is seen, what no worker has begun is left.
  void stop_if_asked() {
    if (!desk_.is_asked_to_stop()) return;
    stopping_ = true;
    std::erase_if(to_record_, [this](Slot* slot) { return leaves(*slot); });
    std::erase_if(waiting_, [this](Slot* slot) { return leaves(*slot); });
    desk_.take_back([this](Slot& slot) { return leaves(slot); });
  }

  bool leaves(Slot& slot) const {
    if (!record_failed_ && slot.begun) return false;
    slot.place = Place::left;
    return true;
  }

  void take_in(const PipelineEnds& ends) {
    input_is_slow_ = false;
    for (std::size_t taken = 0; taken < options_.group && can_read(); ++taken) {
      input_is_slow_ = !held_.empty() && ends.readable && !ends.readable();
      if (input_is_slow_) return;
      auto item = ends.read();
      if (!item) {
        input_ended_ = true;
        desk_.input_ended();
        return;
      }
      auto& slot = held_.emplace_back();
      slot.item = std::move(item);
      slot.index = next_index_++;
      slot.weight = slot.item->weight();
      weight_ += slot.weight;
      const auto first = slot.item->first();
      if (first != Next::done) desk_.expect();
      send_on(slot, first);
    }
  }

  bool can_read() const {
    return !input_ended_ && !stopping_ && !input_is_slow_ && weight_ < options_.window &&
           desk_.unbegun() < options_.ahead;
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

  void hand_over() {
    desk_.hand_over(to_hand_over_);
    to_hand_over_.clear();
  }

  /// Takes over what the workers have finished; where there is nothing else to do, waits for it.
  void collect_finished() {
    const bool busy = !to_record_.empty() || held_.empty() || is_over(held_.front());
    if (!busy) await_finished(1, input_is_slow_ ? slow_input_wait : longest_wait);
    auto finished = desk_.collect();
    if (!finished.empty() && to_record_.empty() && finished.size() < gathered) {
      await_finished(gathered - finished.size(), longest_gathering);
      auto more = desk_.collect();
      std::move(more.begin(), more.end(), std::back_inserter(finished));
    }
    for (const auto& ended : finished) {
      send_on(*ended.slot, ended.next);
      if (!ended.failure) continue;
      ended.slot->place = Place::left;
      if (!failure_) failure_ = ended.failure;
      desk_.halt();
    }
  }

  void await_finished(std::size_t count, milliseconds longest) {
    desk_.await_finished(
        count, longest, [this] { return can_read(); }, !stopping_);
  }

  static bool is_over(const Slot& slot) { return slot.place == Place::over || slot.place == Place::left; }

  void record_group() {
    if (record_failed_) return;
    const auto group = next_group();
    if (!group.empty()) record_together(group);
  }

  void record_together(std::span<Slot* const> group) {
    std::vector<Next> nexts(group.size(), Next::done);
    try {
      transact_([&] {
        for (std::size_t i = 0; i < group.size(); ++i) nexts[i] = group[i]->item->record();
      });
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::ledger_value && group.size() > 1) return record_in_halves(group);
      end_failed(group, error);
      if (record_failed_ && !failure_) failure_ = std::current_exception();
      if (record_failed_) desk_.halt();
      return;
    }
    for (std::size_t i = 0; i < group.size(); ++i) {
      group[i]->recorded = nexts[i] != Next::wait;
      if (nexts[i] == Next::done && !group[i]->begun) desk_.expect_no_more();
      send_on(*group[i], nexts[i]);
    }
  }

  /// The ledger cannot keep a value of one item, which must not hold up the others: halving finds it.
  void record_in_halves(std::span<Slot* const> group) {
    const auto half = group.size() / 2;
    for (const auto part : {group.first(half), group.subspan(half)}) {
      if (!record_failed_) {
        record_together(part);
      } else {
        for (auto* slot : part) slot->place = Place::left;
      }
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
  void end_failed(std::span<Slot* const> group, const Error& error) {
    for (auto* slot : group) {
      if (slot->item->record_failed(error)) {
        if (!slot->begun) desk_.expect_no_more();
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
      if (slot.place == Place::left) any_left_ = true;
      if (!give_failed_) give_failed_ = !succeeds([&] { end(*slot.item); });
    }
    if (!give_failed_) give_failed_ = !succeeds(ends.pause);
  }

  PipelineOptions options_;
  Transact transact_;
  const Stop& stop_;
  std::optional<PipelineCarriage> carriage_;
  PipelineDesk desk_;

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
  bool any_left_ = false;
  std::exception_ptr failure_;

  bool input_ended_ = false;
};

Pipeline::Pipeline(PipelineOptions options, Transact transact, const Stop& stop,
                   std::optional<PipelineCarriage> carriage)
    : run_{std::make_unique<Run>(options, std::move(transact), stop, std::move(carriage))} {}

Pipeline::~Pipeline() = default;

void Pipeline::run(const PipelineEnds& ends) { run_->run(ends); }

void Pipeline::halt() noexcept { run_->halt(); }

bool Pipeline::finished() const noexcept { return run_->finished(); }

}  // namespace wxpay::app
