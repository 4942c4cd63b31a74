#include "cli/config/prompter.hpp"

#include <poll.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>

#include "base/io.hpp"
#include "wxpay/error.hpp"

namespace wxpay::cli {

namespace {

constexpr std::size_t longest_answer = 4096;

/// Keeps what is typed off the screen while it lives.
class EchoOff {
 public:
  EchoOff() {
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    auto quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    quiet.c_lflag |= static_cast<tcflag_t>(ECHONL);  // The Enter is still seen.
    changed_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0;
  }
  EchoOff(const EchoOff&) = delete;
  EchoOff& operator=(const EchoOff&) = delete;
  EchoOff(EchoOff&&) = delete;
  EchoOff& operator=(EchoOff&&) = delete;
  ~EchoOff() {
    if (changed_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }

  bool works() const { return changed_; }

 private:
  termios before_{};
  bool changed_ = false;
};

/// Where that fails there is nobody to ask any more: the reading will find the end.
void write_error(std::string_view text) { static_cast<void>(write_all(STDERR_FILENO, text)); }

[[noreturn]] void give_up() {
  write_error("\n");
  throw Error{ErrorKind::interrupted, "interrupted, nothing was written"};
}

}  // namespace

std::string TerminalPrompter::ask(const std::string& question) {
  write_error(question);
  return read_line();
}

Secret TerminalPrompter::ask_hidden(const std::string& question) {
  const EchoOff echo_off;
  if (!echo_off.works()) throw Error{ErrorKind::file, "the terminal cannot hide what is typed"};
  write_error(question);
  return Secret{read_line()};
}

void TerminalPrompter::tell(const std::string& remark) { write_error(remark + "\n"); }

std::string TerminalPrompter::read_line() {
  std::string line;
  line.reserve(longest_answer);  // No growing, which would leave copies of a secret behind.
  while (line.size() < longest_answer) {
    constexpr int slice_ms = 50;
    pollfd waiting{STDIN_FILENO, POLLIN, 0};
    const int ready = ::poll(&waiting, 1, slice_ms);
    if (stop_.requested()) give_up();
    if (ready <= 0) continue;
    char c = 0;
    const auto got = ::read(STDIN_FILENO, &c, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) give_up();
    if (c == '\n') return line;
    line += c;
  }
  throw Error{ErrorKind::usage, "an answer is longer than 4096 bytes"};
}

}  // namespace wxpay::cli
