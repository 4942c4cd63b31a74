#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "ledger/order_rows.hpp"
#include "support/memory_rows.hpp"
#include "wxpay/order_listing.hpp"

/// What the store in memory selects of its table of orders.
namespace wxpay::test {

inline OrderState order_state_of(const KeptRow& order) {
  return static_cast<OrderState>(number_at(order, ledger::place_of("state")));
}

inline std::chrono::sys_seconds order_instant_at(const KeptRow& order, std::size_t place) {
  return std::chrono::sys_seconds{std::chrono::seconds{number_at(order, place)}};
}

inline bool is_order_of(const KeptRow& order, const MerchantId& mch_id) {
  return text_at(order, ledger::place_of("mch_id")) == mch_id.text();
}

inline Table listed_orders(const Table& orders, const MerchantId& mch_id, const OrderFilter& filter) {
  auto rows = rows_where(orders, [&](const KeptRow& row) {
    const auto created_at = order_instant_at(row, ledger::place_of("created_at"));
    const Fen fee{number_at(row, ledger::place_of("total_fee"))};
    return is_order_of(row, mch_id) && (!filter.state || order_state_of(row) == *filter.state) &&
           (!filter.since || created_at >= *filter.since) && (!filter.until || created_at < *filter.until) &&
           (!filter.min_fee || fee >= *filter.min_fee) && (!filter.max_fee || fee <= *filter.max_fee);
  });
  if (!filter.oldest_first) std::reverse(rows.begin(), rows.end());
  if (filter.limit) limit(rows, static_cast<std::size_t>(std::max(*filter.limit, std::int64_t{0})));
  return rows;
}

inline Table open_orders(const Table& orders, const MerchantId& mch_id, const OpenOrders& which) {
  return rows_where(orders, [&](const KeptRow& row) {
    const auto created_at = order_instant_at(row, ledger::place_of("created_at"));
    return is_order_of(row, mch_id) && is_open(order_state_of(row)) &&
           (!which.since || created_at >= *which.since) &&
           (created_at < which.until || (which.ahead_of && created_at > *which.ahead_of));
  });
}

inline Table closed_orders(const Table& orders, const MerchantId& mch_id, const ClosedOrders& which) {
  return rows_where(orders, [&](const KeptRow& row) {
    const auto closed_at = order_instant_at(row, ledger::place_of("updated_at"));
    return is_order_of(row, mch_id) && order_state_of(row) == OrderState::closed &&
           closed_at >= which.since &&
           (closed_at < which.until || (which.ahead_of && closed_at > *which.ahead_of));
  });
}

}  // namespace wxpay::test
