#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "app/change_calls.hpp"
#include "app/outcome.hpp"
#include "wxpay/clock.hpp"
#include "wxpay/gateway.hpp"
#include "wxpay/gateway_client.hpp"
#include "wxpay/order_ledger.hpp"
#include "wxpay/refund.hpp"
#include "wxpay/refund_ledger.hpp"

namespace wxpay::app {

/// The orders and the refunds of one ledger.
struct RefundBooks {
  OrderLedger& orders;
  RefundLedger& refunds;
};

struct RefundResult {
  Outcome outcome = Outcome::done;
  Reply reply = Reply::unknown;
  Said said;                     ///< also our own words, and why there is no answer
  std::string hint;              ///< the way out, where the result alone does not show it
  std::optional<Refund> refund;  ///< as the ledger has it now; none: it has none of this number
  std::optional<Fen> total_fee;  ///< of the order, where it is known
  bool was_known = false;        ///< answered from the ledger: nothing was sent
  ClockAhead clock_ahead = {};
};

/// One refund, in the steps that it has: the ledger's, the gateway's, and the ledger's again. A caller with
/// many of them may put the ledger's steps of several into one transaction, and the gateway's side by side.
class Refunding {
 public:
  /// @param interval  between two refunds of one order
  Refunding(RefundRequest request, std::chrono::seconds interval)
      : request_{std::move(request)}, interval_{interval} {}

  /// The ledger's step: first the intent, which makes it durable, then the answers.
  /// @return whether the gateway is to be asked next; else there is a result
  bool record(RefundBooks books);

  /// When the gateway may be asked next: refunds of one order take turns. In the past: at once.
  std::chrono::sys_seconds not_before() const { return not_before_; }
  /// Whether it asks for the refund itself, and not yet about its order.
  bool is_sending() const { return !asks_for_order_; }
  /// The gateway's step: what it is to be asked next; null: it has been asked all. To be called again when
  /// the call has been driven.
  Call* question(PaymentGateway& gateway);
  /// After the gateway's step: that it begins anew.
  void ask_again();

  /// After the gateway's step: the request was not executed, as there were too many.
  bool told_to_slow_down() const;
  /// After the gateway's step: whether the program was stopped before the refund was sent.
  bool was_not_sent() const;
  /// After the gateway's step: whether nobody knows if the order is paid.
  bool order_query_failed() const;
  /// After the gateway's step: whether WeChat Pay refused it or did not answer.
  bool failed() const;

  const RefundRequest& request() const { return request_; }
  const RefundResult& result() const { return result_; }

 private:
  bool begin(RefundBooks books);
  void take_order(RefundBooks books);
  bool is_in_doubt(const Refused& refused) const;
  RefundResult own_refusal(const char* code, std::string why, std::string hint = {}) const;
  RefundResult refused_by_rule(const RefundDecision& decision) const;
  RefundResult not_paid() const;
  RefundResult concluded(RefundBooks books);
  RefundResult accepted(const RefundAnswer& answer, RefundBooks books) const;
  RefundResult refused_by_gateway(const Refused& refused, RefundBooks books) const;
  RefundResult refused_for_good(const Refused& refused, RefundBooks books) const;
  RefundResult asked(const Refused& refused, RefundBooks books) const;
  RefundResult undecided(Outcome outcome, const Said& said) const;
  RefundResult no_answer(const Unknown& nothing) const;
  RefundResult result_of(Outcome outcome, Reply reply, Said said, std::optional<Refund> refund) const;

  RefundRequest request_;
  std::chrono::seconds interval_;
  std::optional<RefundBegin> begun_;
  std::shared_ptr<const RefundIntent> intent_;
  std::chrono::sys_seconds not_before_;
  std::unique_ptr<CallOf<QueryOutcome>> order_query_;
  std::optional<QueryOutcome> order_answer_;
  bool asks_for_order_ = false;
  bool order_was_asked_ = false;
  ChangeCalls<RefundOutcome, RefundOutcome> calls_;
  RefundResult result_;
};

/// Refunds: intent durable, then the request, then its answer settled. Safe to run again at any time
/// (wxpayctl-refund(1)). Waits for the refund's turn.
/// @param told_to_wait  called where it must wait, with the time until its turn
/// @throws Error{ledger}  the ledger could not take the intent (nothing was sent) or the answer (the next run
/// finishes it)
RefundResult refund_order(Refunding& refunding, RefundBooks books, GatewayClient& client, Clock& clock,
                          const Stop& stop, const std::function<void(std::chrono::seconds)>& told_to_wait);

}  // namespace wxpay::app
