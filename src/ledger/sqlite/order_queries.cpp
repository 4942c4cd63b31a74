#include "ledger/sqlite/order_queries.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "ledger/order_rows.hpp"
#include "ledger/sqlite/row_streams.hpp"
#include "ledger/sqlite/sql_text.hpp"

namespace wxpay::ledger {

namespace {

/// A query over `orders` that grows by its conditions.
class Selection {
 public:
  /// The plus keeps SQLite from taking the index by number, after which it would have to sort.
  Selection(const char* what, const char* from, const MerchantId& mch_id)
      : sql_{std::string{"SELECT "} + what + " FROM orders " + from + " +mch_id = ?"},
        values_{std::string_view{mch_id.text()}} {}

  Selection& add(const char* condition, std::int64_t value) {
    sql_ += condition;
    values_.emplace_back(value);
    return *this;
  }
  Selection& add(const char* condition, std::chrono::sys_seconds instant) {
    return add(condition, instant.time_since_epoch().count());
  }
  Selection& add(const char* clause) {
    sql_ += clause;
    return *this;
  }

  template <std::size_t Columns>
  std::unique_ptr<RowStream> run(const Database& database) {
    return std::make_unique<QueryStream<Columns>>(database, std::move(sql_), values_);
  }

 private:
  std::string sql_;
  std::vector<Value> values_;
};

const std::string& all_columns() {
  static const std::string columns = join_columns(order_columns);
  return columns;
}

/// The open ones have an index of their own, by their key.
Selection open_orders(const char* what, const MerchantId& mch_id, const OpenOrders& which) {
  Selection selection{what, "INDEXED BY orders_open WHERE state < 3 AND", mch_id};
  if (which.since) selection.add(" AND created_at >= ?", *which.since);
  selection.add(" AND (created_at < ?", which.until);
  if (which.ahead_of) selection.add(" OR created_at > ?", *which.ahead_of);
  selection.add(")");
  return selection;
}

/// Those in CLOSED have one by the instant of their last change and their key. It is not named: an older
/// schema lacks it and can be read all the same.
Selection closed_orders(const char* what, const MerchantId& mch_id, const ClosedOrders& which) {
  Selection selection{what, "WHERE state = 5 AND", mch_id};
  selection.add(" AND updated_at >= ?", which.since).add(" AND (updated_at < ?", which.until);
  if (which.ahead_of) selection.add(" OR updated_at > ?", *which.ahead_of);
  selection.add(")");
  return selection;
}

std::int64_t take_count(Selection selection, const Database& database) {
  const auto rows = selection.run<1>(database);
  const auto row = rows->next();
  return row.empty() ? 0 : number_in(row.front());
}

}  // namespace

std::unique_ptr<RowStream> select_orders(const Database& database, const MerchantId& mch_id,
                                         const OrderFilter& filter) {
  // The open ones have an index of their own, in the order that is wanted; any other list walks the orders
  // from the newest on.
  const bool open_ones = filter.state && is_open(*filter.state);
  Selection selection{all_columns().c_str(),
                      open_ones ? "INDEXED BY orders_open WHERE state < 3 AND" : "NOT INDEXED WHERE", mch_id};
  if (filter.state) selection.add(" AND state = ?", static_cast<std::int64_t>(*filter.state));
  if (filter.since) selection.add(" AND created_at >= ?", *filter.since);
  if (filter.until) selection.add(" AND created_at < ?", *filter.until);
  if (filter.min_fee) selection.add(" AND total_fee >= ?", filter.min_fee->count());
  if (filter.max_fee) selection.add(" AND total_fee <= ?", filter.max_fee->count());
  selection.add(filter.oldest_first ? " ORDER BY seq" : " ORDER BY seq DESC");
  if (filter.limit) selection.add(" LIMIT ?", std::max(*filter.limit, std::int64_t{0}));
  return selection.run<order_columns.size()>(database);
}

std::unique_ptr<RowStream> select_page(const Database& database, const MerchantId& mch_id,
                                       const OpenOrders& which, const OrderCursor& cursor, std::size_t most) {
  auto selection = open_orders(all_columns().c_str(), mch_id, which);
  selection.add(" AND seq > ?", cursor.seq).add(" ORDER BY seq");
  selection.add(" LIMIT ?", static_cast<std::int64_t>(most));
  return selection.run<order_columns.size()>(database);
}

std::unique_ptr<RowStream> select_page(const Database& database, const MerchantId& mch_id,
                                       const ClosedOrders& which, const OrderCursor& cursor,
                                       std::size_t most) {
  auto selection = closed_orders(all_columns().c_str(), mch_id, which);
  selection.add(" AND (updated_at, seq) > (?,", cursor.instant).add(" ?)", cursor.seq);
  selection.add(" ORDER BY updated_at, seq").add(" LIMIT ?", static_cast<std::int64_t>(most));
  return selection.run<order_columns.size()>(database);
}

std::int64_t select_count(const Database& database, const MerchantId& mch_id, const OpenOrders& which) {
  return take_count(open_orders("count(*)", mch_id, which), database);
}

std::int64_t select_count(const Database& database, const MerchantId& mch_id, const ClosedOrders& which) {
  return take_count(closed_orders("count(*)", mch_id, which), database);
}

}  // namespace wxpay::ledger
