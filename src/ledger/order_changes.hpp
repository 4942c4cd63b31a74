#pragma once

#include <chrono>
#include <string>

#include "wxpay/evidence.hpp"
#include "wxpay/order.hpp"
#include "wxpay/settle.hpp"

namespace wxpay::ledger {

/// An intent's order before anything was sent: in CREATING.
Order new_order(const OrderIntent& intent, std::chrono::sys_seconds created_at, std::chrono::sys_seconds now);

/// What the history says of why: the evidence's own reason, and that the order was paid after it was closed.
std::string reason_of(const PaymentEvidence& evidence, const Settlement& settlement);

}  // namespace wxpay::ledger
