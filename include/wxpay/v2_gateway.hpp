#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "wxpay/clock.hpp"
#include "wxpay/gateway.hpp"
#include "wxpay/identifiers.hpp"
#include "wxpay/log.hpp"
#include "wxpay/secret.hpp"
#include "wxpay/signing.hpp"
#include "wxpay/transport.hpp"

namespace wxpay {

struct V2Account {
  MerchantIdentity merchant;
  SignType sign_type = SignType::md5;
  Secret key;
  /// The gateway and, where there is one, its fallback. Without a trailing slash.
  std::vector<std::string> base_urls;
  /// Of one request, all its tries together.
  std::chrono::milliseconds timeout{30'000};
};

/// What the v2 gateway needs from outside; all of it must outlive the gateway.
struct GatewayDeps {
  Transport& transport;  ///< of those calls that the gateway itself drives
  Clock& clock;
  Random& random;
  const Stop& stop;
  Log& log;
};

std::unique_ptr<PaymentGateway> make_v2_gateway(V2Account account, GatewayDeps deps);

}  // namespace wxpay
