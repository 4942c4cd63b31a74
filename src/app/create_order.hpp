#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/order_request.hpp"
#include "app/outcome.hpp"
#include "wxpay/clock.hpp"
#include "wxpay/gateway.hpp"
#include "wxpay/ledger.hpp"

namespace wxpay::app {

/// Where a prepay_id came from: `ledger` in the result.
enum class PrepayOrigin { created, renewed, reused };

struct CreateResult {
  Outcome outcome = Outcome::done;
  WireResult said;  ///< empty where no request was made or no answer came; err_code also for our own refusals
  std::vector<std::string> differs;
  std::optional<Prepay> prepay;  ///< when done
  PrepayOrigin origin = PrepayOrigin::created;
  OrderState ledger_state = OrderState::creating;
};

/// Creates the prepay order: intent durable, then the request, then its answer settled. Safe to run again at
/// any time (wxpayctl-create-order(1)).
/// @throws Error{ledger}  the ledger could not take the intent (nothing was sent) or the answer (the next run
/// finishes it)
CreateResult create_order(const CheckedRequest& request, OrderLedger& ledger, PaymentGateway& gateway,
                          Clock& clock);

}  // namespace wxpay::app
