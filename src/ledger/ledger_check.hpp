#pragma once

#include <optional>
#include <string>

#include "ledger/sqlite_database.hpp"
#include "wxpay/ledger.hpp"

namespace wxpay::ledger {

/// What OrderLedger::check does; one pass in the order of the chain and one in the order of the orders, in
/// memory that does not grow.
CheckReport check_ledger(const Database& database, const std::optional<std::string>& expected_head);

}  // namespace wxpay::ledger
