#include <charconv>
#include <chrono>
#include <deque>
#include <string>
#include <string_view>

#include "fuzz/kept_order.hpp"
#include "fuzz/rules.hpp"
#include "fuzz/targets.hpp"
#include "ledger/entry_rows.hpp"
#include "ledger/hash_chain.hpp"
#include "ledger/order_rows.hpp"
#include "ledger/refund_rows.hpp"
#include "ledger/sqlite/sqlite_database.hpp"
#include "ledger/subject.hpp"
#include "wxpay/error.hpp"

namespace wxpay::fuzz {

namespace {

using ledger::Blob;
using ledger::Database;
using ledger::OrderRow;
using ledger::Value;

/// Values as somebody may have put them into a ledger's row, one a line: `i12` a number, `tNOTPAY` a text,
/// `b…` bytes; any other line is NULL.
class Values {
 public:
  explicit Values(std::string_view lines) : rest_{lines} {}

  Value next() {
    const auto line = rest_.substr(0, rest_.find('\n'));
    rest_.remove_prefix(std::min(line.size() + 1, rest_.size()));
    if (line.empty()) return {};
    const auto behind = line.substr(1);
    if (line.front() == 'i') {
      std::int64_t number = 0;
      std::from_chars(behind.data(), behind.data() + behind.size(), number);
      return number;
    }
    // In strings of their own, as SQLite is given them with a byte behind.
    if (line.front() == 't') return std::string_view{texts_.emplace_back(behind)};
    if (line.front() == 'b') return Blob{texts_.emplace_back(behind)};
    return {};
  }

 private:
  std::string_view rest_;
  std::deque<std::string> texts_;
};

std::string question_marks(std::size_t count) {
  std::string sql{"SELECT ?"};
  for (std::size_t i = 1; i < count; ++i) sql += ", ?";
  return sql;
}

/// Rows of any values, without tables that would refuse them.
struct AnyRows {
  Database database{{}, ledger::Access::memory, std::chrono::milliseconds{0}};
  ledger::Statement order{database, question_marks(ledger::order_columns.size())};
  ledger::Statement refund{database, question_marks(ledger::refund_columns.size())};
  ledger::Statement entry{database, question_marks(ledger::entry_columns.size())};
};

template <class Read>
void expect_error_or(const Read& read) {
  try {
    read();
  } catch (const Error& error) {
    const bool is_of_the_ledger =
        error.kind() == ErrorKind::ledger || error.kind() == ErrorKind::ledger_value;
    expect(is_of_the_ledger, "what is no order is damage, or nothing that the tables keep");
  }
}

void check_order(AnyRows& any, const OrderRow& row) {
  auto rows = any.order.run(row);
  expect(rows.next(), "a row of any values is a row");
  const auto stored =
      ledger::read_order(ledger::raw_values<ledger::order_columns.size()>(rows), any.database.name());
  const auto written = ledger::to_row(stored.seq, stored.order);
  const auto again = ledger::read_order(written, any.database.name());
  expect(ledger::hash_subject(ledger::order_subject, ledger::order_columns,
                              ledger::to_row(again.seq, again.order)) ==
             ledger::hash_subject(ledger::order_subject, ledger::order_columns, written),
         "an order that was read can be written and read");
  expect_error_or([&] { expect_kept(stored.order); });
}

void check_refund(AnyRows& any, const OrderRow& row) {
  auto rows = any.refund.run(std::span{row}.first<ledger::refund_columns.size()>());
  expect(rows.next(), "a row of any values is a row");
  const auto stored =
      ledger::read_refund(ledger::raw_values<ledger::refund_columns.size()>(rows), any.database.name());
  const auto written = ledger::to_row(stored.seq, stored.refund);
  const auto again = ledger::read_refund(written, any.database.name());
  expect(ledger::hash_subject(ledger::refund_subject, ledger::refund_columns,
                              ledger::to_row(again.seq, again.refund)) ==
             ledger::hash_subject(ledger::refund_subject, ledger::refund_columns, written),
         "a refund that was read can be written and read");
}

void check_refund_entry(AnyRows& any, const OrderRow& row) {
  auto rows = any.entry.run(std::span{row}.first<ledger::entry_columns.size()>());
  expect(rows.next(), "a row of any values is a row");
  const auto entry = ledger::read_refund_entry(ledger::raw_values<ledger::entry_columns.size()>(rows),
                                               OutRefundNo::trusted("R1"), any.database.name());
  expect(entry.refund.has_value(), "an entry about a refund says so");
}

}  // namespace

void check_ledger_rows(std::string_view input) {
  static AnyRows any;
  Values values{input};
  OrderRow row;
  for (auto& value : row) value = values.next();
  expect_error_or([&] { check_order(any, row); });
  expect_error_or([&] { check_refund(any, row); });
  expect_error_or([&] { check_refund_entry(any, row); });
  expect_error_or([&] {
    auto rows = any.entry.run(std::span{row}.first<ledger::entry_columns.size()>());
    expect(rows.next(), "a row of any values is a row");
    const auto entry =
        ledger::read_order_entry(ledger::raw_values<ledger::entry_columns.size()>(rows), any.database.name());
    auto stored = ledger::new_entry(entry.at, entry.from, entry.to, entry.source, {});
    stored.reason = entry.reason;
    expect(ledger::to_row(stored).size() == ledger::entry_columns.size(), "an entry can be written");
  });
}

}  // namespace wxpay::fuzz
