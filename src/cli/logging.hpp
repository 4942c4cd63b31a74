#pragma once

#include <memory>
#include <string>

#include "wxpay/log.hpp"

namespace wxpay::cli {

struct LogOptions {
  LogLevel level = LogLevel::warning;
  std::string file;  ///< empty: standard error
};

/// A log that is opened on its first line.
/// @throws Error{file} on that line, when the file cannot be opened
std::unique_ptr<Log> make_log(LogOptions options);

}  // namespace wxpay::cli
