#include "app/closing_rules.hpp"

#include <doctest/doctest.h>

#include "support/ledger_fixture.hpp"

using namespace wxpay;
using namespace wxpay::test::ledger_fixture;
using app::Closing;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

TEST_CASE("an order is closed where both clocks say that it is time, and they agree") {
  const auto now = standing_clock().now();
  struct Row {
    std::string what;
    std::chrono::sys_seconds created_at;
    std::optional<std::chrono::sys_seconds> time_expire;
    ClockAhead ahead;
    Closing expected;
  };
  const auto old = now - hours{3};
  const std::chrono::sys_seconds in_1970{seconds{90}};
  const Row rows[] = {
      {"three hours old", old, {}, seconds{0}, Closing::due},
      {"an hour old", now - hours{1}, {}, seconds{0}, Closing::not_due},
      {"exactly two hours old", now - hours{2}, {}, seconds{0}, Closing::due},
      {"past its time_expire", now - hours{1}, now - seconds{1}, seconds{0}, Closing::due},
      {"old, before its time_expire", old, now + hours{1}, seconds{0}, Closing::not_due},
      {"younger than five minutes, past its time_expire", now - minutes{4}, now, seconds{0},
       Closing::not_due},
      {"a clock a little fast", old, {}, minutes{5}, Closing::due},
      {"a clock a little fast, without which it would be too young",
       now - hours{2},
       {},
       seconds{2},
       Closing::not_due},
      {"a clock a little slow", old, {}, -minutes{5}, Closing::due},
      {"a clock a little slow, without which it would be due",
       now - minutes{119},
       {},
       -minutes{4},
       Closing::not_due},
      {"made a moment ago with a clock a little fast", now, {}, minutes{4}, Closing::not_due},
      {"a clock three hours fast", old, {}, hours{3}, Closing::clock_not_believed},
      {"a clock three hours fast, past its time_expire", old, now - hours{1}, hours{3},
       Closing::clock_not_believed},
      {"a clock three hours fast, yet young", now - hours{1}, {}, hours{3}, Closing::not_due},
      {"a clock three hours slow, due by the gateway's",
       now - hours{1},
       {},
       -hours{3},
       Closing::clock_not_believed},
      {"a clock of 1970, an order of today",
       now + hours{24 * 365 * 50},
       {},
       seconds{301},
       Closing::clock_not_believed},
      {"no Date", old, {}, {}, Closing::clock_not_believed},
      {"no Date, yet young", now - hours{1}, {}, {}, Closing::not_due},
      {"made in 1970", in_1970, {}, seconds{0}, Closing::age_unknown},
      {"made in 1970, past its time_expire", in_1970, now - hours{1}, seconds{0}, Closing::age_unknown},
      {"made in the future", now + hours{5}, {}, seconds{0}, Closing::age_unknown},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    Order order{.intent = intent_of("T1")};
    order.state = OrderState::notpay;
    order.created_at = order.updated_at = row.created_at;
    order.intent.time_expire = row.time_expire;
    CHECK((app::judge_closing(order, hours{2}, now, row.ahead) == row.expected));
  }
}

TEST_CASE("an order made with a wrong clock is as old as its prepay_id") {
  const auto now = standing_clock().now();
  const std::chrono::sys_seconds in_1970{seconds{90}};
  for (const auto created_at : {in_1970, now - hours{8}, now + hours{8}}) {
    CAPTURE(created_at.time_since_epoch().count());
    Order order{.intent = intent_of("T1")};
    order.state = OrderState::notpay;
    order.created_at = order.updated_at = created_at;
    order.prepay = Prepay{PrepayId{"wx1"}, {}, {}, PayScheme::md5, now + hours{2} - minutes{4}};
    CHECK((app::judge_closing(order, minutes{1}, now, seconds{0}) == Closing::not_due));
    CHECK((app::judge_closing(order, hours{2}, now + hours{1}, seconds{0}) == Closing::not_due));
    CHECK((app::judge_closing(order, hours{2}, now + hours{3}, seconds{0}) == Closing::due));
  }
}
