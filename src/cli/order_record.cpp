#include "cli/order_record.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <concepts>
#include <type_traits>

#include "base/text.hpp"
#include "domain/order_columns.hpp"
#include "wxpay/time.hpp"

namespace wxpay::cli {

namespace {

/// Whether neither JSON nor CSV would write it in another way.
bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c > ' ' && c <= '~' && c != '"' && c != '\\' && c != ','; });
}

void append_number(std::string& text, std::int64_t number) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  text.append(digits.data(), end.ptr);
}

// One shown for each type of a column in a record: a view or a text, or a number.
template <std::same_as<std::string> Text>
std::string_view shown(const Text& text) {
  return text;
}
template <class Tag>
std::string_view shown(const Identifier<Tag>& identifier) {
  return identifier.text();
}
std::string_view shown(const OutTradeNo& number) { return number.text(); }
std::string_view shown(OrderState state) { return to_string(state); }
std::string_view shown(TradeType type) { return to_string(type); }
std::int64_t shown(Fen amount) { return amount.count(); }
std::string shown(std::chrono::sys_seconds instant) { return format_rfc3339(instant); }
template <class Type>
auto shown(const std::optional<Type>& value) {
  return shown(*value);
}

template <class Field>
constexpr bool is_number = std::is_same_v<decltype(shown(std::declval<const Field&>())), std::int64_t>;

/// Calls the function with every field that has a value, and its column's place in records.
template <class Function>
void for_each_value(const Order& order, const Function& function) {
  for_each_record_column([&](const auto& column, std::size_t place) {
    const auto* field = column.in(order);
    if (field != nullptr && has_value(*field)) function(*field, place);
  });
}

/// Whether every text of its record is plain.
bool is_plain(const Order& order) {
  bool plain = true;
  for_each_value(order, [&plain]<class Field>(const Field& field, std::size_t) {
    // What this program has written from a number, a name or a time is.
    if constexpr (std::is_same_v<decltype(shown(field)), std::string_view> && !std::is_enum_v<Field>) {
      plain = plain && is_plain(shown(field));
    }
  });
  return plain;
}

using Keys = std::array<std::string, record_size>;

/// `,"key":`, and the quote before a text.
const Keys& json_keys() {
  static const Keys keys = [] {
    Keys made;
    for_each_record_column([&made](const auto& column, std::size_t place) {
      using Field = std::remove_pointer_t<decltype(column.in(std::declval<const Order&>()))>;
      made.at(place).append(",\"").append(column.place.key).append(is_number<Field> ? "\":" : "\":\"");
    });
    return made;
  }();
  return keys;
}

}  // namespace

const std::vector<std::string>& listed_columns() {
  static const std::vector<std::string> columns = [] {
    std::vector<std::string> keys;
    for_each_record_column([&keys](const auto& column, std::size_t) {
      if (column.place.in_overview) keys.emplace_back(column.place.key);
    });
    return keys;
  }();
  return columns;
}

const std::vector<std::string>& exported_columns() {
  static const std::vector<std::string> columns = [] {
    std::vector<std::string> keys;
    for_each_record_column([&keys](const auto& column, std::size_t) { keys.emplace_back(column.place.key); });
    return keys;
  }();
  return columns;
}

report::Record describe_order(const Order& order) {
  report::Record record;
  for_each_value(order, [&record]<class Field>(const Field& field, std::size_t place) {
    const auto& key = exported_columns()[place];
    if constexpr (is_number<Field>) {
      record.number(key, shown(field));
    } else {
      record.text(key, std::string{shown(field)});
    }
  });
  return record;
}

void append_json(std::string& text, const Order& order) {
  if (!is_plain(order)) {
    text += report::to_json(describe_order(order));
    return;
  }
  const auto start = text.size();
  const auto& keys = json_keys();
  for_each_value(order, [&]<class Field>(const Field& field, std::size_t place) {
    text += keys[place];
    if constexpr (is_number<Field>) {
      append_number(text, shown(field));
    } else {
      text.append(shown(field)).append(1, '"');
    }
  });
  text[start] = '{';
  text += '}';
}

void append_csv(std::string& text, const Order& order) {
  if (!is_plain(order)) {
    text += report::csv_row(describe_order(order), exported_columns());
    return;
  }
  for_each_record_column([&](const auto& column, std::size_t place) {
    if (place > 0) text += ',';
    const auto* field = column.in(order);
    if (field == nullptr || !has_value(*field)) return;
    if constexpr (is_number<std::remove_cvref_t<decltype(*field)>>) {
      append_number(text, shown(*field));
    } else {
      text += shown(*field);
    }
  });
}

OrderState checked_state(const std::string& text) {
  if (const auto state = parse_order_state(text)) return *state;
  std::vector<std::string> names;
  std::string all;
  for (int number = 0; number <= static_cast<int>(OrderState::refund); ++number) {
    names.emplace_back(to_string(static_cast<OrderState>(number)));
    all += (all.empty() ? "" : ", ") + names.back();
  }
  auto typed = text;
  std::transform(typed.begin(), typed.end(), typed.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  const auto meant = nearest(typed, names);
  throw Error{ErrorKind::usage, "there is no state '" + shortened(text) + "'",
              meant ? "did you mean " + *meant + "?" : "states are " + all};
}

}  // namespace wxpay::cli
