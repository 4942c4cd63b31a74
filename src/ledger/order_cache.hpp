#pragma once

#include <optional>
#include <string>
#include <unordered_map>

#include "ledger/order_rows.hpp"

namespace wxpay::ledger {

/// An order as it is in the ledger.
struct Loaded {
  StoredOrder stored;
  std::string row_hash;  ///< of the row as it is, whoever wrote it
};

/// Orders that this ledger wrote, or read to refund them, so that the answer finds its order without reading
/// it again.
/// They stand for the rows only as long as nobody else wrote to the store.
class OrderCache {
 public:
  /// To be called when others may have written, or a transaction was not committed.
  void forget() { orders_.clear(); }

  /// Only inside a transaction that writes, of a row as it is in it.
  void keep(Loaded order);
  /// Gives an order away, as whoever asks may change it.
  std::optional<Loaded> take(const MerchantId& mch_id, const OutTradeNo& out_trade_no);

 private:
  std::unordered_map<std::string, Loaded> orders_;
};

}  // namespace wxpay::ledger
