#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <filesystem>
#include <string>

#include "base/unique_fd.hpp"
#include "wxpay/error.hpp"

namespace wxpay::cli {

/// A regular file whose owner and mode are judged on the opened descriptor, so that it cannot be exchanged
/// between the check and the reading. Symbolic links are followed: what counts is the file they name.
class SafeFile {
 public:
  /// @param described  for messages: "configuration /etc/wxpayctl/config.toml"
  /// @param kind  of every error: config or key
  /// @throws Error{kind} when it cannot be opened, is no regular file, or is owned by anyone but root or the
  /// caller
  SafeFile(std::filesystem::path path, std::string described, ErrorKind kind);

  /// @param remedy  the mode that the hint tells to give it
  /// @throws Error{kind} when the group or others may change it
  void refuse_writable_by_others(const char* remedy = "go-w") const;
  /// @throws Error{kind} when others may read it; its group may
  void refuse_readable_by_others(const char* remedy = "o-rwx") const;

  /// The whole content.
  /// @throws Error{kind} when it has more than `largest` bytes or cannot be read
  std::string read(std::size_t largest) const;

 private:
  [[noreturn]] void fail(const std::string& problem, std::string hint = {}) const;
  void refuse_mode(mode_t forbidden, const char* problem, const char* remedy) const;

  std::filesystem::path path_;
  std::string described_;
  ErrorKind kind_;
  UniqueFd fd_;
  struct stat status_ {};
};

}  // namespace wxpay::cli
