#include "cli/gateway_pool.hpp"

#include <algorithm>
#include <thread>

#include "cli/input.hpp"

namespace wxpay::cli {

namespace {

constexpr std::chrono::seconds grace{3};
constexpr std::int64_t most_jobs = 256;
constexpr std::int64_t highest_rate = 100'000;

/// One thread carries what a processor can sign and verify; the ledger's thread needs another, and is the
/// slower one of more than a few.
std::size_t couriers_for(unsigned processors) { return std::clamp<std::size_t>(processors / 2, 1, 4); }

}  // namespace

GatewayPool::GatewayPool(Context& context, std::size_t jobs, std::int64_t rate)
    : grace_stop_{context.stop(), context.clock(), grace}, rate_limit_{rate, context.clock()} {
  const auto couriers = std::min(jobs, couriers_for(std::thread::hardware_concurrency()));
  for (std::size_t courier = 0; courier < couriers; ++courier) {
    auto& line = lines_.emplace_back();
    line.transport = context.make_transport(grace_stop_);
    line.carrier = context.make_carrier(jobs, grace_stop_);
    line.gateway = make_v2_gateway(
        context.account(), {*line.transport, context.clock(), line.random, context.stop(), context.log()});
  }
}

app::GatewayCrew GatewayPool::crew() {
  return {.couriers = lines_.size(),
          .gateway = [this](std::size_t courier) -> PaymentGateway& { return *lines_.at(courier).gateway; },
          .carrier = [this](std::size_t courier) -> Carrier& { return *lines_.at(courier).carrier; },
          .pace = rate_limit_};
}

std::size_t JobOptions::jobs_of(const Profile& profile) const {
  return static_cast<std::size_t>(jobs.empty() ? profile.jobs : parse_count("--jobs", jobs, 1, most_jobs));
}

std::int64_t JobOptions::rate_of(const Profile& profile) const {
  return rate.empty() ? profile.rate : parse_count("--rate", rate, 1, highest_rate);
}

}  // namespace wxpay::cli
