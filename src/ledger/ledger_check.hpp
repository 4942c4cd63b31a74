#pragma once

#include <optional>
#include <string>

#include "ledger/store.hpp"
#include "wxpay/ledger_maintenance.hpp"

namespace wxpay::ledger {

/// What LedgerMaintenance::check does; one pass in the order of the chain and one in the order of the
/// subjects, in memory that does not grow.
CheckReport check_ledger(LedgerStore& store, const std::optional<std::string>& expected_head);

}  // namespace wxpay::ledger
