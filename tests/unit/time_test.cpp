#include <doctest/doctest.h>

#include <stdlib.h>
#include <time.h>

#include <string>

#include "wxpay/time.hpp"

using namespace wxpay;
using std::chrono::sys_seconds;

namespace {

sys_seconds at(std::int64_t since_1970) { return sys_seconds{std::chrono::seconds{since_1970}}; }

/// The machine's zone for one scope.
class Zone {
 public:
  explicit Zone(const char* name) {
    ::setenv("TZ", name, 1);
    ::tzset();
  }
  Zone(const Zone&) = delete;
  Zone& operator=(const Zone&) = delete;
  Zone(Zone&&) = delete;
  Zone& operator=(Zone&&) = delete;
  ~Zone() {
    ::unsetenv("TZ");
    ::tzset();
  }
};

std::string day_of(std::optional<std::chrono::year_month_day> date) {
  if (!date) return "(none)";
  return std::to_string(static_cast<int>(date->year())) + "-" +
         std::to_string(static_cast<unsigned>(date->month())) + "-" +
         std::to_string(static_cast<unsigned>(date->day()));
}

}  // namespace

TEST_CASE("times are written in Beijing's, whatever zone the machine is in") {
  for (const char* zone : {"UTC", "Asia/Shanghai", "America/New_York", "<+14>-14"}) {
    const Zone scope{zone};
    CHECK(format_rfc3339(at(0)) == "1970-01-01T08:00:00+08:00");
    CHECK(format_rfc3339(at(1'795'420'800)) == "2026-11-23T16:00:00+08:00");
    CHECK(format_wire_time(at(1'795'420'800)) == "20261123160000");
    CHECK((parse_wire_time("20261123160000") == at(1'795'420'800)));
    CHECK((parse_time("2026-11-23 16:00:00", at(0)) == at(1'795'420'800)));
    CHECK((parse_time("2026-11-23", at(0)) == at(1'795'420'800 - 16 * 3600)));
  }
}

TEST_CASE("a time that is read can be written and read again") {
  struct Row {
    const char* text;
    const char* written;  ///< empty: it is refused
  };
  const Row rows[] = {
      {"9999-12-31T23:59:59+08:00", "9999-12-31T23:59:59+08:00"},
      {"9999-12-31T15:59:59Z", "9999-12-31T23:59:59+08:00"},
      {"9999-12-31T16:00:00Z", ""},
      {"9999-12-31T23:59:59-08:00", ""},
      {"1970-01-01T00:00:00+08:00", "1970-01-01T00:00:00+08:00"},
      {"1970-01-01T00:00:00Z", "1970-01-01T08:00:00+08:00"},
      {"1970-01-01T00:00:00+08:01", ""},
      {"1970-01-01T00:00:00+23:59", ""},
  };
  for (const auto& row : rows) {
    const std::string text{row.text};
    CAPTURE(text);
    const auto time = parse_rfc3339(text);
    CHECK((time ? format_rfc3339(*time) : "") == std::string{row.written});
  }
}

TEST_CASE("a year's and a leap day's ends are right") {
  CHECK(format_rfc3339(*parse_rfc3339("2027-12-31T15:59:59Z")) == "2027-12-31T23:59:59+08:00");
  CHECK(format_rfc3339(*parse_rfc3339("2027-12-31T16:00:00Z")) == "2028-01-01T00:00:00+08:00");
  CHECK(format_wire_time(*parse_rfc3339("2028-02-28T16:00:00Z")) == "20280229000000");
}

TEST_CASE("RFC 3339 is read with any offset, and nothing that only resembles it") {
  struct Row {
    std::string text;
    std::optional<std::int64_t> expected;
  };
  const Row rows[] = {
      {"2026-11-23T16:00:00+08:00", 1'795'420'800},
      {"2026-11-23T08:00:00Z", 1'795'420'800},
      {"2026-11-23t08:00:00z", 1'795'420'800},
      {"2026-11-23T03:30:00-04:30", 1'795'420'800},
      {"2026-11-23T16:00:00.999+08:00", 1'795'420'800},
      {"2026-11-23T08:00:00.5Z", 1'795'420'800},
      {"1970-01-01T00:00:00Z", 0},
      {"2026-11-23T16:00:00", {}},
      {"2026-11-23T16:00:00+0800", {}},
      {"2026-11-23T16:00:00+08", {}},
      {"2026-11-23T16:00:00 08:00", {}},
      {"2026-11-23T16:00:00+24:00", {}},
      {"2026-11-23T16:00:00+08:60", {}},
      {"2026-11-23T16:00:00.Z", {}},
      {"2026-11-23T16:00:00.5", {}},
      {"2026-11-23T16:00:00Zx", {}},
      {"2026-11-23 16:00:00Z", {}},
      {"2026-11-23T24:00:00Z", {}},
      {"2026-11-23T16:60:00Z", {}},
      {"2026-11-23T16:00:60Z", {}},
      {"2026-13-01T00:00:00Z", {}},
      {"2026-02-29T00:00:00Z", {}},
      {"2026-00-10T00:00:00Z", {}},
      {"1969-12-31T23:59:59Z", {}},
      {"26-11-23T16:00:00Z", {}},
      {"２026-11-23T16:00:00Z", {}},
      {"", {}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const auto parsed = parse_rfc3339(row.text);
    REQUIRE(parsed.has_value() == row.expected.has_value());
    if (parsed) CHECK(parsed->time_since_epoch().count() == *row.expected);
  }
}

TEST_CASE("a wire time is fourteen digits and a real moment") {
  for (const char* text :
       {"2026112316000", "202611231600000", "20261123T60000", "20261323160000", "20260230160000",
        "20261123240000", "20261123166000", "20261123160060", "", "-0261123160000", "00000000000000"}) {
    CAPTURE(std::string{text});
    CHECK_FALSE(parse_wire_time(text).has_value());
  }
}

TEST_CASE("what is written is read back") {
  for (const std::int64_t seconds : {0L, 57'599L, 57'600L, 951'782'399L, 1'795'420'800L, 4'102'444'799L}) {
    CHECK((parse_wire_time(format_wire_time(at(seconds))) == at(seconds)));
    CHECK((parse_rfc3339(format_rfc3339(at(seconds))) == at(seconds)));
  }
}

TEST_CASE("the day in Beijing begins at 16:00 UTC") {
  CHECK(day_of(beijing_day(*parse_rfc3339("2026-11-22T15:59:59Z"))) == "2026-11-22");
  CHECK(day_of(beijing_day(*parse_rfc3339("2026-11-22T16:00:00Z"))) == "2026-11-23");
  CHECK(day_of(beijing_day(*parse_rfc3339("2026-12-31T16:00:00Z"))) == "2027-1-1");
}

TEST_CASE("a date is written in two ways, or is a day of now in Beijing") {
  const auto before = *parse_rfc3339("2026-11-22T15:59:59Z");
  const auto after = *parse_rfc3339("2026-11-22T16:00:00Z");
  CHECK(day_of(parse_date("today", before)) == "2026-11-22");
  CHECK(day_of(parse_date("today", after)) == "2026-11-23");
  CHECK(day_of(parse_date("yesterday", before)) == "2026-11-21");
  CHECK(day_of(parse_date("yesterday", after)) == "2026-11-22");
  CHECK(day_of(parse_date("yesterday", *parse_rfc3339("2028-03-01T00:00:00+08:00"))) == "2028-2-29");
  CHECK(day_of(parse_date("2026-11-22", after)) == "2026-11-22");
  CHECK(day_of(parse_date("20261122", after)) == "2026-11-22");
  for (const char* text : {"2026-11-31", "20261131", "2026-1-2", "2026/11/22", "22-11-2026", "Today",
                           "tomorrow", "", "2026112", "1969-12-31"}) {
    CAPTURE(std::string{text});
    CHECK(day_of(parse_date(text, after)) == "(none)");
  }
}

TEST_CASE("a duration is a whole number and its unit") {
  struct Row {
    std::string text;
    std::optional<std::int64_t> seconds;
  };
  const Row rows[] = {{"30s", 30},
                      {"45m", 2700},
                      {"2h", 7200},
                      {"7d", 604'800},
                      {"0s", 0},
                      {"007m", 420},
                      {"999999999d", 999'999'999LL * 86'400},
                      {"30", {}},
                      {"", {}},
                      {"s", {}},
                      {"-5m", {}},
                      {"+5m", {}},
                      {"1.5h", {}},
                      {"5 m", {}},
                      {"5M", {}},
                      {"5min", {}},
                      {"1h30m", {}},
                      {"9999999999s", {}},
                      {"５m", {}}};
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const auto parsed = parse_duration(row.text);
    REQUIRE(parsed.has_value() == row.seconds.has_value());
    if (parsed) CHECK(parsed->count() == *row.seconds);
  }
}

TEST_CASE("a time of the command line is any of its forms") {
  const auto now = at(1'795'420'800);
  struct Row {
    std::string text;
    std::optional<std::string> expected;
  };
  const Row rows[] = {
      {"2026-11-23T10:00:00+08:00", "2026-11-23T10:00:00+08:00"},
      {"2026-11-22", "2026-11-22T00:00:00+08:00"},
      {"20261122", "2026-11-22T00:00:00+08:00"},
      {"today", "2026-11-23T00:00:00+08:00"},
      {"yesterday", "2026-11-22T00:00:00+08:00"},
      {"2026-11-22 10:00:00", "2026-11-22T10:00:00+08:00"},
      {"20261122100000", "2026-11-22T10:00:00+08:00"},
      {"90m", "2026-11-23T14:30:00+08:00"},
      {"1d", "2026-11-22T16:00:00+08:00"},
      {"2026-11-22 25:00:00", {}},
      {"2026-11-22 10:00", "2026-11-22T10:00:00+08:00"},
      {"2026/11/22 10:00:01", "2026-11-22T10:00:01+08:00"},
      {"2026/11/22 10:00", "2026-11-22T10:00:00+08:00"},
      {"2026/11/22", "2026-11-22T00:00:00+08:00"},
      {"now", "2026-11-23T16:00:00+08:00"},
      {"2026-11/22 10:00", {}},
      {"2026/11/31", {}},
      {"2026-11-22 24:00", {}},
      {"10:00", {}},
      {"", {}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const auto parsed = parse_time(row.text, now);
    CHECK((parsed ? format_rfc3339(*parsed) : "(none)") == row.expected.value_or("(none)"));
  }
}
