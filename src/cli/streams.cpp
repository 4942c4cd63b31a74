#include "cli/streams.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "wxpay/error.hpp"

namespace wxpay::cli {

namespace {

constexpr int slice_ms = 100;
/// How often to wait for a reader that takes nothing: after a stop, and where only a message is lost.
constexpr int slices_after_stop = 30;
constexpr int slices_for_messages = 100;

/// Waits a moment for room in a stream that does not block; a signal ends it early.
void await_room(int descriptor) noexcept {
  pollfd waiting{descriptor, POLLOUT, 0};
  ::poll(&waiting, 1, slice_ms);
}

[[noreturn]] void give_up() {
  throw Error{ErrorKind::interrupted, "interrupted while writing standard output"};
}

}  // namespace

void occupy_closed_streams() noexcept {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    // The lowest number that is free is this one, as those below it are taken by now.
    if (::fcntl(stream, F_GETFD) < 0) ::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

void write_standard_output(std::string_view text, const Stop& stop) {
  int waited = 0;
  while (!text.empty()) {
    const auto count = ::write(STDOUT_FILENO, text.data(), text.size());
    if (count >= 0) {
      text.remove_prefix(static_cast<std::size_t>(count));
      continue;
    }
    const int why = errno;
    if (why == EINTR) continue;
    if (why == EPIPE) throw OutputClosed{};
    if (why != EAGAIN) {
      // A terminal that is gone is why the program was asked to stop.
      if (why == EIO && stop.requested()) give_up();
      throw Error{ErrorKind::file, std::string{"cannot write standard output: "} + std::strerror(why)};
    }
    if (stop.requested() && ++waited > slices_after_stop) give_up();
    await_room(STDOUT_FILENO);
  }
}

void write_standard_error(std::string_view text) noexcept {
  int waited = 0;
  while (!text.empty()) {
    const auto count = ::write(STDERR_FILENO, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN && ++waited <= slices_for_messages) {
      await_room(STDERR_FILENO);
      continue;
    }
    if (count <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

}  // namespace wxpay::cli
