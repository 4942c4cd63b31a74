#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/text.hpp"

namespace wxpay {

/// The number that a text is, all of it: digits, for a signed type with a `-` before them. Nothing where it
/// is no number or has no room in the type.
template <std::integral Number>
std::optional<Number> parse_integer(std::string_view text) {
  Number number = 0;
  const auto* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, number);
  if (result.ec != std::errc{} || result.ptr != end) return std::nullopt;
  return number;
}

/// The whole number from `least` to `most` that a text of digits alone is.
inline std::optional<std::int64_t> parse_whole(std::string_view text, std::int64_t least, std::int64_t most) {
  const auto number = is_digits(text) ? parse_integer<std::int64_t>(text) : std::nullopt;
  return number && *number >= least && *number <= most ? number : std::nullopt;
}

}  // namespace wxpay
