#include "ledger/sqlite/sqlite_kind.hpp"

#include <sqlite3.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>

#include "base/links.hpp"
#include "ledger/sqlite/examination.hpp"
#include "ledger/sqlite/file_permissions.hpp"
#include "ledger/sqlite/ledger_restore.hpp"
#include "ledger/sqlite/run_lock.hpp"
#include "ledger/sqlite/sqlite_store.hpp"

namespace wxpay::ledger {

namespace {

LedgerPresence find_file(const std::filesystem::path& file) {
  struct stat found {};
  if (::stat(file.c_str(), &found) == 0) return {true, {}};
  const int error = errno;
  if (error == ENOENT || error == ENOTDIR) return {false, "there is no ledger " + file.string()};
  return {true,
          "the ledger " + file.string() + " cannot be reached: " + std::generic_category().message(error)};
}

LedgerFinding examine_file(const std::filesystem::path& file) {
  auto found = examine(file);
  return found.weight == LedgerFinding::Weight::fine ? examine_permissions(file) : found;
}

LedgerFinding examine_lock_file(const std::filesystem::path& file, LedgerJob job) {
  if (!may_write(file)) {
    return {LedgerFinding::Weight::fine, "not tried, as this user may not write the ledger"};
  }
  const auto problem = RunLock::problem(file, job);
  if (!problem.empty()) return {LedgerFinding::Weight::problem, problem};
  return {LedgerFinding::Weight::fine, "`" + std::string{to_string(job)} + "` can take it"};
}

std::vector<LedgerFile> files_beside(const std::filesystem::path& named) {
  const auto name = "the ledger " + named.string();
  // SQLite names what stands beside it after the file itself.
  const auto file = without_links(named).string();
  std::vector<LedgerFile> files{{name, file}};
  for (const auto* log : {"-wal", "-shm", "-journal"}) files.push_back({"the log of " + name, file + log});
  files.push_back({"the lock of " + name, RunLock::path_of(file, LedgerJob::reconcile)});
  return files;
}

}  // namespace

constinit const StoreKind sqlite_kind{
    .scheme = LedgerScheme::sqlite,
    .open = [](const LedgerAddress& address,
               const LedgerOptions& options) { return open_sqlite_store(address.file(), options); },
    .find = [](const LedgerAddress& address) { return find_file(address.file()); },
    .examine = [](const LedgerAddress& address) { return examine_file(address.file()); },
    .examine_new = [](const LedgerAddress& address,
                      bool makes_folders) { return examine_folder_of_new(address.file(), makes_folders); },
    .examine_lock = [](const LedgerAddress& address,
                       LedgerJob job) { return examine_lock_file(address.file(), job); },
    .files = [](const LedgerAddress& address) { return files_beside(address.file()); },
    .restore = [](const LedgerAddress& address,
                  const Restoration& restoration) { return restore_file(address.file(), restoration); },
    .library_version = [] { return std::string{"SQLite/"} + sqlite3_libversion(); },
};

}  // namespace wxpay::ledger
