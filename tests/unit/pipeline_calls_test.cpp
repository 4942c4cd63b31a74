#include <doctest/doctest.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "app/pipeline.hpp"
#include "support/fakes.hpp"

using namespace wxpay;
using namespace wxpay::test;
using app::Pipeline;
using app::PipelineItem;
using Next = PipelineItem::Next;

namespace {

/// An item that asks so many questions, one after the other, before its work.
class AskingItem final : public PipelineItem {
 public:
  AskingItem(int place, int questions) : number{place}, questions_{questions} {}

  Next first() const override { return Next::work; }
  Call* question(std::size_t) override {
    if (throws) throw std::runtime_error{"no question"};
    if (answered == questions_) return nullptr;
    exchange_ = std::make_unique<KnownExchange<QueryOutcome>>([this]() -> QueryOutcome {
      ++answered;
      return Unknown{};
    });
    return exchange_.get();
  }
  Next work(std::size_t) override {
    worked = true;
    return Next::record;
  }
  Next record() override { return Next::done; }

  const int number;
  int answered = 0;
  bool worked = false;
  bool throws = false;

 private:
  int questions_;
  std::unique_ptr<Call> exchange_;
};

/// Lets the requests of one wait arrive from the last to the first, and counts how many were under way.
class ReversingTransport final : public AsyncTransport {
 public:
  void start(std::size_t slot, const HttpRequest&) override {
    if (breaks_at && ++started == *breaks_at) throw Error{ErrorKind::internal, "the transport is broken"};
    under_way.push_back({slot, HttpResponse{}});
    most = std::max(most, under_way.size());
  }
  std::vector<Arrival> await(std::chrono::milliseconds) override {
    std::reverse(under_way.begin(), under_way.end());
    return std::exchange(under_way, {});
  }
  void wake() noexcept override {}

  std::vector<Arrival> under_way;
  std::size_t most = 0;
  std::optional<int> breaks_at;
  int started = 0;
};

struct Questioning {
  std::size_t workers = 1;
  std::size_t slots = 8;
  int count = 300;
  std::deque<ReversingTransport> async_transports{3};
  std::function<void(AskingItem&)> prepare = [](AskingItem&) {};
  std::vector<int> given, left;
  std::vector<int> answers;

  void run() {
    NoRateLimit rate_limiter;
    FakeClock clock;
    FakeStop stop;
    Pipeline pipeline{
        {.workers = workers},
        [](const auto& work) { work(); },
        stop,
        app::RequestResources{
            slots, [this](std::size_t worker) -> AsyncTransport& { return async_transports.at(worker); },
            rate_limiter, clock}};
    int read = 0;
    pipeline.run(
        {.read = [&]() -> std::unique_ptr<PipelineItem> {
           if (read == count) return nullptr;
           auto item = std::make_unique<AskingItem>(read, read % 4);
           ++read;
           prepare(*item);
           return item;
         },
         .readable = {}},
        {.give =
             [this](PipelineItem& item) {
               const auto& prompter = static_cast<AskingItem&>(item);
               CHECK(prompter.worked);
               given.push_back(prompter.number);
               answers.push_back(prompter.answered);
             },
         .leave = [this](PipelineItem& item) { left.push_back(static_cast<AskingItem&>(item).number); },
         .pause = [] {}});
  }
};

}  // namespace

TEST_CASE("items ask none, one or several questions, and are given out in the order of reading") {
  Questioning trial;
  SUBCASE("one worker") {}
  SUBCASE("three workers share the slots") { trial.workers = 3; }
  trial.run();
  REQUIRE(trial.given.size() == 300);
  for (int i = 0; i < 300; ++i) {
    const auto place = static_cast<std::size_t>(i);
    CHECK(trial.given[place] == i);
    CHECK(trial.answers[place] == i % 4);
  }
  CHECK(trial.left.empty());
  // 8 slots: 2, 3 and 3 where there are three workers.
  std::size_t most = 0;
  for (const auto& async_transport : trial.async_transports) most += async_transport.most;
  CHECK(most <= 8);
  CHECK(most > 1);
}

TEST_CASE("a transport that breaks ends the run: what was under way is left, nothing hangs") {
  Questioning trial;
  trial.async_transports.front().breaks_at = 100;
  CHECK_THROWS_WITH_AS(trial.run(), "the transport is broken", Error);
  CHECK(trial.given.size() < 300);
  CHECK_FALSE(trial.left.empty());
}

TEST_CASE("an item whose question throws is left, and ends the run") {
  Questioning trial;
  trial.prepare = [](AskingItem& item) { item.throws = item.number == 50; };
  CHECK_THROWS_WITH(trial.run(), "no question");
  CHECK(std::find(trial.left.begin(), trial.left.end(), 50) != trial.left.end());
}

TEST_CASE("slots that are fewer than the workers are enough") {
  Questioning trial;
  trial.workers = 3;
  trial.slots = 2;
  trial.run();
  CHECK(trial.given.size() == 300);
}

