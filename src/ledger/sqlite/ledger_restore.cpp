#include "ledger/sqlite/ledger_restore.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <mutex>
#include <optional>
#include <system_error>

#include "base/text.hpp"
#include "ledger/sqlite/ledger_file.hpp"
#include "ledger/sqlite/run_lock.hpp"
#include "ledger/sqlite/sqlite_database.hpp"
#include "ledger/sqlite/sqlite_store.hpp"
#include "wxpay/time.hpp"

namespace wxpay::ledger {

namespace {

constexpr std::chrono::seconds longest_wait{10};
constexpr std::size_t stamp_length = 15;

[[noreturn]] void fail(const std::string& what, int error) {
  throw Error{ErrorKind::ledger, what + ": " + std::generic_category().message(error),
              "the ledger was left as it is; run it again when that is mended"};
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

bool is_whole(const std::filesystem::path& ledger, const Restoration& restoration) {
  try {
    return restoration.check(*open_sqlite_store(ledger, {.read_only = true})).ok;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::ledger_busy) throw;
    return false;
  }
}

bool has_log(const std::filesystem::path& ledger) {
  struct stat found {};
  return ::stat((ledger.string() + "-wal").c_str(), &found) == 0 && found.st_size > 0;
}

/// Keeps others from writing while the file is exchanged. One that is too damaged to be opened nobody writes.
class WriteLock {
 public:
  WriteLock(const std::filesystem::path& ledger, bool whole, const Stop* stop, std::mutex* undisturbed) {
    try {
      database_.emplace(ledger, Access::read_write, BusyWait{longest_wait, stop, undisturbed});
      if (whole) {
        lock_without_log(ledger, stop);
      } else {
        transaction_.emplace(*database_, Transaction::Kind::write);
      }
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::ledger_busy || error.kind() == ErrorKind::interrupted) throw;
    }
    if (!transaction_ && undisturbed != nullptr) undisturbed_ = std::unique_lock{*undisturbed};
  }

 private:
  /// A whole ledger takes over what is in its log: whoever dies before the copy has its place then leaves one
  /// that needs no log. The log of a damaged one may be another's, and stays as it is.
  void lock_without_log(const std::filesystem::path& ledger, const Stop* stop) {
    constexpr int most_tries = 20;
    for (int i = 0; i < most_tries; ++i) {
      if (database_->number("PRAGMA wal_checkpoint(TRUNCATE)") != 0) break;
      transaction_.emplace(*database_, Transaction::Kind::write);
      if (!has_log(ledger)) return;  // nobody wrote in between
      transaction_.reset();
    }
    if (stop != nullptr && stop->requested()) throw Error{ErrorKind::interrupted, "interrupted"};
    throw Error{ErrorKind::ledger_busy, "the ledger " + ledger.string() + " is being read or written",
                "run it again when the others have ended"};
  }

  std::optional<Database> database_;
  std::optional<Transaction> transaction_;
  std::unique_lock<std::mutex> undisturbed_;
};

/// Copies that restores left which were killed. Called under the lock of the ledger's jobs.
void remove_left_over(const std::filesystem::path& ledger) {
  const auto prefix = ledger.filename().string() + ".restored-";
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator{folder_of(ledger), ignored}) {
    const auto name = entry.path().filename().string();
    const bool is_ours = name.starts_with(prefix) && name.size() == prefix.size() + stamp_length;
    if (is_ours && entry.is_regular_file(ignored)) ::unlink(entry.path().c_str());
  }
}

/// Gives the ledger and what is beside it a name with the time. The ledger keeps its own name besides, until
/// the copy takes it: whoever dies in between leaves a ledger with two names, which nobody writes, and never
/// none.
std::vector<std::string> move_aside(const std::filesystem::path& ledger, const std::string& stamp) {
  std::vector<std::string> kept_as;
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

/// Opens and checks the copy. What is wrong with it is said of the copy, not of the ledger.
std::unique_ptr<LedgerStore> open_copy(const Restoration& restoration, CheckReport& report) {
  constexpr const char* hint = "the ledger was left as it is; name a copy that `ledger backup` made";
  try {
    auto source = open_sqlite_store(restoration.copy, {.read_only = true});
    report = restoration.check(*source);
    if (report.ok) return source;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::ledger) throw;
    throw Error{ErrorKind::ledger, "the copy cannot be used: " + std::string{error.what()}, hint};
  }
  throw Error{ErrorKind::ledger, "the copy " + restoration.copy.string() + " is not whole: " + report.problem,
              hint};
}

}  // namespace

RestoredLedger restore_file(const std::filesystem::path& named, const Restoration& restoration) {
  // The name may be a link, and the log is beside what it leads to.
  std::error_code ignored;
  auto ledger = std::filesystem::weakly_canonical(named, ignored);
  if (ignored) ledger = named;
  if (is_same_file(ledger, restoration.copy)) {
    throw Error{ErrorKind::usage, restoration.copy.string() + " is the ledger itself",
                "name a copy that `ledger backup` made"};
  }
  RestoredLedger restored;
  const auto source = open_copy(restoration, restored.copy);
  RunLock jobs{ledger, LedgerJob::reconcile};
  remove_left_over(ledger);
  const auto stamp = stamp_of(restoration.clock.now());
  const std::filesystem::path beside = ledger.string() + ".restored-" + stamp;
  source->backup(beside);
  try {
    struct stat found {};
    if (::stat(ledger.c_str(), &found) == 0) {
      ::chmod(beside.c_str(), found.st_mode & 0777U);
      // Who may not give it away keeps it, as the owner of what was copied.
      if (::chown(beside.c_str(), found.st_uid, found.st_gid) != 0) errno = 0;
    }
    const WriteLock lock{ledger, is_whole(ledger, restoration), restoration.stop, restoration.undisturbed};
    jobs.reset_complete();
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
