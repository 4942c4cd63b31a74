#pragma once

#include <filesystem>
#include <mutex>

#include "wxpay/ledger_place.hpp"

namespace wxpay::ledger {

/// What wxpay::restore_ledger does for a file.
RestoredLedger restore_file(const std::filesystem::path& named, const std::filesystem::path& copy,
                            const Clock& clock, const Stop* stop, std::mutex* undisturbed);

}  // namespace wxpay::ledger
