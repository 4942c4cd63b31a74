#include "app/closing_rules.hpp"

#include <algorithm>

#include "domain/limits.hpp"
#include "wxpay/order_time.hpp"

namespace wxpay::app {

namespace {

using std::chrono::sys_seconds;

bool is_due(const Order& order, sys_seconds made_at, std::chrono::seconds expire_after, sys_seconds now) {
  if (now - made_at < limits::youngest_to_close) return false;
  const auto& time_expire = order.intent.time_expire;
  return time_expire ? *time_expire <= now : now - made_at >= expire_after;
}

}  // namespace

Closing judge_closing(const Order& order, std::chrono::seconds expire_after, sys_seconds now,
                      ClockAhead ahead) {
  const auto at_the_gateway = now - ahead.value_or(std::chrono::seconds{0});
  const auto later = std::max(now, at_the_gateway);
  const auto earlier = std::min(now, at_the_gateway);
  const auto made_at = time_of_creation(order, later);
  if (!ahead || is_clock_wrong(*ahead)) {
    const bool may_be_due = !made_at || is_due(order, *made_at, expire_after, later);
    return may_be_due ? Closing::clock_not_believed : Closing::not_due;
  }
  if (!made_at) return Closing::age_unknown;
  return is_due(order, *made_at, expire_after, earlier) ? Closing::due : Closing::not_due;
}

AgeForClosing judge_age(const Order& order, sys_seconds now) {
  const auto made_at = time_of_creation(order, now);
  if (!made_at) return AgeForClosing::unknown;
  return now - *made_at < limits::youngest_to_close ? AgeForClosing::too_young : AgeForClosing::old_enough;
}

}  // namespace wxpay::app
