#include "fuzz/kept_order.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

#include "fuzz/rules.hpp"
#include "fuzz/shop.hpp"
#include "ledger/hash_chain.hpp"
#include "ledger/order_rows.hpp"
#include "ledger/sqlite/schema.hpp"
#include "ledger/sqlite/sql_text.hpp"
#include "ledger/sqlite/sqlite_database.hpp"
#include "ledger/subject.hpp"

namespace wxpay::fuzz {

namespace {

using ledger::Access;
using ledger::Database;
using ledger::OrderRow;
using ledger::Statement;
using ledger::Transaction;

/// A ledger's tables in memory, made once: making them takes longer than all that is done with them.
struct Tables {
  Database database{{}, Access::memory, std::chrono::milliseconds{0}};
  Statement insert{database, "INSERT INTO orders (" + ledger::join_columns(ledger::order_columns) +
                                 ") VALUES " + ledger::placeholders(ledger::order_columns.size())};
  Statement select{database, "SELECT " + ledger::join_columns(ledger::order_columns) + " FROM orders"};

  Tables() { ledger::migrate(database, ledger::newest_schema()); }
};

}  // namespace

Order order_of(const PaymentEvidence& evidence) {
  OrderIntent intent{
      .merchant = evidence.merchant, .out_trade_no = evidence.out_trade_no, .total_fee = Fen{1}};
  Order order{.intent = std::move(intent), .state = evidence.state, .created_at = now, .updated_at = now};
  order.transaction_id = evidence.transaction_id;
  order.prepay = evidence.prepay;
  if (is_paid(order.state)) order.paid_at = evidence.time_end.value_or(now);
  return order;
}

void expect_kept(const Order& order) {
  static Tables tables;
  const auto row = ledger::to_row(1, order);
  const Transaction rolled_back{tables.database, Transaction::Kind::read};
  tables.insert.execute(row);
  auto rows = tables.select.run({});
  expect(rows.next(), "an order that is written is there");
  const auto found = ledger::raw_values<ledger::order_columns.size()>(rows);
  expect(ledger::hash_subject(ledger::order_subject, ledger::order_columns, found) ==
             ledger::hash_subject(ledger::order_subject, ledger::order_columns, row),
         "an order's row is found as it was written");
  const auto read = ledger::read_order(found, tables.database.name());
  expect(ledger::hash_subject(ledger::order_subject, ledger::order_columns,
                              ledger::to_row(read.seq, read.order)) ==
             ledger::hash_subject(ledger::order_subject, ledger::order_columns, row),
         "an order that is read is the one that was written");
}

}  // namespace wxpay::fuzz
