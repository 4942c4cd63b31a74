#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "app/outcome.hpp"
#include "wxpay/clock.hpp"
#include "wxpay/gateway.hpp"
#include "wxpay/gateway_client.hpp"
#include "wxpay/order_ledger.hpp"
#include "wxpay/secret.hpp"

namespace wxpay::app {

struct CodePaymentResult {
  Outcome outcome = Outcome::done;
  Said said;                            ///< why it is not paid
  std::optional<PaymentEvidence> paid;  ///< by this payment, or as the ledger has it
  std::string trade_state;              ///< as WeChat Pay has it; empty where it said none
  OrderState ledger_state = OrderState::creating;
  bool reversed = false;
  std::string hint;
};

/// A payer's code as it was read from his screen: 18 digits that begin with 10 to 15 (API v2, 9_10).
/// @throws Error{usage}  it is none; the message does not show it
Secret parse_auth_code(std::string_view text);

struct CodePaymentDeps {
  OrderLedger& ledger;
  GatewayClient& client;
  Clock& clock;
  const Stop& stop;
};

/// Takes a payment by the payer's code: intent durable, then one request, which is never sent again; asks
/// until it is decided or the time is over, and then reverses what nobody paid (API v2, 9_10). Whatever
/// interrupts it, the order is in the ledger, and `reconcile` decides it.
/// @param longest  how long the payer has
/// @throws Error{interrupted}  the order stays open in the ledger
/// @throws Error{ledger}
CodePaymentResult pay_by_code(const OrderIntent& intent, Secret auth_code, std::chrono::seconds longest,
                              const CodePaymentDeps& deps);

}  // namespace wxpay::app
