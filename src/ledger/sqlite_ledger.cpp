// The ledger on SQLite: the rules are in settle.hpp, and this carries them out.
#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "ledger/hash_chain.hpp"
#include "ledger/history_writer.hpp"
#include "ledger/kept_notifications.hpp"
#include "ledger/ledger_backup.hpp"
#include "ledger/ledger_check.hpp"
#include "ledger/ledger_file.hpp"
#include "ledger/order_cache.hpp"
#include "ledger/order_changes.hpp"
#include "ledger/order_inserter.hpp"
#include "ledger/order_queries.hpp"
#include "ledger/order_rows.hpp"
#include "ledger/replaced_parameters.hpp"
#include "ledger/run_lock.hpp"
#include "ledger/schema.hpp"
#include "ledger/sql_text.hpp"
#include "ledger/sqlite_database.hpp"
#include "ledger/sqlite_ledger.hpp"
#include "wxpay/ledger.hpp"
#include "wxpay/ledger_place.hpp"

namespace wxpay {

namespace ledger {

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

}  // namespace

class SqliteLedger final : public OrderLedger {
 public:
  SqliteLedger(const std::filesystem::path& file, const LedgerOptions& options, const Clock& clock)
      : clock_{clock},
        file_{file},
        database_{open_database(file, options)},
        history_{database_, options.actor} {}

  std::optional<Order> find(const MerchantId& mch_id, const OutTradeNo& out_trade_no) override {
    auto rows = select_order_.run({std::string_view{mch_id.text()}, std::string_view{out_trade_no.text()}});
    if (!rows.next()) {
      database_.require_unchanged();
      return std::nullopt;
    }
    auto order = read_order(raw_values<order_columns.size()>(rows), database_.name()).order;
    database_.require_unchanged();
    return order;
  }

  BeginResult begin(const OrderIntent& intent, const DefaultedFields& defaulted) override {
    Change change{*this};
    const auto now = clock_.now();
    // Most numbers are new, and the insertion itself finds out.
    if (auto order = create(intent, now)) {
      change.commit();
      return {plan_create(nullptr, intent, defaulted, now), std::move(*order)};
    }
    auto loaded = load(intent.merchant.mch_id, intent.out_trade_no, change);
    if (!loaded) {
      throw Error{
          ErrorKind::ledger,
          "the ledger " + database_.name() + " did not take an order: something in it is not wxpayctl's",
          "`wxpayctl ledger check` names it"};
    }
    auto& known = loaded->stored.order;
    auto decision = plan_create(&known, intent, defaulted, now);
    const bool replaces = decision.plan == CreatePlan::replace;
    const bool renews = known.prepay && (decision.plan == CreatePlan::again || replaces);
    auto order = replaces ? replace(*loaded, intent, now) : std::move(known);
    change.commit();
    return {std::move(decision), std::move(order), renews};
  }

  SettleResult settle(const PaymentEvidence& evidence) override {
    Change change{*this};
    auto loaded = load(evidence.merchant.mch_id, evidence.out_trade_no, change);
    if (!loaded) {
      change.commit();
      return {};
    }
    auto& stored = loaded->stored;
    if (evidence.source == EvidenceSource::hand && was_only_imported(stored.seq)) {
      stored.order.proven_state = OrderState::creating;
    }
    const auto settlement = wxpay::settle(stored.order, evidence);
    if (settlement.verdict == Verdict::apply) {
      const auto from = stored.order.state;
      const auto now = clock_.now();
      apply(stored.order, evidence, settlement, now);
      const auto row = to_row(stored.seq, stored.order);
      settle_order_.change(update_values(row, settled_order_columns), 1);
      auto entry = new_entry(now, from, settlement.to, evidence.source, std::move(loaded->row_hash));
      entry.entry.reason = reason_of(evidence, settlement);
      entry.entry.digest = evidence.digest;
      if (evidence.kept) entry.details = kept_mark;
      history_.append(row, std::move(entry));
    }
    change.commit();
    return {settlement, std::move(stored.order)};
  }

  SettleResult preview(const PaymentEvidence& evidence) override {
    auto order = find(evidence.merchant.mch_id, evidence.out_trade_no);
    if (!order) return {};
    const auto settlement = wxpay::settle(*order, evidence);
    return {settlement, std::move(order)};
  }

  std::size_t import(std::span<const Order> orders) override {
    Change change{*this};
    const auto imported = new_orders_.import(orders, clock_.now());
    change.commit();
    return imported;
  }

