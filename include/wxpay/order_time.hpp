#pragma once

#include <chrono>
#include <optional>

#include "wxpay/order.hpp"

namespace wxpay {

// Rules for times that may come from a wrong clock.

/// No order is older than WeChat Pay, which began in August 2013. An earlier time comes from a clock that
/// stood still or had lost its battery.
inline constexpr std::chrono::sys_seconds earliest_order_time =
    std::chrono::sys_days{std::chrono::year{2013} / std::chrono::August / 1};
inline constexpr std::chrono::sys_seconds latest_order_time =
    std::chrono::sys_days{std::chrono::year{2100} / std::chrono::January / 1};

/// Whether a correct clock can show this time.
constexpr bool is_possible_time(std::chrono::sys_seconds time) {
  return time >= earliest_order_time && time < latest_order_time;
}

/// The largest difference from WeChat Pay's clock at which this machine's is believed.
inline constexpr std::chrono::minutes largest_clock_error{5};

/// @param ahead  of WeChat Pay's clock; negative: behind it
constexpr bool is_clock_wrong(std::chrono::seconds ahead) {
  return ahead > largest_clock_error || ahead < -largest_clock_error;
}

/// The time now: this machine's, or WeChat Pay's where they differ by too much.
constexpr std::chrono::sys_seconds believed_time(std::chrono::sys_seconds now,
                                                 std::optional<std::chrono::seconds> ahead) {
  return ahead && is_clock_wrong(*ahead) ? now - *ahead : now;
}

/// The most by which a clock that runs a little fast is set back.
inline constexpr std::chrono::seconds largest_set_back{60};

/// Whether a time that should be past lies in the future, so that a clock was or is wrong.
constexpr bool lies_ahead(std::chrono::sys_seconds time, std::chrono::sys_seconds now) {
  return time > now + largest_set_back;
}

/// How long WeChat Pay takes a payment for a prepay_id, or for the link of H5 (API v2, 9_1).
constexpr std::chrono::seconds prepay_validity(TradeType type) {
  return type == TradeType::mweb ? std::chrono::seconds{std::chrono::minutes{5}} : std::chrono::hours{2};
}

/// When an order was made: as the ledger has it or, where that clock was wrong, as its prepay_id tells, whose
/// validity counts from WeChat Pay's clock then.
/// @return none: that cannot be known
std::optional<std::chrono::sys_seconds> time_of_creation(const Order& order, std::chrono::sys_seconds now);

}  // namespace wxpay
