#pragma once

#include <memory>
#include <string>

#include "ledger/store.hpp"
#include "wxpay/clock.hpp"
#include "wxpay/ledger.hpp"

namespace wxpay::ledger {

/// The ledger over a store. The clock must outlive it.
/// @param actor  kept with every change
std::unique_ptr<Ledger> make_ledger(std::unique_ptr<LedgerStore> store, std::string actor,
                                    const Clock& clock);

}  // namespace wxpay::ledger
