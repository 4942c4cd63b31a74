#pragma once

#include <filesystem>

#include "ledger/sqlite/sqlite_database.hpp"

namespace wxpay::ledger {

/// Copies what the ledger holds now into a new file (0600), which appears under its name only when it is
/// whole and on disk. Other processes go on writing meanwhile.
/// @throws Error{file}    the target exists or cannot be written
/// @throws Error{ledger}  the ledger cannot be read
void backup_ledger(const Database& database, const std::filesystem::path& target);

}  // namespace wxpay::ledger
