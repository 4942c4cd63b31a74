#pragma once

#include <string>

#include "ledger/order_rows.hpp"

namespace wxpay::ledger {

/// What a new try of an order overwrites, as one JSON object without the empty members: the details of its
/// entry. The hash of the entry covers this text, so it stays as it is to the byte.
std::string replaced_parameters(const OrderRow& before);

}  // namespace wxpay::ledger
