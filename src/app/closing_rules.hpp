#pragma once

#include <chrono>

#include "wxpay/gateway.hpp"
#include "wxpay/order.hpp"

namespace wxpay::app {

/// What is to be done about an order that nobody paid.
enum class Closing {
  not_due,             ///< its time to pay has not passed, or it is too young
  due,                 ///< it is to be closed
  clock_not_believed,  ///< it may be due; this machine's clock is wrong, or nothing shows that it is not
  age_unknown,         ///< when it was made cannot be known
};

/// Closing is for good, so it takes a clock that agrees with WeChat Pay's, and both must say that it is time.
/// @param expire_after  of orders without a time_expire
/// @param now           this machine's clock
/// @param ahead         how far it is ahead of WeChat Pay's
Closing judge_closing(const Order& order, std::chrono::seconds expire_after, std::chrono::sys_seconds now,
                      ClockAhead ahead);

/// WeChat Pay asks not to close an order in its first minutes (limits::youngest_to_close).
enum class AgeForClosing {
  old_enough,
  too_young,
  unknown,  ///< it may be too young: the clock was wrong when it was made
};

/// What the ledger's times say of an order that a person wants to close.
AgeForClosing judge_age(const Order& order, std::chrono::sys_seconds now);

}  // namespace wxpay::app
