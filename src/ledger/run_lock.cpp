#include "ledger/run_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>

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

}  // namespace

RunLock::RunLock(const std::filesystem::path& ledger) {
  const auto path = lock_path(ledger);
  file_ = UniqueFd{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, private_file)};
  if (!file_) {
    throw Error{ErrorKind::ledger,
                "the lock " + path.string() + " cannot be opened: " + std::generic_category().message(errno),
                "the folder of the ledger must be writable for this user"};
  }
  if (::flock(file_.get(), LOCK_EX | LOCK_NB) == 0) return;
  if (errno != EWOULDBLOCK) {
    throw Error{ErrorKind::ledger,
                "the lock " + path.string() + " cannot be taken: " + std::generic_category().message(errno)};
  }
  throw Error{ErrorKind::lock_held, "another reconcile is at work on the ledger " + ledger.string(),
              "this one did nothing; wait for the other"};
}

}  // namespace wxpay::ledger
