#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "ledger/sqlite/sqlite_database.hpp"
#include "ledger/store.hpp"

namespace wxpay::ledger {

/// The rows of a statement that the connection keeps.
template <std::size_t Columns>
class StatementStream final : public RowStream {
 public:
  StatementStream(Statement& statement, std::span<const Value> values) : rows_{statement.run(values)} {}

  std::span<const Value> next() override {
    if (!rows_.next()) return {};
    row_ = raw_values<Columns>(rows_);
    return row_;
  }

 private:
  Rows rows_;
  std::array<Value, Columns> row_;
};

/// The rows of a statement of its own.
template <std::size_t Columns>
class QueryStream final : public RowStream {
 public:
  QueryStream(const Database& database, std::string sql, std::span<const Value> values)
      : statement_{database, std::move(sql)}, rows_{statement_, values} {}

  std::span<const Value> next() override { return rows_.next(); }

 private:
  Statement statement_;
  StatementStream<Columns> rows_;
};

/// No rows.
class EmptyStream final : public RowStream {
 public:
  std::span<const Value> next() override { return {}; }
};

}  // namespace wxpay::ledger
