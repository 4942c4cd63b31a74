#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/change_calls.hpp"
#include "app/order_request.hpp"
#include "app/outcome.hpp"
#include "wxpay/clock.hpp"
#include "wxpay/gateway.hpp"
#include "wxpay/gateway_client.hpp"
#include "wxpay/order_ledger.hpp"

namespace wxpay::app {

/// Where a prepay_id came from: `ledger` in the result.
enum class PrepayOrigin { created, renewed, reused };

struct CreateResult {
  Outcome outcome = Outcome::done;
  Reply reply = Reply::unknown;
  Said said;         ///< also our own words, and why there is no answer
  std::string hint;  ///< the way out, where the result alone does not show it
  std::vector<std::string> differs;
  std::optional<Prepay> prepay;  ///< when done
  PrepayOrigin origin = PrepayOrigin::created;
  OrderState ledger_state = OrderState::creating;
  ClockAhead clock_ahead = {};  ///< where there was an answer
};

/// One creation, in the steps that it has: the ledger's, the gateway's, and the ledger's again. A caller with
/// many of them may put the ledger's steps of several into one transaction, and the gateway's side by side.
class Creation {
 public:
  Creation(CheckedRequest request, Clock& clock) : request_{std::move(request)}, clock_{clock} {}

  /// The ledger's step: first the intent, which makes it durable, then the answer.
  /// @return whether the gateway is to be asked next; else there is a result
  bool record(OrderLedger& ledger);

  /// The gateway's step: what it is to be asked next; null: it has been asked all. To be called again when
  /// the call has been driven.
  Call* question(PaymentGateway& gateway);
  /// After the gateway's step: that it begins anew.
  void ask_again() { calls_.restart(); }

  /// After the gateway's step: the request was not executed, as there were too many.
  bool told_to_slow_down() const;
  /// After the gateway's step: whether the program was stopped before anything was sent.
  bool was_not_sent() const;
  /// After the gateway's step: whether WeChat Pay refused it or did not answer. Nothing where it said that
  /// the order is paid or closed, which is neither a failure nor a success.
  std::optional<bool> failed() const;

  const OutTradeNo& out_trade_no() const { return request_.intent.out_trade_no; }
  /// What was stored and sent, which is older than the request where the creation is run again.
  const OrderIntent& intent() const { return begun_ ? begun_->order.intent : request_.intent; }
  /// The stored time_expire has passed, so that nothing was sent.
  bool expired() const { return expired_; }
  const CreateResult& result() const { return result_; }
  /// Of the order when it was sent, where there is no result.
  OrderState state_when_sent() const { return begun_ ? begun_->order.state : OrderState::creating; }

 private:
  bool begin(OrderLedger& ledger);
  bool is_in_doubt(const Refused& refused) const;
  CreateResult concluded(OrderLedger& ledger);
  CreateResult reused() const;
  CreateResult own_refusal(const char* code, std::string why) const;
  CreateResult overtaken(const char* code, const char* why, OrderState state) const;
  CreateResult accepted(Created created, OrderLedger& ledger) const;
  CreateResult refused_by_gateway(Refused refused, OrderLedger& ledger) const;
  CreateResult refused_for_good(Refused refused, OrderState state, OrderLedger& ledger) const;
  CreateResult asked(Refused refused, OrderLedger& ledger) const;
  CreateResult said_no(Outcome outcome, Said said, OrderState state) const;
  CreateResult undecided(Outcome outcome, Said said) const;
  CreateResult unknown(const Unknown& nothing) const;
  std::shared_ptr<const OrderIntent> shared_intent() const { return {begun_, &begun_->order.intent}; }
  std::chrono::sys_seconds earliest_expiry(std::chrono::sys_seconds expires_at, ClockAhead ahead) const;

  CheckedRequest request_;
  Clock& clock_;
  std::shared_ptr<const BeginResult> begun_;
  ChangeCalls<CreateOutcome> calls_;
  bool expired_ = false;
  CreateResult result_;
};

/// Creates the prepay order: intent durable, then the request, then its answer settled. Safe to run again at
/// any time (wxpayctl-create-order(1)).
/// @throws Error{usage}  the stored time_expire has passed
/// @throws Error{ledger}  the ledger could not take the intent (nothing was sent) or the answer (the next run
/// finishes it)
CreateResult create_order(const CheckedRequest& request, OrderLedger& ledger, GatewayClient& client,
                          Clock& clock);

}  // namespace wxpay::app
