#pragma once

#include <string>

#include "wxpay/fields.hpp"
#include "wxpay/order.hpp"
#include "wxpay/v2_gateway.hpp"

namespace wxpay::v2 {

/// Each builds the signed field set of one call, in the order of the documents (API v2, 9_1, 9_2, 9_3).
Fields unifiedorder_request(const OrderIntent& intent, const V2Account& account, const std::string& nonce);
Fields orderquery_request(const OutTradeNo& out_trade_no, const V2Account& account, const std::string& nonce);
Fields orderquery_request(const TransactionId& transaction_id, const V2Account& account,
                          const std::string& nonce);
/// Any fields, with the account's merchant and app where they name none.
Fields raw_request(const Fields& given, const V2Account& account, const std::string& nonce);
Fields closeorder_request(const OutTradeNo& out_trade_no, const V2Account& account, const std::string& nonce);

}  // namespace wxpay::v2
