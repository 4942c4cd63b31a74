#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "ledger/order_rows.hpp"
#include "wxpay/settle.hpp"

namespace wxpay::ledger {

/// An intent's order before anything was sent: in CREATING.
Order new_order(const OrderIntent& intent, std::chrono::sys_seconds created_at, std::chrono::sys_seconds now);

/// A change as the history tells it; number, actor and the hash after it are added when it is appended.
StoredEntry new_entry(std::chrono::sys_seconds at, std::optional<OrderState> from, OrderState to,
                      EvidenceSource source, std::string hash_before);

/// What the history says of why: the evidence's own reason, and that the order was paid after it was closed.
std::string reason_of(const PaymentEvidence& evidence, const Settlement& settlement);

}  // namespace wxpay::ledger
