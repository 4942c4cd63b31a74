#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/shop.hpp"

namespace wxpay::test {

/// A shop and a WeChat Pay of its own.
struct Market {
  Shop shop;
  Sandbox sandbox{shop};

  Json json(std::vector<std::string> arguments, int code = 0) const {
    arguments.emplace_back("--json");
    const auto result = shop.run(std::move(arguments));
    CAPTURE(result.err);
    CHECK(result.code == code);
    return json_line(result.out);
  }
  /// The states that an order has passed through.
  std::vector<std::string> steps(const std::string& number) const {
    auto order = json({"orders", "show", number});
    std::vector<std::string> states;
    for (auto& entry : order["history"]) states.push_back(entry["to"]);
    return states;
  }
  void check_ledger() const { CHECK(json({"ledger", "check"})["ok"] == true); }
};

/// Printed, so that a run can be had again with WXPAY_TEST_SEED.
inline std::mt19937 seeded() {
  const auto* given = std::getenv("WXPAY_TEST_SEED");
  const auto seed = given == nullptr ? std::random_device{}() : static_cast<unsigned>(std::stoul(given));
  MESSAGE("WXPAY_TEST_SEED=" << seed);
  return std::mt19937{seed};
}

/// Kills programs at random moments of their lives. How long a life is depends on the machine and on what
/// else it does, so the span of the moments follows what is met: about three of four are killed before their
/// end.
class Killer {
 public:
  explicit Killer(std::mt19937& random, double span_s = 0.025) : random_{random}, span_s_{span_s} {}

  /// @return whether it was killed before its end
  bool run(const Command& command) {
    const bool was_killed = run_waiting(command);
    span_s_ = std::clamp(span_s_ * (was_killed ? 1.03 : 0.91), 0.001, 1.0);
    return was_killed;
  }
  /// One that waits for somebody does not end by itself, so it tells nothing of the span.
  bool run_waiting(const Command& command) {
    Process process{command};
    std::this_thread::sleep_for(std::chrono::duration<double>{share_(random_) * span_s_});
    process.kill(SIGKILL);
    const bool was_killed = process.wait().signal == SIGKILL;
    killed_ += was_killed ? 1 : 0;
    return was_killed;
  }
  /// One that tells a line of each thing it does: killed at a random moment after so many lines.
  /// @return how many lines it told
  std::size_t run_beyond(const Command& command, std::size_t lines) {
    Process process{command};
    for (std::size_t line = 0; line < lines; ++line) process.read_line();
    std::this_thread::sleep_for(std::chrono::duration<double>{share_(random_) * span_s_});
    process.kill(SIGKILL);
    const auto result = process.wait();
    killed_ += result.signal == SIGKILL ? 1 : 0;
    return lines + static_cast<std::size_t>(std::count(result.out.begin(), result.out.end(), '\n'));
  }
  int killed() const { return killed_; }

 private:
  std::mt19937& random_;
  std::uniform_real_distribution<double> share_{0, 1};
  double span_s_;
  int killed_ = 0;
};

inline std::string numbered(const std::string& name, int i) { return name + std::to_string(i); }

}  // namespace wxpay::test
