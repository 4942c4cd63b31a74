#include "cli/suspension.hpp"

#include <pthread.h>

#include <csignal>
#include <system_error>

namespace wxpay::cli {

namespace {

sigset_t stop_signal() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTSTP);
  return signals;
}

/// As the signal would have: the whole program, where a shell is there to continue it. Returns after SIGCONT.
void stop_here() {
  const auto signals = stop_signal();
  // Raised while blocked, it stops the program together with what else is pending: once, for one SIGCONT.
  std::raise(SIGTSTP);
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

}  // namespace

Suspension::Suspension() {
  struct sigaction inherited {};
  // A parent without job control has it ignored, and so it stays.
  if (sigaction(SIGTSTP, nullptr, &inherited) != 0 || inherited.sa_handler != SIG_DFL) return;
  const auto signals = stop_signal();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  try {
    watcher_ = std::thread{[this] { watch(); }};
  } catch (const std::system_error&) {
    // Ctrl-Z then stops the program wherever it is, which is no reason to refuse its work.
    pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  }
}

Suspension::~Suspension() {
  if (!watcher_.joinable()) return;
  ended_ = true;
  pthread_kill(watcher_.native_handle(), SIGTSTP);
  watcher_.join();
  const auto signals = stop_signal();
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

void Suspension::watch() {
  // What ends a wait is for the threads that work.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  const auto signals = stop_signal();
  // The destructor's signal is no longer pending where it came while the program was being stopped.
  while (!ended_) {
    int received = 0;
    sigwait(&signals, &received);
    if (ended_) return;
    const std::scoped_lock between_changes{undisturbed_};
    stop_here();
  }
}

}  // namespace wxpay::cli
