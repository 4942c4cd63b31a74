#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/entry_rows.hpp"
#include "ledger/notification_rows.hpp"
#include "ledger/order_rows.hpp"
#include "ledger/refund_rows.hpp"
#include "ledger/subject.hpp"
#include "ledger/value.hpp"
#include "wxpay/ledger_jobs.hpp"
#include "wxpay/order_listing.hpp"
#include "wxpay/refund_ledger.hpp"

namespace wxpay::ledger {

/// So many rows are handed to a store at once, which may write them for less than one by one.
inline constexpr std::size_t rows_together = 16;

/// Rows that come one by one.
class RowStream {
 public:
  RowStream() = default;
  RowStream(const RowStream&) = delete;
  RowStream& operator=(const RowStream&) = delete;
  RowStream(RowStream&&) = delete;
  RowStream& operator=(RowStream&&) = delete;
  virtual ~RowStream() = default;

  /// The next row, whose views live until the one after it is asked for; empty at the end.
  virtual std::span<const Value> next() = 0;
};

/// A transaction of a store: rolled back unless it is committed.
class StoreTransaction {
 public:
  StoreTransaction() = default;
  StoreTransaction(const StoreTransaction&) = delete;
  StoreTransaction& operator=(const StoreTransaction&) = delete;
  StoreTransaction(StoreTransaction&&) = delete;
  StoreTransaction& operator=(StoreTransaction&&) = delete;
  virtual ~StoreTransaction() = default;
  virtual void commit() = 0;
};

/// The last row of a chain.
struct ChainEnd {
  std::int64_t number = 0;
  std::string hash;  ///< raw bytes
};

/// An entry as it is kept: its columns, and its hash behind them.
using HistoryRow = std::array<Value, entry_columns.size() + 1>;

/// What the check holds of an entry against the entries before it and against its subject's row.
enum class LinkColumn : std::uint8_t { number, subject, from_state, to_state, hash_before, hash_after };
inline constexpr std::size_t link_columns = 6;

/// Where a ledger keeps its rows. A store knows neither what may change nor what is hashed: the ledger above
/// it does. One thread at a time uses it, and one stream of each kind is under way at a time; what a stream
/// was asked with must outlive it. Every function throws Error{ledger} when the store fails,
/// Error{ledger_busy} when another process kept it locked past the wait.
class LedgerStore {
 public:
  LedgerStore() = default;
  LedgerStore(const LedgerStore&) = delete;
  LedgerStore& operator=(const LedgerStore&) = delete;
  LedgerStore(LedgerStore&&) = delete;
  LedgerStore& operator=(LedgerStore&&) = delete;
  virtual ~LedgerStore() = default;

  /// As messages name it.
  virtual const std::string& name() const = 0;

  /// A transaction that keeps other writers out from its beginning.
  virtual std::unique_ptr<StoreTransaction> begin_writing() = 0;
  /// A transaction in which all that is read is one state.
  virtual std::unique_ptr<StoreTransaction> begin_reading() = 0;
  /// Whether others may have written since it was asked before. Only in a transaction that writes.
  virtual bool others_wrote() = 0;
  /// To be called behind what was read without a transaction.
  /// @throws Error{ledger_busy}  somebody wrote meanwhile what cannot be locked, so it is no one state
  virtual void require_one_state() = 0;

  // Orders. A row is an OrderRow.
  /// One row, or none.
  virtual std::unique_ptr<RowStream> find_order(const MerchantId& mch_id, const OutTradeNo& out_trade_no) = 0;
  /// The highest key there is; 0 where there is no order.
  virtual std::int64_t last_order() = 0;
  /// Adds those whose merchant's number is not there yet.
  /// @return for each whether it was added
  virtual std::vector<bool> insert_orders(std::span<const OrderRow> rows) = 0;
  /// Changes the row of this key to this, where what changes it can.
  /// @param changed_by  evidence or new_try
  virtual void update_order(const OrderRow& row, ChangedBy changed_by) = 0;
  /// By key, the newest first unless the filter says otherwise.
  virtual std::unique_ptr<RowStream> orders(const MerchantId& mch_id, const OrderFilter& filter) = 0;
  /// Up to `most` that stand behind the cursor: open ones by key, closed ones by their last change and key.
  virtual std::unique_ptr<RowStream> page(const MerchantId& mch_id, const OpenOrders& which,
                                          const OrderCursor& cursor, std::size_t most) = 0;
  virtual std::unique_ptr<RowStream> page(const MerchantId& mch_id, const ClosedOrders& which,
                                          const OrderCursor& cursor, std::size_t most) = 0;
  virtual std::int64_t count(const MerchantId& mch_id, const OpenOrders& which) = 0;
  virtual std::int64_t count(const MerchantId& mch_id, const ClosedOrders& which) = 0;

