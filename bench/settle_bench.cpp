#include <benchmark/benchmark.h>

#include "sample_order.hpp"
#include "wxpay/settle.hpp"

namespace wxpay::bench {
namespace {

void settle_payment(benchmark::State& state) {
  const Order order{sample_intent(42), OrderState::notpay, OrderState::notpay, {}, {}, {}, {}, {}};
  const PaymentEvidence payment = sample_payment(order.intent);
  while (state.KeepRunning()) benchmark::DoNotOptimize(settle(order, payment));
}
BENCHMARK(settle_payment);

}  // namespace
}  // namespace wxpay::bench
