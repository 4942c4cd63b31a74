#pragma once

#include <filesystem>

#include "wxpay/ledger_place.hpp"

namespace wxpay::ledger {

/// Looks at a ledger that is there and at the log beside it. To be called before this process has it open.
/// @throws Error{ledger}, Error{ledger_busy}  it cannot be opened
LedgerFinding examine(const std::filesystem::path& path);

}  // namespace wxpay::ledger
