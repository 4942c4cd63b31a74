#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>

#include "wxpay/clock.hpp"
#include "wxpay/ledger_address.hpp"
#include "wxpay/ledger_jobs.hpp"
#include "wxpay/ledger_maintenance.hpp"
#include "wxpay/notification_ledger.hpp"
#include "wxpay/order_ledger.hpp"
#include "wxpay/order_listing.hpp"
#include "wxpay/refund_ledger.hpp"

namespace wxpay {

/// All of a ledger, as one object. A use case takes the interfaces that it needs.
///
/// What a call returned is on disk. Every function throws Error{ledger} when the store fails,
/// Error{ledger_value} when it cannot keep what it was given, Error{ledger_busy} when another process kept it
/// locked past the wait, and UnreadableOrder where what it is about cannot be read: inside `transact` that
/// one leaves the transaction as it was.
class Ledger : public OrderLedger,
               public OrderListing,
               public RefundLedger,
               public NotificationLedger,
               public LedgerMaintenance,
               public LedgerJobs {};

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
std::unique_ptr<Ledger> open_ledger(const LedgerAddress& address, const LedgerOptions& options,
                                    const Clock& clock);

/// Has SQLite keep no count of the memory that it uses, which costs a lock and more with each allocation. It
/// concerns the whole process, so only a program calls it, and before anything uses SQLite; later it does
/// nothing.
void spare_memory_statistics();

}  // namespace wxpay
