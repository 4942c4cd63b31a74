#include "ledger/run_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "wxpay/error.hpp"

namespace wxpay::ledger {

namespace {

constexpr mode_t private_file = 0600;

/// One name for one ledger, whichever link leads to it.
std::filesystem::path lock_path(const std::filesystem::path& ledger) {
  std::error_code ignored;
  auto path = std::filesystem::weakly_canonical(ledger, ignored);
  if (path.empty()) path = ledger;
  path += ".reconcile.lock";
  return path;
}

/// Opens the lock, or makes it with the ledger's owner and mode: who may write the ledger may take the lock,
/// also after root was the first to do so.
UniqueFd open_lock(const std::filesystem::path& path, const std::filesystem::path& ledger) {
  UniqueFd file{::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
  if (!file && errno == ENOENT) {
    file = UniqueFd{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, private_file)};
    struct stat owner {};
    if (file && ::stat(ledger.c_str(), &owner) == 0) {
      // Without the right to give a file away it stays this user's, which is as good where the ledger is his.
      if (::fchown(file.get(), owner.st_uid, owner.st_gid) != 0 &&
          ::fchown(file.get(), uid_t(-1), owner.st_gid) != 0) {
        errno = 0;
      }
      ::fchmod(file.get(), owner.st_mode & 0666U);
    }
  }
  if (!file) {
    const int error = errno;
    throw Error{ErrorKind::ledger,
                "the lock " + path.string() + " cannot be opened: " + std::generic_category().message(error),
                error == EACCES
                    ? "it belongs to another user: remove it, the next run makes it with the ledger's owner"
                    : "it must be a plain file in a folder that this user may write"};
  }
  struct stat found {};
  if (::fstat(file.get(), &found) != 0 || !S_ISREG(found.st_mode)) {
    throw Error{ErrorKind::ledger, "the lock " + path.string() + " is not a plain file", "move it away"};
  }
  return file;
}

}  // namespace

RunLock::RunLock(const std::filesystem::path& ledger) {
  const auto path = lock_path(ledger);
  file_ = open_lock(path, ledger);
  if (::flock(file_.get(), LOCK_EX | LOCK_NB) == 0) return;
  if (errno != EWOULDBLOCK) {
    throw Error{ErrorKind::ledger,
                "the lock " + path.string() + " cannot be taken: " + std::generic_category().message(errno)};
  }
  throw Error{ErrorKind::lock_held, "another reconcile is at work on the ledger " + ledger.string(),
              "this one did nothing; wait for the other"};
}

}  // namespace wxpay::ledger
