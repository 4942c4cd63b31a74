#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sandbox/fault.hpp"
#include "sandbox/store.hpp"
#include "wire/json.hpp"

namespace wxpay::sandbox {

/// A path of API v3 taken apart.
struct V3Path {
  Operation operation = Operation::create;
  bool partner = false;  ///< service-provider mode, by the path; a refund's path does not tell
  TradeType trade_type = TradeType::jsapi;  ///< of a creation
  bool by_transaction = false;              ///< a query by transaction_id
  std::string number;                       ///< of a query (also of a refund) or a closing, decoded
};
std::optional<V3Path> v3_path(std::string_view method, std::string_view target);
/// The operations whose method and path, as in "GET /v3/pay/transactions/id/", contain this text.
std::vector<Operation> v3_operations_at(std::string_view part_of_path);

struct V3Refusal {
  int status = 400;
  std::string code;
  std::string message;
};
V3Refusal v3_refusal(Refused why);
V3Refusal v3_refusal(RefundRefused why);
V3Refusal v3_param_error(std::string_view field, std::string_view what);

/// What an operation takes in one member of a body.
struct V3FieldRule {
  std::string_view name;
  bool mandatory;
  std::size_t longest = 0;  ///< bytes, of a text
  wire::JsonValue::Kind kind = wire::JsonValue::Kind::text;
};
/// A member is missing, unknown, of another kind or too long.
std::optional<V3Refusal> v3_form_fault(const wire::JsonObject& body, std::span<const V3FieldRule> rules);

/// Whose request it is, as its body or query names it.
struct V3Identity {
  std::string mch_id;
  std::string app_id;  ///< empty where the operation does not name it
  std::string sub_mch_id;
  std::string sub_app_id;
};
V3Identity v3_identity(const V3Path& path, const wire::JsonObject& body, const Fields& query);

/// The terms of a creation (API v3 reference, 6.1), or what is wrong with it: a field is missing, unknown,
/// malformed or too long.
std::variant<OrderTerms, V3Refusal> v3_terms(const V3Path& path, const wire::JsonObject& body);

}  // namespace wxpay::sandbox
