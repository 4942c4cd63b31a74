#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/system.hpp"
#include "sample_order.hpp"
#include "wxpay/ledger.hpp"

namespace wxpay::bench {
namespace {

/// A new ledger on disk. TMPDIR says which disk: the flush at the end of each commit is what is measured.
class ScratchLedger {
 public:
  ScratchLedger() {
    spare_memory_statistics();  // as the program does
    LedgerOptions options;
    options.actor = "bench";
    ledger_ = open_ledger(LedgerAddress{folder_.path() / "bench.db"}, options, clock_);
  }
  Ledger& operator*() { return *ledger_; }
  Ledger* operator->() { return ledger_.get(); }

 private:
  ScratchFolder folder_;
  NeverStop never_;
  SystemClock clock_{never_};
  std::unique_ptr<Ledger> ledger_;
};

/// What one create-order costs the ledger: the intent, and the answer.
void create_order(OrderLedger& ledger, std::int64_t number) {
  const OrderIntent intent = sample_intent(number);
  ledger.begin(intent, {});
  ledger.settle(sample_creation(intent));
}

void pay_order(Ledger& ledger, std::int64_t number) {
  const OrderIntent intent = sample_intent(number);
  auto payment = sample_payment(intent);
  // No two notifications have the same digest, and most differ in their first bytes.
  std::string digits = std::to_string(number * 7919);
  payment.digest.replace(0, digits.size(), digits);
  ledger.settle(payment);
  ledger.keep({sample_payment_time(), intent.merchant.mch_id, intent.out_trade_no.text(), "APPLIED",
               payment.digest, std::string(800, 'x')});
}

void begin_and_settle(benchmark::State& state) {
  ScratchLedger ledger;
  std::int64_t number = 0;
  while (state.KeepRunning()) create_order(*ledger, number++);
  state.SetItemsProcessed(number);
}
BENCHMARK(begin_and_settle)->UseRealTime();

void begin_and_settle_grouped(benchmark::State& state) {
  ScratchLedger ledger;
  const std::int64_t group = state.range(0);
  std::int64_t number = 0;
  while (state.KeepRunning()) {
    ledger->transact([&ledger, &number, group] {
      for (std::int64_t done = 0; done < group; ++done) create_order(*ledger, number++);
    });
  }
  state.SetItemsProcessed(number);
}
BENCHMARK(begin_and_settle_grouped)->Arg(16)->Arg(256)->UseRealTime();

/// What one notification costs: the payment, and its bytes as they came.
void settle_and_keep_grouped(benchmark::State& state) {
  ScratchLedger ledger;
  const std::int64_t group = state.range(0);
  const std::int64_t count = state.max_iterations * group;
  for (std::int64_t first = 0; first < count; first += 1000) {
    ledger->transact([&ledger, first, count] {
      for (auto number = first; number < std::min(first + 1000, count); ++number)
        create_order(*ledger, number);
    });
  }
  std::int64_t number = 0;
  while (state.KeepRunning()) {
    ledger->transact([&ledger, &number, group] {
      for (std::int64_t done = 0; done < group; ++done, ++number) pay_order(*ledger, number);
    });
  }
  state.SetItemsProcessed(number);
}
BENCHMARK(settle_and_keep_grouped)->Arg(256)->Arg(2000)->Iterations(50)->UseRealTime();

void import_grouped(benchmark::State& state) {
  ScratchLedger ledger;
  const std::int64_t group = state.range(0);
  std::int64_t number = 0;
  std::vector<Order> orders;
  while (state.KeepRunning()) {
    orders.clear();
    while (std::ssize(orders) < group) orders.push_back(sample_import(number++));
    ledger->import(orders);
  }
  state.SetItemsProcessed(number);
}
BENCHMARK(import_grouped)->Arg(2000)->Iterations(100)->UseRealTime();

void find_one_order(benchmark::State& state) {
  ScratchLedger ledger;
  const std::int64_t count = state.range(0);
  ledger->transact([&ledger, count] {
    for (std::int64_t number = 0; number < count; ++number) create_order(*ledger, number);
  });
  const MerchantId merchant = sample_intent(0).merchant.mch_id;
  std::int64_t number = 0;
  while (state.KeepRunning()) {
    // A stride that has no divisor in common with the count reaches every order, in no order.
    number = (number + 7919) % count;
    benchmark::DoNotOptimize(ledger->find(merchant, sample_number(number)));
  }
}
BENCHMARK(find_one_order)->Arg(1'000)->Arg(100'000);

}  // namespace
}  // namespace wxpay::bench
