#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sandbox/store.hpp"
#include "wxpay/fields.hpp"

namespace wxpay::sandbox {

/// The calls that the gateway takes.
enum class Api : std::uint8_t { unified_order, order_query, close_order };

/// By path: /pay/unifiedorder, /pay/orderquery, /pay/closeorder.
std::optional<Api> parse_api(std::string_view path);

/// The first element that the call does not know; the whole request is refused for it.
std::optional<std::string> unknown_element(Api api, const Fields& request);

/// What is wrong with the form of a request: a mandatory field is missing (LACK_PARAMS), or a value is
/// malformed or too long (PARAM_ERROR, INVALID_TRANSACTIONID). Source: API v2, 9_1 to 9_3.
std::optional<Refusal> check_form(Api api, const Fields& request);

}  // namespace wxpay::sandbox
