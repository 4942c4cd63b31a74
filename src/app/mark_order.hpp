#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "app/outcome.hpp"
#include "wxpay/order_ledger.hpp"

namespace wxpay::app {

/// A repair by hand: evidence whose source is a person.
struct Mark {
  OutTradeNo out_trade_no;
  OrderState state;
  std::string reason;  ///< without a fault
};

/// What is wrong with a reason, reading on after its name: "is empty".
struct ReasonFault {
  std::string what;
  std::string hint;
};
std::optional<ReasonFault> reason_fault(const std::string& reason);

struct MarkResult {
  Reply reply = Reply::accepted;
  std::string code;                        ///< of a refusal
  std::string text;                        ///< of a refusal
  std::optional<OrderState> ledger_state;  ///< none: the ledger does not know the order
};

/// Moves an order forward, or undoes an earlier mark. What WeChat Pay proved is not moved back.
MarkResult mark_order(const Mark& mark, const MerchantId& mch_id, OrderLedger& ledger);

}  // namespace wxpay::app
