#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "ledger/store.hpp"
#include "ledger/value.hpp"

namespace wxpay::test {

/// A value with its bytes.
class KeptValue {
 public:
  explicit KeptValue(const ledger::Value& value) : bytes_{ledger::text_of(value)}, value_{value} {}

  ledger::Value view() const {
    if (std::holds_alternative<ledger::Blob>(value_)) return ledger::Blob{bytes_};
    if (ledger::text_in(value_)) return std::string_view{bytes_};
    return value_;
  }

 private:
  std::string bytes_;
  ledger::Value value_;  ///< its kind, or the number; no view in it is used
};

using KeptRow = std::vector<KeptValue>;
using Table = std::vector<KeptRow>;

inline KeptRow kept(std::span<const ledger::Value> row) {
  KeptRow copy;
  for (const auto& value : row) copy.emplace_back(value);
  return copy;
}

inline std::int64_t number_at(const KeptRow& row, std::size_t column) {
  return ledger::number_in(row.at(column).view());
}

inline std::string text_at(const KeptRow& row, std::size_t column) {
  return std::string{ledger::text_of(row.at(column).view())};
}

/// Rows as they were when they were asked for.
class TableStream final : public ledger::RowStream {
 public:
  explicit TableStream(Table rows) : rows_{std::move(rows)} {}

  std::span<const ledger::Value> next() override {
    row_.clear();
    if (at_ == rows_.size()) return {};
    for (const auto& value : rows_[at_]) row_.push_back(value.view());
    ++at_;
    return row_;
  }

 private:
  Table rows_;
  std::size_t at_ = 0;
  std::vector<ledger::Value> row_;
};

inline std::unique_ptr<ledger::RowStream> stream_of(Table rows) {
  return std::make_unique<TableStream>(std::move(rows));
}

inline Table rows_where(const Table& table, const std::function<bool(const KeptRow&)>& condition) {
  Table found;
  std::copy_if(table.begin(), table.end(), std::back_inserter(found), condition);
  return found;
}

inline void limit(Table& rows, std::size_t most) {
  if (rows.size() > most) rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(most), rows.end());
}

}  // namespace wxpay::test
