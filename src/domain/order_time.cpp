#include "wxpay/order_time.hpp"

namespace wxpay {

namespace {

/// When the prepay_id was given, or earlier where a time_expire shortens its life.
std::optional<std::chrono::sys_seconds> time_of_prepay(const Order& order, std::chrono::sys_seconds now) {
  if (!order.prepay) return std::nullopt;
  const auto time = order.prepay->expires_at - prepay_validity(order.intent.trade_type);
  if (time < earliest_order_time || lies_ahead(time, now)) return std::nullopt;
  return time;
}

}  // namespace

std::optional<std::chrono::sys_seconds> time_of_creation(const Order& order, std::chrono::sys_seconds now) {
  const auto of_prepay = time_of_prepay(order, now);
  if (order.created_at < earliest_order_time || lies_ahead(order.created_at, now)) return of_prepay;
  // A prepay_id younger than the last change of its order shows that the clock was behind, unless it was
  // renewed with the right clock.
  const bool was_behind = of_prepay && *of_prepay > order.updated_at + largest_clock_error;
  return was_behind ? of_prepay : order.created_at;
}

}  // namespace wxpay
