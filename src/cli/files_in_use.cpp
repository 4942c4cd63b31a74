#include "cli/files_in_use.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <system_error>

#include "base/links.hpp"
#include "wxpay/error.hpp"
#include "wxpay/ledger_place.hpp"

namespace wxpay::cli {

namespace fs = std::filesystem;

void FilesInUse::add(const std::string& what, const fs::path& path) {
  const auto place = place_of(path);
  entries_.push_back({what, place});
}

void FilesInUse::add(const std::string& what, int descriptor) {
  struct stat about {};
  if (::fstat(descriptor, &about) != 0 || !S_ISREG(about.st_mode)) return;
  Entry entry;
  entry.what = what;
  entry.place.file = FileId{about.st_dev, about.st_ino};
  entries_.push_back(std::move(entry));
}

void FilesInUse::add_ledger(const LedgerAddress& address) {
  for (const auto& file : files_of(address)) add(file.what, file.path);
}

void FilesInUse::refuse(const std::string& option, const fs::path& path) const {
  struct stat about {};
  if (::stat(path.c_str(), &about) == 0 && !S_ISREG(about.st_mode)) return;
  const auto output = place_of(path);
  for (const auto& entry : entries_) {
    if (!is_same(entry.place, output)) continue;
    throw Error{ErrorKind::usage, option + " names " + entry.what, "name another file"};
  }
}

FilesInUse::Place FilesInUse::place_of(const fs::path& path) {
  std::error_code ignored;
  const auto file = fs::absolute(without_links(path), ignored);
  Place place;
  place.name = file.filename();
  place.path = fs::weakly_canonical(file, ignored);
  struct stat about {};
  if (::stat(file.c_str(), &about) == 0 && S_ISREG(about.st_mode)) {
    place.file = FileId{about.st_dev, about.st_ino};
  }
  if (::stat(file.parent_path().c_str(), &about) == 0) place.folder = FileId{about.st_dev, about.st_ino};
  return place;
}

bool FilesInUse::is_same(const Place& a, const Place& b) {
  if (a.file && a.file == b.file) return true;
  if (a.path.empty() || b.path.empty()) return false;
  // The folder itself is compared too, as one may be mounted in two places.
  return a.path == b.path || (a.folder && a.folder == b.folder && a.name == b.name);
}

FilesInUse files_in_use(const SettingOptions& options, const Environment& environment) {
  FilesInUse files;
  const auto configured = configured_files(options, environment);
  for (const auto& file : configured.files) files.add(file.what, file.path);
  for (const auto& ledger : configured.ledgers) files.add_ledger(ledger);
  files.add("the file that standard input is read from", STDIN_FILENO);
  files.add("the file that the results go to", STDOUT_FILENO);
  return files;
}

}  // namespace wxpay::cli
