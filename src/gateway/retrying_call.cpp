#include "gateway/retrying_call.hpp"

#include <time.h>

#include <algorithm>

#include "base/number.hpp"
#include "wxpay/order_time.hpp"

namespace wxpay::gateway {

Unknown unknown_after(const TransportFailure& failure, bool sent_before) {
  const char* code = "NETWORK";
  if (failure.kind == ErrorKind::timeout) code = "TIMEOUT";
  if (failure.kind == ErrorKind::gateway) code = "GATEWAY";
  if (failure.kind == ErrorKind::interrupted) code = "INTERRUPTED";
  return {failure.kind, code, failure.message, {}, failure.sent || sent_before};
}

ClockAhead clock_ahead(const HttpResponse& response, const Clock& clock) {
  if (!response.date || !is_possible_time(*response.date)) return std::nullopt;
  return clock.now() - *response.date;
}

std::optional<std::chrono::milliseconds> retry_after(const HttpResponse& response, const Clock& clock) {
  const auto value = response.header("Retry-After");
  if (!value) return std::nullopt;
  constexpr std::int64_t longest = 86'400;
  if (is_digits(*value)) return std::chrono::seconds{parse_whole(*value, 0, longest).value_or(longest)};
  std::tm fields{};
  const std::string text{*value};
  if (strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &fields) == nullptr) return std::nullopt;
  const std::chrono::sys_seconds instant{std::chrono::seconds{timegm(&fields)}};
  const auto pause = instant - clock.now() + clock_ahead(response, clock).value_or(std::chrono::seconds{});
  return std::clamp<std::chrono::seconds>(pause, std::chrono::seconds{0}, std::chrono::seconds{longest});
}

}  // namespace wxpay::gateway
