#pragma once

#include <string>

#include "wxpay/fields.hpp"
#include "wxpay/gateway.hpp"
#include "wxpay/order.hpp"
#include "wxpay/refund.hpp"
#include "wxpay/v2_gateway.hpp"

namespace wxpay::v2 {

/// Each builds the signed field set of one call, in the order of the documents (API v2, 9_1 to 9_5, 9_10 and
/// 9_11). What changes something is built from the stored intent and the account alone: repeated, it differs
/// by nothing but the nonce.
Fields unifiedorder_request(const OrderIntent& intent, const V2Account& account, const std::string& nonce);
Fields orderquery_request(const OutTradeNo& out_trade_no, const V2Account& account, const std::string& nonce);
Fields orderquery_request(const TransactionId& transaction_id, const V2Account& account,
                          const std::string& nonce);
/// Any fields, with the account's merchant and app where they name none.
Fields raw_request(const Fields& given, const V2Account& account, const std::string& nonce);
Fields closeorder_request(const OutTradeNo& out_trade_no, const V2Account& account, const std::string& nonce);
Fields refund_request(const RefundIntent& intent, const V2Account& account, const std::string& nonce);
Fields refundquery_request(const OutRefundNo& out_refund_no, const V2Account& account,
                           const std::string& nonce);
Fields micropay_request(const CodePayment& payment, const V2Account& account, const std::string& nonce);
Fields reverse_request(const OutTradeNo& out_trade_no, const V2Account& account, const std::string& nonce);

}  // namespace wxpay::v2
