#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "ledger/history_writer.hpp"
#include "ledger/order_rows.hpp"
#include "ledger/sqlite_database.hpp"

namespace wxpay::ledger {

/// The table `orders` of an open file, for a connection that adds to it. Only inside a transaction that
/// writes.
class OrderInserter {
 public:
  OrderInserter(const Database& database, HistoryWriter& history) : database_{database}, history_{history} {}

  /// To be called when such a transaction begins: others may have added orders.
  void begin() { last_seq_.reset(); }
  /// Gives an order that is begun its key, and writes it with its first entry.
  /// @return the hash of its row; none where the number is known, and nothing was written
  std::optional<std::string> add(StoredOrder& stored);
  /// Takes over those whose numbers are not known, in the states they name.
  /// @return how many these were
  std::size_t import(std::span<const Order> orders, std::chrono::sys_seconds now);

 private:
  /// Orders in one statement, for which SQLite takes less than for as many one by one.
  static constexpr std::size_t together = 16;

  static std::string insertion(std::size_t count);
  std::int64_t last_seq();
  std::size_t changes() const { return static_cast<std::size_t>(sqlite3_changes(database_.handle())); }
  template <std::size_t Count>
  std::size_t import_some(std::span<const Order, Count> orders, std::chrono::sys_seconds now,
                          Statement& statement);

  const Database& database_;
  HistoryWriter& history_;
  // Known while a transaction holds the lock; nobody else can write then.
  std::optional<std::int64_t> last_seq_;

  Statement select_last_seq_{database_, "SELECT seq FROM orders ORDER BY seq DESC LIMIT 1"};
  Statement select_seqs_from_{database_, "SELECT seq FROM orders WHERE seq >= ? ORDER BY seq"};
  Statement insert_one_{database_, insertion(1)};
  Statement insert_many_{database_, insertion(together)};
};

}  // namespace wxpay::ledger
