#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "ledger/refund_rows.hpp"
#include "ledger/sqlite/sqlite_database.hpp"
#include "ledger/store.hpp"

namespace wxpay::ledger {

/// What LedgerStore does with refunds, on an open file of any schema, which must outlive it.
class RefundTable {
 public:
  explicit RefundTable(const Database& database);

  std::unique_ptr<RowStream> find(const MerchantId& mch_id, const OutRefundNo& out_refund_no);
  std::unique_ptr<RowStream> of_order(const MerchantId& mch_id, const OutTradeNo& out_trade_no);
  std::int64_t last();
  void insert(const RefundRow& row);
  void update(const RefundRow& row);
  std::unique_ptr<RowStream> list(const MerchantId& mch_id, const RefundFilter& filter);
  std::unique_ptr<RowStream> page(const MerchantId& mch_id, const OpenRefunds& which,
                                  const OrderCursor& cursor, std::size_t most);
  std::int64_t count(const MerchantId& mch_id, const OpenRefunds& which);
  std::unique_ptr<RowStream> over_refunded();

 private:
  /// One of an older schema, opened to be read, has none, until another process brings it up.
  bool is_there();

  const Database& database_;
  bool is_there_ = false;
  Statement select_;
  Statement select_of_order_;
  Statement select_last_;
  Statement insert_;
  Statement update_;
};

}  // namespace wxpay::ledger
