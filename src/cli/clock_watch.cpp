#include "cli/clock_watch.hpp"

#include <utility>

#include "wxpay/order_time.hpp"
#include "wxpay/time.hpp"

namespace wxpay::cli {

namespace {

constexpr const char* consequence = ": expiries and the ledger's times are counted by it";

}  // namespace

std::string describe_wrong_clock(std::chrono::seconds ahead) {
  return "this machine's clock is " + std::to_string(std::chrono::abs(ahead).count()) + " s " +
         (ahead.count() > 0 ? "ahead of" : "behind") + " the gateway's; set it by NTP";
}

std::string ClockWatch::look() {
  const auto now = clock_.now();
  if (is_possible_time(now) || std::exchange(warned_, true)) return {};
  return "this machine's clock says " + format_rfc3339(now) + ", which cannot be; set it by NTP" +
         consequence;
}

std::string ClockWatch::look(ClockAhead ahead) {
  if (!ahead || !is_clock_wrong(*ahead) || std::exchange(warned_, true)) return {};
  return describe_wrong_clock(*ahead) + consequence;
}

}  // namespace wxpay::cli
