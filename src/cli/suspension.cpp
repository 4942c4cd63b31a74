#include "cli/suspension.hpp"

#include <pthread.h>

#include <csignal>
#include <initializer_list>
#include <system_error>

namespace wxpay::cli {

namespace {

/// Wakes the watcher at the end. Nothing else sends it, and it stops nobody.
constexpr int end_signal = SIGURG;

sigset_t set_of(std::initializer_list<int> numbers) {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : numbers) sigaddset(&signals, number);
  return signals;
}

sigset_t stop_signal() { return set_of({SIGTSTP}); }

/// As the signal would have: the whole program, where a shell is there to continue it. Returns after SIGCONT.
void stop_here() {
  const auto signals = stop_signal();
  // Raised while blocked, it stops the program together with another that is pending: once, for one SIGCONT.
  std::raise(SIGTSTP);
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

}  // namespace

Suspension::Suspension() {
  struct sigaction inherited {};
  // A parent without job control has it ignored, and so it stays.
  if (sigaction(SIGTSTP, nullptr, &inherited) != 0 || inherited.sa_handler != SIG_DFL) return;
  const auto stop = stop_signal();
  const auto end = set_of({end_signal});
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);
  // The watcher begins with it blocked: while it is not, the kernel drops it.
  pthread_sigmask(SIG_BLOCK, &end, nullptr);
  try {
    watcher_ = std::thread{[this] { watch(); }};
  } catch (const std::system_error&) {
    // Ctrl-Z then stops the program wherever it is, which is no reason to refuse its work.
    pthread_sigmask(SIG_UNBLOCK, &stop, nullptr);
  }
  pthread_sigmask(SIG_UNBLOCK, &end, nullptr);
}

Suspension::~Suspension() {
  if (!watcher_.joinable()) return;
  {
    // Not while a change is under way, which somebody else may be at.
    const std::scoped_lock between_changes{undisturbed_};
    ended_ = true;
  }
  pthread_kill(watcher_.native_handle(), end_signal);
  watcher_.join();
  const auto signals = stop_signal();
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

void Suspension::watch() {
  // What ends a wait is for the threads that work.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  const auto signals = set_of({SIGTSTP, end_signal});
  while (true) {
    int received = 0;
    sigwait(&signals, &received);
    if (received == end_signal) {
      if (ended_) return;
      continue;
    }
    const std::scoped_lock between_changes{undisturbed_};
    stop_here();
  }
}

}  // namespace wxpay::cli
