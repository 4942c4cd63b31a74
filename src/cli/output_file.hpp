#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/unique_fd.hpp"

namespace wxpay::cli {

/// A file that a run writes. A regular file is written beside its place and takes it at the end, so that what
/// stands there stays whole until then, however the run ends. A device or a pipe is written at once.
class OutputFile {
 public:
  /// A new file is for its owner alone (0600); one that takes the place of another has its mode.
  /// @throws Error{file}
  explicit OutputFile(std::string path);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  OutputFile(OutputFile&&) = delete;
  OutputFile& operator=(OutputFile&&) = delete;
  /// Leaves the place as it was, unless the file was put there.
  ~OutputFile();

  const std::string& path() const noexcept { return path_; }
  /// The file whose place it takes; empty: there is none.
  std::filesystem::path replaced() const { return replaces_ ? place_ : std::filesystem::path{}; }

  /// @throws Error{file}
  void write(std::string_view text);
  /// Puts it on disk and in its place.
  /// @throws Error{file}
  void finish();

 private:
  void open_beside();
  /// What a name beside the place begins with.
  std::string beside() const;
  void give_name();
  [[noreturn]] void fail(int why, const char* hint = "") const;

  std::string path_;
  std::filesystem::path place_;  ///< links followed; empty: it is written at once
  bool replaces_ = false;
  std::string temporary_;  ///< its name beside the place; empty: it has none, or none any more
  UniqueFd file_;
};

}  // namespace wxpay::cli
