#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "domain/order_columns.hpp"
#include "ledger/value.hpp"
#include "wxpay/fen.hpp"
#include "wxpay/identifiers.hpp"
#include "wxpay/order.hpp"
#include "wxpay/pay_scheme.hpp"
#include "wxpay/time.hpp"

namespace wxpay::ledger {

// One pair of limits for what is written and what is read.
inline constexpr std::int64_t least_time = earliest_time.time_since_epoch().count();
inline constexpr std::int64_t most_time = latest_time.time_since_epoch().count();
inline constexpr std::int64_t longest_duration = most_time - least_time;

/// @throws Error{ledger}  a time or a duration that could not be read again
std::int64_t within(std::int64_t number, std::int64_t least, std::int64_t most);

// One to_value for each type of a column. The values are views into what they are made of.
inline Value to_value(const std::string& text) { return EndedText{text}; }
template <class Tag>
Value to_value(const Identifier<Tag>& identifier) {
  return EndedText{identifier.text()};
}
inline Value to_value(const OutTradeNo& number) { return EndedText{number.text()}; }
inline Value to_value(OrderState state) { return static_cast<std::int64_t>(state); }
inline Value to_value(Fen amount) { return amount.count(); }
inline Value to_value(TradeType type) { return to_string(type); }
inline Value to_value(PayScheme scheme) { return to_string(scheme); }
inline Value to_value(bool flag) { return std::int64_t{flag ? 1 : 0}; }
inline Value to_value(std::chrono::sys_seconds instant) {
  return within(instant.time_since_epoch().count(), least_time, most_time);
}
inline Value to_value(std::chrono::seconds duration) { return within(duration.count(), 0, longest_duration); }
template <class Type>
Value to_value(const std::optional<Type>& value) {
  return to_value(*value);
}

/// NULL for what is no value.
template <class Type>
Value value_of(const Type& field) {
  return has_value(field) ? to_value(field) : Value{};
}

}  // namespace wxpay::ledger
