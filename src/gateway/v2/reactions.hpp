#pragma once

#include <optional>
#include <string_view>

#include "wxpay/gateway.hpp"

namespace wxpay::v2 {

enum class Operation { unifiedorder, orderquery, closeorder, refund, refundquery, micropay, reverse };

/// Whether only a query can tell what became of it, where a refusal does not: asking for it again is no way
/// to find out.
constexpr bool is_told_by_query(Operation operation) {
  return operation == Operation::unifiedorder || operation == Operation::refund ||
         operation == Operation::micropay;
}

/// What to do about a signed err_code (reference of API v2, sections 4.5, 5, 6, 7.4, 8, 9 and 10). A code
/// that the documents do not list may mean anything, so WeChat Pay is asked what is true.
/// @param recalls  whether the answer to a reversal asks for it once more
Reaction reaction_to(Operation operation, std::string_view err_code, bool recalls = false);

/// Whether this err_code says that WeChat Pay has an order of this number.
bool says_order_exists(std::string_view err_code);

/// Whether a refusal blames the request's signature, or speaks of one, in either language that WeChat Pay
/// answers in.
bool is_about_signature(std::string_view err_code, std::string_view return_msg);

/// An unsigned refusal (return_code FAIL) names its reason in words only.
struct UnsignedRefusal {
  Reaction reaction = Reaction::refuse;
  std::string_view err_code;  ///< the code that the documents have for this reason
};

/// The reasons whose words are known, and known to be said before an order is made: signature, form,
/// merchant, app, payer, permission, parameters (final), and rate limits. Nothing for any other text: then
/// nobody knows whether the request was carried out.
std::optional<UnsignedRefusal> unsigned_refusal(std::string_view return_msg);

}  // namespace wxpay::v2
