#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace wxpay::ledger {

/// "a, b, c" of some column names.
std::string join_columns(std::span<const std::string_view> columns);
/// "(?, ?, ?), (?, ?, ?)" for that many rows of so many values.
std::string placeholders(std::size_t values, std::size_t rows = 1);
/// "a = ?, b = ?".
std::string assignments(std::span<const std::string_view> columns);

}  // namespace wxpay::ledger
