#include "cli/gateways.hpp"

#include <algorithm>
#include <thread>

#include "cli/input.hpp"
#include "domain/limits.hpp"

namespace wxpay::cli {

namespace {

constexpr std::chrono::seconds grace{3};

/// One thread carries what a processor can sign and verify; the ledger's thread needs another, and is the
/// slower one of more than a few. Where to sign is most of the work, one driver sends while another signs.
std::size_t drivers_for(unsigned processors, PayScheme scheme) {
  return std::clamp<std::size_t>(signs_slowly(scheme) ? processors : processors / 2, 1, 4);
}

}  // namespace

Gateways::Gateways(Services& services, std::size_t jobs, std::int64_t rate)
    : grace_stop_{services.stop(), services.clock(), grace}, rate_limit_{rate, services.clock()} {
  const auto drivers =
      std::min(jobs, drivers_for(std::thread::hardware_concurrency(), services.api().pay_signer().scheme()));
  for (std::size_t driver = 0; driver < drivers; ++driver) {
    auto& line = lines_.emplace_back();
    line.async_transport = services.make_async_transport(jobs, grace_stop_);
    line.gateway =
        services.api().make_gateway({services.clock(), line.random, services.stop(), services.log()});
  }
}

app::GatewayPool Gateways::pool() {
  return {.drivers = lines_.size(),
          .gateway = [this](std::size_t driver) -> PaymentGateway& { return *lines_.at(driver).gateway; },
          .async_transport = [this](std::size_t driver) -> AsyncTransport& {
            return *lines_.at(driver).async_transport;
          },
          .rate_limiter = rate_limit_};
}

std::size_t JobOptions::jobs_of(const Profile& profile) const {
  return static_cast<std::size_t>(jobs.empty() ? profile.jobs
                                               : parse_count("--jobs", jobs, 1, limits::most_jobs));
}

std::int64_t JobOptions::rate_of(const Profile& profile) const {
  return rate.empty() ? profile.rate : parse_count("--rate", rate, 1, limits::highest_rate);
}

}  // namespace wxpay::cli
