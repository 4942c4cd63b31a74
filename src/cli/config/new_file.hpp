#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/unique_fd.hpp"

namespace wxpay::cli {

/// Makes the folders of a path that are missing, for the user alone (0700).
/// @throws Error{file}
void make_private_folders(const std::filesystem::path& folder);

/// A file for the user alone (0600) that is written beside its place and gets its name when it is whole,
/// never over another file. Whatever was not kept is removed again.
class NewFile {
 public:
  /// @throws Error{file}
  explicit NewFile(std::filesystem::path target);
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  NewFile(NewFile&&) = delete;
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile();

  const std::filesystem::path& temporary() const { return temporary_; }
  void write(std::string_view text);
  void sync();
  /// Gives the file its name, durably.
  /// @throws Error{file} with this hint when the name is taken
  void publish(const std::string& hint_when_taken);
  /// Gives the file its name in the place of another, which is not made durable.
  /// @throws Error{file}
  void replace();
  /// From now on the file stays.
  void keep() noexcept { kept_ = true; }

 private:
  [[noreturn]] void fail(const char* doing, int error) const;

  std::filesystem::path target_;
  std::filesystem::path temporary_;
  UniqueFd fd_;
  bool published_ = false;
  bool kept_ = false;
};

}  // namespace wxpay::cli
