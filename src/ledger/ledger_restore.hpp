#pragma once

#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "wxpay/ledger.hpp"

namespace wxpay::ledger {

struct Restored {
  CheckReport copy;  ///< of what is the ledger now
  std::vector<std::filesystem::path> kept_as;
};

/// Puts a copy that `OrderLedger::backup` made in the ledger's place. The copy is checked first; the ledger
/// that was there, damaged or not, keeps its log and gets a name with the time.
/// @param stop         ends the wait for somebody who writes the ledger; null: nobody does
/// @param undisturbed  held while the files are exchanged; null: nobody wants to know
/// @throws Error{ledger}  the copy is not whole, or the ledger cannot be replaced
/// @throws Error{ledger_busy}  somebody writes the ledger
/// @throws Error{lock_held}  a reconcile is at work on it
Restored restore_ledger(const std::filesystem::path& ledger, const std::filesystem::path& copy,
                        const Clock& clock, const Stop* stop = nullptr, std::mutex* undisturbed = nullptr);

}  // namespace wxpay::ledger
