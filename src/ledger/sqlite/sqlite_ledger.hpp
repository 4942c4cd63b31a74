#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "wxpay/ledger.hpp"

namespace wxpay::ledger {

/// What open_ledger does for a file.
std::unique_ptr<Ledger> open_sqlite_ledger(const std::filesystem::path& file, const LedgerOptions& options,
                                           const Clock& clock);

/// "SQLite/3.40.1".
std::string sqlite_library_version();

}  // namespace wxpay::ledger
