// Leads from a ledger's address to the store that keeps it.
#include "wxpay/ledger_place.hpp"

#include <array>
#include <stdexcept>

#include "ledger/ledger.hpp"
#include "ledger/ledger_check.hpp"
#include "ledger/sqlite/sqlite_kind.hpp"
#include "ledger/store_kind.hpp"

namespace wxpay {

namespace {

/// One of each scheme.
constexpr std::array store_kinds{&ledger::sqlite_kind};

const ledger::StoreKind& kind_of(const LedgerAddress& address) {
  for (const auto* kind : store_kinds) {
    if (kind->scheme == address.scheme()) return *kind;
  }
  throw std::logic_error{"no store has the scheme of the ledger " + address.name()};
}

CheckReport check_store(ledger::LedgerStore& store) { return ledger::check_ledger(store, {}); }

}  // namespace

std::unique_ptr<Ledger> open_ledger(const LedgerAddress& address, const LedgerOptions& options,
                                    const Clock& clock) {
  return ledger::make_ledger(kind_of(address).open(address, options), options.actor, clock);
}

LedgerPresence find_ledger(const LedgerAddress& address) { return kind_of(address).find(address); }

LedgerFinding examine_ledger(const LedgerAddress& address) { return kind_of(address).examine(address); }

LedgerFinding examine_new_ledger(const LedgerAddress& address, bool makes_folders) {
  return kind_of(address).examine_new(address, makes_folders);
}

LedgerFinding examine_lock(const LedgerAddress& address, LedgerJob job) {
  return kind_of(address).examine_lock(address, job);
}

std::vector<LedgerFile> files_of(const LedgerAddress& address) { return kind_of(address).files(address); }

RestoredLedger restore_ledger(const LedgerAddress& address, const std::filesystem::path& copy,
                              const Clock& clock, const Stop* stop, std::mutex* undisturbed) {
  return kind_of(address).restore(address, {copy, check_store, clock, stop, undisturbed});
}

std::string ledger_library_version() {
  std::string versions;
  for (const auto* kind : store_kinds) {
    if (!versions.empty()) versions += ' ';
    versions += kind->library_version();
  }
  return versions;
}

}  // namespace wxpay
