#include "cli/input.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "base/text.hpp"
#include "base/unique_fd.hpp"
#include "wxpay/error.hpp"

namespace wxpay::cli {

namespace {

[[noreturn]] void cannot_read(const std::string& path, int why) {
  throw Error{ErrorKind::file, "cannot read " + path + ": " + std::strerror(why)};
}

}  // namespace

std::string read_input(const std::string& path, std::size_t largest) {
  UniqueFd opened;
  int descriptor = STDIN_FILENO;
  const auto name = path == "-" ? std::string{"standard input"} : path;
  if (path != "-") {
    opened = UniqueFd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!opened) cannot_read(name, errno);
    descriptor = opened.get();
  }
  std::string content;
  std::array<char, 16384> piece{};
  while (true) {
    const auto count = ::read(descriptor, piece.data(), piece.size());
    if (count < 0) {
      if (errno == EINTR) throw Error{ErrorKind::interrupted, "interrupted while reading " + name};
      cannot_read(name, errno);
    }
    if (count == 0) return content;
    content.append(piece.data(), static_cast<std::size_t>(count));
    if (content.size() > largest) {
      throw Error{ErrorKind::usage, name + " is larger than " + std::to_string(largest / 1024) + " KiB"};
    }
  }
}

std::int64_t parse_count(const char* option, const std::string& text, std::int64_t least, std::int64_t most) {
  std::int64_t count = 0;
  const auto* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, count);
  if (!is_digits(text) || result.ec != std::errc{} || result.ptr != end || count < least || count > most) {
    throw Error{ErrorKind::usage, std::string{option} + " must be a whole number from " +
                                      std::to_string(least) + " to " + std::to_string(most)};
  }
  return count;
}

std::string refuse_empty(const std::string& value) { return value.empty() ? "is empty" : ""; }

}  // namespace wxpay::cli
