#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>

#include "app/gateway_pool.hpp"
#include "base/system.hpp"
#include "cli/services.hpp"
#include "net/rate_limit.hpp"
#include "wxpay/gateway.hpp"

namespace wxpay::cli {

/// Gateways for a few threads, each with an async transport for a part of the requests, all under one rate.
/// When the program is asked to stop, a request that is under way has some seconds to end.
class Gateways {
 public:
  /// @param jobs  requests at once, at most
  /// @param rate  requests a second, at most
  Gateways(Services& services, std::size_t jobs, std::int64_t rate);

  /// For as long as this object lives.
  app::GatewayPool pool();

 private:
  struct Line {
    SystemRandom random;
    std::unique_ptr<AsyncTransport> async_transport;
    std::unique_ptr<PaymentGateway> gateway;
  };

  GraceStop grace_stop_;
  net::RateLimit rate_limit_;
  std::deque<Line> lines_;
};

/// The options --jobs and --rate, or what the profile says.
struct JobOptions {
  std::string jobs;
  std::string rate;

  std::size_t jobs_of(const Profile& profile) const;
  std::int64_t rate_of(const Profile& profile) const;
};

}  // namespace wxpay::cli
