#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "ledger/sqlite/sqlite_database.hpp"
#include "ledger/store.hpp"
#include "wxpay/ledger.hpp"

namespace wxpay::ledger {

/// LedgerStore::orders, page and count on an open file of any schema.
std::unique_ptr<RowStream> select_orders(const Database& database, const MerchantId& mch_id,
                                         const OrderFilter& filter);
std::unique_ptr<RowStream> select_page(const Database& database, const MerchantId& mch_id,
                                       const OpenOrders& which, const OrderCursor& cursor, std::size_t most);
std::unique_ptr<RowStream> select_page(const Database& database, const MerchantId& mch_id,
                                       const ClosedOrders& which, const OrderCursor& cursor,
                                       std::size_t most);
std::int64_t select_count(const Database& database, const MerchantId& mch_id, const OpenOrders& which);
std::int64_t select_count(const Database& database, const MerchantId& mch_id, const ClosedOrders& which);

}  // namespace wxpay::ledger
