#pragma once

#include <string>
#include <variant>

#include "sandbox/store.hpp"
#include "sandbox/v3_request.hpp"
#include "wire/json.hpp"
#include "wxpay/identifiers.hpp"

// What API v3 says of refunds.
namespace wxpay::sandbox {

/// A refund as it is asked for.
struct V3RefundRequest {
  RefundTerms terms;           ///< out_trade_no is empty where the order is named by its payment
  std::string transaction_id;  ///< wins over out_trade_no
};
/// What a request asks for (API v3 reference, 9.1), or what is wrong with it: a field is missing, unknown,
/// malformed or too long.
std::variant<V3RefundRequest, V3Refusal> v3_refund_request(const wire::JsonObject& body);

/// The answer to a refund, and to a query for it (9.1, 9.3).
std::string v3_refund_object(const RefundOfOrder& refund);

/// What a notification holds (12.5).
std::string v3_refund_resource(const RefundOfOrder& refund, const MerchantIdentity& merchant);

/// "SUCCESS" and so on: REFUNDCLOSE is CLOSED here.
std::string v3_refund_status(const GatewayRefund& refund);

}  // namespace wxpay::sandbox
