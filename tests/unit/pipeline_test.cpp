#include "app/pipeline.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stdexcept>

#include "support/fakes.hpp"

using namespace wxpay;
using namespace wxpay::test;
using app::Pipeline;
using app::PipelineItem;
using app::PipelineOptions;
using Next = PipelineItem::Next;

namespace {

/// A numbered item whose steps a test gives.
class Numbered final : public PipelineItem {
 public:
  explicit Numbered(int place) : number{place} {}

  Next first() const override { return begins_with; }
  Next work(std::size_t worker) override {
    ++times_worked;
    return on_work ? on_work(*this, worker) : Next::record;
  }
  Next record() override {
    ++times_recorded;
    if (on_record) return on_record(*this);
    return times_worked == 0 ? Next::work : Next::done;
  }
  bool record_failed(const Error&) override {
    if (on_failure) on_failure(*this);
    return bears_failure;
  }
  std::size_t weight() const override { return heavy; }

  const int number;
  int times_worked = 0;
  int times_recorded = 0;
  Next begins_with = Next::record;
  bool bears_failure = false;
  std::size_t heavy = 1;
  std::function<Next(Numbered&, std::size_t)> on_work;
  std::function<Next(Numbered&)> on_record;
  std::function<void(Numbered&)> on_failure;
};

/// Runs so many items and keeps what came of it.
struct Trial {
  PipelineOptions options{.workers = 4};
  int count = 200;
  std::function<void(Numbered&)> prepare = [](Numbered&) {};
  std::function<void(const std::function<void()>&)> transact = [](const auto& work) { work(); };
  std::function<void(Numbered&)> on_give = [](Numbered&) {};
  std::function<void(int)> on_read = [](int) {};

  FakeStop stop;
  std::unique_ptr<Pipeline> pipeline;
  int read = 0;
  std::vector<int> given;
  std::vector<int> left;

  void run() {
    pipeline = std::make_unique<Pipeline>(options, transact, stop);
    pipeline->run(
        {.read = [this]() -> std::unique_ptr<PipelineItem> {
           on_read(read);
           if (read == count) return nullptr;
           auto item = std::make_unique<Numbered>(read++);
           prepare(*item);
           return item;
         },
         .readable = {}},
        {.give =
             [this](PipelineItem& item) {
               on_give(static_cast<Numbered&>(item));
               given.push_back(static_cast<Numbered&>(item).number);
             },
         .leave = [this](PipelineItem& item) { left.push_back(static_cast<Numbered&>(item).number); },
         .pause = [] {}});
  }
};

std::vector<int> numbers_up_to(int end) {
  std::vector<int> numbers;
  for (int number = 0; number < end; ++number) numbers.push_back(number);
  return numbers;
}

/// Counts what happens in many threads, and waits until enough has.
class Tally {
 public:
  void add() {
    const std::lock_guard lock{mutex_};
    ++count_;
    changed_.notify_all();
  }
  bool wait_for(int wanted) {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, std::chrono::seconds{20}, [&] { return count_ >= wanted; });
  }
  int count() {
    const std::lock_guard lock{mutex_};
    return count_;
  }

 private:
  int count_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
};

}  // namespace

TEST_CASE("items are given out in the order of reading, whatever the order of their work") {
  Trial trial;
  Tally worked;
  trial.prepare = [&](Numbered& item) {
    item.on_work = [&](Numbered& self, std::size_t) {
      if (self.number == 0) CHECK(worked.wait_for(50));
      worked.add();
      return Next::record;
    };
  };
  trial.run();
  CHECK(trial.given == numbers_up_to(200));
  CHECK(trial.left.empty());
}

TEST_CASE("all workers are at it at once, each under its own number") {
  Trial trial;
  Tally at_work;
  std::array<std::atomic<int>, 4> by_worker{};
  trial.prepare = [&](Numbered& item) {
    item.on_work = [&](Numbered& self, std::size_t worker) {
      ++by_worker.at(worker);
      at_work.add();
      if (self.number < 4) CHECK(at_work.wait_for(4));
      return Next::record;
    };
  };
  trial.run();
  for (const auto& count : by_worker) CHECK(count > 0);
  CHECK(trial.given.size() == 200);
}

