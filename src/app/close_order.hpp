#pragma once

#include <optional>
#include <string>

#include "app/outcome.hpp"
#include "wxpay/gateway.hpp"
#include "wxpay/gateway_client.hpp"
#include "wxpay/order_ledger.hpp"

namespace wxpay::app {

struct CloseResult {
  Outcome outcome = Outcome::done;
  Reply reply = Reply::unknown;
  Said said;                               ///< also our own words
  std::optional<OrderState> ledger_state;  ///< none: the ledger does not know the order
  std::string hint;                        ///< the way out, where the result alone does not show it
};

/// Closes an order at WeChat Pay and then in the ledger. The intent is in the history before the request
/// leaves. A paid order is not closed, nor one of another app than the merchant's; an order that WeChat Pay
/// says is paid is settled by a query.
CloseResult close_order(const OutTradeNo& out_trade_no, const MerchantIdentity& merchant, OrderLedger& ledger,
                        GatewayClient& client);

}  // namespace wxpay::app
