#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "ledger/store.hpp"
#include "wxpay/clock.hpp"
#include "wxpay/ledger.hpp"
#include "wxpay/ledger_address.hpp"
#include "wxpay/ledger_place.hpp"

namespace wxpay::ledger {

/// What restoring takes besides the address: see restore_ledger.
struct Restoration {
  const std::filesystem::path& copy;
  CheckReport (*check)(LedgerStore& store);  ///< whether the ledger in a store is whole
  const Clock& clock;
  const Stop* stop = nullptr;
  std::mutex* undisturbed = nullptr;
};

/// What a kind of store does for the functions of wxpay/ledger_place.hpp and for open_ledger, of addresses
/// with its scheme.
struct StoreKind {
  LedgerScheme scheme;
  std::unique_ptr<LedgerStore> (*open)(const LedgerAddress& address, const LedgerOptions& options);
  LedgerPresence (*find)(const LedgerAddress& address);
  LedgerFinding (*examine)(const LedgerAddress& address);
  LedgerFinding (*examine_new)(const LedgerAddress& address, bool makes_folders);
  LedgerFinding (*examine_lock)(const LedgerAddress& address, LedgerJob job);
  std::vector<LedgerFile> (*files)(const LedgerAddress& address);
  RestoredLedger (*restore)(const LedgerAddress& address, const Restoration& restoration);
  std::string (*library_version)();  ///< name and version of its library
};

}  // namespace wxpay::ledger
