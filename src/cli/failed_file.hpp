#pragma once

#include <string>
#include <string_view>

#include "cli/output_file.hpp"

namespace wxpay::cli {

/// The records to run again (--failed), in the format of the input. What an earlier run left is replaced as a
/// whole at the end. Holds openids, so a new one is for its owner alone.
class FailedFile {
 public:
  /// @param header  its first line; empty: none
  /// @throws Error{usage}  it would take the place of something else than records; Error{file}
  FailedFile(std::string path, const std::string& header);

  /// @throws Error{file}
  void add(std::string_view record);
  /// Puts it in its place. @throws Error{file}
  void finish();

 private:
  void flush();

  OutputFile file_;
  std::string buffered_;
};

}  // namespace wxpay::cli
