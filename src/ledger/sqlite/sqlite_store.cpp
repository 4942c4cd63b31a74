#include "ledger/sqlite/sqlite_store.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <tuple>
#include <utility>

#include "ledger/damage.hpp"
#include "ledger/sqlite/ledger_backup.hpp"
#include "ledger/sqlite/ledger_file.hpp"
#include "ledger/sqlite/order_queries.hpp"
#include "ledger/sqlite/refund_table.hpp"
#include "ledger/sqlite/row_inserter.hpp"
#include "ledger/sqlite/row_streams.hpp"
#include "ledger/sqlite/run_lock.hpp"
#include "ledger/sqlite/schema.hpp"
#include "ledger/sqlite/sql_text.hpp"
#include "ledger/sqlite/sqlite_database.hpp"
#include "ledger/sqlite/subject_queries.hpp"

namespace wxpay::ledger {

namespace {

Database open_for_reading(const std::filesystem::path& file, const LedgerOptions& options) {
  const auto access = must_be_immutable(file) ? Access::immutable : Access::read_only;
  Database database{file, access, BusyWait{options.busy_wait, options.stop, options.undisturbed}};
  // The first to open a file after a crash keeps others out while it reads the log.
  const Database::Undisturbed undisturbed{database};
  // An older schema is read as it is: what it does not know yet, it does not hold.
  if (identify(database) == 0) {
    throw Error{ErrorKind::ledger, "the ledger " + database.name() + " is empty", "the first order fills it"};
  }
  return database;
}

Database open_database(const std::filesystem::path& file, const LedgerOptions& options) {
  prepare_file(file, options);
  if (options.read_only) return open_for_reading(file, options);
  Database database{file, Access::read_write, BusyWait{options.busy_wait, options.stop, options.undisturbed}};
  const Database::Undisturbed undisturbed{database};
  if (sqlite3_db_readonly(database.handle(), "main") != 0) database.fail(SQLITE_READONLY);
  identify(database);  // before anything is changed in what may be somebody else's file
  prepare_for_writing(database, options.busy_wait);
  return database;
}

/// These columns, the last two of which the file may not have yet.
template <std::size_t Size>
std::string selection(const std::array<std::string_view, Size>& columns, bool has_all) {
  if (has_all) return join_columns(columns);
  return join_columns(std::span{columns}.template first<Size - 2>()) + ", NULL, NULL";
}

class SqliteTransaction final : public StoreTransaction {
 public:
  SqliteTransaction(const Database& database, Transaction::Kind kind) : transaction_{database, kind} {}
  void commit() override { transaction_.commit(); }

 private:
  Transaction transaction_;
};

class SqliteStore final : public LedgerStore {
 public:
  SqliteStore(const std::filesystem::path& file, const LedgerOptions& options)
      : file_{file}, database_{open_database(file, options)} {}

  const std::string& name() const override { return database_.name(); }

  std::unique_ptr<StoreTransaction> begin_writing() override {
    return std::make_unique<SqliteTransaction>(database_, Transaction::Kind::write);
  }
  std::unique_ptr<StoreTransaction> begin_reading() override {
    return std::make_unique<SqliteTransaction>(database_, Transaction::Kind::read);
  }

  bool others_wrote() override {
    auto rows = select_version_.run({});
    const auto version = rows.next() ? rows.integer(0) : 0;
    return std::exchange(version_, version) != version;
  }

  void require_one_state() override { database_.require_unchanged(); }

  std::unique_ptr<RowStream> find_order(const MerchantId& mch_id, const OutTradeNo& out_trade_no) override {
    const std::array<Value, 2> key{std::string_view{mch_id.text()}, std::string_view{out_trade_no.text()}};
    return std::make_unique<StatementStream<order_columns.size()>>(select_order_, key);
  }

  std::int64_t last_order() override {
    auto rows = select_last_order_.run({});
    return rows.next() ? rows.integer(0) : 0;
  }

  std::vector<bool> insert_orders(std::span<const OrderRow> rows) override {
    std::vector<bool> added(rows.size());
    for (std::size_t first = 0; first < rows.size();) {
      const auto count = insert_orders_.insert_some(rows.subspan(first));
      mark_added(rows.subspan(first, count), added.begin() + static_cast<std::ptrdiff_t>(first));
      first += count;
    }
    return added;
  }

  void update_order(const OrderRow& row, ChangedBy changed_by) override {
    if (changed_by == ChangedBy::evidence) {
      settle_order_.change(update_values(row, settled_order_columns), 1);
    } else {
      replace_order_.change(update_values(row, changing_order_columns), 1);
    }
  }

