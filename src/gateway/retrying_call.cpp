#include "gateway/retrying_call.hpp"

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

}  // namespace wxpay::gateway
