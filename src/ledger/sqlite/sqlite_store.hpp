#pragma once

#include <filesystem>
#include <memory>

#include "ledger/store.hpp"
#include "wxpay/ledger.hpp"

namespace wxpay::ledger {

/// Opens, creates (0600) or migrates a ledger's file.
/// @throws Error{ledger}  not a ledger, a newer schema, damaged, not to be written
std::unique_ptr<LedgerStore> open_sqlite_store(const std::filesystem::path& file,
                                               const LedgerOptions& options);

}  // namespace wxpay::ledger
