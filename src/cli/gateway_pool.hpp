#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>

#include "base/system.hpp"
#include "cli/context.hpp"
#include "net/rate_limit.hpp"
#include "wxpay/gateway.hpp"

namespace wxpay::cli {

/// A gateway with a connection of its own for each of several workers, all under one rate. When the program
/// is asked to stop, a request that is under way has some seconds to end.
class GatewayPool {
 public:
  /// @param rate  requests a second, at most
  GatewayPool(Context& context, std::size_t workers, std::int64_t rate);

  /// To be used by this worker alone.
  PaymentGateway& operator[](std::size_t worker) { return *lines_.at(worker).gateway; }
  Pace& pace() noexcept { return rate_limit_; }

 private:
  struct Line {
    SystemRandom random;
    std::unique_ptr<Transport> transport;
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
