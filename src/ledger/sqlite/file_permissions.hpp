#pragma once

#include <filesystem>

#include "wxpay/ledger_place.hpp"

namespace wxpay::ledger {

/// Whether this user may write the file and what stands beside it.
bool may_write(const std::filesystem::path& ledger);

/// A file that opens: whether this user may also write it, and whether everybody may.
LedgerFinding examine_permissions(const std::filesystem::path& ledger);

/// A file that is not there: whether this user could make it.
LedgerFinding examine_folder_of_new(const std::filesystem::path& ledger, bool makes_folders);

}  // namespace wxpay::ledger