  // Refunds. A row is a RefundRow; there is none where the store is of a time when it had none.
  /// One row, or none.
  virtual std::unique_ptr<RowStream> find_refund(const MerchantId& mch_id,
                                                 const OutRefundNo& out_refund_no) = 0;
  /// Those of one order, by key.
  virtual std::unique_ptr<RowStream> refunds_of(const MerchantId& mch_id, const OutTradeNo& out_trade_no) = 0;
  /// The highest key there is; 0 where there is no refund.
  virtual std::int64_t last_refund() = 0;
  virtual void insert_refund(const RefundRow& row) = 0;
  /// Changes the row of this key to this, in its changing_refund_columns.
  virtual void update_refund(const RefundRow& row) = 0;
  /// By key, the newest first unless the filter says otherwise.
  virtual std::unique_ptr<RowStream> refunds(const MerchantId& mch_id, const RefundFilter& filter) = 0;
  /// Up to `most` that stand behind the cursor, by key.
  virtual std::unique_ptr<RowStream> page(const MerchantId& mch_id, const OpenRefunds& which,
                                          const OrderCursor& cursor, std::size_t most) = 0;
  virtual std::int64_t count(const MerchantId& mch_id, const OpenRefunds& which) = 0;

  // The history. A row is a HistoryRow.
  /// None where there is no entry.
  virtual std::optional<ChainEnd> last_entry() = 0;
  virtual void append_entries(std::span<const HistoryRow> rows) = 0;
  /// By number.
  virtual std::unique_ptr<RowStream> entries() = 0;
  /// Those about one subject, by number.
  virtual std::unique_ptr<RowStream> entries_of(const Subject& subject) = 0;

  // Kept notifications. A row is a NotificationRow.
  /// None where there is none.
  virtual std::optional<ChainEnd> last_notification() = 0;
  /// Adds all of them, or, where a merchant's number has one of the same digest and outcome already, none.
  /// @return whether they were added
  virtual bool append_notifications(std::span<const NotificationRow> rows) = 0;
  /// By number.
  virtual std::unique_ptr<RowStream> notifications() = 0;
  virtual std::unique_ptr<RowStream> notifications_of(const MerchantId& mch_id,
                                                      const OutTradeNo& out_trade_no) = 0;

  // What the check asks for.
  /// The rows of all subjects of a kind, by key. None where the store is of a time when it had no such kind.
  virtual std::unique_ptr<RowStream> subjects(const SubjectKind& kind) = 0;
  /// Of the entries about subjects of a kind the LinkColumns, by the subject's key and the number.
  virtual std::unique_ptr<RowStream> links(const SubjectKind& kind) = 0;
  /// Of the entries that a notification made, by number: the number, the details, and 1 where that
  /// notification is kept as applied, else 0. None where the store is of a time when none were kept.
  virtual std::unique_ptr<RowStream> notified_entries() = 0;
  /// The numbers of notifications that are kept as applied, and no entry about what they name has their
  /// digest.
  virtual std::unique_ptr<RowStream> notifications_without_entry() = 0;
  /// The numbers of orders whose refunds that hold an amount are more than the order.
  virtual std::unique_ptr<RowStream> over_refunded() = 0;
  /// What is wrong with the store itself, past its rows; empty where nothing is.
  virtual std::string problem() = 0;

  // What LedgerMaintenance and LedgerJobs do of the same names.
  virtual void backup(const std::filesystem::path& target) = 0;
  virtual std::unique_ptr<JobLock> lock(LedgerJob job) = 0;
  virtual std::optional<std::chrono::sys_seconds> last_complete(LedgerJob job,
                                                                const MerchantIdentity& merchant) = 0;
};

}  // namespace wxpay::ledger
