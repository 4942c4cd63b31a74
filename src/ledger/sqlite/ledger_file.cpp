#include "ledger/sqlite/ledger_file.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "base/unique_fd.hpp"
#include "ledger/sqlite/sqlite_failure.hpp"
#include "wxpay/error.hpp"

namespace wxpay::ledger {

namespace {

/// One page of the least size that SQLite knows.
constexpr off_t smallest_database = 512;
constexpr mode_t private_file = 0600;
constexpr mode_t private_folder = 0700;

[[noreturn]] void fail(const std::string& what, int error, const std::string& hint) {
  throw Error{ErrorKind::ledger, what + ": " + std::generic_category().message(error), hint};
}

/// Makes the folders that are missing, from the top down.
void make_folders(const std::filesystem::path& folder) {
  if (folder.empty() || ::access(folder.c_str(), F_OK) == 0) return;
  make_folders(folder.parent_path());
  if (::mkdir(folder.c_str(), private_folder) != 0 && errno != EEXIST) {
    fail("the folder " + folder.string() + " for the ledger cannot be made", errno,
         "name another with --ledger");
  }
  sync_folder(folder_of(folder));
}

/// SQLite would find out when the file is there already.
void refuse_too_long(const std::filesystem::path& path) {
  // Beside it stand files with longer names: "-journal", and ".reconcile.lock".
  constexpr std::size_t longest_name = 240;
  constexpr std::size_t longest_path = 500;
  const bool is_too_long = path.filename().native().size() > longest_name ||
                           std::filesystem::absolute(path).native().size() > longest_path;
  if (!is_too_long) return;
  throw Error{ErrorKind::ledger,
              "the name of the ledger " + path.string() + " is too long for the files beside it",
              "name another with --ledger: at most " + std::to_string(longest_name) + " bytes, and " +
                  std::to_string(longest_path) + " with its folders"};
}

void create(const std::filesystem::path& path) {
  refuse_too_long(path);
  const UniqueFd file{::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, private_file)};
  if (file) {
    sync_folder(folder_of(path));
    return;
  }
  if (errno == EEXIST) return;  // another process was faster
  const int error = errno;
  if (error == ENOENT) {
    throw Error{ErrorKind::ledger, "the folder of the ledger " + path.string() + " does not exist",
                "make the folder " + folder_of(path).string() + ", or name another ledger with --ledger"};
  }
  fail("the ledger " + path.string() + " cannot be created", error,
       "the folder " + folder_of(path).string() + " must be writable for this user");
}

/// Whether there are changes that may not be in the file yet.
bool has_log(const std::filesystem::path& path) {
  struct stat log {};
  return ::stat((path.string() + "-wal").c_str(), &log) == 0 && log.st_size > 0;
}

/// The log and its index stay beside the ledger, so a mode that it was given later must become theirs too.
void give_log_the_mode_of(const std::filesystem::path& path, const struct stat& ledger) {
  for (const char* suffix : {"-wal", "-shm"}) {
    const auto companion = beside(path, suffix);
    struct stat found {};
    if (::lstat(companion.c_str(), &found) != 0 || !S_ISREG(found.st_mode)) continue;
    // Only their owner may; who may not finds out by opening them.
    if (found.st_mode != ledger.st_mode) ::chmod(companion.c_str(), ledger.st_mode & 0777U);
  }
}

}  // namespace

