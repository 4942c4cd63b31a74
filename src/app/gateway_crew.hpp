#pragma once

#include <cstddef>
#include <functional>

#include "app/pipeline.hpp"
#include "wxpay/gateway.hpp"
#include "wxpay/transport.hpp"

namespace wxpay::app {

/// The gateways, each with a carrier beside it, of the threads that ask one merchant's WeChat Pay about many
/// orders, all at one pace.
struct GatewayCrew {
  std::size_t couriers = 1;  ///< threads
  std::function<PaymentGateway&(std::size_t courier)> gateway;
  std::function<Carrier&(std::size_t courier)> carrier;
  Pace& pace;

  /// @param lanes  requests at once, over all of them
  PipelineCarriage carriage(std::size_t lanes, const Clock& clock) const {
    return {lanes, carrier, pace, clock};
  }
};

}  // namespace wxpay::app
