#include "cli/streams.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "wxpay/error.hpp"

namespace wxpay::cli {

void write_standard_output(std::string_view text) {
  while (!text.empty()) {
    const auto count = ::write(STDOUT_FILENO, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EPIPE) throw OutputClosed{};
    if (count < 0) {
      throw Error{ErrorKind::file, std::string{"cannot write standard output: "} + std::strerror(errno)};
    }
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

void write_standard_error(std::string_view text) noexcept {
  while (!text.empty()) {
    const auto count = ::write(STDERR_FILENO, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

}  // namespace wxpay::cli
