#include "cli/input.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/number.hpp"
#include "base/text.hpp"
#include "wxpay/error.hpp"
#include "wxpay/time.hpp"

namespace wxpay::cli {

namespace {

[[noreturn]] void cannot_read(const std::string& path, int why) {
  throw Error{ErrorKind::file, "cannot read " + path + ": " + std::strerror(why)};
}

/// Stands for standard input.
constexpr const char* dash = "-";

std::string name_of(const std::string& path) { return path == dash ? "standard input" : path; }

UniqueFd open_input(const std::string& path) {
  if (path == dash) return {};
  UniqueFd opened{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!opened) cannot_read(path, errno);
  return opened;
}

/// Nothing where it is no file.
std::uint64_t bytes_to_come(int descriptor) {
  struct stat about {};
  if (::fstat(descriptor, &about) != 0 || !S_ISREG(about.st_mode)) return 0;
  const auto at = ::lseek(descriptor, 0, SEEK_CUR);
  return at < 0 || at >= about.st_size ? 0 : static_cast<std::uint64_t>(about.st_size - at);
}

int descriptor_of(const UniqueFd& opened) { return opened ? opened.get() : STDIN_FILENO; }

}  // namespace

std::string read_input(const std::string& path, std::size_t largest) {
  const auto opened = open_input(path);
  const auto name = name_of(path);
  std::string content;
  std::array<char, 16384> piece{};
  while (true) {
    const auto count = ::read(descriptor_of(opened), piece.data(), piece.size());
    if (count < 0) {
      pollfd waiting{descriptor_of(opened), POLLIN, 0};
      // A parent may have left standard input so that it does not block.
      if (errno == EAGAIN && ::poll(&waiting, 1, -1) > 0) continue;
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

InputStream::InputStream(const std::string& path, const Stop& stop)
    : name_{name_of(path)},
      stop_{stop},
      opened_{open_input(path)},
      descriptor_{descriptor_of(opened_)},
      to_come_{bytes_to_come(descriptor_)} {}

std::size_t InputStream::read(char* buffer, std::size_t size) {
  while (stop_ignored_ || !stop_.requested()) {
    // In slices: a signal just before a read that waits would be seen only after it.
    constexpr int slice_ms = 100;
    pollfd waiting{descriptor_, POLLIN, 0};
    if (::poll(&waiting, 1, slice_ms) <= 0) continue;
    const auto count = ::read(descriptor_, buffer, size);
    if (count > 0) {
      const auto bytes = static_cast<std::size_t>(count);
      to_come_ -= std::min<std::uint64_t>(to_come_, bytes);
      return bytes;
    }
    if (count == 0 && to_come_ == 0) return 0;
    // What was read last may be half a record, which must not pass for a whole one.
    if (count == 0) throw Error{ErrorKind::file, name_ + " became shorter while it was read"};
    if (errno != EINTR && errno != EAGAIN) cannot_read(name_, errno);
  }
  throw Error{ErrorKind::interrupted, "interrupted while reading " + name_};
}

bool InputStream::is_readable() const {
  pollfd waiting{descriptor_, POLLIN, 0};
  return ::poll(&waiting, 1, 0) != 0;
}

bool is_same_file(int a, int b) {
  struct stat one {};
  struct stat other {};
  return ::fstat(a, &one) == 0 && ::fstat(b, &other) == 0 && S_ISREG(one.st_mode) &&
         one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

bool InputStream::is_file() const {
  struct stat about {};
  return ::fstat(descriptor_, &about) == 0 && S_ISREG(about.st_mode);
}

std::int64_t parse_count(const char* option, const std::string& text, std::int64_t least, std::int64_t most) {
  if (const auto count = parse_whole(text, least, most)) return *count;
  throw Error{ErrorKind::usage, std::string{option} + " must be a whole number from " +
                                    std::to_string(least) + " to " + std::to_string(most)};
}

std::optional<std::chrono::sys_seconds> parse_time_option(const char* option, const std::string& text,
                                                          std::chrono::sys_seconds now) {
  if (text.empty()) return std::nullopt;
  const auto time = parse_time(text, now);
  if (!time) {
    throw Error{ErrorKind::usage, std::string{option} + " is no time",
                "write 2026-11-22, 2026-11-22T10:00:00+08:00 or 2h for two hours ago"};
  }
  return time;
}

std::chrono::seconds parse_duration_option(const char* option, const std::string& text,
                                           std::chrono::seconds fallback) {
  if (text.empty()) return fallback;
  if (const auto duration = parse_duration(text)) return *duration;
  throw Error{ErrorKind::usage, std::string{option} + " must be a duration as 5m"};
}

}  // namespace wxpay::cli
