#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/unique_fd.hpp"
#include "wxpay/clock.hpp"

namespace wxpay::cli {

/// All of a file, or of standard input for "-".
/// @throws Error{file} when it cannot be read, Error{usage} when it is larger than `largest` bytes
std::string read_input(const std::string& path, std::size_t largest);

/// An input that is read piece by piece: a file, or standard input for "-".
class InputStream {
 public:
  /// @throws Error{file}
  InputStream(const std::string& path, const Stop& stop);

  /// Waits for some bytes; 0 at the end.
  /// @throws Error{file}, also for a file that ends before what was there when it was opened;
  /// Error{interrupted} when the program is asked to stop meanwhile
  std::size_t read(char* buffer, std::size_t size);

  /// Whether `read` would return at once.
  bool is_readable() const;
  /// From now on reads to the end although the program is asked to stop.
  void ignore_stop() noexcept { stop_ignored_ = true; }
  int descriptor() const noexcept { return descriptor_; }

  /// Whether it is a file, which ends, and not a pipe or a terminal, which may not.
  bool is_file() const;
  /// Whether opening its name again gives the same bytes once more, for counting them ahead.
  bool can_be_read_twice() const { return opened_ && is_file(); }
  const std::string& name() const noexcept { return name_; }

 private:
  std::string name_;
  const Stop& stop_;
  UniqueFd opened_;
  int descriptor_;
  std::uint64_t to_come_;  ///< bytes of a file that were there when it was opened
  bool stop_ignored_ = false;
};

/// Whether both descriptors are open on one file.
bool is_same_file(int a, int b);

/// A whole number of an option.
/// @throws Error{usage}
std::int64_t parse_count(const char* option, const std::string& text, std::int64_t least, std::int64_t most);

/// A time of an option; nothing where the option was not given.
/// @throws Error{usage}
std::optional<std::chrono::sys_seconds> parse_time_option(const char* option, const std::string& text,
                                                          std::chrono::sys_seconds now);

/// A duration of an option, or the fallback where the option was not given.
/// @throws Error{usage}
std::chrono::seconds parse_duration_option(const char* option, const std::string& text,
                                           std::chrono::seconds fallback);

}  // namespace wxpay::cli
