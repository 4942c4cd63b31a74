#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "wxpay/order.hpp"
#include "wxpay/payment_api.hpp"
#include "wxpay/refund.hpp"
#include "wxpay/transport.hpp"

namespace wxpay::v3 {

/// What a request is made of; the rest is in its headers.
struct RequestParts {
  HttpMethod method = HttpMethod::get;
  std::string target;  ///< path and query
  std::string body = {};
};

/// Each builds one call (API v3 reference, 6 to 9 and 15). A creation and a refund are built from the stored
/// intent alone, so that they are the same bytes whenever they are repeated.
RequestParts create_request(const OrderIntent& intent);
RequestParts query_request(const OutTradeNo& out_trade_no, const MerchantIdentity& merchant);
RequestParts query_request(const TransactionId& transaction_id, const MerchantIdentity& merchant);
RequestParts close_request(const OutTradeNo& out_trade_no, const MerchantIdentity& merchant);
RequestParts refund_request(const RefundIntent& intent, const MerchantIdentity& merchant);
RequestParts query_refund_request(const OutRefundNo& out_refund_no, const MerchantIdentity& merchant);
RequestParts certificates_request();

/// See v3_intent_fault.
std::optional<IntentFault> intent_fault(const OrderIntent& intent);

}  // namespace wxpay::v3