TEST_CASE("many items share a transaction, and none is given out before its own has ended") {
  Trial trial;
  trial.count = 1000;
  int transactions = 0;
  bool inside = false;
  trial.transact = [&](const auto& work) {
    inside = true;
    work();
    inside = false;
    ++transactions;
  };
  trial.on_give = [&](Numbered& item) {
    CHECK_FALSE(inside);
    CHECK(item.times_recorded == 2);
    CHECK(item.times_worked == 1);
  };
  trial.run();
  CHECK(trial.given == numbers_up_to(1000));
  CHECK(transactions < 500);
}

TEST_CASE("reading waits while too much is held: for a worker, or for its turn to be given out") {
  Trial trial;
  trial.count = 5000;
  trial.options.ahead = 32;
  Tally worked;
  int most_ahead = 0;
  trial.prepare = [&](Numbered& item) {
    item.on_work = [&](Numbered&, std::size_t) {
      worked.add();
      return Next::record;
    };
  };
  trial.on_read = [&](int read) { most_ahead = std::max(most_ahead, read - worked.count()); };
  SUBCASE("for a worker") {}
  SUBCASE("for its turn") {
    trial.options.window = 100;
    trial.options.ahead = 5000;
    trial.prepare = [](Numbered& item) { item.heavy = 5; };
    trial.on_read = [&](int read) {
      most_ahead = std::max(most_ahead, read - static_cast<int>(trial.given.size()));
    };
  }
  trial.run();
  CHECK(trial.given == numbers_up_to(5000));
  CHECK(most_ahead <= 40);
}

TEST_CASE("an item that needs no work, and one that needs several rounds, pass among the others") {
  Trial trial;
  trial.prepare = [](Numbered& item) {
    if (item.number % 3 == 0) item.begins_with = Next::done;
    if (item.number % 3 == 1) {
      item.on_record = [](Numbered& self) { return self.times_worked < 5 ? Next::work : Next::done; };
    }
  };
  trial.on_give = [](Numbered& item) {
    CHECK(item.times_worked == (item.number % 3 == 0 ? 0 : item.number % 3 == 1 ? 5 : 1));
  };
  trial.run();
  CHECK(trial.given == numbers_up_to(200));
}

TEST_CASE("an item may wait until one before it has ended") {
  Trial trial;
  bool ended = false;
  trial.prepare = [&](Numbered& item) {
    if (item.number != 0 && item.number != 1) return;
    item.on_record = [&](Numbered& self) {
      if (self.number == 1) return ended ? Next::done : Next::wait;
      if (self.times_worked == 0) return Next::work;
      ended = true;
      return Next::done;
    };
  };
  trial.on_give = [&](Numbered& item) { CHECK((item.number != 1 || item.times_recorded >= 2)); };
  trial.run();
  CHECK(trial.given == numbers_up_to(200));
}

TEST_CASE("where it is asked for, items are recorded in their order") {
  Trial trial;
  trial.options.record_in_order = true;
  std::vector<int> recorded;
  trial.prepare = [&](Numbered& item) {
    item.begins_with = item.number % 7 == 3 ? Next::done : Next::work;
    item.on_record = [&](Numbered& self) {
      recorded.push_back(self.number);
      return Next::done;
    };
  };
  trial.run();
  CHECK(trial.given == numbers_up_to(200));
  CHECK(std::is_sorted(recorded.begin(), recorded.end()));
}

TEST_CASE("a stop ends what is under way, and leaves the rest unworked") {
  Trial trial;
  trial.count = 100'000;
  trial.options.ahead = 16;
  std::atomic<int> begun = 0;
  SUBCASE("asked for from outside") {
    trial.prepare = [&](Numbered& item) {
      item.on_work = [&](Numbered&, std::size_t) {
        if (++begun == 50) trial.stop.asked_for = true;
        return Next::record;
      };
    };
  }
  SUBCASE("asked for by the work itself") {
    trial.prepare = [&](Numbered& item) {
      item.on_work = [&](Numbered&, std::size_t) {
        if (++begun == 50) trial.pipeline->halt();
        return Next::record;
      };
    };
  }
  trial.run();
  CHECK(static_cast<int>(trial.given.size()) == begun);
  CHECK(trial.given.size() < 60);
  CHECK(static_cast<int>(trial.given.size() + trial.left.size()) == trial.read);
  CHECK(trial.read < 200);
}

