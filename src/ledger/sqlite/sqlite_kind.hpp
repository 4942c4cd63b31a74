#pragma once

#include "ledger/store_kind.hpp"

namespace wxpay::ledger {

/// Ledgers that are a file of SQLite's.
extern const StoreKind sqlite_kind;

}  // namespace wxpay::ledger
