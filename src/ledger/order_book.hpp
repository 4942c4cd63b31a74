#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "ledger/history_writer.hpp"
#include "ledger/order_cache.hpp"
#include "ledger/order_inserter.hpp"
#include "ledger/store.hpp"
#include "wxpay/evidence.hpp"
#include "wxpay/settle.hpp"

namespace wxpay::ledger {

/// Reads the orders of a store to change them, and writes them with their entries. The rules are in
/// settle.hpp. Only inside a transaction that writes.
class OrderBook {
 public:
  OrderBook(LedgerStore& store, HistoryWriter& history)
      : store_{store}, history_{history}, inserter_{store, history} {}

  /// To be called when such a transaction begins: others may have added orders.
  void begin();
  /// To be called when it was not committed.
  void forget() { cache_.forget(); }

  /// Gives away an order that may be changed.
  /// @throws UnreadableOrder
  std::optional<Loaded> load(const MerchantId& mch_id, const OutTradeNo& out_trade_no);
  /// Takes back what was loaded, as it is in the store, for whoever asks for it next.
  void keep(Loaded order) { cache_.keep(std::move(order)); }

  /// @return none where its number is known, and nothing was written
  std::optional<Order> create(const OrderIntent& intent, std::chrono::sys_seconds now);
  /// The new parameters take the number of an order that was refused; its history keeps the old ones.
  Order replace(Loaded& loaded, const OrderIntent& intent, std::chrono::sys_seconds now);
  /// Carries out a settlement of verdict apply.
  void settle(Loaded& loaded, const PaymentEvidence& evidence, const Settlement& settlement,
              std::chrono::sys_seconds now);
  std::size_t import(std::span<const Order> orders, std::chrono::sys_seconds now) {
    return inserter_.import(orders, now);
  }

  /// Whether nobody but a person has said anything of the order since it was imported.
  bool was_only_imported(std::int64_t seq);

 private:
  LedgerStore& store_;
  HistoryWriter& history_;
  OrderCache cache_;
  OrderInserter inserter_;
};

}  // namespace wxpay::ledger