  void keep(const KeptNotification& notification) override {
    Change change{*this};
    notifications_.keep(notification);
    change.commit();
  }

  void note(const MerchantId& mch_id, const OutTradeNo& out_trade_no, EvidenceSource source,
            const std::string& reason) override {
    Change change{*this};
    auto loaded = load(mch_id, out_trade_no, change);
    if (loaded) {
      const auto state = loaded->stored.order.state;
      auto entry = new_entry(clock_.now(), state, state, source, std::move(loaded->row_hash));
      entry.entry.reason = reason;
      history_.append(to_row(loaded->stored.seq, loaded->stored.order), std::move(entry));
    }
    change.commit();
    if (!loaded) {
      throw Error{ErrorKind::refused,
                  "the ledger does not know the order " + out_trade_no.text(),
                  {},
                  "NOT_IN_LEDGER"};
    }
  }

  void transact(const std::function<void()>& work) override {
    Change change{*this};
    {
      const Depth depth{depth_};
      work();
    }
    if (doomed_) {
      throw Error{ErrorKind::ledger, "a change to the ledger failed, so none of those made with it was kept"};
    }
    change.commit();
  }

  std::vector<KeptNotification> notifications(const MerchantId& mch_id,
                                              const OutTradeNo& out_trade_no) override {
    auto kept = notifications_.of_order(mch_id, out_trade_no);
    database_.require_unchanged();
    return kept;
  }

  std::vector<Order> page(const MerchantId& mch_id, const OpenOrders& which, OrderCursor& cursor,
                          std::size_t most) override {
    return page_of(database_, mch_id, which, cursor, most);
  }
  std::vector<Order> page(const MerchantId& mch_id, const ClosedOrders& which, OrderCursor& cursor,
                          std::size_t most) override {
    return page_of(database_, mch_id, which, cursor, most);
  }
  std::int64_t count(const MerchantId& mch_id, const OpenOrders& which) override {
    return count_of(database_, mch_id, which);
  }
  std::int64_t count(const MerchantId& mch_id, const ClosedOrders& which) override {
    return count_of(database_, mch_id, which);
  }
  void list(const MerchantId& mch_id, const OrderFilter& filter,
            const std::function<bool(const Order&)>& visit) override {
    list_orders(database_, mch_id, filter, visit);
    database_.require_unchanged();
  }

  std::vector<HistoryEntry> history(const MerchantId& mch_id, const OutTradeNo& out_trade_no) override {
    std::vector<HistoryEntry> entries;
    history_.flush();
    auto rows = select_history_.run({std::string_view{mch_id.text()}, std::string_view{out_trade_no.text()}});
    while (rows.next()) entries.push_back(read_entry(raw_values<entry_fields>(rows), database_.name()));
    database_.require_unchanged();
    return entries;
  }

  CheckReport check(const std::optional<std::string>& expected_head) override {
    require_no_transaction();
    auto report = check_ledger(database_, expected_head);
    database_.require_unchanged();
    return report;
  }

  void backup(const std::filesystem::path& target) override {
    require_no_transaction();
    backup_ledger(database_, target);
  }

  std::unique_ptr<JobLock> lock(LedgerJob job) override { return std::make_unique<RunLock>(file_, job); }

  std::optional<std::chrono::sys_seconds> last_complete(LedgerJob job,
                                                        const MerchantIdentity& merchant) override {
    return RunLock::last_complete(file_, job, merchant);
  }

 private:
  class Depth {
   public:
    explicit Depth(int& depth) : depth_{depth} { ++depth_; }
    Depth(const Depth&) = delete;
    Depth& operator=(const Depth&) = delete;
    Depth(Depth&&) = delete;
    Depth& operator=(Depth&&) = delete;
    ~Depth() { --depth_; }

   private:
    int& depth_;
  };

  /// One change: a transaction of its own, or a part of the one that `transact` holds. A part that fails
  /// dooms the whole, even where its exception was swallowed: SQLite may have rolled back already.
  class Change {
   public:
    explicit Change(SqliteLedger& owner) : owner_{owner} {
      if (owner_.depth_ == 0) {
        transaction_.emplace(owner_.database_, Transaction::Kind::write);
        owner_.new_orders_.begin();
        owner_.history_.begin();
        owner_.notifications_.begin();
        owner_.begun_.check_version();
        owner_.doomed_ = false;
      } else if (owner_.doomed_) {
        throw Error{ErrorKind::ledger, "an earlier change of the same transaction failed"};
      }
    }
    Change(const Change&) = delete;
    Change& operator=(const Change&) = delete;
    Change(Change&&) = delete;
    Change& operator=(Change&&) = delete;
    ~Change() {
      if (done_) return;
      owner_.doomed_ = true;
      owner_.begun_.forget();
      owner_.history_.forget();
      owner_.notifications_.forget();
    }
    /// Nothing was written for it, so its failure is no other part's.
    void leave() noexcept { done_ = true; }
    void commit() {
      if (transaction_) {
        owner_.history_.flush();
        owner_.notifications_.flush();
        transaction_->commit();
      }
      done_ = true;
    }

