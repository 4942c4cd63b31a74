#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <tuple>

#include "domain/order_columns.hpp"
#include "ledger/value.hpp"
#include "wxpay/order.hpp"
#include "wxpay/order_ledger.hpp"
#include "wxpay/order_listing.hpp"

namespace wxpay::ledger {

/// The key and the columns of order_table: those of `orders`, in the order in which they are read, written
/// and hashed.
inline constexpr auto order_columns = [] {
  std::array<std::string_view, 1 + std::tuple_size_v<decltype(order_table)>> names{"seq"};
  std::size_t place = 0;
  for_each_order_column([&](const auto& column) { names.at(++place) = column.name; });
  return names;
}();
using OrderRow = std::array<Value, order_columns.size()>;

/// Where the column of this name stands in a row.
consteval std::size_t place_of(std::string_view name) {
  std::size_t place = 0;
  while (order_columns.at(place) != name) ++place;
  return place;
}

/// Where those stand that fulfil a condition.
template <class Condition>
consteval auto places_of(Condition condition) {
  std::array<std::size_t, count_order_columns(condition)> places{};
  std::size_t found = 0;
  std::size_t place = 0;
  for_each_order_column([&](const auto& column) {
    ++place;
    if (condition(column)) places.at(found++) = place;
  });
  return places;
}

/// Where those of them stand that evidence may change.
inline constexpr auto settled_order_columns =
    places_of([](const auto& column) { return column.changed_by == ChangedBy::evidence; });
/// Where those stand that a new try with other parameters may change.
inline constexpr auto changing_order_columns =
    places_of([](const auto& column) { return column.changed_by != ChangedBy::nothing; });

/// Their names.
template <std::size_t Size>
constexpr std::array<std::string_view, Size> names_at(const std::array<std::size_t, Size>& places) {
  std::array<std::string_view, Size> names;
  for (std::size_t i = 0; i < Size; ++i) names[i] = order_columns.at(places[i]);
  return names;
}

/// Their values in a row, and its key: what an update of them takes.
template <std::size_t Size>
std::array<Value, Size + 1> update_values(const OrderRow& row, const std::array<std::size_t, Size>& places) {
  std::array<Value, Size + 1> values;
  for (std::size_t i = 0; i < Size; ++i) values[i] = row[places[i]];
  values.back() = row.front();
  return values;
}

/// An order with its key in the ledger.
struct StoredOrder {
  std::int64_t seq = 0;
  Order order;
};

/// Views into the order, which must outlive them. An empty text is NULL.
/// @throws Error{ledger}  a time that read_order would refuse
OrderRow to_row(std::int64_t seq, const Order& order);

/// @param ledger  its name, for messages
/// @throws UnreadableOrder  the row holds what no order can hold
StoredOrder read_order(std::span<const Value, order_columns.size()> row, std::string_view ledger);

/// An entry about an order.
/// @param row     begins with the entry_columns
/// @param ledger  its name, for messages
/// @throws UnreadableOrder  the row holds what no such entry can hold
HistoryEntry read_order_entry(std::span<const Value> row, std::string_view ledger);

}  // namespace wxpay::ledger
