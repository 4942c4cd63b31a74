#include "cli/gateway_pool.hpp"

#include "cli/input.hpp"

namespace wxpay::cli {

namespace {

constexpr std::chrono::seconds grace{3};
constexpr std::int64_t most_jobs = 256;
constexpr std::int64_t highest_rate = 100'000;

}  // namespace

GatewayPool::GatewayPool(Context& context, std::size_t workers, std::int64_t rate)
    : grace_stop_{context.stop(), context.clock(), grace},
      rate_limit_{rate, context.clock(), context.stop()} {
  for (std::size_t worker = 0; worker < workers; ++worker) {
    auto& line = lines_.emplace_back();
    line.transport = context.make_transport(grace_stop_);
    line.gateway = make_v2_gateway(context.account(), {*line.transport, context.clock(), line.random,
                                                       context.stop(), context.log(), &rate_limit_});
  }
}

std::size_t JobOptions::jobs_of(const Profile& profile) const {
  return static_cast<std::size_t>(jobs.empty() ? profile.jobs : parse_count("--jobs", jobs, 1, most_jobs));
}

std::int64_t JobOptions::rate_of(const Profile& profile) const {
  return rate.empty() ? profile.rate : parse_count("--rate", rate, 1, highest_rate);
}

}  // namespace wxpay::cli
