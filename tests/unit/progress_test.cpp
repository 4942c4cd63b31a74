#include "cli/progress.hpp"

#include <doctest/doctest.h>

#include "base/system.hpp"
#include "support/fakes.hpp"

using namespace wxpay;
using namespace wxpay::test;
using std::chrono::milliseconds;

TEST_CASE("progress tells what is done, of how much, how fast, what failed, and the time that is left") {
  struct Row {
    std::int64_t done, failed;
    std::optional<std::int64_t> total;
    milliseconds elapsed;
    const char* text;
  };
  const Row rows[] = {
      {0, 0, std::nullopt, milliseconds{0}, "0"},
      {3, 0, 10, milliseconds{100}, "3 of 10"},
      {1'200, 0, std::nullopt, milliseconds{3'000}, "1,200, 400/s"},
      {1'200, 2, 3'000, milliseconds{30'000}, "1,200 of 3,000, 40/s, 2 failed, 45s left"},
      {100, 0, 10'000, milliseconds{2'000}, "100 of 10,000, 50/s, 3m18s left"},
      {1, 1, 10'001, milliseconds{1'000}, "1 of 10,001, 1/s, 1 failed, 2h46m left"},
      {1'234'567, 0, 1'234'567, milliseconds{10'000}, "1,234,567 of 1,234,567, 123,456/s"},
  };
  for (const auto& row : rows) {
    CHECK(cli::progress_text(row.done, row.failed, row.total, row.elapsed) == row.text);
  }
}

TEST_CASE("a grace begins when the stop is first seen, and ends after its time") {
  FakeClock clock;
  FakeStop stop;
  const GraceStop grace{stop, clock, milliseconds{3'000}};
  clock.advance(milliseconds{10'000});
  CHECK_FALSE(grace.requested());
  stop.asked_for = true;
  CHECK_FALSE(grace.requested());
  clock.advance(milliseconds{2'999});
  CHECK_FALSE(grace.requested());
  clock.advance(milliseconds{1});
  CHECK(grace.requested());
}
