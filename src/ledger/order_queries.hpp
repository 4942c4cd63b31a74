#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "ledger/sqlite_database.hpp"
#include "wxpay/ledger.hpp"

namespace wxpay::ledger {

/// OrderLedger::list, page and count on an open file of any schema.
void list_orders(const Database& database, const MerchantId& mch_id, const OrderFilter& filter,
                 const std::function<bool(const Order&)>& visit);
std::vector<Order> page_of(const Database& database, const MerchantId& mch_id, const OpenOrders& which,
                           OrderCursor& cursor, std::size_t most);
std::vector<Order> page_of(const Database& database, const MerchantId& mch_id, const ClosedOrders& which,
                           OrderCursor& cursor, std::size_t most);
std::int64_t count_of(const Database& database, const MerchantId& mch_id, const OpenOrders& which);
std::int64_t count_of(const Database& database, const MerchantId& mch_id, const ClosedOrders& which);

}  // namespace wxpay::ledger
