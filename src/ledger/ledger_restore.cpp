#include "ledger/ledger_restore.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <mutex>
#include <optional>
#include <system_error>

#include "base/text.hpp"
#include "ledger/ledger_file.hpp"
#include "ledger/run_lock.hpp"
#include "ledger/sqlite_database.hpp"
#include "wxpay/time.hpp"

namespace wxpay::ledger {

namespace {

constexpr std::chrono::seconds longest_wait{10};

[[noreturn]] void fail(const std::string& what, int error) {
  throw Error{ErrorKind::ledger, what + ": " + std::generic_category().message(error),
              "nothing was changed unless the hint of `wxpayctl ledger check` says otherwise"};
}

bool is_same_file(const std::filesystem::path& a, const std::filesystem::path& b) {
  std::error_code ignored;
  return std::filesystem::equivalent(a, b, ignored);
}

/// 20261127T100000, in Beijing.
std::string stamp_of(std::chrono::sys_seconds now) {
  std::string stamp;
  for (const char c : format_rfc3339(now).substr(0, 19)) {
    if (c != '-' && c != ':') stamp += c;
  }
  return stamp;
}

/// Keeps others from writing while the file is exchanged. One that is too damaged to be opened nobody writes.
class WriteLock {
 public:
  WriteLock(const std::filesystem::path& ledger, const Stop* stop, std::mutex* undisturbed) {
    try {
      database_.emplace(ledger, Access::read_write, BusyWait{longest_wait, stop, undisturbed});
      transaction_.emplace(*database_, Transaction::Kind::write);
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::ledger_busy || error.kind() == ErrorKind::interrupted) throw;
    }
    if (!transaction_ && undisturbed != nullptr) undisturbed_ = std::unique_lock{*undisturbed};
  }

 private:
  std::optional<Database> database_;
  std::optional<Transaction> transaction_;
  std::unique_lock<std::mutex> undisturbed_;
};

/// Gives the ledger and what is beside it a name with the time. The ledger keeps its own name besides, until
/// the copy takes it: whoever dies in between leaves a ledger with two names, which nobody writes, and never
/// none.
std::vector<std::filesystem::path> move_aside(const std::filesystem::path& ledger, const std::string& stamp) {
  std::vector<std::filesystem::path> kept_as;
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
    const auto from = ledger.string() + suffix;
    const auto to = ledger.string() + ".before-" + stamp + suffix;
    if (::access(to.c_str(), F_OK) == 0) fail(to + " exists already", EEXIST);
    const bool is_ledger = *suffix == 0;
    if ((is_ledger ? ::link(from.c_str(), to.c_str()) : ::rename(from.c_str(), to.c_str())) == 0) {
      kept_as.emplace_back(to);
    } else if (errno != ENOENT) {
      fail(from + " cannot be moved aside", errno);
    }
  }
  return kept_as;
}

/// When the copy was last changed; later runs know what it does not.
std::chrono::sys_seconds last_change_in(const std::filesystem::path& copy) {
  // Of our own making, so nobody writes it, and it needs no log beside it.
  const Database database{copy, Access::immutable, BusyWait{}};
  return std::chrono::sys_seconds{
      std::chrono::seconds{database.number("SELECT at FROM history ORDER BY number DESC LIMIT 1")}};
}

}  // namespace

Restored restore_ledger(const std::filesystem::path& ledger, const std::filesystem::path& copy,
                        const Clock& clock, const Stop* stop, std::mutex* undisturbed) {
  if (is_same_file(ledger, copy)) {
    throw Error{ErrorKind::usage, copy.string() + " is the ledger itself",
                "name a copy that `ledger backup` made"};
  }
  Restored restored;
  const auto source = open_sqlite_ledger({.path = copy, .read_only = true}, clock);
  restored.copy = source->check({});
  if (!restored.copy.ok) {
    throw Error{ErrorKind::ledger, "the copy " + copy.string() + " is not whole: " + restored.copy.problem,
                "the ledger was left as it is; name another copy"};
  }
  const auto stamp = stamp_of(clock.now());
  const std::filesystem::path beside = ledger.string() + ".restored-" + stamp;
  source->backup(beside);
  try {
    struct stat found {};
    if (::stat(ledger.c_str(), &found) == 0) {
      ::chmod(beside.c_str(), found.st_mode & 0777U);
      // Who may not give it away keeps it, as the owner of what was copied.
      if (::chown(beside.c_str(), found.st_uid, found.st_gid) != 0) errno = 0;
    }
    std::optional<RunLock> runs;
    if (RunLock::exists(ledger)) runs.emplace(ledger);
    const WriteLock lock{ledger, stop, undisturbed};
    // Before the exchange: to ask about more than need be harms nothing.
    if (runs) runs->set_back(last_change_in(beside));
    restored.kept_as = move_aside(ledger, stamp);
    if (::rename(beside.c_str(), ledger.c_str()) != 0)
      fail(ledger.string() + " cannot be put in place", errno);
    sync_folder(folder_of(ledger));
  } catch (...) {
    ::unlink(beside.c_str());
    throw;
  }
  return restored;
}

}  // namespace wxpay::ledger