  std::unique_ptr<RowStream> orders(const MerchantId& mch_id, const OrderFilter& filter) override {
    return select_orders(database_, mch_id, filter);
  }
  std::unique_ptr<RowStream> page(const MerchantId& mch_id, const OpenOrders& which,
                                  const OrderCursor& cursor, std::size_t most) override {
    return select_page(database_, mch_id, which, cursor, most);
  }
  std::unique_ptr<RowStream> page(const MerchantId& mch_id, const ClosedOrders& which,
                                  const OrderCursor& cursor, std::size_t most) override {
    return select_page(database_, mch_id, which, cursor, most);
  }
  std::int64_t count(const MerchantId& mch_id, const OpenOrders& which) override {
    return select_count(database_, mch_id, which);
  }
  std::int64_t count(const MerchantId& mch_id, const ClosedOrders& which) override {
    return select_count(database_, mch_id, which);
  }

  std::unique_ptr<RowStream> find_refund(const MerchantId& mch_id,
                                         const OutRefundNo& out_refund_no) override {
    return refunds_.find(mch_id, out_refund_no);
  }
  std::unique_ptr<RowStream> refunds_of(const MerchantId& mch_id, const OutTradeNo& out_trade_no) override {
    return refunds_.of_order(mch_id, out_trade_no);
  }
  std::int64_t last_refund() override { return refunds_.last(); }
  void insert_refund(const RefundRow& row) override { refunds_.insert(row); }
  void update_refund(const RefundRow& row) override { refunds_.update(row); }
  std::unique_ptr<RowStream> refunds(const MerchantId& mch_id, const RefundFilter& filter) override {
    return refunds_.list(mch_id, filter);
  }
  std::unique_ptr<RowStream> page(const MerchantId& mch_id, const OpenRefunds& which,
                                  const OrderCursor& cursor, std::size_t most) override {
    return refunds_.page(mch_id, which, cursor, most);
  }
  std::int64_t count(const MerchantId& mch_id, const OpenRefunds& which) override {
    return refunds_.count(mch_id, which);
  }
  std::unique_ptr<RowStream> over_refunded() override { return refunds_.over_refunded(); }

  std::optional<ChainEnd> last_entry() override { return chain_end(select_last_entry_); }

  void append_entries(std::span<const HistoryRow> rows) override {
    while (!rows.empty()) {
      const auto count = insert_entries_.insert_some(rows);
      database_.require_changes(count);
      rows = rows.subspan(count);
    }
  }

  std::unique_ptr<RowStream> entries() override { return select_entries(" ORDER BY number", {}); }
  std::unique_ptr<RowStream> entries_of(const Subject& subject) override {
    const std::array<Value, 2> key{subject.seq, subject.kind};
    if (subject.kind == order_subject) {
      return select_entries(" WHERE order_seq = ? ORDER BY number", std::span{key}.first<1>());
    }
    if (schema_version(database_) < schema_with_subjects) return std::make_unique<EmptyStream>();
    return select_entries(" WHERE subject_seq = ? AND subject_kind = ? ORDER BY number", key);
  }

  std::optional<ChainEnd> last_notification() override { return chain_end(select_last_notification_); }

  bool append_notifications(std::span<const NotificationRow> rows) override {
    if (rows.size() == 1) {
      insert_notifications_.insert_some(rows);
      return database_.changes() == 1;
    }
    database_.execute("SAVEPOINT kept");
    bool all_are_new = true;
    while (!rows.empty() && all_are_new) {
      const auto count = insert_notifications_.insert_some(rows);
      all_are_new = database_.changes() == count;
      rows = rows.subspan(count);
    }
    database_.execute(all_are_new ? "RELEASE kept" : "ROLLBACK TO kept; RELEASE kept");
    return all_are_new;
  }

  std::unique_ptr<RowStream> notifications() override { return select_notifications(" ORDER BY number", {}); }
  std::unique_ptr<RowStream> notifications_of(const MerchantId& mch_id,
                                              const OutTradeNo& out_trade_no) override {
    const std::array<Value, 2> key{std::string_view{mch_id.text()}, std::string_view{out_trade_no.text()}};
    return select_notifications(" WHERE mch_id = ? AND out_trade_no = ? ORDER BY number", key);
  }

  std::unique_ptr<RowStream> subjects(const SubjectKind& kind) override {
    return select_subjects(database_, kind);
  }
  std::unique_ptr<RowStream> links(const SubjectKind& kind) override { return select_links(database_, kind); }
  std::unique_ptr<RowStream> notified_entries() override { return select_notified_entries(database_); }
  std::unique_ptr<RowStream> notifications_without_entry() override {
    return select_notifications_without_entry(database_);
  }

