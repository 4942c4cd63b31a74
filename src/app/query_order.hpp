#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "app/outcome.hpp"
#include "wxpay/error.hpp"
#include "wxpay/gateway.hpp"
#include "wxpay/gateway_client.hpp"
#include "wxpay/order_ledger.hpp"

namespace wxpay::app {

enum class WriteBack { no, yes };

struct QueryResult {
  Outcome outcome = Outcome::done;
  std::string out_trade_no;
  std::string trade_state;
  std::string trade_state_desc;
  std::string transaction_id;
  std::optional<Fen> total_fee;
  std::optional<std::chrono::sys_seconds> time_end;
  std::optional<OrderState> ledger_state;
  std::string
      result_msg;      ///< UPDATE_SUCCESS, UPDATE_FAIL, UNABLE_TO_UPDATE or NO_SUCH_PAYMENT_ORDER_IN_WECHAT
  std::string reason;  ///< of UNABLE_TO_UPDATE
  std::string note;    ///< PAID_AFTER_CLOSE
  std::string update_error;  ///< of UPDATE_FAIL, for people
  bool decided = false;      ///< WeChat Pay's state will not change by waiting
};

/// What an answer and its settlement (or, without writing back, the preview of it) come to.
QueryResult describe_settled(const QueryAnswer& answer, const SettleResult& settled, WriteBack write_back);

/// What a query that WeChat Pay did not answer with an order's state fails with.
Error query_failure(const Refused& refused);
Error query_failure(const Unknown& unknown);

/// Asks WeChat Pay about one order and settles the answer (wxpayctl-query(1)).
/// @param ledger  none: there is no ledger file, and none is made
/// @throws Error  no answer, or none that can be believed
QueryResult query_order(const OutTradeNo& out_trade_no, const MerchantId& mch_id, OrderLedger* ledger,
                        WriteBack write_back, GatewayClient& client);
QueryResult query_transaction(const TransactionId& transaction_id, OrderLedger* ledger, WriteBack write_back,
                              GatewayClient& client);

}  // namespace wxpay::app
