#pragma once

#include <memory>
#include <utility>

#include "wxpay/clock.hpp"
#include "wxpay/gateway.hpp"
#include "wxpay/transport.hpp"

namespace wxpay {

/// Drives a call to its end: sends its requests, and waits, in the caller's thread.
void drive(Call& call, Transport& transport, Clock& clock, const Stop& stop);

/// A gateway that is asked one question at a time: sends each call's requests, and waits, in the caller's
/// thread.
class GatewayClient {
 public:
  /// All of it must outlive the client.
  GatewayClient(PaymentGateway& gateway, Transport& transport, Clock& clock, const Stop& stop)
      : gateway_{gateway}, transport_{transport}, clock_{clock}, stop_{stop} {}

  PaymentGateway& gateway() const noexcept { return gateway_; }

  /// Drives a call to its end.
  void drive(Call& call) { wxpay::drive(call, transport_, clock_, stop_); }

  CreateOutcome create(const OrderIntent& intent) {
    return outcome_of(*gateway_.start_create(std::make_shared<OrderIntent>(intent)));
  }
  QueryOutcome query(const OutTradeNo& out_trade_no) {
    return outcome_of(*gateway_.start_query(out_trade_no));
  }
  QueryOutcome query(const TransactionId& transaction_id) {
    return outcome_of(*gateway_.start_query(transaction_id));
  }
  CloseOutcome close(const OutTradeNo& out_trade_no) {
    return outcome_of(*gateway_.start_close(out_trade_no));
  }
  RefundOutcome refund(const RefundIntent& intent) {
    return outcome_of(*gateway_.start_refund(std::make_shared<RefundIntent>(intent)));
  }
  RefundOutcome query_refund(const OutRefundNo& out_refund_no) {
    return outcome_of(*gateway_.start_query_refund(out_refund_no));
  }
  QueryOutcome pay_by_code(const std::shared_ptr<const CodePayment>& payment) {
    return outcome_of(*gateway_.start_code_payment(payment));
  }
  ReverseOutcome reverse(const OutTradeNo& out_trade_no) {
    return outcome_of(*gateway_.start_reverse(out_trade_no));
  }
  RawOutcome raw(RawRequest request) { return outcome_of(*gateway_.start_raw(std::move(request))); }
  ClockReading read_clock() { return outcome_of(*gateway_.start_clock_check()); }

 private:
  template <class Outcome>
  Outcome outcome_of(CallOf<Outcome>& call) {
    drive(call);
    return call.outcome();
  }

  PaymentGateway& gateway_;
  Transport& transport_;
  Clock& clock_;
  const Stop& stop_;
};

}  // namespace wxpay
