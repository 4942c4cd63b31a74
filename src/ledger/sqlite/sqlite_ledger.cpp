#include "ledger/sqlite/sqlite_ledger.hpp"

#include <sqlite3.h>

#include "ledger/ledger.hpp"
#include "ledger/sqlite/sqlite_store.hpp"

namespace wxpay::ledger {

std::unique_ptr<Ledger> open_sqlite_ledger(const std::filesystem::path& file, const LedgerOptions& options,
                                           const Clock& clock) {
  return make_ledger(open_sqlite_store(file, options), options.actor, clock);
}

std::string sqlite_library_version() { return std::string{"SQLite/"} + sqlite3_libversion(); }

}  // namespace wxpay::ledger
