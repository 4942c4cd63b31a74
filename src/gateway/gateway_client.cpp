#include "wxpay/gateway_client.hpp"

namespace wxpay {

void GatewayClient::drive(Call& call) {
  while (!stop_.requested()) {
    const auto pause = call.on_result(transport_.send(call.next_attempt()));
    if (!pause) return;
    clock_.sleep_for(*pause);
  }
  call.interrupt();
}

}  // namespace wxpay
