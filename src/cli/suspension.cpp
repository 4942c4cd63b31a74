#include "cli/suspension.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
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
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  std::raise(SIGTSTP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

}  // namespace

Suspension::Suspension() {
  struct sigaction inherited {};
  // A parent without job control has it ignored, and so it stays.
  if (sigaction(SIGTSTP, nullptr, &inherited) != 0 || inherited.sa_handler != SIG_DFL) return;
  const auto signals = stop_signal();
  end_ = UniqueFd{::eventfd(0, EFD_CLOEXEC)};
  requests_ = UniqueFd{::signalfd(-1, &signals, SFD_CLOEXEC)};
  // Without them Ctrl-Z stops the program wherever it is, which is no reason to refuse its work.
  if (!end_ || !requests_) return;
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  try {
    watcher_ = std::thread{[this] { watch(); }};
  } catch (const std::system_error&) {
    pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  }
}

Suspension::~Suspension() {
  if (!watcher_.joinable()) return;
  eventfd_write(end_.get(), 1);
  watcher_.join();
  const auto signals = stop_signal();
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

void Suspension::watch() {
  // The thread that is asked to end the program is the one that works.
  sigset_t others;
  sigfillset(&others);
  pthread_sigmask(SIG_BLOCK, &others, nullptr);
  std::array<pollfd, 2> waiting{pollfd{requests_.get(), POLLIN, 0}, pollfd{end_.get(), POLLIN, 0}};
  while (true) {
    if (::poll(waiting.data(), waiting.size(), -1) < 0) continue;
    if (waiting[1].revents != 0) return;
    signalfd_siginfo request{};
    if (::read(requests_.get(), &request, sizeof request) != sizeof request) continue;
    const std::scoped_lock between_changes{undisturbed_};
    stop_here();
  }
}

}  // namespace wxpay::cli