TEST_CASE("an item that a worker gives up before it began is left, in its place") {
  Trial trial;
  trial.count = 20;
  trial.prepare = [](Numbered& item) {
    item.on_work = [](Numbered& self, std::size_t) {
      return self.number % 5 == 2 ? Next::leave : Next::record;
    };
  };
  trial.run();
  CHECK(trial.left == std::vector{2, 7, 12, 17});
  CHECK(trial.given.size() == 16);
}

TEST_CASE("a run is finished where its input came to its end and no item was left") {
  Trial whole;
  whole.run();
  CHECK(whole.pipeline->finished());
  Trial empty;
  empty.count = 0;
  empty.run();
  CHECK(empty.pipeline->finished());

  Trial halted;
  halted.options.workers = 1;
  halted.prepare = [&](Numbered& item) {
    item.on_work = [&](Numbered&, std::size_t) {
      halted.pipeline->halt();
      return Next::record;
    };
  };
  halted.run();
  CHECK_FALSE(halted.left.empty());
  CHECK_FALSE(halted.pipeline->finished());

  Trial halted_by_reader;
  halted_by_reader.on_read = [&](int read) {
    if (read == 50) halted_by_reader.pipeline->halt();
  };
  halted_by_reader.run();
  CHECK_FALSE(halted_by_reader.pipeline->finished());
}

TEST_CASE("with one worker, nothing is begun after the item that stopped it") {
  Trial trial;
  trial.options.workers = 1;
  std::atomic<int> begun = 0;
  trial.prepare = [&](Numbered& item) {
    item.on_work = [&](Numbered&, std::size_t) {
      if (++begun == 3) trial.pipeline->halt();
      return Next::record;
    };
  };
  trial.run();
  CHECK(trial.given == numbers_up_to(3));
}

TEST_CASE("a transaction that fails ends the run, and nothing of it is given out") {
  Trial trial;
  int transactions = 0;
  trial.transact = [&](const auto& work) {
    work();
    if (++transactions > 3) throw Error{ErrorKind::ledger, "disk full"};
  };
  CHECK_THROWS_WITH_AS(trial.run(), "disk full", Error);
  CHECK(trial.given.size() < 200);
  CHECK(static_cast<int>(trial.given.size() + trial.left.size()) == trial.read);
}

TEST_CASE("items that bear the failure of a transaction are given out, and the run goes on") {
  Trial trial;
  trial.prepare = [](Numbered& item) { item.bears_failure = true; };
  int transactions = 0;
  trial.transact = [&](const auto& work) {
    if (++transactions == 2) throw Error{ErrorKind::ledger_busy, "locked"};
    work();
  };
  trial.run();
  CHECK(trial.given == numbers_up_to(200));
}

TEST_CASE("an item whose value cannot be kept fails alone, and the others of its group are recorded") {
  const std::vector<int> unkeepable{0, 77, 78, 199};
  for (const bool in_order : {false, true}) {
    CAPTURE(in_order);
    Trial trial;
    trial.options.record_in_order = in_order;
    std::vector<int> kept;
    std::vector<int> failed;
    std::vector<int> written;
    trial.transact = [&](const auto& work) {
      written.clear();
      work();
      kept.insert(kept.end(), written.begin(), written.end());
    };
    trial.prepare = [&](Numbered& item) {
      item.begins_with = Next::work;
      item.bears_failure = true;
      item.on_record = [&](Numbered& self) {
        const bool bad = std::find(unkeepable.begin(), unkeepable.end(), self.number) != unkeepable.end();
        if (bad) throw Error{ErrorKind::ledger_value, "too long"};
        written.push_back(self.number);
        return Next::done;
      };
      item.on_failure = [&](Numbered& self) { failed.push_back(self.number); };
    };
    trial.run();
    CHECK(trial.given == numbers_up_to(200));
    std::sort(failed.begin(), failed.end());
    CHECK(failed == unkeepable);
    CHECK(kept.size() == 196);
    if (in_order) CHECK(std::is_sorted(kept.begin(), kept.end()));
  }
}

