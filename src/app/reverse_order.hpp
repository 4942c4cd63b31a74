#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "app/outcome.hpp"
#include "wxpay/gateway.hpp"
#include "wxpay/gateway_client.hpp"
#include "wxpay/order_ledger.hpp"

namespace wxpay::app {

struct ReverseResult {
  Outcome outcome = Outcome::done;
  Reply reply = Reply::unknown;
  Said said;
  std::optional<OrderState> ledger_state;  ///< none: the ledger does not know the order
  /// What WeChat Pay said of the order, where it was asked.
  std::optional<PaymentEvidence> known;
  std::string hint;
};

/// WeChat Pay asks not to reverse a payment by code earlier than so long after it (API v2, 9_10).
inline constexpr std::chrono::seconds youngest_to_reverse{15};

/// WeChat Pay reverses no order that is older (API v2, 9_11): what was paid is refunded instead.
inline constexpr std::chrono::days oldest_to_reverse{7};

/// How long to wait before an order may be reversed; zero: not at all, as for one that is reversed already.
std::chrono::seconds time_to_reversal(const Order& order, std::chrono::sys_seconds now);

/// Reverses an order: the intent is noted, then WeChat Pay is asked, and where its answer leaves open what is
/// true, it is asked by query; then the answer is settled (wxpayctl-reverse(1)).
ReverseResult reverse_order(const OutTradeNo& out_trade_no, const MerchantIdentity& merchant,
                            OrderLedger& ledger, GatewayClient& client);

}  // namespace wxpay::app
