// Makes a ledger of many orders for the whole-command measurements, by the same single writer as every other
// change:
//
//   wxpay_make_ledger PATH COUNT
//
// Two orders in three are paid; of the others, every second one has a prepay_id and every second one had no
// answer.

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "base/system.hpp"
#include "sample_order.hpp"
#include "wxpay/ledger.hpp"

namespace {

// As many orders as one commit carries: a disk flush for each would take an hour for a million.
constexpr std::int64_t group = 1000;

void add_order(wxpay::OrderLedger& ledger, std::int64_t number) {
  const wxpay::OrderIntent intent = wxpay::bench::sample_intent(number);
  ledger.begin(intent, {});
  if (number % 6 == 5) return;
  ledger.settle(wxpay::bench::sample_creation(intent));
  if (number % 6 == 2) return;
  ledger.settle(wxpay::bench::sample_payment(intent));
}

void make_ledger(const std::string& path, std::int64_t count) {
  const wxpay::NeverStop never;
  const wxpay::SystemClock clock{never};
  wxpay::LedgerOptions options;
  options.actor = "bench";
  const auto ledger = wxpay::open_ledger(wxpay::LedgerAddress{path}, options, clock);
  for (std::int64_t first = 0; first < count; first += group) {
    ledger->transact([&ledger, first, count] {
      for (std::int64_t number = first; number < first + group && number < count; ++number)
        add_order(*ledger, number);
    });
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::int64_t count = 0;
  const std::string_view text = argc == 3 ? argv[2] : "";
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || end != text.data() + text.size() || count < 0) {
    std::fputs("usage: wxpay_make_ledger PATH COUNT\n", stderr);
    return 2;
  }
  try {
    make_ledger(argv[1], count);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "wxpay_make_ledger: %s\n", failure.what());
    return 1;
  }
  return 0;
}
