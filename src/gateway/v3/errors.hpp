#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wxpay/gateway.hpp"

namespace wxpay::v3 {

/// The calls whose refusals differ in what they mean.
enum class Operation : std::uint8_t { create, query, close, refund, query_refund, other };

/// Whether it asks what is true, and changes nothing.
constexpr bool is_question(Operation operation) {
  return operation == Operation::query || operation == Operation::query_refund;
}

/// What a code of an error body is in this program.
struct KnownError {
  std::string code;  ///< as API v2 spells it where both APIs have it
  Reaction reaction = Reaction::ask_by_query;
};

/// @param code  as WeChat Pay wrote it, with or without underscores (API v3 reference, 5.2); one that is not
/// known is given back as it is, and only a query can tell what it means
KnownError known_error(Operation operation, std::string_view code);

/// Whether it says that there is an order of this number.
bool says_order_exists(std::string_view code);

}  // namespace wxpay::v3
