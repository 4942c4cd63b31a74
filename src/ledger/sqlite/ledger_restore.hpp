#pragma once

#include <filesystem>

#include "ledger/store_kind.hpp"

namespace wxpay::ledger {

/// What wxpay::restore_ledger does for a file.
RestoredLedger restore_file(const std::filesystem::path& named, const Restoration& restoration);

}  // namespace wxpay::ledger
