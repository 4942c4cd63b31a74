#include "ledger/order_rows.hpp"

#include <optional>
#include <utility>

#include "base/text.hpp"
#include "wxpay/error.hpp"
#include "wxpay/time.hpp"

namespace wxpay::ledger {

namespace {

// One pair of limits for what is written and what is read.
constexpr std::int64_t least_time = earliest_time.time_since_epoch().count();
constexpr std::int64_t most_time = latest_time.time_since_epoch().count();
constexpr std::int64_t longest_duration = most_time - least_time;

/// What could not be read again is not written.
std::int64_t within(std::int64_t number, std::int64_t least, std::int64_t most) {
  if (number >= least && number <= most) return number;
  throw Error{ErrorKind::ledger, "a time outside the years 1970 to 9999 cannot be kept in the ledger",
              "set the clock of this machine, for which `wxpayctl doctor` looks"};
}

// One to_value for each type of a column.
Value to_value(const std::string& text) { return EndedText{text}; }
template <class Tag>
Value to_value(const Identifier<Tag>& identifier) {
  return EndedText{identifier.text()};
}
Value to_value(const OutTradeNo& number) { return EndedText{number.text()}; }
Value to_value(OrderState state) { return static_cast<std::int64_t>(state); }
Value to_value(Fen amount) { return amount.count(); }
Value to_value(TradeType type) { return to_string(type); }
Value to_value(PayScheme scheme) { return to_string(scheme); }
Value to_value(bool flag) { return std::int64_t{flag ? 1 : 0}; }
Value to_value(std::chrono::sys_seconds instant) {
  return within(instant.time_since_epoch().count(), least_time, most_time);
}
Value to_value(std::chrono::seconds duration) { return within(duration.count(), 0, longest_duration); }
template <class Type>
Value to_value(const std::optional<Type>& value) {
  return to_value(*value);
}

/// NULL for what is no value.
template <class Type>
Value value_of(const Type& field) {
  return has_value(field) ? to_value(field) : Value{};
}

/// Takes the columns of a row one after the other, and refuses what cannot have been written by this program.
class Reader {
 public:
  /// @param subject  what the row is of, with the column that names it
  Reader(std::span<const Value> row, std::span<const std::string_view> columns, std::string_view ledger,
         const char* subject, std::size_t name)
      : row_{row}, columns_{columns}, ledger_{ledger}, subject_{subject}, name_{name} {}

  /// Empty where the column is NULL.
  std::string text() { return std::string{view()}; }
  /// 0 where the column is NULL.
  std::int64_t integer() {
    const auto* number = std::get_if<std::int64_t>(&row_[column_++]);
    return number == nullptr ? 0 : *number;
  }
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
  OrderState state() {
    return static_cast<OrderState>(integer(0, static_cast<std::int64_t>(OrderState::refund), "state"));
  }
  std::optional<OrderState> optional_state() {
    if (is_null(column_)) return skip(), std::nullopt;
    return state();
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
  static std::string shown(const Value& value) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
    const auto* text = std::get_if<std::string_view>(&value);
    return text == nullptr ? std::string{"empty"} : "'" + shortened(*text) + "'";
  }
  /// Of the column that was taken last.
  [[noreturn]] void refuse(const char* what) const {
    const auto last = column_ - 1;
    const auto name = std::holds_alternative<std::string_view>(row_[name_])
                          ? shortened(std::get<std::string_view>(row_[name_]))
                          : shown(row_[name_]);
    throw UnreadableOrder{subject_ + (" " + name) + " in the ledger " + std::string{ledger_} +
                          " cannot be read: its " + std::string{columns_[last]} + " is " + shown(row_[last]) +
                          ", which is no " + what};
  }

  std::span<const Value> row_;
  std::span<const std::string_view> columns_;
  std::string_view ledger_;
  const char* subject_;
  std::size_t name_;
  std::size_t column_ = 0;
};

// One take for each type of a column.
void take(Reader& reader, std::string& text) { text = reader.text(); }
template <class Tag>
void take(Reader& reader, Identifier<Tag>& identifier) {
  identifier = Identifier<Tag>{reader.text()};
}
void take(Reader& reader, OutTradeNo& number) { number = OutTradeNo::trusted(reader.text()); }
void take(Reader& reader, OrderState& state) { state = reader.state(); }
void take(Reader& reader, Fen& amount) { amount = Fen{reader.integer(1, largest_fee.count(), "amount")}; }
void take(Reader& reader, TradeType& type) { type = reader.name(parse_trade_type, "trade type"); }
void take(Reader& reader, PayScheme& scheme) { scheme = reader.name(parse_pay_scheme, "signature type"); }
void take(Reader& reader, bool& flag) { flag = reader.integer() != 0; }
void take(Reader& reader, std::chrono::sys_seconds& instant) { instant = reader.time(); }
void take(Reader& reader, std::optional<std::chrono::sys_seconds>& instant) {
  instant = reader.optional_time();
}
void take(Reader& reader, std::optional<std::chrono::seconds>& duration) {
  duration = reader.optional_duration();
}

}  // namespace

OrderRow to_row(std::int64_t seq, const Order& order) {
  OrderRow row;
  std::size_t place = 0;
  row[place] = seq;
  for_each_order_column([&](const auto& column) {
    ++place;
    if (const auto* field = column.in(order)) row[place] = value_of(*field);
  });
  return row;
}

StoredOrder read_order(std::span<const Value, order_columns.size()> row, std::string_view ledger) {
  Reader reader{row, order_columns, ledger, "order", place_of("out_trade_no")};
  const auto seq = reader.integer();
  auto no_number = OutTradeNo::trusted({});
  OrderIntent intent{.merchant = {}, .out_trade_no = std::move(no_number), .total_fee = Fen{0}};
  StoredOrder stored{seq, {.intent = std::move(intent)}};
  auto& order = stored.order;
  if (!reader.is_null(place_of("prepay_id"))) order.prepay.emplace();
  for_each_order_column([&](const auto& column) {
    auto* field = column.in(order);
    field != nullptr ? take(reader, *field) : reader.skip();
  });
  return stored;
}

EntryRow to_row(const StoredEntry& stored) {
  const auto& entry = stored.entry;
  const bool is_order = stored.subject.kind == order_subject;
  return {entry.number,
          is_order ? Value{stored.subject.seq} : Value{},
          value_of(entry.at),
          value_of(entry.from),
          value_of(entry.to),
          to_string(entry.source),
          value_of(entry.actor),
          value_of(entry.reason),
          value_of(entry.digest),
          value_of(stored.details),
          stored.hash_before.empty() ? Value{} : Value{Blob{stored.hash_before}},
          Blob{stored.hash_after},
          is_order ? Value{} : Value{stored.subject.kind},
          is_order ? Value{} : Value{stored.subject.seq}};
}

HistoryEntry read_entry(std::span<const Value> row, std::string_view ledger) {
  Reader reader{row, entry_columns, ledger, "history entry", 0};
  HistoryEntry entry;
  entry.number = reader.integer();
  reader.skip();  // the order's key
  entry.at = reader.time();
  entry.from = reader.optional_state();
  entry.to = reader.state();
  entry.source = reader.name(parse_evidence_source, "source");
  entry.actor = reader.text();
  entry.reason = reader.text();
  entry.digest = reader.text();
  entry.replaced = reader.text();
  if (entry.replaced == kept_mark) entry.replaced.clear();
  return entry;
}

}  // namespace wxpay::ledger
