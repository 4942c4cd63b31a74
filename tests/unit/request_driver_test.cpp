#include "app/request_driver.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "support/fakes.hpp"

using namespace wxpay;
using namespace wxpay::test;
using std::chrono::milliseconds;

namespace {

using Slots = std::vector<std::size_t>;

/// Tries as often as there are pauses, and once more.
class Trying final : public Call {
 public:
  explicit Trying(std::vector<milliseconds> pauses = {}) : pauses_{std::move(pauses)} {}
  const HttpRequest& next_attempt() override {
    ++tries;
    return request;
  }
  std::optional<milliseconds> on_result(HttpResult) override {
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
struct GivenRateLimiter final : RateLimiter {
  std::chrono::nanoseconds try_acquire() override {
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

/// Holds every request back until the test lets its slot arrive.
class HoldingTransport final : public AsyncTransport {
 public:
  void start(std::size_t slot, const HttpRequest&) override { under_way.push_back(slot); }
  std::vector<Arrival> await(milliseconds longest) override {
    waits.push_back(longest);
    std::vector<Arrival> arrived;
    for (const auto slot : std::exchange(to_arrive, {})) {
      REQUIRE(std::erase(under_way, slot) == 1);
      arrived.push_back({slot, HttpResponse{}});
    }
    return arrived;
  }
  void wake() noexcept override {}

  Slots under_way;
  Slots to_arrive;
  std::vector<milliseconds> waits;
};

struct Round {
  HoldingTransport async_transport;
  GivenRateLimiter rate_limiter;
  FakeClock clock;
  FakeStop stop;
  app::RequestDriver driver{3, {async_transport, rate_limiter, clock, stop}};

  Slots await() { return driver.await(milliseconds{100}); }
  Slots let_arrive(const Slots& slots) {
    async_transport.to_arrive = slots;
    return await();
  }
};

}  // namespace

TEST_CASE("as many calls as there are slots are under way at once, and end in any order") {
  Round round;
  Trying first, second, third, fourth;
  CHECK(round.driver.is_idle());
  const Slots slots{round.driver.start(first), round.driver.start(second), round.driver.start(third)};
  CHECK(round.driver.room() == 0);
  CHECK(round.await().empty());
  CHECK(round.async_transport.under_way == slots);
  CHECK(round.let_arrive({slots[1]}) == Slots{slots[1]});
  CHECK(round.driver.room() == 1);
  CHECK(round.driver.start(fourth) == slots[1]);
  CHECK(round.let_arrive({slots[2], slots[0]}) == Slots{slots[2], slots[0]});
  CHECK(round.let_arrive({slots[1]}) == Slots{slots[1]});
  CHECK(round.driver.is_idle());
  for (const auto* call : {&first, &second, &third, &fourth}) CHECK(call->tries == 1);
}

TEST_CASE("a pause before another try holds up nobody else, and is kept") {
  Round round;
  Trying patient{{milliseconds{40}}}, other;
  const auto slot = round.driver.start(patient);
  round.await();
  CHECK(round.let_arrive({slot}).empty());
  const auto other_slot = round.driver.start(other);
  round.clock.advance(milliseconds{10});
  CHECK(round.await().empty());
  CHECK(round.async_transport.under_way == Slots{other_slot});
  CHECK(round.async_transport.waits.back() == milliseconds{30});
  CHECK(round.let_arrive({other_slot}) == Slots{other_slot});
  CHECK(patient.tries == 1);
  round.clock.advance(milliseconds{30});
  round.await();
  CHECK(patient.tries == 2);
  CHECK(round.let_arrive({slot}) == Slots{slot});
}

TEST_CASE("nothing is sent before its turn, and the wait ends when that comes") {
  Round round;
  round.rate_limiter.turns = 1;
  round.rate_limiter.wait = std::chrono::microseconds{2'500};
  Trying first, second;
  const Slots slots{round.driver.start(first), round.driver.start(second)};
  round.await();
  CHECK(round.async_transport.under_way == Slots{slots[0]});
  CHECK(round.async_transport.waits.back() == milliseconds{3});
  CHECK(second.tries == 0);
  round.rate_limiter.turns = 1;
  round.await();
  CHECK(round.async_transport.under_way == slots);
}

TEST_CASE("after a stop what is under way ends, and what waits is interrupted") {
  Round round;
  Trying paused{{milliseconds{40}}}, sent, waiting;
  const auto paused_slot = round.driver.start(paused);
  round.await();
  round.let_arrive({paused_slot});
  const auto sent_slot = round.driver.start(sent);
  round.await();
  round.rate_limiter.turns = 0;
  round.rate_limiter.wait = std::chrono::seconds{1};
  const auto waiting_slot = round.driver.start(waiting);
  round.stop.asked_for = true;
  auto ended = round.await();
  std::sort(ended.begin(), ended.end());
  Slots expected{paused_slot, waiting_slot};
  std::sort(expected.begin(), expected.end());
  CHECK(ended == expected);
  CHECK(round.async_transport.waits.back() == milliseconds{0});
  CHECK((paused.interrupted && waiting.interrupted));
  CHECK_FALSE(sent.interrupted);
  CHECK((paused.tries == 1 && waiting.tries == 0));
  CHECK(round.let_arrive({sent_slot}) == Slots{sent_slot});
  CHECK(round.driver.is_idle());
}

TEST_CASE("a stop between two turns keeps the second from being sent") {
  Round round;
  round.rate_limiter.on_turn = [&] { round.stop.asked_for = true; };
  Trying first, second;
  round.driver.start(first);
  round.driver.start(second);
  round.await();
  CHECK((first.tries == 1 && second.tries == 0));
  round.await();
  CHECK(second.interrupted);
}
