#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>

#include "ledger/order_rows.hpp"
#include "ledger/sqlite_database.hpp"

namespace wxpay::ledger {

/// An order as it is in the ledger.
struct Loaded {
  StoredOrder stored;
  std::string row_hash;  ///< of the row as it is, whoever wrote it
};

/// Orders that this connection wrote, so that the answer to a creation finds its order without reading it
/// again. They stand for the rows only as long as nobody else wrote to the file; SQLite holds the pages that
/// it has read for valid by the same rule.
class OrderCache {
 public:
  explicit OrderCache(const Database& database) : database_{database} {}

  /// To be called when a transaction that writes has begun: others may have written before it.
  void check_version();
  /// To be called when such a transaction was not committed: what was kept in it is in no row.
  void forget() { orders_.clear(); }

  /// Only inside a transaction that writes, of a row that it wrote.
  void keep(Loaded order);
  /// Gives an order away, as whoever asks may change it.
  std::optional<Loaded> take(const MerchantId& mch_id, const OutTradeNo& out_trade_no);

 private:
  const Database& database_;
  std::int64_t version_ = 0;
  std::unordered_map<std::string, Loaded> orders_;
  /// Changes with each commit of another connection, in this process or another, and with none of our own.
  Statement select_version_{database_, "PRAGMA data_version"};
};

}  // namespace wxpay::ledger
