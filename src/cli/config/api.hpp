#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/enumeration.hpp"

namespace wxpay::cli {

/// The APIs of WeChat Pay that a profile can name. What each is made of stands in cli/payment_api.cpp.
enum class Api : std::uint8_t { v2, v3 };

/// Of a profile that names none.
inline constexpr Api default_api = Api::v2;

/// As a profile names it; empty behind the last.
constexpr std::string_view to_string(Api api) {
  switch (api) {
    case Api::v2:
      return "v2";
    case Api::v3:
      return "v3";
  }
  return {};
}

inline std::optional<Api> parse_api(std::string_view name) { return parse_named<Api>(name); }

}  // namespace wxpay::cli
