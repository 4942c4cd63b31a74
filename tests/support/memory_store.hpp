#pragma once

#include <memory>

#include "ledger/store.hpp"

namespace wxpay::test {

/// A store that keeps its rows in vectors, for one ledger at a time: it shows what the ledger asks of a
/// store, and that this is no SQL.
std::unique_ptr<ledger::LedgerStore> make_memory_store();

}  // namespace wxpay::test
