#pragma once

#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "wxpay/ledger.hpp"
#include "wxpay/ledger_address.hpp"

// What can be asked of a ledger, and done with it, while this process does not have it open.

namespace wxpay {

/// Whether there is a ledger.
struct LedgerPresence {
  /// Not absent: one that cannot be reached may be there, and opening it says why.
  bool may_be_there = false;
  std::string why_not;  ///< why this user cannot use one; empty where it is there
};
LedgerPresence find_ledger(const LedgerAddress& address);

/// What a look at a ledger found, in words that say what is so, or what to do.
struct LedgerFinding {
  enum class Weight : unsigned char {
    fine,
    notice,   ///< somebody should look at it
    problem,  ///< it keeps the ledger from being used
  };
  Weight weight = Weight::fine;
  std::string words;
};

/// Looks at a ledger that is there, at what stands beside it, and at who may change it. Changes nothing.
/// @throws Error{ledger}, Error{ledger_busy}  it cannot be opened
LedgerFinding examine_ledger(const LedgerAddress& address);

/// Whether a ledger that is not there could be made. Makes nothing.
/// @param makes_folders  whether opening it would (LedgerOptions::create_directories)
LedgerFinding examine_new_ledger(const LedgerAddress& address, bool makes_folders);

/// Whether this user, and those who may write the ledger, could take the lock of a job were it free. Makes
/// nothing, and has the lock for a moment.
LedgerFinding examine_lock(const LedgerAddress& address, LedgerJob job);

/// A file that a ledger lives on.
struct LedgerFile {
  std::string what;  ///< for messages: "the log of the ledger /var/lib/wxpayctl/shop.db"
  std::filesystem::path path;
};
/// All of them, be they there or not, with the links at the end of the address's own followed.
std::vector<LedgerFile> files_of(const LedgerAddress& address);

struct RestoredLedger {
  CheckReport copy;  ///< of what is the ledger now
  std::vector<std::string> kept_as;
};

/// Puts a copy that `LedgerMaintenance::backup` made in the ledger's place. The copy is checked first; the
/// ledger that was there, damaged or not, keeps its log and gets a name with the time.
/// @param stop         ends the wait for somebody who writes the ledger; null: nobody does
/// @param undisturbed  held while the files are exchanged; null: nobody wants to know
/// @throws Error{ledger}  the copy is not whole, or the ledger cannot be replaced
/// @throws Error{ledger_busy}  somebody writes the ledger, or reads what is in its log
/// @throws Error{lock_held}  a job such as reconcile is at work on it
RestoredLedger restore_ledger(const LedgerAddress& address, const std::filesystem::path& copy,
                              const Clock& clock, const Stop* stop = nullptr,
                              std::mutex* undisturbed = nullptr);

/// Name and version of the library that keeps ledgers: "SQLite/3.40.1".
std::string ledger_library_version();

}  // namespace wxpay
