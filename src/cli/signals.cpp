#include "cli/signals.hpp"

#include <csignal>

#include "cli/exit_code.hpp"

namespace wxpay::cli {

namespace {

// A handler can reach nothing but a global; this is the only one of the program.
volatile std::sig_atomic_t received_signal = 0;

extern "C" void remember_signal(int signal) {
  if (received_signal == 0) received_signal = signal;
}

bool is_ignored(int signal) {
  struct sigaction inherited {};
  return sigaction(signal, nullptr, &inherited) == 0 && inherited.sa_handler == SIG_IGN;
}

}  // namespace

SignalStop::SignalStop() {
  struct sigaction action {};
  action.sa_handler = remember_signal;  // without SA_RESTART: what waits shall wake up
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  if (!is_ignored(SIGHUP)) sigaction(SIGHUP, &action, nullptr);
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, nullptr);
  sigaction(SIGXFSZ, &action, nullptr);
  // Whoever started this may ignore it, and then a key_command's end could not be waited for.
  action.sa_handler = SIG_DFL;
  sigaction(SIGCHLD, &action, nullptr);
}

bool SignalStop::requested() const noexcept { return received_signal != 0; }

int SignalStop::exit_code() const noexcept {
  switch (received_signal) {
    case SIGHUP:
      return exit_terminal_gone;
    case SIGTERM:
      return exit_terminated;
    default:
      return exit_interrupted;
  }
}

}  // namespace wxpay::cli
