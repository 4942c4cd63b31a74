#include "wxpay/gateway.hpp"

namespace wxpay {

namespace {

[[noreturn]] void refuse(const char* call) {
  throw Error{ErrorKind::usage, std::string{"this API has no "} + call};
}

}  // namespace

std::unique_ptr<CallOf<RefundOutcome>> PaymentGateway::start_refund(std::shared_ptr<const RefundIntent>) {
  refuse("refunds");
}
std::unique_ptr<CallOf<RefundOutcome>> PaymentGateway::start_query_refund(const OutRefundNo&) {
  refuse("refunds");
}
std::unique_ptr<CallOf<QueryOutcome>> PaymentGateway::start_code_payment(std::shared_ptr<const CodePayment>) {
  refuse("payment by the payer's code");
}
std::unique_ptr<CallOf<ReverseOutcome>> PaymentGateway::start_reverse(const OutTradeNo&) {
  refuse("reversal");
}

}  // namespace wxpay
