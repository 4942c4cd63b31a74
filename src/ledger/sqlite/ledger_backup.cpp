#include "ledger/sqlite/ledger_backup.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>

#include "base/unique_fd.hpp"
#include "ledger/sqlite/ledger_file.hpp"
#include "ledger/sqlite/sqlite_failure.hpp"

namespace wxpay::ledger {

namespace {

[[noreturn]] void fail(const std::filesystem::path& target, const std::string& why,
                       const std::string& hint = {}) {
  throw Error{ErrorKind::file, "the backup " + target.string() + " cannot be written: " + why, hint};
}

[[noreturn]] void fail_with(const std::filesystem::path& target, int error) {
  const char* hint = error == ENOSPC || error == EDQUOT ? "free some space, or name another place" : "";
  fail(target, std::generic_category().message(error), hint);
}

[[noreturn]] void fail_as_existing(const std::filesystem::path& target) {
  throw Error{ErrorKind::file, target.string() + " exists already", "name a file that does not exist yet"};
}

/// Empty, with a database's first bytes, or with none yet, since SQLite copies the first page last: anything
/// else of such a name is somebody's own.
bool may_be_half_a_copy(int file) {
  using namespace std::string_view_literals;
  constexpr auto first_bytes = "SQLite format 3\0"sv;
  std::array<char, first_bytes.size()> read{};
  const auto size = ::pread(file, read.data(), read.size(), 0);
  const std::string_view found{read.data(), read.size()};
  const bool is_blank = found.find_first_not_of('\0') == std::string_view::npos;
  return size == 0 || (size == std::ssize(read) && (found == first_bytes || is_blank));
}

/// Removes what backups to the same target left that were killed: nobody else would, and each has the
/// ledger's size. One that is being written is held by a lock.
void remove_left_over(const std::filesystem::path& target) {
  const auto prefix = target.filename().string() + ".partial-";
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator{folder_of(target), ignored}) {
    const auto name = entry.path().filename().string();
    if (!name.starts_with(prefix) || name.size() != prefix.size() + 6) continue;
    const UniqueFd file{::open(entry.path().c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW)};
    if (!file || ::flock(file.get(), LOCK_EX | LOCK_NB) != 0 || !may_be_half_a_copy(file.get())) continue;
    ::unlink(entry.path().c_str());
    ::unlink((entry.path().string() + "-journal").c_str());
  }
}

/// A file beside the target that is removed unless it takes the target's name.
class PartialFile {
 public:
  explicit PartialFile(const std::filesystem::path& target)
      : target_{target}, name_{target.string() + ".partial-XXXXXX"} {
    lock_ = UniqueFd{::mkostemp(name_.data(), O_CLOEXEC)};
    // SQLite's own locks are of another kind. It keeps no lock on a copy whose descriptor closes, which is at
    // the end.
    if (!lock_ || ::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) fail_with(target, errno);
  }
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;
  PartialFile(PartialFile&&) = delete;
  PartialFile& operator=(PartialFile&&) = delete;
  ~PartialFile() {
    if (name_.empty()) return;
    ::unlink(name_.c_str());
    ::unlink((name_ + "-journal").c_str());
  }

  const std::string& name() const noexcept { return name_; }

  /// Puts it on disk and gives it the target's name, which nobody else may have taken meanwhile.
  void commit() {
    const UniqueFd file{::open(name_.c_str(), O_RDWR | O_CLOEXEC)};
    if (!file || ::fsync(file.get()) != 0) fail_with(target_, errno);
    if (::renameat2(AT_FDCWD, name_.c_str(), AT_FDCWD, target_.c_str(), RENAME_NOREPLACE) == 0) {
      name_.clear();
    } else {
      // Some file systems lack the flag; a second name for the file does not replace anything either.
      const bool lacks_flag = errno == EINVAL || errno == ENOSYS;
      if (!lacks_flag || ::link(name_.c_str(), target_.c_str()) != 0) fail_to_name();
    }
    sync_folder(folder_of(target_));
  }

 private:
  [[noreturn]] void fail_to_name() const {
    if (errno == EEXIST) fail_as_existing(target_);
    fail_with(target_, errno);
  }

  std::filesystem::path target_;
  std::string name_;
  UniqueFd lock_;
};

using Backup = Handle<sqlite3_backup, sqlite3_backup_finish>;

/// Copies page by page from the snapshot that the caller holds.
void copy_pages(const Database& from, const Database& to, const std::filesystem::path& target) {
  const Backup backup{sqlite3_backup_init(to.handle(), "main", from.handle(), "main")};
  if (!backup) fail(target, sqlite3_errmsg(to.handle()));
  constexpr int pages_a_step = 1024;
  int code = SQLITE_OK;
  while (code == SQLITE_OK) code = sqlite3_backup_step(backup.get(), pages_a_step);
  if (code == SQLITE_DONE) return;
  const int system_error = sqlite3_system_errno(to.handle());
  switch (code & 0xff) {
    case SQLITE_FULL:
      fail_with(target, ENOSPC);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      throw describe_failure(code, 0, from.name(), sqlite3_errstr(code));
    default:
      if (system_error != 0) fail_with(target, system_error);
      fail(target, sqlite3_errstr(code));
  }
}

}  // namespace

void backup_ledger(const Database& database, const std::filesystem::path& target) {
  std::error_code ignored;
  if (std::filesystem::exists(std::filesystem::symlink_status(target, ignored))) fail_as_existing(target);
  remove_left_over(target);
  PartialFile partial{target};
  {
    // One snapshot for the whole copy: without it, every change by another process would start it anew.
    Transaction snapshot{database, Transaction::Kind::read};
    database.number("SELECT count(*) FROM sqlite_schema");
    const Database copy{partial.name(), Access::read_write, std::chrono::milliseconds{0}};
    // Half a copy is thrown away as a whole, and a whole one is put on disk at the end. No journal at all is
    // what a defensive connection does not have.
    copy.execute("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF");
    copy_pages(database, copy, target);
    snapshot.commit();
    database.require_unchanged();
  }
  partial.commit();
}

}  // namespace wxpay::ledger
