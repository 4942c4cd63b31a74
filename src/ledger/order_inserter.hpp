#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "ledger/history_writer.hpp"
#include "ledger/order_rows.hpp"
#include "ledger/store.hpp"

namespace wxpay::ledger {

/// Gives new orders their keys, and writes them with their first entries. Only inside a transaction that
/// writes.
class OrderInserter {
 public:
  OrderInserter(LedgerStore& store, HistoryWriter& history) : store_{store}, history_{history} {}

  /// To be called when such a transaction begins: others may have added orders.
  void begin() { last_seq_.reset(); }
  /// Gives an order that is begun its key, and writes it with its first entry.
  /// @return the hash of its row; none where the number is known, and nothing was written
  std::optional<std::string> add(StoredOrder& stored);
  /// Takes over those whose numbers are not known, in the states they name.
  /// @return how many these were
  std::size_t import(std::span<const Order> orders, std::chrono::sys_seconds now);

 private:
  std::int64_t last_seq();
  std::size_t import_some(std::span<const Order> orders, std::chrono::sys_seconds now);

  LedgerStore& store_;
  HistoryWriter& history_;
  // Known while a transaction holds the lock; nobody else can write then.
  std::optional<std::int64_t> last_seq_;
};

}  // namespace wxpay::ledger
