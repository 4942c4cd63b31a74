#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "ledger/row_values.hpp"
#include "ledger/value.hpp"
#include "wxpay/fen.hpp"
#include "wxpay/identifiers.hpp"
#include "wxpay/order.hpp"
#include "wxpay/pay_scheme.hpp"

namespace wxpay::ledger {

/// Takes the columns of a row one after the other, and refuses what cannot have been written by this program.
class RowReader {
 public:
  /// @param subject  what the row is of
  /// @param name     the column that messages name it by
  RowReader(std::span<const Value> row, std::span<const std::string_view> columns, std::string_view ledger,
            const char* subject, std::size_t name)
      : row_{row}, columns_{columns}, ledger_{ledger}, subject_{subject}, name_{name} {}

  /// Empty where the column is NULL.
  std::string text() { return std::string{view()}; }
  /// 0 where the column is NULL.
  std::int64_t integer() { return number_in(row_[column_++]); }
  std::int64_t integer(std::int64_t least, std::int64_t most, const char* what) {
    const auto number = integer();
    if (number < least || number > most) refuse(what);
    return number;
  }
  std::chrono::sys_seconds time() {
    return std::chrono::sys_seconds{std::chrono::seconds{integer(least_time, most_time, "time")}};
  }
  bool is_null(std::size_t column) const { return ledger::is_null(row_[column]); }
  std::optional<std::chrono::sys_seconds> optional_time() {
    if (is_null(column_)) return skip(), std::nullopt;
    return time();
  }
  std::optional<std::chrono::seconds> optional_duration() {
    if (is_null(column_)) return skip(), std::nullopt;
    return std::chrono::seconds{integer(0, longest_duration, "duration")};
  }
  /// @param last  the highest of the states, which are numbered from 0
  template <class State>
  State state(State last) {
    return static_cast<State>(integer(0, static_cast<std::int64_t>(last), "state"));
  }
  template <class State>
  std::optional<State> optional_state(State last) {
    if (is_null(column_)) return skip(), std::nullopt;
    return state(last);
  }
  void skip() { ++column_; }
  template <class Enum>
  Enum name(std::optional<Enum> (*parse)(std::string_view), const char* what) {
    const auto value = parse(view());
    if (!value) refuse(what);
    return *value;
  }

 private:
  std::string_view view() { return text_in(row_[column_++]).value_or(std::string_view{}); }
  /// Of the column that was taken last.
  [[noreturn]] void refuse(const char* what) const;

  std::span<const Value> row_;
  std::span<const std::string_view> columns_;
  std::string_view ledger_;
  const char* subject_;
  std::size_t name_;
  std::size_t column_ = 0;
};

// One take for each type of a column.
inline void take(RowReader& reader, std::string& text) { text = reader.text(); }
template <class Tag>
void take(RowReader& reader, Identifier<Tag>& identifier) {
  identifier = Identifier<Tag>{reader.text()};
}
inline void take(RowReader& reader, OutTradeNo& number) { number = OutTradeNo::trusted(reader.text()); }
inline void take(RowReader& reader, OrderState& state) { state = reader.state(OrderState::refund); }
inline void take(RowReader& reader, Fen& amount) {
  amount = Fen{reader.integer(1, largest_fee.count(), "amount")};
}
inline void take(RowReader& reader, TradeType& type) { type = reader.name(parse_trade_type, "trade type"); }
inline void take(RowReader& reader, PayScheme& scheme) {
  scheme = reader.name(parse_pay_scheme, "signature type");
}
inline void take(RowReader& reader, bool& flag) { flag = reader.integer() != 0; }
inline void take(RowReader& reader, std::chrono::sys_seconds& instant) { instant = reader.time(); }
inline void take(RowReader& reader, std::optional<std::chrono::sys_seconds>& instant) {
  instant = reader.optional_time();
}
inline void take(RowReader& reader, std::optional<std::chrono::seconds>& duration) {
  duration = reader.optional_duration();
}

}  // namespace wxpay::ledger
