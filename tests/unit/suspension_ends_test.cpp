#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <latch>
#include <mutex>
#include <thread>

#include "cli/suspension.hpp"

namespace {

using std::chrono::milliseconds;

constexpr int rounds = 20;

/// A program that is told to stop while it ends its work, again and again.
[[noreturn]] void be_suspended() {
  // A group of its own, which has a parent outside: the kernel stops no other by SIGTSTP.
  setpgid(0, 0);
  std::signal(SIGTSTP, SIG_DFL);
  alarm(60);
  for (int i = 0; i < rounds; ++i) {
    std::latch locked{1};
    std::thread change;
    {
      wxpay::cli::Suspension suspension;
      // A change of the ledger is under way until the end has begun, and the stop waits for it.
      change = std::thread{[&] {
        const std::scoped_lock lock{suspension.undisturbed()};
        locked.count_down();
        std::this_thread::sleep_for(milliseconds{6});
      }};
      locked.wait();
      kill(getpid(), SIGTSTP);
      std::this_thread::sleep_for(milliseconds{2});
    }
    change.join();
  }
  _exit(0);
}

}  // namespace

TEST_CASE("each Ctrl-Z stops the program once, also while it ends") {
  const pid_t program = fork();
  REQUIRE(program >= 0);
  if (program == 0) be_suspended();
  int stops = 0;
  int status = 0;
  while (waitpid(program, &status, WUNTRACED) == program && WIFSTOPPED(status)) {
    ++stops;
    kill(program, SIGCONT);
  }
  CAPTURE(status);
  CHECK(WIFEXITED(status));
  CHECK(stops == rounds);
}
