#include "ledger/sqlite/sql_text.hpp"

namespace wxpay::ledger {

std::string join_columns(std::span<const std::string_view> columns) {
  std::string joined;
  for (const auto column : columns) {
    if (!joined.empty()) joined += ", ";
    joined += column;
  }
  return joined;
}

std::string placeholders(std::size_t values, std::size_t rows) {
  std::string row;
  for (std::size_t i = 0; i < values; ++i) row += i == 0 ? "(?" : ", ?";
  row += ")";
  auto all = row;
  for (std::size_t i = 1; i < rows; ++i) all += ", " + row;
  return all;
}

std::string assignments(std::span<const std::string_view> columns) {
  std::string parts;
  for (const auto column : columns) {
    if (!parts.empty()) parts += ", ";
    parts += column;
    parts += " = ?";
  }
  return parts;
}

}  // namespace wxpay::ledger
