#include "ledger/sqlite/run_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <system_error>

#include "wxpay/error.hpp"
#include "wxpay/time.hpp"

namespace wxpay::ledger {

namespace {

constexpr mode_t private_file = 0600;

/// One name for one ledger, whichever link leads to it.
std::filesystem::path lock_path(const std::filesystem::path& ledger, LedgerJob job) {
  std::error_code ignored;
  const auto path = std::filesystem::weakly_canonical(ledger, ignored);
  return RunLock::path_of(path.empty() ? ledger : path, job);
}

/// Not something that somebody else uses, in which the time of a run would be written.
bool is_own_file(const struct stat& found) { return S_ISREG(found.st_mode) && found.st_nlink == 1; }

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
  if (::fstat(file.get(), &found) != 0 || !is_own_file(found)) {
    throw Error{ErrorKind::ledger, "the lock " + path.string() + " is not a plain file of its own",
                "move it away"};
  }
  return file;
}

/// Whether they who may write the ledger may open its lock.
bool is_for_writers_of(const struct stat& ledger, const struct stat& lock) {
  const auto has = [](mode_t mode, mode_t bits) { return (mode & bits) == bits; };
  const bool for_all = has(lock.st_mode, S_IROTH | S_IWOTH);
  const bool for_group = lock.st_gid == ledger.st_gid && has(lock.st_mode, S_IRGRP | S_IWGRP);
  const bool for_owner = lock.st_uid == ledger.st_uid && has(lock.st_mode, S_IRUSR | S_IWUSR);
  const bool owner_may = ledger.st_uid == 0 || for_owner || for_group || for_all;
  // What everybody may write is the fault of the ledger's mode, and told as that.
  const bool is_for_a_group = has(ledger.st_mode, S_IWGRP) && !has(ledger.st_mode, S_IWOTH);
  return owner_may && (!is_for_a_group || for_group || for_all);
}

/// With more lines than any ledger has merchants and apps, it is not a file of ours.
constexpr std::size_t largest_text = 64UL * 1024;

std::string text_of(int file) {
  std::string text;
  std::array<char, 4096> buffer{};
  while (text.size() < largest_text) {
    const auto got = ::pread(file, buffer.data(), buffer.size(), static_cast<off_t>(text.size()));
    if (got <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return text;
}

/// A line is `MCH_ID APP_ID SUB_MCH_ID TIME`, with `-` for what is empty.
std::string beginning_of_line(const MerchantIdentity& merchant) {
  const auto word = [](const std::string& text) { return (text.empty() ? "-" : text) + " "; };
  return word(merchant.mch_id.text()) + word(merchant.app_id.text()) + word(merchant.sub_mch_id.text());
}

std::optional<std::chrono::sys_seconds> time_in(std::string_view line) {
  const auto blank = line.rfind(' ');
  return blank == std::string_view::npos ? std::nullopt : parse_rfc3339(line.substr(blank + 1));
}

/// Calls `take` with each whole line.
template <class Take>
void each_line(std::string_view text, const Take& take) {
  for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    take(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::filesystem::path RunLock::path_of(const std::filesystem::path& ledger, LedgerJob job) {
  return ledger.string() + "." + std::string{to_string(job)} + ".lock";
}

RunLock::RunLock(const std::filesystem::path& ledger, LedgerJob job) {
  const auto path = lock_path(ledger, job);
  file_ = open_lock(path, ledger);
  if (::flock(file_.get(), LOCK_EX | LOCK_NB) == 0) return;
  if (errno != EWOULDBLOCK) {
    throw Error{ErrorKind::ledger,
                "the lock " + path.string() + " cannot be taken: " + std::generic_category().message(errno)};
  }
  throw Error{ErrorKind::lock_held,
              "another " + std::string{to_string(job)} + " is at work on the ledger " + ledger.string(),
              "this one did nothing; wait for the other"};
}

std::string RunLock::problem(const std::filesystem::path& ledger, LedgerJob job) {
  const auto path = lock_path(ledger, job);
  const auto text = path.string();
  struct stat lock {};
  if (::lstat(path.c_str(), &lock) != 0) return {};
  if (!is_own_file(lock)) return "the lock " + text + " is not a plain file of its own; move it away";
  struct stat owner {};
  if (::stat(ledger.c_str(), &owner) == 0 && !is_for_writers_of(owner, lock)) {
    return "not all who may write the ledger may take the lock " + text +
           "; run chown --reference=" + ledger.string() + " " + text +
           " && chmod --reference=" + ledger.string() + " " + text;
  }
  const UniqueFd file{::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
  const bool is_taken = file && ::flock(file.get(), LOCK_EX | LOCK_NB) != 0;
  if (file && (!is_taken || errno == EWOULDBLOCK)) return {};
  return "the lock " + text + " cannot be taken: " + std::generic_category().message(errno) +
         "; give it the owner and the mode of the ledger, or remove it while no " +
         std::string{to_string(job)} + " is at work";
}

std::optional<std::chrono::sys_seconds> RunLock::last_complete(const std::filesystem::path& ledger,
                                                               LedgerJob job,
                                                               const MerchantIdentity& merchant) {
  const UniqueFd file{::open(lock_path(ledger, job).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
  if (!file) return std::nullopt;
  const auto beginning = beginning_of_line(merchant);
  std::optional<std::chrono::sys_seconds> found;
  each_line(text_of(file.get()), [&](std::string_view line) {
    if (line.starts_with(beginning) && line.rfind(' ') + 1 == beginning.size()) found = time_in(line);
  });
  return found;
}

void RunLock::reset_complete() {
  std::string text;
  each_line(text_of(file_.get()), [&](std::string_view line) {
    if (time_in(line)) text.append(line.substr(0, line.rfind(' ') + 1)) += format_rfc3339({}) + "\n";
  });
  write(text);
}

void RunLock::set_complete(const MerchantIdentity& merchant, std::chrono::sys_seconds started) {
  const auto beginning = beginning_of_line(merchant);
  std::string text;
  each_line(text_of(file_.get()), [&](std::string_view line) {
    if (!line.starts_with(beginning) && time_in(line)) text.append(line).append("\n");
  });
  text += beginning + format_rfc3339(started) + "\n";
  write(text);
}

/// In place: a lock on a file that another one took the name of would hold up nobody. A line that was broken
/// off in a power cut counts as none.
void RunLock::write(const std::string& text) {
  const auto written = ::pwrite(file_.get(), text.data(), text.size(), 0);
  const bool whole = written == static_cast<ssize_t>(text.size());
  if (whole && ::ftruncate(file_.get(), static_cast<off_t>(text.size())) == 0) return;
  throw Error{ErrorKind::ledger, "the times of complete runs cannot be kept beside the ledger: " +
                                     std::generic_category().message(whole || written < 0 ? errno : ENOSPC)};
}

}  // namespace wxpay::ledger
