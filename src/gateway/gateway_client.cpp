#include "wxpay/gateway_client.hpp"

namespace wxpay {

void drive(Call& call, Transport& transport, Clock& clock, const Stop& stop) {
  while (!stop.requested()) {
    const auto pause = call.on_result(transport.send(call.next_attempt()));
    if (!pause) return;
    clock.sleep_for(*pause);
  }
  call.interrupt();
}

}  // namespace wxpay
