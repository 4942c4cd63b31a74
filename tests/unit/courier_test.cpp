#include "app/courier.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "support/fakes.hpp"

using namespace wxpay;
using namespace wxpay::test;
using std::chrono::milliseconds;

namespace {

using Lanes = std::vector<std::size_t>;

/// Tries as often as there are pauses, and once more.
class Trying final : public Exchange {
 public:
  explicit Trying(std::vector<milliseconds> pauses = {}) : pauses_{std::move(pauses)} {}
  const HttpRequest& next_try() override {
    ++tries;
    return request;
  }
  std::optional<milliseconds> take(HttpResult) override {
    const auto done = static_cast<std::size_t>(tries) > pauses_.size();
    return done ? std::nullopt : std::optional{pauses_[static_cast<std::size_t>(tries) - 1]};
  }
  void interrupt() override { interrupted = true; }

  HttpRequest request;
  int tries = 0;
  bool interrupted = false;

 private:
  std::vector<milliseconds> pauses_;
};

/// Gives a turn only where the test lets it.
struct GivenPace final : Pace {
  std::chrono::nanoseconds try_turn() override {
    if (turns == 0) return wait;
    --turns;
    if (on_turn) on_turn();
    return {};
  }
  void slow_down() override {}
  std::function<void()> on_turn;
  int turns = 1'000;
  std::chrono::nanoseconds wait{};
};

/// Holds every request back until the test lets its lane arrive.
class HoldingCarrier final : public Carrier {
 public:
  void start(std::size_t lane, const HttpRequest&) override { under_way.push_back(lane); }
  std::vector<Arrival> await(milliseconds longest) override {
    waits.push_back(longest);
    std::vector<Arrival> arrived;
    for (const auto lane : std::exchange(to_arrive, {})) {
      REQUIRE(std::erase(under_way, lane) == 1);
      arrived.push_back({lane, HttpResponse{}});
    }
    return arrived;
  }
  void wake() noexcept override {}

  Lanes under_way;
  Lanes to_arrive;
  std::vector<milliseconds> waits;
};

struct Round {
  HoldingCarrier carrier;
  GivenPace pace;
  FakeClock clock;
  FakeStop stop;
  app::Courier courier{3, {carrier, pace, clock, stop}};

  Lanes await() { return courier.await(milliseconds{100}); }
  Lanes let_arrive(const Lanes& lanes) {
    carrier.to_arrive = lanes;
    return await();
  }
};

}  // namespace

TEST_CASE("as many exchanges as there are lanes are under way at once, and end in any order") {
  Round round;
  Trying first, second, third, fourth;
  CHECK(round.courier.is_idle());
  const Lanes lanes{round.courier.take(first), round.courier.take(second), round.courier.take(third)};
  CHECK(round.courier.room() == 0);
  CHECK(round.await().empty());
  CHECK(round.carrier.under_way == lanes);
  CHECK(round.let_arrive({lanes[1]}) == Lanes{lanes[1]});
  CHECK(round.courier.room() == 1);
  CHECK(round.courier.take(fourth) == lanes[1]);
  CHECK(round.let_arrive({lanes[2], lanes[0]}) == Lanes{lanes[2], lanes[0]});
  CHECK(round.let_arrive({lanes[1]}) == Lanes{lanes[1]});
  CHECK(round.courier.is_idle());
  for (const auto* exchange : {&first, &second, &third, &fourth}) CHECK(exchange->tries == 1);
}

TEST_CASE("a pause before another try holds up nobody else, and is kept") {
  Round round;
  Trying patient{{milliseconds{40}}}, other;
  const auto lane = round.courier.take(patient);
  round.await();
  CHECK(round.let_arrive({lane}).empty());
  const auto other_lane = round.courier.take(other);
  round.clock.advance(milliseconds{10});
  CHECK(round.await().empty());
  CHECK(round.carrier.under_way == Lanes{other_lane});
  CHECK(round.carrier.waits.back() == milliseconds{30});
  CHECK(round.let_arrive({other_lane}) == Lanes{other_lane});
  CHECK(patient.tries == 1);
  round.clock.advance(milliseconds{30});
  round.await();
  CHECK(patient.tries == 2);
  CHECK(round.let_arrive({lane}) == Lanes{lane});
}

TEST_CASE("nothing is sent before its turn, and the wait ends when that comes") {
  Round round;
  round.pace.turns = 1;
  round.pace.wait = std::chrono::microseconds{2'500};
  Trying first, second;
  const Lanes lanes{round.courier.take(first), round.courier.take(second)};
  round.await();
  CHECK(round.carrier.under_way == Lanes{lanes[0]});
  CHECK(round.carrier.waits.back() == milliseconds{3});
  CHECK(second.tries == 0);
  round.pace.turns = 1;
  round.await();
  CHECK(round.carrier.under_way == lanes);
}

TEST_CASE("after a stop what is under way ends, and what waits is interrupted") {
  Round round;
  Trying paused{{milliseconds{40}}}, sent, waiting;
  const auto paused_lane = round.courier.take(paused);
  round.await();
  round.let_arrive({paused_lane});
  const auto sent_lane = round.courier.take(sent);
  round.await();
  round.pace.turns = 0;
  round.pace.wait = std::chrono::seconds{1};
  const auto waiting_lane = round.courier.take(waiting);
  round.stop.asked_for = true;
  auto ended = round.await();
  std::sort(ended.begin(), ended.end());
  Lanes expected{paused_lane, waiting_lane};
  std::sort(expected.begin(), expected.end());
  CHECK(ended == expected);
  CHECK(round.carrier.waits.back() == milliseconds{0});
  CHECK((paused.interrupted && waiting.interrupted));
  CHECK_FALSE(sent.interrupted);
  CHECK((paused.tries == 1 && waiting.tries == 0));
  CHECK(round.let_arrive({sent_lane}) == Lanes{sent_lane});
  CHECK(round.courier.is_idle());
}

TEST_CASE("a stop between two turns keeps the second from being sent") {
  Round round;
  round.pace.on_turn = [&] { round.stop.asked_for = true; };
  Trying first, second;
  round.courier.take(first);
  round.courier.take(second);
  round.await();
  CHECK((first.tries == 1 && second.tries == 0));
  round.await();
  CHECK(second.interrupted);
}
