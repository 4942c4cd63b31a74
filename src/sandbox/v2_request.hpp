#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/fault.hpp"
#include "sandbox/store.hpp"
#include "wxpay/fields.hpp"

namespace wxpay::sandbox {

/// By path: /pay/unifiedorder and so on.
std::optional<Operation> v2_operation(std::string_view path);
/// The operations whose path contains this text.
std::vector<Operation> v2_operations_at(std::string_view part_of_path);

/// err_code and err_code_des.
struct V2Refusal {
  std::string code;
  std::string text;
};
V2Refusal v2_refusal(Refused why);
V2Refusal v2_refusal(RefundRefused why);
V2Refusal v2_refusal(CodeRefused why);
V2Refusal v2_refusal(ReverseRefused why);

/// The first element that the operation does not know; the whole request is refused for it.
std::optional<std::string> unknown_element(Operation operation, const Fields& request);

/// What is wrong with the form of a request: a mandatory field is missing (LACK_PARAMS), or a value is
/// malformed or too long (PARAM_ERROR, INVALID_TRANSACTIONID). Source: API v2, 9_1 to 9_5, 9_10, 9_11.
std::optional<V2Refusal> check_form(Operation operation, const Fields& request);

/// The terms of a unifiedorder, which are those of an older state file's order too. Nothing where number,
/// amount, trade type or time_expire is malformed.
std::optional<OrderTerms> v2_terms(const Fields& request);
/// The same of a payment by code; the code is none of them.
std::optional<OrderTerms> v2_code_terms(const Fields& request);

}  // namespace wxpay::sandbox
