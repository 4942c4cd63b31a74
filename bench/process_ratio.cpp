// Runs two commands in turn and compares their times as whole processes:
//
//   wxpay_process_ratio [--runs N] [--warmup N] [--json] -- COMMAND… --against COMMAND…
//
// Each run starts one of the two directly, without a shell, with its output thrown away. They take turns, and
// swap who goes first, so that a machine that grows slower or faster meanwhile does so for both. In an
// argument, {run} becomes the number of the run, from 0, the warm-up's included: for commands that can do
// their work once only.

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace {

using Arguments = std::vector<std::string>;
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

/// Input and output of the runs: nothing in, everything thrown away but what goes wrong.
class Streams {
 public:
  Streams() {
    if (posix_spawn_file_actions_init(&actions_) != 0) throw std::bad_alloc{};
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  }
  Streams(const Streams&) = delete;
  Streams& operator=(const Streams&) = delete;
  Streams(Streams&&) = delete;
  Streams& operator=(Streams&&) = delete;
  ~Streams() { posix_spawn_file_actions_destroy(&actions_); }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

/// The time from the start of the process to its end.
/// @throws std::runtime_error when it cannot be started or does not end with 0: that would measure something
/// else
Microseconds run(Arguments command, int number) {
  constexpr std::string_view placeholder = "{run}";
  for (auto& argument : command) {
    if (const auto at = argument.find(placeholder); at != std::string::npos) {
      argument.replace(at, placeholder.size(), std::to_string(number));
    }
  }
  std::vector<char*> argv;
  argv.reserve(command.size() + 1);
  for (auto& argument : command) argv.push_back(argument.data());
  argv.push_back(nullptr);

  static const Streams streams;
  const auto start = std::chrono::steady_clock::now();
  pid_t child = 0;
  if (const int error = posix_spawnp(&child, argv[0], streams.get(), nullptr, argv.data(), environ);
      error != 0) {
    throw std::system_error{error, std::generic_category(), command.front()};
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) throw std::system_error{errno, std::generic_category(), "waitpid"};
  }
  const auto end = std::chrono::steady_clock::now();
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    throw std::runtime_error{command.front() + " did not end with 0"};
  }
  return end - start;
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
