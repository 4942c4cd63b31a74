// Runs two commands in turn and compares their times as whole processes:
//
//   wxpay_process_ratio [--runs N] [--warmup N] [--json] -- COMMAND… --against COMMAND…
//
// Each run starts one of the two directly, without a shell, with its output thrown away. They take turns, and
// swap who goes first, so that a machine that grows slower or faster meanwhile does so for both. In an
// argument, {run} becomes the number of the run, from 0, the warm-up's included: for commands that can do
// their work once only.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "child_process.hpp"

namespace {

using wxpay::bench::Arguments;
using Microseconds = std::chrono::duration<double, std::micro>;

struct Plan {
  int runs = 200;
  int warmup = 5;
  bool json = false;
  Arguments first;
  Arguments second;
};

[[noreturn]] void usage() {
  std::fputs("usage: wxpay_process_ratio [--runs N] [--warmup N] [--json] -- COMMAND… --against COMMAND…\n",
             stderr);
  std::exit(2);
}

int count(const std::string& text) {
  std::size_t read = 0;
  try {
    const int number = std::stoi(text, &read);
    if (read == text.size() && number >= 0) return number;
  } catch (const std::logic_error&) {
    // Not a number: the same as one that cannot be.
  }
  usage();
}

Plan parse(const Arguments& arguments) {
  Plan plan;
  std::size_t at = 0;
  for (; at < arguments.size() && arguments[at] != "--"; ++at) {
    if (arguments[at] == "--json") {
      plan.json = true;
    } else if (arguments[at] == "--runs" && at + 1 < arguments.size()) {
      plan.runs = count(arguments[++at]);
    } else if (arguments[at] == "--warmup" && at + 1 < arguments.size()) {
      plan.warmup = count(arguments[++at]);
    } else {
      usage();
    }
  }
  if (at == arguments.size()) usage();
  const auto from = arguments.begin() + static_cast<std::ptrdiff_t>(at) + 1;
  const auto against = std::find(from, arguments.end(), "--against");
  plan.first.assign(from, against);
  if (against != arguments.end()) plan.second.assign(against + 1, arguments.end());
  if (plan.runs == 0 || plan.first.empty() || plan.second.empty()) usage();
  return plan;
}

/// The time from the start of the process to its end.
Microseconds run(Arguments command, int number) {
  constexpr std::string_view placeholder = "{run}";
  for (auto& argument : command) {
    if (const auto at = argument.find(placeholder); at != std::string::npos) {
      argument.replace(at, placeholder.size(), std::to_string(number));
    }
  }
  return std::chrono::duration<double>{wxpay::bench::run(std::move(command)).seconds};
}

struct Times {
  double median = 0;
  double least = 0;
  double upper_decile = 0;
};

Times summary(std::vector<double> times) {
  std::sort(times.begin(), times.end());
  const std::size_t middle = times.size() / 2;
  Times result;
  result.median = times.size() % 2 == 1 ? times[middle] : (times[middle - 1] + times[middle]) / 2;
  result.least = times.front();
  result.upper_decile = times[times.size() * 9 / 10];
  return result;
}

void measure(const Plan& plan) {
  std::vector<double> first;
  std::vector<double> second;
  for (int number = 0; number < plan.warmup + plan.runs; ++number) {
    Microseconds times[2];
    const bool swapped = number % 2 == 1;
    times[swapped ? 1 : 0] = run(swapped ? plan.second : plan.first, number);
    times[swapped ? 0 : 1] = run(swapped ? plan.first : plan.second, number);
    if (number < plan.warmup) continue;
    first.push_back(times[0].count());
    second.push_back(times[1].count());
  }
  const Times a = summary(first);
  const Times b = summary(second);
  const char* format =
      plan.json ? "{\"runs\":%d,\"medianUs\":%.1f,\"minUs\":%.1f,\"p90Us\":%.1f,\"againstMedianUs\":%.1f,"
                  "\"againstMinUs\":%.1f,\"againstP90Us\":%.1f,\"ratio\":%.3f}\n"
                : "%d runs each: median %.1f us, least %.1f us, nine tenths under %.1f us\n"
                  "      against: median %.1f us, least %.1f us, nine tenths under %.1f us\n"
                  "ratio of the medians %.3f\n";
  std::printf(format, plan.runs, a.median, a.least, a.upper_decile, b.median, b.least, b.upper_decile,
              a.median / b.median);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    measure(parse({argv + 1, argv + argc}));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "wxpay_process_ratio: %s\n", error.what());
    return 1;
  }
  return 0;
}