void prepare_file(const std::filesystem::path& path, const LedgerOptions& options) {
  struct stat found {};
  if (::stat(path.c_str(), &found) == 0) {
    if (S_ISDIR(found.st_mode)) {
      throw Error{ErrorKind::ledger, path.string() + " is a directory, not a ledger",
                  "name a file in it with --ledger"};
    }
    if (!S_ISREG(found.st_mode)) {
      throw Error{ErrorKind::ledger, path.string() + " is not a regular file", "name another with --ledger"};
    }
    // Only a command that may make a ledger may fill an empty file: it may be what is left of one.
    if (found.st_size == 0 && options.must_exist && !has_log(path)) {
      throw Error{
          ErrorKind::ledger, "the ledger " + path.string() + " is empty",
          "the first order fills it; where there were orders, `wxpayctl ledger restore FILE` puts a copy "
          "in its place"};
    }
    // SQLite would take some tiny files for new ones and write over them.
    if (found.st_size > 0 && found.st_size < smallest_database) {
      throw describe_failure(SQLITE_NOTADB, 0, path.string(), {});
    }
    if (!options.read_only) refuse_second_name(path);
    // Asked instead of tried: closing a file of one's own would drop the locks of SQLite's on it.
    const int wanted = options.read_only ? R_OK : R_OK | W_OK;
    if (::access(path.c_str(), wanted) != 0 && errno == EROFS)
      throw describe_failure(SQLITE_READONLY, EROFS, path.string(), {});
    if (::access(path.c_str(), wanted) != 0) {
      const int error = errno;
      fail("the ledger " + path.string() + (options.read_only ? " cannot be read" : " cannot be written"),
           error,
           error == EROFS ? "its file system is mounted read-only: name another ledger with --ledger"
                          : "run as a user who may, or change the mode of the file");
    }
    if (!options.read_only) give_log_the_mode_of(path, found);
    return;
  }
  if (errno != ENOENT) {
    fail("the ledger " + path.string() + " cannot be reached", errno, "check the path and its permissions");
  }
  if (options.read_only || options.must_exist) {
    throw Error{
        ErrorKind::ledger, "there is no ledger " + path.string(),
        "'create-order' and 'orders import' make one; name another with --ledger, or its profile with -p"};
  }
  if (has_log(path)) {
    throw Error{ErrorKind::ledger,
                "there is no ledger " + path.string() + ", but its log " + path.string() + "-wal is there",
                "put the ledger back beside its log, or move the log away"};
  }
  if (options.create_directories) make_folders(folder_of(path));
  create(path);
}

// SQLite names its log after the path: writers under two names would have two logs and overwrite each other.
void refuse_second_name(const std::filesystem::path& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) == 0 && found.st_nlink > 1) {
    throw Error{ErrorKind::ledger, "the ledger " + path.string() + " has a second name (a hard link)",
                "remove the other link: writers under both would overwrite each other's orders"};
  }
  struct statx more {};
  const bool is_mount = ::statx(AT_FDCWD, path.c_str(), 0, STATX_BASIC_STATS, &more) == 0 &&
                        (more.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
  if (is_mount) {
    throw Error{ErrorKind::ledger, "the ledger " + path.string() + " is mounted alone, without its folder",
                "mount the folder that holds it: its log must be one for all who write it"};
  }
}

bool must_be_immutable(const std::filesystem::path& path) {
  // With its log and index beside it, SQLite locks also for those who may only read; where they cannot be
  // made, the file alone is read, and held against itself at the end.
  struct stat log {};
  const auto log_path = beside(path, "-wal");
  const bool has_log = ::stat(log_path.c_str(), &log) == 0;
  const bool has_index = ::access(beside(path, "-shm").c_str(), R_OK) == 0;
  if (has_log && (has_index || log.st_size > 0)) return false;
  // What a write left that was broken off: the file alone is no state that ever was.
  struct stat journal {};
  if (::stat(beside(path, "-journal").c_str(), &journal) == 0 && journal.st_size > 0) return false;
  struct statvfs system {};
  const auto folder = folder_of(log_path);
  const bool is_full = ::statvfs(folder.c_str(), &system) == 0 && system.f_bavail == 0;
  return is_full || ::access(folder.c_str(), W_OK) != 0;
}

std::filesystem::path beside(const std::filesystem::path& path, const char* suffix) {
  std::error_code error;
  auto real = std::filesystem::canonical(path, error);
  if (error) real = path;
  real += suffix;
  return real;
}

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path{"."};
}

void sync_folder(const std::filesystem::path& folder) noexcept {
  const UniqueFd directory{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (directory) ::fsync(directory.get());
}

}  // namespace wxpay::ledger
