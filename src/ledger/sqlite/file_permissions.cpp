#include "ledger/sqlite/file_permissions.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <set>
#include <system_error>

namespace wxpay::ledger {

namespace {

using Weight = LedgerFinding::Weight;

/// By the effective user, as opening would be.
bool may(const std::filesystem::path& path, int mode) {
  return ::faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0;
}

/// In a folder with the sticky bit nobody touches what is another's.
bool all_may_write(const std::filesystem::path& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0 || (found.st_mode & S_IWOTH) == 0) return false;
  return !S_ISDIR(found.st_mode) || (found.st_mode & S_ISVTX) == 0;
}

bool is_folder(const std::filesystem::path& path) {
  std::error_code error;
  return std::filesystem::is_directory(path, error);
}

}  // namespace

LedgerFinding examine_folder_of_new(const std::filesystem::path& ledger, bool makes_folders) {
  const auto path = std::filesystem::absolute(ledger);
  auto folder = path.parent_path();
  while (makes_folders && !is_folder(folder) && folder != folder.root_path()) folder = folder.parent_path();
  if (!is_folder(folder)) {
    return {Weight::problem, "the folder " + folder.string() + " of the ledger is not there; create it"};
  }
  if (!may(folder, W_OK | X_OK)) {
    return {Weight::problem,
            path.string() + " cannot be created: the folder " + folder.string() + " is not writable"};
  }
  return {Weight::fine, path.string() + " will be created with the first order"};
}

bool may_write(const std::filesystem::path& ledger) {
  std::error_code ignored;
  const auto path = std::filesystem::weakly_canonical(std::filesystem::absolute(ledger), ignored);
  // SQLite keeps its log beside the ledger.
  return may(path, W_OK) && may(path.parent_path(), W_OK | X_OK);
}

LedgerFinding examine_permissions(const std::filesystem::path& ledger) {
  const auto path = std::filesystem::absolute(ledger);
  // The log beside it gets its mode from whoever writes next.
  std::string open_to_all;
  std::error_code ignored;
  const auto real = std::filesystem::weakly_canonical(path, ignored);
  std::set<std::filesystem::path> files{real, real.parent_path()};
  // Who may write the folder of a link may have it lead elsewhere.
  if (std::filesystem::is_symlink(path, ignored)) files.insert(path.parent_path());
  for (const auto& file : files) {
    if (all_may_write(file)) open_to_all += " " + file.string();
  }
  if (!open_to_all.empty()) {
    return {Weight::notice,
            "every user of this machine may change or replace the ledger; run chmod o-w" + open_to_all};
  }
  if (!may_write(ledger)) {
    return {Weight::notice, path.string() + " opens, but this user may not write it or its folder"};
  }
  return {Weight::fine, path.string()};
}

}  // namespace wxpay::ledger