  std::string problem() override {
    auto problem = schema_problem(database_);
    if (!problem.empty()) return problem;
    Statement statement{database_, "PRAGMA integrity_check(1)"};
    auto rows = statement.run({});
    if (!rows.next() || rows.text(0) == "ok") return {};
    return "the file is damaged: " + std::string{rows.text(0)};
  }

  void backup(const std::filesystem::path& target) override { backup_ledger(database_, target); }

  std::unique_ptr<JobLock> lock(LedgerJob job) override { return std::make_unique<RunLock>(file_, job); }
  std::optional<std::chrono::sys_seconds> last_complete(LedgerJob job,
                                                        const MerchantIdentity& merchant) override {
    return RunLock::last_complete(file_, job, merchant);
  }

 private:
  template <std::size_t Columns>
  std::unique_ptr<RowStream> query(std::string sql, std::span<const Value> values = {}) {
    return std::make_unique<QueryStream<Columns>>(database_, std::move(sql), values);
  }

  std::unique_ptr<RowStream> select_entries(const char* which, std::span<const Value> values) {
    const bool has_all = schema_version(database_) >= schema_with_subjects;
    return query<std::tuple_size_v<HistoryRow>>(
        "SELECT " + selection(entry_columns, has_all) + ", entry_hash FROM history" + which, values);
  }

  std::unique_ptr<RowStream> select_notifications(const char* which, std::span<const Value> values) {
    const auto schema = schema_version(database_);
    if (schema < schema_with_notifications) return std::make_unique<EmptyStream>();
    return query<std::tuple_size_v<NotificationRow>>(
        "SELECT " + selection(notification_columns, schema >= schema_with_subjects) +
            ", hash, raw FROM notifications" + which,
        values);
  }

  static std::optional<ChainEnd> chain_end(Statement& select) {
    auto rows = select.run({});
    if (!rows.next()) return std::nullopt;
    return ChainEnd{rows.integer(0), std::string{rows.text(1)}};
  }

  /// After one statement for these rows, whose keys go up by one: says which of them it inserted.
  void mark_added(std::span<const OrderRow> rows, std::vector<bool>::iterator added) {
    const auto inserted = database_.changes();
    if (inserted == rows.size()) {
      std::fill_n(added, rows.size(), true);
      return;
    }
    if (inserted == 0) return;
    const auto first = number_in(rows.front().front());
    auto keys = select_orders_from_.run({first});
    while (keys.next()) *(added + static_cast<std::ptrdiff_t>(keys.integer(0) - first)) = true;
  }

  std::filesystem::path file_;
  Database database_;
  std::int64_t version_ = 0;

  /// Changes with each commit of another connection, in this process or another, and with none of our own.
  Statement select_version_{database_, "PRAGMA data_version"};
  Statement select_order_{database_, "SELECT " + join_columns(order_columns) +
                                         " FROM orders WHERE mch_id = ? AND out_trade_no = ?"};
  Statement select_last_order_{database_, "SELECT seq FROM orders ORDER BY seq DESC LIMIT 1"};
  Statement select_orders_from_{database_, "SELECT seq FROM orders WHERE seq >= ? ORDER BY seq"};
  RowInserter<order_columns.size()> insert_orders_{database_, "orders (" + join_columns(order_columns) + ")",
                                                   " ON CONFLICT (mch_id, out_trade_no) DO NOTHING"};
  Statement settle_order_{
      database_, "UPDATE orders SET " + assignments(names_at(settled_order_columns)) + " WHERE seq = ?"};
  Statement replace_order_{
      database_, "UPDATE orders SET " + assignments(names_at(changing_order_columns)) + " WHERE seq = ?"};
  RefundTable refunds_{database_};
  Statement select_last_entry_{database_,
                               "SELECT number, entry_hash FROM history ORDER BY number DESC LIMIT 1"};
  RowInserter<std::tuple_size_v<HistoryRow>> insert_entries_{
      database_, "history (" + join_columns(entry_columns) + ", entry_hash)"};
  Statement select_last_notification_{database_,
                                      "SELECT number, hash FROM notifications ORDER BY number DESC LIMIT 1"};
  RowInserter<std::tuple_size_v<NotificationRow>> insert_notifications_{
      database_, "notifications (" + join_columns(notification_columns) + ", hash, raw)",
      " ON CONFLICT (mch_id, out_trade_no, digest, outcome) DO NOTHING"};
};

}  // namespace

std::unique_ptr<LedgerStore> open_sqlite_store(const std::filesystem::path& file,
                                               const LedgerOptions& options) {
  return std::make_unique<SqliteStore>(file, options);
}

}  // namespace wxpay::ledger

namespace wxpay {

void spare_memory_statistics() {
  // Refused once SQLite is in use; then all goes on as it was.
  sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

}  // namespace wxpay
