#include "net/rate_limit.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "support/fakes.hpp"

using namespace wxpay;
using namespace wxpay::test;
using std::chrono::milliseconds;

namespace {

using Instant = std::chrono::steady_clock::time_point;

std::vector<Instant> send(net::RateLimit& limit, FakeClock& clock, int count) {
  std::vector<Instant> sent;
  for (int i = 0; i < count; ++i) {
    for (auto wait = limit.try_acquire(); wait.count() > 0; wait = limit.try_acquire()) {
      clock.sleep_for(std::chrono::ceil<milliseconds>(wait));
    }
    sent.push_back(clock.steady_now());
  }
  return sent;
}

std::size_t most_in_a_second(const std::vector<Instant>& sent) {
  std::size_t most = 0;
  for (std::size_t first = 0, last = 0; last < sent.size(); ++last) {
    while (sent[last] - sent[first] >= std::chrono::seconds{1}) ++first;
    most = std::max(most, last - first + 1);
  }
  return most;
}

}  // namespace

TEST_CASE("a rate is kept within two per cent over a minute, and passed in no second") {
  for (const std::int64_t rate : {1, 7, 50, 600, 5'000}) {
    CAPTURE(rate);
    FakeClock clock;
    net::RateLimit limit{rate, clock};
    const auto begun = clock.steady_now();
    const auto sent = send(limit, clock, static_cast<int>(rate * 60));
    const auto took = std::chrono::duration_cast<milliseconds>(sent.back() - begun);
    CHECK(took.count() >= 58'800 - 60'000 / rate);
    CHECK(took.count() <= 61'200);
    CHECK(most_in_a_second(sent) <= static_cast<std::size_t>(rate));
  }
}

TEST_CASE("time that was lost is not made up for in one burst") {
  FakeClock clock;
  net::RateLimit limit{100, clock};
  auto sent = send(limit, clock, 50);
  clock.advance(std::chrono::seconds{10});
  const auto later = send(limit, clock, 300);
  sent.insert(sent.end(), later.begin(), later.end());
  CHECK(most_in_a_second(sent) <= 100);
  // A tenth of a second may be caught up, no more.
  CHECK(later[50] - later[0] >= milliseconds{350});
}

TEST_CASE("told to slow down it waits, goes at half the rate, and comes back to the whole") {
  FakeClock clock;
  net::RateLimit limit{100, clock};
  send(limit, clock, 100);
  const auto told = clock.steady_now();
  // Many requests that were refused at once say it once.
  for (int i = 0; i < 16; ++i) limit.slow_down();
  const auto after = send(limit, clock, 100);
  CHECK(after.front() - told >= std::chrono::seconds{1});
  CHECK(after.back() - after.front() >= milliseconds{1'900});
  CHECK(after.back() - after.front() <= milliseconds{2'100});
  send(limit, clock, 3'000);
  const auto in_the_end = send(limit, clock, 100);
  CHECK(in_the_end.back() - in_the_end.front() <= milliseconds{1'010});
}

TEST_CASE("slowing down again and again ends at one request a second") {
  FakeClock clock;
  net::RateLimit limit{50, clock};
  for (int i = 0; i < 20; ++i) {
    limit.slow_down();
    clock.advance(std::chrono::seconds{2});
  }
  const auto sent = send(limit, clock, 3);
  CHECK(sent[2] - sent[1] <= milliseconds{1'020});
  CHECK(sent[2] - sent[1] >= milliseconds{900});
}

TEST_CASE("a turn that has not come is not taken, and says when it will") {
  FakeClock clock;
  net::RateLimit limit{1, clock};
  CHECK(limit.try_acquire().count() == 0);
  const auto wait = limit.try_acquire();
  CHECK(wait > std::chrono::milliseconds{900});
  CHECK(limit.try_acquire() == wait);
  clock.advance(std::chrono::ceil<milliseconds>(wait));
  CHECK(limit.try_acquire().count() == 0);
}
