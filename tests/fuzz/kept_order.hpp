#pragma once

#include "wxpay/order.hpp"

namespace wxpay::fuzz {

/// Puts the order into the tables of a new ledger, takes it out again, and expects it to be the same.
/// @throws Error{ledger}  the tables refuse it
void expect_kept(const Order& order);

}  // namespace wxpay::fuzz
