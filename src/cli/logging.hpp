#pragma once

#include <memory>
#include <string>

#include "wxpay/log.hpp"

namespace wxpay::cli {

struct LogOptions {
  LogLevel level = LogLevel::warning;
  std::string file;  ///< empty: standard error
};

/// A log that is opened on its first line, or before. A new file is for its owner alone (0600), and a link is
/// not followed. A line that cannot be written is lost, which is told once on standard error.
class OpenableLog : public Log {
 public:
  /// @throws Error{file}  the file cannot be opened
  virtual void open() = 0;
};

std::unique_ptr<OpenableLog> make_log(LogOptions options);

}  // namespace wxpay::cli
