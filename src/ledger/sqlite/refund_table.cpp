#include "ledger/sqlite/refund_table.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "ledger/sqlite/row_streams.hpp"
#include "ledger/sqlite/schema.hpp"
#include "ledger/sqlite/sql_text.hpp"

namespace wxpay::ledger {

namespace {

using RefundStream = StatementStream<refund_columns.size()>;
using RefundQuery = QueryStream<refund_columns.size()>;

const std::string& all_refund_columns() {
  static const std::string columns = join_columns(refund_columns);
  return columns;
}

std::string insertion() {
  return "INSERT INTO refunds (" + all_refund_columns() + ") VALUES " + placeholders(refund_columns.size());
}

std::string change_of_one() {
  std::array<std::string_view, changing_refund_columns.size()> names;
  for (std::size_t i = 0; i < names.size(); ++i)
    names.at(i) = refund_columns.at(changing_refund_columns.at(i));
  return "UPDATE refunds SET " + assignments(names) + " WHERE seq = ?";
}

std::int64_t seconds_of(std::chrono::sys_seconds instant) { return instant.time_since_epoch().count(); }

/// The open ones have an index of their own, by their key.
constexpr const char* open_refunds =
    " FROM refunds INDEXED BY refunds_open WHERE state < 2 AND +mch_id = ? AND sent_at < ?";

}  // namespace

RefundTable::RefundTable(const Database& database)
    : database_{database},
      select_{database,
              "SELECT " + all_refund_columns() + " FROM refunds WHERE mch_id = ? AND out_refund_no = ?"},
      select_of_order_{database, "SELECT " + all_refund_columns() +
                                     " FROM refunds INDEXED BY refunds_of_order WHERE mch_id = ? AND "
                                     "out_trade_no = ? ORDER BY seq"},
      select_last_{database, "SELECT seq FROM refunds ORDER BY seq DESC LIMIT 1"},
      insert_{database, insertion()},
      update_{database, change_of_one()} {}

bool RefundTable::is_there() {
  if (!is_there_) is_there_ = schema_version(database_) >= schema_with_refunds;
  return is_there_;
}

std::unique_ptr<RowStream> RefundTable::find(const MerchantId& mch_id, const OutRefundNo& out_refund_no) {
  if (!is_there()) return std::make_unique<EmptyStream>();
  const std::array<Value, 2> key{std::string_view{mch_id.text()}, std::string_view{out_refund_no.text()}};
  return std::make_unique<RefundStream>(select_, key);
}

std::unique_ptr<RowStream> RefundTable::of_order(const MerchantId& mch_id, const OutTradeNo& out_trade_no) {
  if (!is_there()) return std::make_unique<EmptyStream>();
  const std::array<Value, 2> key{std::string_view{mch_id.text()}, std::string_view{out_trade_no.text()}};
  return std::make_unique<RefundStream>(select_of_order_, key);
}

std::int64_t RefundTable::last() {
  auto rows = select_last_.run({});
  return rows.next() ? rows.integer(0) : 0;
}

void RefundTable::insert(const RefundRow& row) { insert_.change(row, 1); }

void RefundTable::update(const RefundRow& row) {
  std::array<Value, changing_refund_columns.size() + 1> values;
  for (std::size_t i = 0; i < changing_refund_columns.size(); ++i) {
    values.at(i) = row.at(changing_refund_columns.at(i));
  }
  values.back() = row.front();
  update_.change(values, 1);
}

std::unique_ptr<RowStream> RefundTable::list(const MerchantId& mch_id, const RefundFilter& filter) {
  if (!is_there()) return std::make_unique<EmptyStream>();
  std::vector<Value> values{std::string_view{mch_id.text()}};
  std::string sql = "SELECT " + all_refund_columns() + " FROM refunds ";
  // Without an order they are walked by their key, in the order that is wanted.
  if (filter.out_trade_no) {
    sql += "INDEXED BY refunds_of_order WHERE mch_id = ? AND out_trade_no = ?";
    values.emplace_back(std::string_view{filter.out_trade_no->text()});
  } else {
    sql += "NOT INDEXED WHERE mch_id = ?";
  }
  const auto add = [&sql, &values](const char* condition, std::int64_t value) {
    sql += condition;
    values.emplace_back(value);
  };
  if (filter.state) add(" AND state = ?", static_cast<std::int64_t>(*filter.state));
  if (filter.since) add(" AND created_at >= ?", seconds_of(*filter.since));
  if (filter.until) add(" AND created_at < ?", seconds_of(*filter.until));
  if (filter.min_fee) add(" AND refund_fee >= ?", filter.min_fee->count());
  if (filter.max_fee) add(" AND refund_fee <= ?", filter.max_fee->count());
  sql += filter.oldest_first ? " ORDER BY seq" : " ORDER BY seq DESC";
  if (filter.limit) add(" LIMIT ?", std::max(*filter.limit, std::int64_t{0}));
  return std::make_unique<RefundQuery>(database_, std::move(sql), values);
}

std::unique_ptr<RowStream> RefundTable::page(const MerchantId& mch_id, const OpenRefunds& which,
                                             const OrderCursor& cursor, std::size_t most) {
  if (!is_there()) return std::make_unique<EmptyStream>();
  const std::array<Value, 4> values{std::string_view{mch_id.text()}, seconds_of(which.until), cursor.seq,
                                    static_cast<std::int64_t>(most)};
  return std::make_unique<RefundQuery>(
      database_, "SELECT " + all_refund_columns() + open_refunds + " AND seq > ? ORDER BY seq LIMIT ?",
      values);
}

std::int64_t RefundTable::count(const MerchantId& mch_id, const OpenRefunds& which) {
  if (!is_there()) return 0;
  Statement statement{database_, std::string{"SELECT count(*)"} + open_refunds};
  auto rows = statement.run({std::string_view{mch_id.text()}, seconds_of(which.until)});
  return rows.next() ? rows.integer(0) : 0;
}

std::unique_ptr<RowStream> RefundTable::over_refunded() {
  if (!is_there()) return std::make_unique<EmptyStream>();
  return std::make_unique<QueryStream<1>>(
      database_,
      "SELECT r.out_trade_no FROM refunds r JOIN orders o ON o.mch_id = r.mch_id AND o.out_trade_no = "
      "r.out_trade_no WHERE r.state < 4 GROUP BY r.mch_id, r.out_trade_no HAVING sum(r.refund_fee) > "
      "min(o.total_fee) ORDER BY r.mch_id, r.out_trade_no",
      std::span<const Value>{});
}

}  // namespace wxpay::ledger
