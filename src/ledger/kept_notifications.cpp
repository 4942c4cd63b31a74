#include "ledger/kept_notifications.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "ledger/damage.hpp"
#include "ledger/hash_chain.hpp"
#include "ledger/order_rows.hpp"
#include "ledger/schema.hpp"
#include "ledger/sql_text.hpp"

namespace wxpay::ledger {

namespace {

/// The columns that a row's hash covers. The raw bytes are covered by their digest.
constexpr std::array<std::string_view, 8> chained_columns{"number",  "at",     "mch_id", "out_trade_no",
                                                          "outcome", "digest", "kind",   "headers"};
/// What is written: these, the row's hash and the raw bytes.
constexpr std::size_t columns = chained_columns.size() + 2;
/// The first schema that keeps notifications, and the first that keeps their kinds and headers.
constexpr std::int64_t first_schema = 2;
constexpr std::int64_t schema_with_headers = 4;

/// The chained columns as a file of this schema can be asked for them.
std::string chained_selection(std::int64_t schema) {
  constexpr std::size_t since_schema_2 = 6;
  static_assert(chained_columns[since_schema_2] == "kind");
  if (schema >= schema_with_headers) return join_columns(chained_columns);
  return join_columns(std::span{chained_columns}.first<since_schema_2>()) + ", NULL, NULL";
}

// A column without a value is in no hash: what tells of a payment and has no headers is as schema 2 kept it.
Value kind_value(NotificationKind kind) {
  return kind == NotificationKind::payment ? Value{} : Value{to_string(kind)};
}
Value headers_value(const std::string& headers) {
  return headers.empty() ? Value{} : Value{EndedText{headers}};
}

KeptNotification read_notification(const Rows& rows, const std::string& ledger) {
  // In the order of the chained columns, and the raw bytes behind them.
  constexpr int kind_column = 6;
  constexpr int headers_column = 7;
  constexpr int raw_column = 8;
  const auto kind =
      rows.is_null(kind_column) ? NotificationKind::payment : parse_notification_kind(rows.text(kind_column));
  if (!kind) {
    throw damaged(ledger, "the kept notification " + std::to_string(rows.integer(0)) + " is of no kind");
  }
  return {.at = std::chrono::sys_seconds{std::chrono::seconds{rows.integer(1)}},
          .mch_id = MerchantId{std::string{rows.text(2)}},
          .out_trade_no = std::string{rows.text(3)},
          .outcome = std::string{rows.text(4)},
          .digest = std::string{rows.text(5)},
          .raw = std::string{rows.text(raw_column)},
          .kind = *kind,
          .headers = std::string{rows.text(headers_column)}};
}

}  // namespace

void KeptNotifications::begin() {
  end_.reset();
  waiting_.clear();
}

void KeptNotifications::keep(const KeptNotification& notification) {
  waiting_.push_back(notification);
  if (waiting_.size() == together) flush();
}

void KeptNotifications::flush() {
  if (waiting_.size() == together) {
    database_.execute("SAVEPOINT kept");
    const bool all_are_new = insert<together>(insert_many_, 0) == together;
    // One that is there already has no place in the chain, which those behind it were given for it.
    database_.execute(all_are_new ? "RELEASE kept" : "ROLLBACK TO kept; RELEASE kept");
    if (all_are_new) waiting_.clear();
  }
  for (std::size_t i = 0; i < waiting_.size(); ++i) insert<1>(insert_one_, i);
  waiting_.clear();
}

template <std::size_t Count>
std::size_t KeptNotifications::insert(Statement& statement, std::size_t first) {
  auto last = end();
  std::array<std::string, Count> hashes;
  std::array<Value, Count * columns> values;
  auto* place = values.begin();
  for (std::size_t i = 0; i < Count; ++i) {
    const auto& notification = waiting_[first + i];
    const std::array<Value, chained_columns.size()> chained{
        number_after(last.number),
        std::int64_t{notification.at.time_since_epoch().count()},
        EndedText{notification.mch_id.text()},
        EndedText{notification.out_trade_no},
        EndedText{notification.outcome},
        EndedText{notification.digest},
        kind_value(notification.kind),
        headers_value(notification.headers)};
    hashes[i] = hash_notification(last.hash, chained_columns, chained);
    place = std::copy(chained.begin(), chained.end(), place);
    *place++ = Blob{hashes[i]};
    *place++ = Blob{notification.raw};
    last = {number_after(last.number), hashes[i]};
  }
  statement.execute(values);
  const auto inserted = static_cast<std::size_t>(sqlite3_changes(database_.handle()));
  if (inserted == Count) end_ = std::move(last);
  return inserted;
}

std::string KeptNotifications::insertion(std::size_t count) {
  return "INSERT INTO notifications (" + join_columns(chained_columns) + ", hash, raw) VALUES " +
         placeholders(columns, count) + " ON CONFLICT (mch_id, out_trade_no, digest, outcome) DO NOTHING";
}

const KeptNotifications::End& KeptNotifications::end() {
  if (!end_) {
    auto rows = select_end_.run({});
    end_ = rows.next() ? End{rows.integer(0), std::string{rows.text(1)}} : End{0, chain_start()};
  }
  return *end_;
}

std::vector<KeptNotification> KeptNotifications::of_order(const MerchantId& mch_id,
                                                          const OutTradeNo& out_trade_no) {
  std::vector<KeptNotification> kept;
  const auto schema = schema_version(database_);
  if (schema < first_schema) return kept;
  flush();
  Statement statement{database_, "SELECT " + chained_selection(schema) +
                                     ", raw FROM notifications WHERE mch_id = ? AND out_trade_no = ? "
                                     "ORDER BY number"};
  auto rows = statement.run({std::string_view{mch_id.text()}, std::string_view{out_trade_no.text()}});
  while (rows.next()) kept.push_back(read_notification(rows, database_.name()));
  return kept;
}

NotificationChain walk_notifications(const Database& database, std::string_view expected_head) {
  NotificationChain chain;
  auto previous = chain_start();
  chain.head = to_hex(previous);
  const auto schema = schema_version(database);
  if (schema < first_schema) return chain;
  Statement statement{
      database, "SELECT " + chained_selection(schema) + ", hash, raw FROM notifications ORDER BY number"};
  auto rows = statement.run({});
  while (rows.next()) {
    const auto name = [](std::int64_t number) { return "the kept notification " + std::to_string(number); };
    const auto number = rows.integer(0);
    constexpr int digest_column = 5;
    constexpr int hash_column = 8;
    constexpr int raw_column = 9;
    const auto chained = raw_values<chained_columns.size()>(rows);
    if (number != chain.count + 1) {
      chain.problem = name(chain.count + 1) + " is missing";
    } else if (crypto::sha256_hex(rows.text(raw_column)) != rows.text(digest_column)) {
      chain.problem = name(number) + " does not match its digest";
    } else if (hash_notification(previous, chained_columns, chained) != rows.text(hash_column)) {
      chain.problem = name(number) + " does not match its hash";
    }
    if (!chain.problem.empty()) return chain;
    previous = rows.text(hash_column);
    chain.head = to_hex(previous);
    chain.met_expected = chain.met_expected || chain.head == expected_head;
    ++chain.count;
  }
  return chain;
}

namespace {

/// An entry whose notification is gone. The entries say themselves whether it was kept; of those before the
/// mark, all were kept from the first on that still is.
std::string entry_without_notification(const Database& database) {
  static constexpr const char* kept =
      "EXISTS (SELECT 1 FROM orders o JOIN notifications n ON n.mch_id = o.mch_id AND n.out_trade_no = "
      "o.out_trade_no "
      "AND n.digest = h.digest AND n.outcome = 'APPLIED' WHERE o.seq = h.order_seq)";
  Statement statement{database, std::string{"SELECT h.number, h.details, "} + kept +
                                    " FROM history h WHERE h.source = 'notify' AND h.digest IS NOT NULL "
                                    "ORDER BY h.number"};
  bool began = false;
  auto rows = statement.run({});
  while (rows.next()) {
    const bool was_kept = began || (!rows.is_null(1) && rows.text(1) == kept_mark);
    const bool is_kept = rows.integer(2) != 0;
    if (was_kept && !is_kept) {
      return "the notification that entry " + std::to_string(rows.integer(0)) + " names is not kept any more";
    }
    began = was_kept || is_kept;
  }
  return {};
}

/// A notification that says it was applied, and no entry of its order does.
std::string notification_without_entry(const Database& database, std::int64_t schema) {
  // Only a payment changes an order.
  const char* of_payments = schema < schema_with_headers ? "" : "n.kind IS NULL AND ";
  Statement statement{database,
                      std::string{"SELECT n.number FROM notifications n WHERE "} + of_payments +
                          "n.outcome = 'APPLIED' AND NOT EXISTS (SELECT 1 FROM orders o JOIN history h ON "
                          "h.order_seq = o.seq WHERE o.mch_id = n.mch_id AND o.out_trade_no = n.out_trade_no "
                          "AND h.source = 'notify' AND h.digest = n.digest) ORDER BY n.number LIMIT 1"};
  auto rows = statement.run({});
  if (!rows.next()) return {};
  return "the kept notification " + std::to_string(rows.integer(0)) + " is in no entry of its order";
}

}  // namespace

std::string untied_entry(const Database& database) {
  const auto schema = schema_version(database);
  if (schema < first_schema) return {};
  auto problem = entry_without_notification(database);
  return problem.empty() ? notification_without_entry(database, schema) : problem;
}

}  // namespace wxpay::ledger
