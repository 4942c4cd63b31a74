#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "ledger/sqlite/sql_text.hpp"
#include "ledger/sqlite/sqlite_database.hpp"
#include "ledger/store.hpp"

namespace wxpay::ledger {

/// Inserts rows of one table, of so many columns each. SQLite takes many in one statement for less than as
/// many one by one.
template <std::size_t Columns>
class RowInserter {
 public:
  using Row = std::array<Value, Columns>;

  /// @param into    the table and its columns, as INSERT INTO has them
  /// @param behind  what follows the values
  RowInserter(const Database& database, const std::string& into, const std::string& behind = {})
      : one_{database, sql(into, 1, behind)}, many_{database, sql(into, rows_together, behind)} {}

  /// Runs one statement for as many rows as go together, from the first on.
  /// @return how many rows it was for; sqlite3_changes says how many were inserted
  std::size_t insert_some(std::span<const Row> rows) {
    if (rows.size() < rows_together) {
      one_.execute(rows.front());
      return 1;
    }
    std::array<Value, rows_together * Columns> values;
    auto* place = values.begin();
    for (const auto& row : rows.first(rows_together)) place = std::copy(row.begin(), row.end(), place);
    many_.execute(values);
    return rows_together;
  }

 private:
  static std::string sql(const std::string& into, std::size_t rows, const std::string& behind) {
    return "INSERT INTO " + into + " VALUES " + placeholders(Columns, rows) + behind;
  }

  Statement one_;
  Statement many_;
};

}  // namespace wxpay::ledger