   private:
    SqliteLedger& owner_;
    std::optional<Transaction> transaction_;
    bool done_ = false;
  };

  void require_no_transaction() const {
    if (depth_ != 0) throw std::logic_error{"not inside OrderLedger::transact"};
  }

  /// To be called before the change has written anything.
  std::optional<Loaded> load(const MerchantId& mch_id, const OutTradeNo& out_trade_no, Change& change) {
    if (auto begun = begun_.take(mch_id, out_trade_no)) return begun;
    auto rows = select_order_.run({std::string_view{mch_id.text()}, std::string_view{out_trade_no.text()}});
    if (!rows.next()) return std::nullopt;
    const auto row = raw_values<order_columns.size()>(rows);
    try {
      return Loaded{read_order(row, database_.name()), hash_order(order_columns, row)};
    } catch (const UnreadableOrder&) {
      change.leave();
      throw;
    }
  }

  /// Whether nobody but a person has said anything of the order since it was imported.
  bool was_only_imported(std::int64_t seq) {
    history_.flush();
    auto rows = select_imported_.run({seq});
    return rows.next() && rows.integer(0) != 0;
  }

  std::optional<Order> create(const OrderIntent& intent, std::chrono::sys_seconds now) {
    StoredOrder stored{0, new_order(intent, now, now)};
    auto row_hash = new_orders_.add(stored);
    if (!row_hash) return std::nullopt;
    begun_.keep({stored, std::move(*row_hash)});
    return std::move(stored.order);
  }

  /// The new parameters take the number of an order that was refused; its history keeps the old ones.
  Order replace(Loaded& loaded, const OrderIntent& intent, std::chrono::sys_seconds now) {
    const auto& before = loaded.stored;
    StoredOrder after{before.seq, new_order(intent, before.order.created_at, now)};
    auto entry = new_entry(now, before.order.state, after.order.state, EvidenceSource::create,
                           std::move(loaded.row_hash));
    entry.details = replaced_parameters(to_row(before.seq, before.order));
    const auto row = to_row(after.seq, after.order);
    replace_order_.change(update_values(row, changing_order_columns), 1);
    begun_.keep({after, history_.append(row, std::move(entry))});
    return std::move(after.order);
  }

  const Clock& clock_;
  std::filesystem::path file_;
  Database database_;
  int depth_ = 0;
  bool doomed_ = false;
  OrderCache begun_{database_};
  HistoryWriter history_;
  OrderInserter new_orders_{database_, history_};
  KeptNotifications notifications_{database_};

  Statement select_order_{database_, "SELECT " + join_columns(order_columns) +
                                         " FROM orders WHERE mch_id = ? AND out_trade_no = ?"};
  Statement replace_order_{
      database_, "UPDATE orders SET " + assignments(names_at(changing_order_columns)) + " WHERE seq = ?"};
  Statement settle_order_{
      database_, "UPDATE orders SET " + assignments(names_at(settled_order_columns)) + " WHERE seq = ?"};
  // An entry without a digest that changes no state is a note.
  Statement select_imported_{
      database_,
      "SELECT max(source = 'import') AND max(source <> 'import' AND source <> 'hand' AND "
      "(digest IS NOT NULL OR from_state <> to_state)) = 0 FROM history WHERE order_seq = ?"};
  Statement select_history_{
      database_,
      "SELECT number, at, from_state, to_state, source, actor, reason, digest, details FROM history "
      "WHERE order_seq = (SELECT seq FROM orders WHERE mch_id = ? AND out_trade_no = ?) "
      "ORDER BY number"};
};

std::unique_ptr<OrderLedger> open_sqlite_ledger(const std::filesystem::path& file,
                                                const LedgerOptions& options, const Clock& clock) {
  return std::make_unique<SqliteLedger>(file, options, clock);
}

}  // namespace ledger

void spare_memory_statistics() {
  // Refused once SQLite is in use; then all goes on as it was.
  sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

std::string ledger_library_version() { return std::string{"SQLite/"} + sqlite3_libversion(); }

}  // namespace wxpay
