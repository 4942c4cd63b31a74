#pragma once

#include "wxpay/evidence.hpp"
#include "wxpay/order.hpp"

namespace wxpay::fuzz {

/// An order that took this evidence, as settle leaves it.
Order order_of(const PaymentEvidence& evidence);

/// Puts the order into the tables of a new ledger, takes it out again, and expects it to be the same.
/// @throws Error{ledger}  the tables refuse it
void expect_kept(const Order& order);

}  // namespace wxpay::fuzz
