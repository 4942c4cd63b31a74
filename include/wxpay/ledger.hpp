#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wxpay/clock.hpp"
#include "wxpay/error.hpp"
#include "wxpay/evidence.hpp"
#include "wxpay/ledger_address.hpp"
#include "wxpay/order.hpp"
#include "wxpay/settle.hpp"

namespace wxpay {

struct HistoryEntry {
  std::int64_t number = 0;  ///< its place in the ledger's one chain, from 1
  std::chrono::sys_seconds at;
  std::optional<OrderState> from;  ///< none for an order's first entry
  OrderState to = OrderState::creating;
  EvidenceSource source = EvidenceSource::create;
  std::string actor;
  std::string reason;
  std::string digest;
  std::string replaced;  ///< the parameters that a new try took the place of, as JSON
};

struct OrderFilter {
  std::optional<OrderState> state;
  std::optional<std::chrono::sys_seconds> since;  ///< created at or after
  std::optional<std::chrono::sys_seconds> until;  ///< created before
  std::optional<Fen> min_fee;
  std::optional<Fen> max_fee;
  std::optional<std::int64_t> limit;
  bool oldest_first = false;
};

/// What `begin` found and did. For first, again and replace the intent is durable when it returns.
struct BeginResult {
  CreateDecision decision;
  Order order;          ///< as it stands after it; what is to be sent is order.intent
  bool renews = false;  ///< the order had a prepay_id before (RENEWED)
};

/// What `settle` found and did; `order` is the state after it.
struct SettleResult {
  Settlement settlement;
  std::optional<Order> order;  ///< none: the ledger does not know this order, and nothing was written
};

/// An order whose row holds what no order can hold, as an older program may have written it. Nothing was
/// changed, and the other orders are not concerned.
class UnreadableOrder final : public Error {
 public:
  /// @param what  names the order and what is wrong with it
  explicit UnreadableOrder(const std::string& what);
};

/// Those that a walk came by.
class UnreadableOrders {
 public:
  void add(const UnreadableOrder& order);
  bool empty() const noexcept { return count_ == 0; }
  /// All of them as one error.
  UnreadableOrder together() const;

 private:
  std::int64_t count_ = 0;
  std::string told_;
};

/// Where a walk over orders stands; a walk begins with a new one.
struct OrderCursor {
  std::int64_t seq = 0;         ///< of the last order that was given
  std::int64_t instant = 0;     ///< its updated_at, where the walk goes by that
  UnreadableOrders unreadable;  ///< on the way so far, and left out
};

/// Which open orders a walk gives.
struct OpenOrders {
  std::optional<std::chrono::sys_seconds> since;  ///< created at or after
  std::chrono::sys_seconds until;                 ///< created before
  /// And those that were created, as they say, after this: in the future.
  std::optional<std::chrono::sys_seconds> ahead_of = {};
};

/// Which orders in CLOSED a walk gives.
struct ClosedOrders {
  std::chrono::sys_seconds since;  ///< closed at or after
  std::chrono::sys_seconds until;  ///< closed before
  /// And those that were closed, as they say, after this: in the future.
  std::optional<std::chrono::sys_seconds> ahead_of = {};
};

/// A notification as it came, and what was made of it.
struct KeptNotification {
  std::chrono::sys_seconds at;
  MerchantId mch_id;         ///< of the profile that took it
  std::string out_trade_no;  ///< as it says; empty where it could not be read
  std::string outcome;       ///< APPLIED, BAD_SIGNATURE, …
  std::string digest;        ///< SHA-256 of the raw bytes, lower-case hex
  std::string raw;
  NotificationKind kind = NotificationKind::payment;  ///< what it tells of, as it says
  std::string headers = {};  ///< of the message, where they are a part of what is verified
};

struct CheckReport {
  bool ok = true;
  std::int64_t orders = 0;
  std::int64_t entries = 0;
  std::string head;  ///< hash of the last entry, lower-case hex; 64 zeros when there is none
  std::int64_t notifications = 0;
  std::string notifications_head;         ///< hash of the last kept notification, likewise
  std::string problem;                    ///< what is wrong, naming the entry or the order
  std::optional<std::int64_t> bad_entry;  ///< number of the first entry that is wrong
};

/// A job that only one run at a time may do on a ledger.
enum class LedgerJob : std::uint8_t { reconcile };
std::string_view to_string(LedgerJob job);

/// Held by the one run that may do a job. It ends with the process, however that ends, so that no lock is
/// ever stale.
class JobLock {
 public:
  virtual ~JobLock() = default;
  /// Keeps when the complete run for this merchant's app began.
  /// @throws Error{ledger}  it cannot be kept
  virtual void set_complete(const MerchantIdentity& merchant, std::chrono::sys_seconds started) = 0;
};

/// The merchant's own record of orders. Every change is one transaction with its history entry; what a call
/// returned is on disk. Every function throws Error{ledger} when the store fails, Error{ledger_value} when it
/// cannot keep what it was given, Error{ledger_busy} when another process kept it locked past the wait, and
/// UnreadableOrder where what it is about cannot be read: inside `transact` that one leaves the transaction
/// as it was.
class OrderLedger {
 public:
  virtual ~OrderLedger() = default;

