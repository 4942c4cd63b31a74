#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "ledger/store.hpp"
#include "wxpay/order_listing.hpp"

namespace wxpay::ledger {

/// OrderListing::list, page and history on a store.
void list_orders(LedgerStore& store, const MerchantId& mch_id, const OrderFilter& filter,
                 const std::function<bool(const Order&)>& visit);
std::vector<Order> page_of(LedgerStore& store, const MerchantId& mch_id, const OpenOrders& which,
                           OrderCursor& cursor, std::size_t most);
std::vector<Order> page_of(LedgerStore& store, const MerchantId& mch_id, const ClosedOrders& which,
                           OrderCursor& cursor, std::size_t most);

std::vector<HistoryEntry> history_of(LedgerStore& store, const MerchantId& mch_id,
                                     const OutTradeNo& out_trade_no);

}  // namespace wxpay::ledger
