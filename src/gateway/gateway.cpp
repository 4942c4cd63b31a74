#include "wxpay/gateway.hpp"

namespace wxpay {

namespace {

[[noreturn]] void refuse(const std::string& call) {
  throw Error{ErrorKind::usage, "API v3 has no " + call, "use a profile of API v2"};
}

}  // namespace

std::unique_ptr<CallOf<QueryOutcome>> PaymentGateway::start_code_payment(
    const std::shared_ptr<const CodePayment>&) {
  refuse("payment by the payer's code");
}
std::unique_ptr<CallOf<ReverseOutcome>> PaymentGateway::start_reverse(const OutTradeNo&) {
  refuse("reversal");
}

}  // namespace wxpay
