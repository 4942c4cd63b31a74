#pragma once

#include <string>
#include <string_view>

#include "base/unique_fd.hpp"
#include "cli/input.hpp"

namespace wxpay::cli {

/// The records to run again (--failed), in the format of the input. Holds openids, so a new one is for its
/// owner alone.
class FailedFile {
 public:
  /// Empties the file.
  /// @param header  its first line; empty: none
  /// @throws Error{usage}  it is the input or standard output; Error{file}
  FailedFile(std::string path, const std::string& header, const InputStream& input);

  /// @throws Error{file}
  void add(std::string_view record);
  /// @throws Error{file}
  void flush();

 private:
  [[noreturn]] void fail(const char* hint = "");

  std::string path_;
  UniqueFd file_;
  std::string buffered_;
};

}  // namespace wxpay::cli