namespace {

/// Waits for answers that only come once two requests are under way.
class WaitingTransport final : public AsyncTransport {
 public:
  void start(std::size_t slot, const HttpRequest&) override {
    const std::lock_guard lock{mutex_};
    under_way_.push_back({slot, HttpResponse{}});
    ++started_;
  }
  std::vector<Arrival> await(std::chrono::milliseconds) override {
    std::unique_lock lock{mutex_};
    if (under_way_.size() < 2) {
      changed_.wait(lock, [this] { return woken_; });
      woken_ = false;
      return {};
    }
    return std::exchange(under_way_, {});
  }
  void wake() noexcept override {
    const std::lock_guard lock{mutex_};
    woken_ = true;
    changed_.notify_all();
  }
  int started() {
    const std::lock_guard lock{mutex_};
    return started_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Arrival> under_way_;
  int started_ = 0;
  bool woken_ = false;
};

}  // namespace

TEST_CASE("a worker that waits for answers is woken when there is more to ask") {
  WaitingTransport async_transport;
  NoRateLimit rate_limiter;
  const FakeClock clock;
  const FakeStop stop;
  Pipeline pipeline{{},
                    [](const auto& work) { work(); },
                    stop,
                    app::RequestResources{4, [&](std::size_t) -> AsyncTransport& { return async_transport; },
                                          rate_limiter, clock}};
  int read = 0;
  int given = 0;
  pipeline.run({.read = [&]() -> std::unique_ptr<PipelineItem> {
                  if (read == 2) return nullptr;
                  return std::make_unique<AskingItem>(read++, 1);
                },
                // The second item comes when the worker already waits for the first one's answer.
                .readable = [&] { return async_transport.started() == read; }},
               {.give = [&](PipelineItem&) { ++given; }, .leave = [](PipelineItem&) {}, .pause = [] {}});
  CHECK(given == 2);
}

namespace {

/// What was answered, what of it the writer has taken over, and the writer's turns since the two were equal.
struct Counts {
  std::mutex mutex;
  std::condition_variable changed;
  int answered = 0;
  int recorded = 0;
  int quiet_turns = 0;

  void add(int& count) {
    const std::lock_guard lock{mutex};
    ++count;
  }
  void end_turn() {
    const std::lock_guard lock{mutex};
    quiet_turns = recorded == answered ? quiet_turns + 1 : 0;
    changed.notify_all();
  }
  void await_quiet_turns(int wanted) {
    std::unique_lock lock{mutex};
    quiet_turns = 0;
    changed.wait(lock, [&] { return quiet_turns >= wanted; });
  }
};

/// Works twice, with a question before each time, unless that is interrupted.
class TwiceAskingItem final : public PipelineItem {
 public:
  explicit TwiceAskingItem(Counts& counts) : counts_{counts} {}
  Next first() const override { return Next::work; }
  Call* question(std::size_t) override {
    if (exchange_) {
      const auto outcome = exchange_->outcome();
      interrupted_ = std::get<Unknown>(outcome).kind == ErrorKind::interrupted;
      counts_.add(counts_.answered);
      return nullptr;
    }
    exchange_ = std::make_unique<KnownExchange<QueryOutcome>>([]() -> QueryOutcome { return Unknown{}; });
    return exchange_.get();
  }
  Next work(std::size_t) override { return Next::record; }
  Next record() override {
    exchange_.reset();
    counts_.add(counts_.recorded);
    return ++rounds_ == 2 || interrupted_ ? Next::done : Next::work;
  }

 private:
  Counts& counts_;
  std::unique_ptr<CallOf<QueryOutcome>> exchange_;
  bool interrupted_ = false;
  int rounds_ = 0;
};

/// Begins when many are ready, and after so many turns, as soon as all that was answered has gone round, asks
/// for a stop.
struct EndingRateLimiter final : RateLimiter {
  EndingRateLimiter(FakeStop& button, Counts& all, int most) : stop{button}, counts{all}, turns{most} {}
  std::chrono::nanoseconds try_acquire() override {
    if (!std::exchange(begun, true)) counts.await_quiet_turns(4);
    if (turns-- > 0) return {};
    if (!stop.asked_for) counts.await_quiet_turns(2);
    // The writer goes to sleep now, and so does not see the stop before the worker does.
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
    stop.asked_for = true;
    return std::chrono::seconds{1};
  }
  void slow_down() override {}
  FakeStop& stop;
  Counts& counts;
  int turns;
  bool begun = false;
};

}  // namespace

TEST_CASE("a stop ends what goes round again, also where it stands behind what was not begun") {
  // The first 16 have gone round and stand behind others when the next 16 are interrupted.
  Counts counts;
  FakeStop stop;
  EndingRateLimiter rate_limiter{stop, counts, 16};
  ReversingTransport async_transport;
  const FakeClock clock;
  Pipeline pipeline{{.ahead = 64, .group = 16},
                    [](const auto& work) { work(); },
                    stop,
                    app::RequestResources{16, [&](std::size_t) -> AsyncTransport& { return async_transport; },
                                          rate_limiter, clock}};
  int read = 0;
  int given = 0;
  int left = 0;
  pipeline.run({.read = [&]() -> std::unique_ptr<PipelineItem> {
                  if (read == 1'000) return nullptr;
                  ++read;
                  return std::make_unique<TwiceAskingItem>(counts);
                },
                .readable = {}},
               {.give = [&](PipelineItem&) { ++given; },
                .leave = [&](PipelineItem&) { ++left; },
                .pause = [&] { counts.end_turn(); }});
  CHECK(given + left == read);
  CHECK(given >= 16);
  CHECK(left > 0);
}
