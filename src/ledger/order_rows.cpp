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

/// The columns that read_entry takes.
constexpr std::array<std::string_view, entry_fields> read_entry_columns{
    "number", "at", "from_state", "to_state", "source", "actor", "reason", "digest", "details"};

Value text_value(const std::string& text) { return text.empty() ? Value{} : Value{EndedText{text}}; }

template <class Tag>
Value text_value(const Identifier<Tag>& identifier) {
  return text_value(identifier.text());
}

/// What could not be read again is not written.
std::int64_t within(std::int64_t number, std::int64_t least, std::int64_t most) {
  if (number >= least && number <= most) return number;
  throw Error{ErrorKind::ledger, "a time outside the years 1970 to 9999 cannot be kept in the ledger",
              "set the clock of this machine, for which `wxpayctl doctor` looks"};
}

Value time_value(std::chrono::sys_seconds instant) {
  return within(instant.time_since_epoch().count(), least_time, most_time);
}

Value time_value(const std::optional<std::chrono::sys_seconds>& instant) {
  return instant ? time_value(*instant) : Value{};
}

Value duration_value(const std::optional<std::chrono::seconds>& duration) {
  return duration ? within(duration->count(), 0, longest_duration) : Value{};
}

Value state_value(OrderState state) { return static_cast<std::int64_t>(state); }

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
  bool is_null(std::size_t column) const { return std::holds_alternative<std::monostate>(row_[column]); }
  std::optional<std::chrono::sys_seconds> optional_time() {
    if (is_null(column_)) return skip<std::chrono::sys_seconds>();
    return time();
  }
  std::optional<std::chrono::seconds> optional_duration() {
    if (is_null(column_)) return skip<std::chrono::seconds>();
    return std::chrono::seconds{integer(0, longest_duration, "duration")};
  }
  OrderState state() {
    return static_cast<OrderState>(integer(0, static_cast<std::int64_t>(OrderState::refund), "state"));
  }
  std::optional<OrderState> optional_state() {
    if (is_null(column_)) return skip<OrderState>();
    return state();
  }
  template <class Enum>
  Enum name(std::optional<Enum> (*parse)(std::string_view), const char* what) {
    const auto value = parse(view());
    if (!value) refuse(what);
    return *value;
  }

 private:
  std::string_view view() { return text_in(row_[column_++]).value_or(std::string_view{}); }
  template <class T>
  std::optional<T> skip() {
    ++column_;
    return std::nullopt;
  }
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

std::optional<Prepay> read_prepay(Reader& reader, bool exists) {
  Prepay prepay;
  prepay.prepay_id = PrepayId{reader.text()};
  prepay.code_url = reader.text();
  prepay.mweb_url = reader.text();
  if (!exists) {
    reader.text();
    reader.integer();
    return std::nullopt;
  }
  prepay.sign_type = reader.name(parse_sign_type, "signature type");
  prepay.expires_at = reader.time();
  return prepay;
}

}  // namespace

OrderRow to_row(std::int64_t seq, const Order& order) {
  const auto& intent = order.intent;
  OrderRow row;
  std::size_t column = 0;
  const auto add = [&row, &column](Value value) { row.at(column++) = value; };
  add(seq);
  add(text_value(intent.merchant.mch_id));
  add(EndedText{intent.out_trade_no.text()});
  add(time_value(order.created_at));
  add(text_value(intent.merchant.app_id));
  add(text_value(intent.merchant.sub_mch_id));
  add(text_value(intent.merchant.sub_app_id));
  add(state_value(order.state));
  add(state_value(order.proven_state));
  add(intent.total_fee.count());
  add(to_string(intent.trade_type));
  for (const auto* text : {&intent.body, &intent.notify_url, &intent.client_ip, &intent.openid,
                           &intent.sub_openid, &intent.attach, &intent.detail, &intent.goods_tag,
                           &intent.product_id, &intent.device_info, &intent.limit_pay, &intent.scene_info}) {
    add(text_value(*text));
  }
  add(std::int64_t{intent.profit_sharing ? 1 : 0});
  add(time_value(intent.time_expire));
  add(duration_value(intent.expire_in));
  if (order.prepay) {
    // Not text_value: a prepay order without its id is still one, and NULL says that there is none.
    add(EndedText{order.prepay->prepay_id.text()});
    add(text_value(order.prepay->code_url));
    add(text_value(order.prepay->mweb_url));
    add(to_string(order.prepay->sign_type));
    add(time_value(order.prepay->expires_at));
  } else {
    column += 5;
  }
  add(text_value(order.transaction_id));
  add(time_value(order.paid_at));
  add(time_value(order.updated_at));
  return row;
}

StoredOrder read_order(const OrderRow& row, std::string_view ledger) {
  constexpr std::size_t number_column = 2;
  static_assert(order_columns[number_column] == "out_trade_no");
  Reader reader{row, order_columns, ledger, "order", number_column};
  const auto seq = reader.integer();
  MerchantId mch_id{reader.text()};
  auto out_trade_no = OutTradeNo::trusted(reader.text());
  const auto created_at = reader.time();
  AppId app_id{reader.text()};
  MerchantId sub_mch_id{reader.text()};
  AppId sub_app_id{reader.text()};
  const auto state = reader.state();
  const auto proven_state = reader.state();
  const Fen total_fee{reader.integer(1, largest_fee.count(), "amount")};
  OrderIntent intent{
      .merchant = {std::move(mch_id), std::move(app_id), std::move(sub_mch_id), std::move(sub_app_id)},
      .out_trade_no = std::move(out_trade_no),
      .total_fee = total_fee};
  // Whatever may throw comes after the braces (CONTRIBUTING.md), in the order of the columns.
  intent.trade_type = reader.name(parse_trade_type, "trade type");
  for (auto* text : {&intent.body, &intent.notify_url, &intent.client_ip, &intent.openid, &intent.sub_openid,
                     &intent.attach, &intent.detail, &intent.goods_tag, &intent.product_id,
                     &intent.device_info, &intent.limit_pay, &intent.scene_info}) {
    *text = reader.text();
  }
  intent.profit_sharing = reader.integer() != 0;
  intent.time_expire = reader.optional_time();
  intent.expire_in = reader.optional_duration();
  constexpr std::size_t prepay_column = 26;
  static_assert(order_columns[prepay_column] == "prepay_id");
  auto prepay = read_prepay(reader, !reader.is_null(prepay_column));
  TransactionId transaction_id{reader.text()};
  const auto paid_at = reader.optional_time();
  const auto updated_at = reader.time();
  return {seq,
          {std::move(intent), state, proven_state, std::move(prepay), std::move(transaction_id), paid_at,
           created_at, updated_at}};
}

EntryRow to_row(const StoredEntry& stored) {
  const auto& entry = stored.entry;
  return {entry.number,
          stored.order_seq,
          time_value(entry.at),
          entry.from ? state_value(*entry.from) : Value{},
          state_value(entry.to),
          to_string(entry.source),
          text_value(entry.actor),
          text_value(entry.reason),
          text_value(entry.digest),
          text_value(stored.details),
          stored.hash_before.empty() ? Value{} : Value{Blob{stored.hash_before}},
          Blob{stored.hash_after}};
}

HistoryEntry read_entry(std::span<const Value, entry_fields> row, std::string_view ledger) {
  Reader reader{row, read_entry_columns, ledger, "history entry", 0};
  HistoryEntry entry;
  entry.number = reader.integer();
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
