#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "sandbox/fault.hpp"

namespace wxpay::sandbox {

/// What an operation of API v2 takes in one field.
struct V2FieldRule {
  std::string_view name;
  bool mandatory;
  std::size_t longest;                              ///< bytes
  bool (*check)(std::string_view value) = nullptr;  ///< null: anything will do
};

/// Every field that the operation knows (API v2, 9_1 to 9_5, 9_10, 9_11).
std::span<const V2FieldRule> v2_field_rules(Operation operation);

}  // namespace wxpay::sandbox
