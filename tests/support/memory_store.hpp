#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "ledger/store.hpp"

namespace wxpay::test {

/// Opens the store at a path, and makes it where there is none.
using StoreOpener = std::function<std::unique_ptr<ledger::LedgerStore>(const std::filesystem::path&)>;

/// Stores that keep their rows in vectors: they show what the ledger asks of a store, and that this is no
/// SQL. A path that is opened again gives another store on the same rows.
StoreOpener memory_stores();

}  // namespace wxpay::test
