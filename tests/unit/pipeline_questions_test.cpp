#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>

#include "app/pipeline.hpp"
#include "support/fakes.hpp"

using namespace wxpay;
using namespace wxpay::test;
using app::Pipeline;
using app::PipelineItem;
using Next = PipelineItem::Next;

namespace {

/// An item that asks so many questions, one after the other, before its work.
class Asker final : public PipelineItem {
 public:
  Asker(int place, int questions) : number{place}, questions_{questions} {}

  Next first() const override { return Next::work; }
  Exchange* question(std::size_t) override {
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
  std::unique_ptr<Exchange> exchange_;
};

/// Lets the requests of one wait arrive from the last to the first, and counts how many were under way.
class ReversingCarrier final : public Carrier {
 public:
  void start(std::size_t lane, const HttpRequest&) override {
    if (breaks_at && ++started == *breaks_at) throw Error{ErrorKind::internal, "the carrier is broken"};
    under_way.push_back({lane, HttpResponse{}});
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
  std::size_t lanes = 8;
  int count = 300;
  std::deque<ReversingCarrier> carriers{3};
  std::function<void(Asker&)> prepare = [](Asker&) {};
  std::vector<int> given, left;
  std::vector<int> answers;

  void run() {
    NoPace pace;
    FakeClock clock;
    FakeStop stop;
    Pipeline pipeline{
        {.workers = workers},
        [](const auto& work) { work(); },
        stop,
        app::PipelineCarriage{lanes, [this](std::size_t worker) -> Carrier& { return carriers.at(worker); },
                              pace, clock}};
    int read = 0;
    pipeline.run({.read = [&]() -> std::unique_ptr<PipelineItem> {
                    if (read == count) return nullptr;
                    auto item = std::make_unique<Asker>(read, read % 4);
                    ++read;
                    prepare(*item);
                    return item;
                  },
                  .readable = {},
                  .give =
                      [this](PipelineItem& item) {
                        const auto& asker = static_cast<Asker&>(item);
                        CHECK(asker.worked);
                        given.push_back(asker.number);
                        answers.push_back(asker.answered);
                      },
                  .leave = [this](PipelineItem& item) { left.push_back(static_cast<Asker&>(item).number); },
                  .pause = [] {}});
  }
};

}  // namespace

TEST_CASE("items ask none, one or several questions, and are given out in the order of reading") {
  Questioning trial;
  SUBCASE("one worker") {}
  SUBCASE("three workers share the lanes") { trial.workers = 3; }
  trial.run();
  REQUIRE(trial.given.size() == 300);
  for (int i = 0; i < 300; ++i) {
    const auto place = static_cast<std::size_t>(i);
    CHECK(trial.given[place] == i);
    CHECK(trial.answers[place] == i % 4);
  }
  CHECK(trial.left.empty());
  // 8 lanes: 2, 3 and 3 where there are three workers.
  for (const auto& carrier : trial.carriers) CHECK(carrier.most <= (trial.workers == 1 ? 8U : 3U));
  if (trial.workers == 1) CHECK(trial.carriers.front().most > 1);
}

TEST_CASE("a carrier that breaks ends the run: what was under way is left, nothing hangs") {
  Questioning trial;
  trial.carriers.front().breaks_at = 100;
  CHECK_THROWS_WITH_AS(trial.run(), "the carrier is broken", Error);
  CHECK(trial.given.size() < 300);
  CHECK_FALSE(trial.left.empty());
}

TEST_CASE("an item whose question throws is left, and ends the run") {
  Questioning trial;
  trial.prepare = [](Asker& item) { item.throws = item.number == 50; };
  CHECK_THROWS_WITH(trial.run(), "no question");
  CHECK(std::find(trial.left.begin(), trial.left.end(), 50) != trial.left.end());
}
