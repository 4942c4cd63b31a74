#include "wxpay/order_time.hpp"

#include <doctest/doctest.h>

#include "support/ledger_fixture.hpp"

using namespace wxpay;
using namespace wxpay::test::ledger_fixture;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_seconds;

namespace {

const auto now = standing_clock().now();
const sys_seconds in_1970{seconds{90}};

}  // namespace

TEST_CASE("when an order was made: by the ledger, by its prepay_id where the clock was wrong, or not known") {
  struct Row {
    std::string what;
    sys_seconds created_at, updated_at;
    std::optional<sys_seconds> prepay_at;
    std::optional<sys_seconds> expected;
  };
  const auto an_hour_ago = now - hours{1};
  const Row rows[] = {
      {"with a right clock", an_hour_ago, an_hour_ago, an_hour_ago, an_hour_ago},
      {"with a right clock, no prepay_id", an_hour_ago, an_hour_ago, {}, an_hour_ago},
      {"renewed with a right clock", now - hours{3}, an_hour_ago, an_hour_ago, now - hours{3}},
      {"long ago",
       sys_seconds{std::chrono::sys_days{std::chrono::year{2014} / 1 / 1}},
       an_hour_ago,
       {},
       sys_seconds{std::chrono::sys_days{std::chrono::year{2014} / 1 / 1}}},
      {"a clock that is set back by a second", now + seconds{1}, now + seconds{1}, {}, now + seconds{1}},
      {"in 1970", in_1970, in_1970, an_hour_ago, an_hour_ago},
      {"in 1970, no prepay_id", in_1970, in_1970, {}, {}},
      {"in 1970, whose prepay_id counts from then", in_1970, in_1970, in_1970, {}},
      {"8 hours ahead", now + hours{7}, now + hours{7}, an_hour_ago, an_hour_ago},
      {"8 hours ahead, no prepay_id", now + hours{7}, now + hours{7}, {}, {}},
      {"8 hours ahead, whose prepay_id counts from then", now + hours{7}, now + hours{7}, now + hours{7}, {}},
      {"8 hours behind", now - hours{9}, now - hours{9}, an_hour_ago, an_hour_ago},
      {"a few minutes behind, which nothing counts by", now - minutes{9}, now - minutes{9}, now - minutes{5},
       now - minutes{9}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    Order order{.intent = intent_of("T1")};
    order.created_at = row.created_at;
    order.updated_at = row.updated_at;
    if (row.prepay_at) {
      order.prepay = Prepay{PrepayId{"wx1"}, {}, {}, PayScheme::md5, *row.prepay_at + hours{2}};
    }
    CHECK((time_of_creation(order, now) == row.expected));
  }
}

TEST_CASE("this machine's time is believed while it is within five minutes of the gateway's") {
  struct Row {
    std::optional<seconds> ahead;
    sys_seconds expected;
  };
  const Row rows[] = {{{}, now},
                      {seconds{0}, now},
                      {minutes{5}, now},
                      {-minutes{5}, now},
                      {seconds{301}, now - seconds{301}},
                      {-seconds{301}, now + seconds{301}},
                      {hours{8}, now - hours{8}},
                      {-hours{400 * 24}, now + hours{400 * 24}}};
  for (const auto& row : rows) CHECK((believed_time(now, row.ahead) == row.expected));
}