TEST_CASE("an item that does not bear its own failure ends the run, and what was recorded before is given") {
  Trial trial;
  trial.count = 64;
  trial.options.workers = 1;
  trial.prepare = [&](Numbered& item) {
    item.begins_with = Next::record;
    item.on_record = [&](Numbered& self) {
      if (self.number == 40) throw Error{ErrorKind::ledger_value, "too long"};
      return Next::done;
    };
  };
  CHECK_THROWS_WITH_AS(trial.run(), "too long", Error);
  CHECK(trial.given == numbers_up_to(40));
  CHECK(trial.left.size() == 24);
  CHECK(trial.left.front() == 40);
}

TEST_CASE("a full disk is nobody's own failure: the group is not tried again") {
  Trial trial;
  trial.count = 10;
  trial.prepare = [](Numbered& item) { item.bears_failure = true; };
  int transactions = 0;
  trial.transact = [&](const auto&) {
    ++transactions;
    throw Error{ErrorKind::ledger, "disk full"};
  };
  trial.run();
  CHECK(trial.given == numbers_up_to(10));
  CHECK(transactions <= 10);
}

TEST_CASE("what a worker, the reading or the giving throws ends the run after what is under way") {
  Trial trial;
  SUBCASE("a worker") {
    trial.prepare = [](Numbered& item) {
      item.on_work = [](Numbered& self, std::size_t) -> Next {
        if (self.number == 20) throw std::runtime_error{"broken"};
        return Next::record;
      };
    };
  }
  SUBCASE("the reading") {
    trial.on_read = [](int read) {
      if (read == 20) throw std::runtime_error{"broken"};
    };
  }
  SUBCASE("the giving") {
    trial.on_give = [](Numbered& item) {
      if (item.number == 20) throw std::runtime_error{"broken"};
    };
  }
  CHECK_THROWS_WITH_AS(trial.run(), "broken", std::runtime_error);
  CHECK(std::find(trial.given.begin(), trial.given.end(), 20) == trial.given.end());
}

TEST_CASE("an interrupted reading is an end, not a failure") {
  Trial trial;
  trial.on_read = [](int read) {
    if (read == 20) throw Error{ErrorKind::interrupted, "interrupted"};
  };
  trial.run();
  CHECK(trial.given.size() <= 20);
}

TEST_CASE("results do not wait for an input that is slow") {
  Trial trial;
  trial.count = 3;
  Tally given;
  trial.on_give = [&](Numbered&) { given.add(); };
  Pipeline pipeline{trial.options, trial.transact, trial.stop};
  int read = 0;
  pipeline.run({.read = [&]() -> std::unique_ptr<PipelineItem> {
                  // Would hang if it were asked for the second before the first is out.
                  CHECK(given.count() == read);
                  if (read == trial.count) return nullptr;
                  return std::make_unique<Numbered>(read++);
                },
                .readable = [] { return false; }},
               {.give = [&](PipelineItem&) { given.add(); }, .leave = [](PipelineItem&) {}, .pause = [] {}});
  CHECK(given.count() == 3);
}

TEST_CASE("an empty input is no trouble") {
  Trial trial;
  trial.count = 0;
  trial.run();
  CHECK(trial.given.empty());
}

TEST_CASE("a pipeline that cannot go on says so, leaves its items and never hangs") {
  const char* const stuck = "the pipeline is stuck: this is a bug";
  SUBCASE("as an item waits for none that is before it") {
    Trial trial;
    trial.count = 3;
    trial.prepare = [](Numbered& item) {
      if (item.number == 1) item.on_record = [](Numbered&) { return Next::wait; };
    };
    CHECK_THROWS_WITH_AS(trial.run(), stuck, Error);
    CHECK(trial.given == std::vector{0, 2});
    CHECK(trial.left == std::vector{1});
    CHECK_FALSE(trial.pipeline->finished());
  }
  SUBCASE("as nothing may be read") {
    Trial trial;
    trial.options.ahead = 0;
    CHECK_THROWS_WITH_AS(trial.run(), stuck, Error);
    CHECK(trial.read == 0);
  }
}
