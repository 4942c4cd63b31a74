#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/config/settings.hpp"

namespace wxpay::cli {

/// The files that a run lives on: ledger, configuration, keys, inputs, where its results go. None of its
/// outputs may take the place of one, whatever name or link leads there, nor of one that is not there yet.
class FilesInUse {
 public:
  /// @param what  for messages: "the ledger /var/lib/wxpayctl/shop.db"
  void add(const std::string& what, const std::filesystem::path& path);
  /// Of an open file; a pipe, terminal or device is left out.
  void add(const std::string& what, int descriptor);
  /// All files that a ledger lives on.
  void add_ledger(const LedgerAddress& address);

  /// A device, a pipe or a folder is never refused, as nothing takes its place.
  /// @param option  for the message: "--failed"
  /// @throws Error{usage}  the path is one of them
  void refuse(const std::string& option, const std::filesystem::path& path) const;

 private:
  struct FileId {
    dev_t device = 0;
    ino_t number = 0;
    bool operator==(const FileId&) const = default;
  };
  /// A file by itself where there is one, and by its name in its folder.
  struct Place {
    std::optional<FileId> file;
    std::optional<FileId> folder;
    std::filesystem::path name;
    std::filesystem::path path;
  };
  struct Entry {
    std::string what;
    Place place;
  };

  static Place place_of(const std::filesystem::path& path);
  static bool is_same(const Place& a, const Place& b);

  std::vector<Entry> entries_;
};

/// What every run lives on: the configuration, the ledgers, secrets and trust anchors of all its profiles,
/// and standard input and output where they are files.
FilesInUse files_in_use(const SettingOptions& options, const Environment& environment);

}  // namespace wxpay::cli