  virtual std::optional<Order> find(const MerchantId& mch_id, const OutTradeNo& out_trade_no) = 0;

  /// Runs plan_create against what is there and makes the intent durable.
  virtual BeginResult begin(const OrderIntent& intent, const DefaultedFields& defaulted) = 0;

  /// The single writer of a change: settle(order, evidence) and its effect, in one transaction.
  virtual SettleResult settle(const PaymentEvidence& evidence) = 0;

  /// What settle would say, with nothing written.
  virtual SettleResult preview(const PaymentEvidence& evidence) = 0;

  /// Appends a history entry that changes no state: the intent to close, for example.
  virtual void note(const MerchantId& mch_id, const OutTradeNo& out_trade_no, EvidenceSource source,
                    const std::string& reason) = 0;

  /// Takes over orders that another system made, in the states they name, each with a history entry
  /// (`import`): all of them, or, when it throws, none. One whose number is known already is left alone.
  /// A hand may undo such a state until WeChat Pay has proved it.
  /// @return how many were taken over
  virtual std::size_t import(std::span<const Order> orders) = 0;

  /// Keeps a notification's raw bytes and what became of it, once for each digest and outcome.
  virtual void keep(const KeptNotification& notification) = 0;

  /// What was kept of the notifications that name this order, oldest first.
  virtual std::vector<KeptNotification> notifications(const MerchantId& mch_id,
                                                      const OutTradeNo& out_trade_no) = 0;

  /// Up to `most` orders of a walk by key, oldest first, and moves the cursor behind them; empty at the end.
  /// Those that cannot be read are noted in the cursor.
  /// Orders may enter or leave the selection between two pages: none of the others is missed or given twice.
  virtual std::vector<Order> page(const MerchantId& mch_id, const OpenOrders& which, OrderCursor& cursor,
                                  std::size_t most) = 0;
  virtual std::vector<Order> page(const MerchantId& mch_id, const ClosedOrders& which, OrderCursor& cursor,
                                  std::size_t most) = 0;
  /// How many orders such walks would give now, for a progress line.
  virtual std::int64_t count(const MerchantId& mch_id, const OpenOrders& which) = 0;
  virtual std::int64_t count(const MerchantId& mch_id, const ClosedOrders& which) = 0;

  /// Runs `work` in one transaction, which its calls of begin, settle, note, import and keep join: all of
  /// them are kept, or, when it throws or one of them failed, none. It shares one wait for the disk between
  /// many orders.
  virtual void transact(const std::function<void()>& work) = 0;

  /// Newest first unless the filter says otherwise, as a stream of what the ledger held at the start; the
  /// visitor returns false to stop. It may take its time, as others go on writing, but must not write to this
  /// ledger itself.
  /// @throws UnreadableOrder  at the end, where some cannot be read: all others were given
  virtual void list(const MerchantId& mch_id, const OrderFilter& filter,
                    const std::function<bool(const Order&)>& visit) = 0;

  /// Oldest first; empty for an unknown order.
  virtual std::vector<HistoryEntry> history(const MerchantId& mch_id, const OutTradeNo& out_trade_no) = 0;

  /// Recomputes the whole chain and holds every order against its last entry.
  /// @param expected_head  a head kept elsewhere, of the entries or of the notifications: it must still be in
  /// its chain
  virtual CheckReport check(const std::optional<std::string>& expected_head) = 0;

  /// A whole copy while others go on writing; never over an existing file.
  virtual void backup(const std::filesystem::path& target) = 0;

  /// @throws Error{lock_held}  another run has it
  /// @throws Error{ledger}     it cannot be made
  virtual std::unique_ptr<JobLock> lock(LedgerJob job) = 0;
  /// When the last complete run of the job for this merchant's app began; none where that is not known. Takes
  /// no lock.
  virtual std::optional<std::chrono::sys_seconds> last_complete(LedgerJob job,
                                                                const MerchantIdentity& merchant) = 0;
};

struct LedgerOptions {
  bool read_only = false;           ///< opens an existing file only, writes nothing, creates nothing
  bool must_exist = false;          ///< opens an existing file only, and may write it
  bool create_directories = false;  ///< for the default place, which may not exist yet
  std::chrono::milliseconds busy_wait{10'000};
  std::string actor;           ///< kept with every change
  const Stop* stop = nullptr;  ///< ends a wait for another process; must outlive the ledger
  /// Held while the ledger keeps other processes from the file, so that nobody suspends this one meanwhile;
  /// must outlive the ledger.
  std::mutex* undisturbed = nullptr;
};

/// Opens, creates (0600) or migrates the ledger. The clock must outlive it. One thread at a time may use it.
/// @throws Error{ledger}  not a ledger, a newer schema, damaged, not to be written
std::unique_ptr<OrderLedger> open_ledger(const LedgerAddress& address, const LedgerOptions& options,
                                         const Clock& clock);

/// Has SQLite keep no count of the memory that it uses, which costs a lock and more with each allocation. It
/// concerns the whole process, so only a program calls it, and before anything uses SQLite; later it does
/// nothing.
void spare_memory_statistics();

}  // namespace wxpay
