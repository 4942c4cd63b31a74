#include "ledger/ledger_check.hpp"

#include <utility>

#include "base/text.hpp"
#include "ledger/hash_chain.hpp"
#include "ledger/kept_notifications.hpp"
#include "ledger/order_rows.hpp"
#include "ledger/schema.hpp"
#include "ledger/sql_text.hpp"

namespace wxpay::ledger {

namespace {

/// The columns of an entry as a file of this schema can be asked for them.
std::string entry_selection(std::int64_t schema) {
  constexpr std::int64_t schema_with_subjects = 4;
  constexpr std::size_t since_schema_1 = 12;
  static_assert(entry_columns[since_schema_1] == "subject_kind");
  if (schema >= schema_with_subjects) return join_columns(entry_columns);
  return join_columns(std::span{entry_columns}.first<since_schema_1>()) + ", NULL, NULL";
}

std::string entry_name(std::int64_t number) { return "entry " + std::to_string(number); }

class Checker {
 public:
  explicit Checker(const Database& database) : database_{database} {}

  CheckReport run(const std::optional<std::string>& expected_head) {
    Transaction snapshot{database_, Transaction::Kind::read};
    const auto expected = expected_head ? to_lower(*expected_head) : std::string{};
    attempt([&] { walk_chain(expected); });
    // What follows can only be read, and is only worth it, while the chain itself holds.
    attempt([&] { walk_orders(); });
    attempt([&] {
      const auto kept = walk_notifications(database_, expected);
      report_.notifications = kept.count;
      report_.notifications_head = kept.head;
      met_expected_ = met_expected_ || kept.met_expected;
      found_if_any(kept.problem);
    });
    if (!met_expected_) {
      found("the head " + expected + " is not in this chain: its end was cut off or it was rewritten");
    }
    if (report_.ok) attempt([&] { found_if_any(untied_entry(database_)); });
    if (report_.ok) attempt([&] { found_if_any(schema_problem(database_)); });
    if (report_.ok) attempt([&] { check_file(); });
    snapshot.commit();
    return std::move(report_);
  }

 private:
  /// Damage that stops the reading is a finding like any other.
  template <class Work>
  void attempt(Work work) {
    try {
      work();
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::ledger) throw;
      found(error.what());
    }
  }

  void found(const std::string& problem, std::optional<std::int64_t> entry = std::nullopt) {
    if (!report_.ok) return;  // the first is named; the others often follow from it
    report_.ok = false;
    report_.problem = problem;
    report_.bad_entry = entry;
  }

  void walk_chain(const std::string& expected_head) {
    Statement statement{database_, "SELECT " + entry_selection(schema_version(database_)) +
                                       ", entry_hash FROM history ORDER BY number"};
    auto previous = chain_start();
    report_.head = to_hex(previous);
    met_expected_ = expected_head.empty() || expected_head == report_.head;
    std::int64_t last_number = 0;
    auto rows = statement.run({});
    while (rows.next()) {
      const auto values = raw_values<entry_columns.size()>(rows);
      const auto number = rows.integer(0);
      if (const auto next = number_after(last_number); number != next) {
        found(entry_name(next) + " is missing", next);
      }
      if (hash_entry(previous, entry_columns, values) != rows.text(entry_columns.size())) {
        found(entry_name(number) + " does not match its hash", number);
      }
      previous = rows.text(entry_columns.size());
      report_.head = to_hex(previous);
      met_expected_ = met_expected_ || expected_head == report_.head;
      last_number = number;
      ++report_.entries;
    }
  }

  /// Merges the orders with the history, both by order.
  void walk_orders() {
    Statement orders{database_, "SELECT " + join_columns(order_columns) + " FROM orders ORDER BY seq"};
    // By name, so that the entries come one by one instead of being sorted first.
    Statement entries{
        database_,
        "SELECT number, order_seq, from_state, to_state, order_hash_before, order_hash FROM history "
        "INDEXED BY history_of_order ORDER BY order_seq, number"};
    auto order = orders.run({});
    auto entry = entries.run({});
    bool has_entry = entry.next();
    while (order.next()) {
      ++report_.orders;
      const auto seq = order.integer(0);
      for (; has_entry && entry.integer(1) < seq; has_entry = entry.next()) without_order(entry);
      Last last;
      for (; has_entry && entry.integer(1) == seq; has_entry = entry.next()) follow(entry, last);
      compare(order, last);
    }
    for (; has_entry; has_entry = entry.next()) without_order(entry);
  }

  /// An order's newest entry so far; number 0 is none.
  struct Last {
    std::int64_t number = 0;
    std::int64_t state = 0;
    std::string order_hash;
  };

  void without_order(const Rows& entry) {
    found(entry_name(entry.integer(0)) + " belongs to an order that is missing", entry.integer(0));
  }

  /// Holds an entry against the one before it of the same order.
  void follow(const Rows& entry, Last& last) {
    const auto number = entry.integer(0);
    const bool is_first = last.number == 0;
    const bool links =
        is_first ? entry.is_null(2) && entry.is_null(4) : !entry.is_null(2) && entry.integer(2) == last.state;
    if (!links) {
      found(entry_name(number) + " does not follow the order's entry before it", number);
    } else if (!is_first && entry.text(4) != last.order_hash) {
      found("the order of " + entry_name(number) + " was changed outside this program before it", number);
    }
    last = {number, entry.integer(3), std::string{entry.text(5)}};
  }

  /// Holds an order against its last entry.
  void compare(const Rows& order, const Last& last) {
    const std::string name = "the order " + std::string{order.text(place_of("out_trade_no"))};
    constexpr int state_column = place_of("state");
    if (last.number == 0) {
      found(name + " has no history");
    } else if (hash_order(order_columns, raw_values<order_columns.size()>(order)) != last.order_hash ||
               order.integer(state_column) != last.state) {
      found(name + " was changed outside this program: it does not match its last entry, " +
            std::to_string(last.number));
    }
  }

  void found_if_any(const std::string& problem) {
    if (!problem.empty()) found(problem);
  }

  void check_file() {
    Statement statement{database_, "PRAGMA integrity_check(1)"};
    auto rows = statement.run({});
    if (rows.next() && rows.text(0) != "ok") found("the file is damaged: " + std::string{rows.text(0)});
  }

  const Database& database_;
  CheckReport report_;
  bool met_expected_ = true;
};

}  // namespace

CheckReport check_ledger(const Database& database, const std::optional<std::string>& expected_head) {
  return Checker{database}.run(expected_head);
}

}  // namespace wxpay::ledger
