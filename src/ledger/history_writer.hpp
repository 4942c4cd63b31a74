#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ledger/order_rows.hpp"
#include "ledger/sqlite_database.hpp"

namespace wxpay::ledger {

/// The table `history` of an open file, for a connection that adds to its chain. Only inside a transaction
/// that writes; entries gather, as SQLite takes many in one statement for less than as many one by one.
class HistoryWriter {
 public:
  HistoryWriter(const Database& database, std::string actor)
      : database_{database}, actor_{std::move(actor)} {}

  /// To be called when such a transaction begins: others may have added to the chain.
  void begin();
  /// Adds the entry, whose number, actor and hash of the order's row are given to it here.
  /// @param after  the order's row as it is from now on
  /// @return the hash of that row
  std::string append(std::span<const Value> after, StoredEntry entry);
  /// Puts all that was added into the table: before it is read, and before the transaction is committed.
  void flush();
  /// To be called when the transaction was not committed.
  void forget() { waiting_.clear(); }

 private:
  /// The last entry of the chain.
  struct Head {
    std::int64_t number = 0;
    std::string hash;
  };
  struct Waiting {
    StoredEntry entry;
    std::string hash;
  };
  /// Entries in one statement.
  static constexpr std::size_t together = 16;
  static constexpr std::size_t columns = entry_columns.size() + 1;

  const Head& head();
  /// Writes so many from the first of them on.
  template <std::size_t Count>
  void insert(Statement& statement, std::size_t first);

  const Database& database_;
  std::string actor_;
  // Known while a transaction holds the lock; nobody else can write then.
  std::optional<Head> head_;
  std::vector<Waiting> waiting_;

  Statement select_head_{database_, "SELECT number, entry_hash FROM history ORDER BY number DESC LIMIT 1"};
  Statement insert_one_{database_, insertion(1)};
  Statement insert_many_{database_, insertion(together)};

  static std::string insertion(std::size_t count);
};

}  // namespace wxpay::ledger
