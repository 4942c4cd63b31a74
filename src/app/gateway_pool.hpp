#pragma once

#include <cstddef>
#include <functional>

#include "app/pipeline.hpp"
#include "wxpay/gateway.hpp"
#include "wxpay/transport.hpp"

namespace wxpay::app {

/// The gateways, each with an async transport beside it, of the threads that ask one merchant's WeChat Pay
/// about many orders, all at one pace.
struct GatewayPool {
  std::size_t drivers = 1;  ///< threads
  std::function<PaymentGateway&(std::size_t driver)> gateway;
  std::function<AsyncTransport&(std::size_t driver)> async_transport;
  RateLimiter& rate_limiter;

  /// @param slots  requests at once, over all of them
  RequestResources resources(std::size_t slots, const Clock& clock) const {
    return {slots, async_transport, rate_limiter, clock};
  }
};

}  // namespace wxpay::app
