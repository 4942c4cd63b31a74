#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/system.hpp"
#include "fuzz/rules.hpp"
#include "fuzz/shop.hpp"
#include "fuzz/targets.hpp"
#include "sandbox/state_file.hpp"
#include "sandbox/store.hpp"

namespace wxpay::fuzz {

namespace {

class StandingClock final : public Clock {
 public:
  std::chrono::sys_seconds now() const override { return fuzz::now; }
  std::chrono::steady_clock::time_point steady_now() const override { return {}; }
  void sleep_for(std::chrono::milliseconds) override {}
};

/// @param last_lines  of the orders, by number
void check_refund(const sandbox::GatewayRefund& refund, sandbox::Store& store,
                  std::map<std::string, std::string>& last_lines) {
  const auto written = sandbox::to_state_line(refund);
  expect(written.find('\n') == std::string::npos, "a refund is one line");
  const auto again = sandbox::parse_refund_line(written);
  expect(again && sandbox::to_state_line(*again) == written, "a refund that is written can be read");
  const auto& number = refund.out_refund_no();
  if (!store.restore(refund)) return;
  const auto found = store.find_refund(number);
  expect(found && sandbox::to_state_line(found->refund) == written, "a refund is found by its number");
  // Its order is REFUND from now on.
  last_lines[found->order.out_trade_no()] = sandbox::to_state_line(found->order);
}

}  // namespace

void check_state_file(std::string_view input) {
  StandingClock clock;
  SystemRandom random;
  sandbox::NoJournal journal;
  sandbox::Store store{clock, random, journal};
  std::map<std::string, std::string> last_lines;
  while (!input.empty()) {
    const auto line = input.substr(0, input.find('\n'));
    input.remove_prefix(std::min(line.size() + 1, input.size()));
    if (const auto refund = sandbox::parse_refund_line(line)) check_refund(*refund, store, last_lines);
    auto order = sandbox::parse_state_line(line);
    if (!order) continue;
    const auto written = sandbox::to_state_line(*order);
    expect(written.find('\n') == std::string::npos, "an order is one line");
    const auto again = sandbox::parse_state_line(written);
    expect(again && sandbox::to_state_line(*again) == written, "an order that is written can be read");
    last_lines[order->out_trade_no()] = written;
    store.restore(*std::move(order));
  }
  std::size_t count = 0;
  store.for_each([&](const sandbox::GatewayOrder& order) {
    ++count;
    const auto line = last_lines.find(order.out_trade_no());
    expect(line != last_lines.end() && sandbox::to_state_line(order) == line->second,
           "the last line of an order counts");
  });
  expect(count == last_lines.size(), "no order is lost");
  for (const auto& [number, line] : last_lines) {
    const auto order = store.find(number);
    expect(order && sandbox::to_state_line(*order) == line, "an order is found by its number");
    if (!order->payment) continue;
    const auto paid = store.find_transaction(order->payment->transaction_id);
    expect(paid && paid->payment && paid->payment->transaction_id == order->payment->transaction_id,
           "a payment is found by its number");
  }
}

}  // namespace wxpay::fuzz
