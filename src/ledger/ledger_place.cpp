// Leads from a ledger's address to the store that keeps it. A further scheme does not compile until each
// function here says what it does with it.
#include "wxpay/ledger_place.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <system_error>

#include "base/links.hpp"
#include "ledger/sqlite/examination.hpp"
#include "ledger/sqlite/file_permissions.hpp"
#include "ledger/sqlite/ledger_restore.hpp"
#include "ledger/sqlite/run_lock.hpp"
#include "ledger/sqlite/sqlite_ledger.hpp"

namespace wxpay {

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
  auto found = ledger::examine(file);
  return found.weight == LedgerFinding::Weight::fine ? ledger::examine_permissions(file) : found;
}

LedgerFinding examine_lock_file(const std::filesystem::path& file, LedgerJob job) {
  if (!ledger::may_write(file)) {
    return {LedgerFinding::Weight::fine, "not tried, as this user may not write the ledger"};
  }
  const auto problem = ledger::RunLock::problem(file, job);
  if (!problem.empty()) return {LedgerFinding::Weight::problem, problem};
  return {LedgerFinding::Weight::fine, "`" + std::string{to_string(job)} + "` can take it"};
}

std::vector<LedgerFile> files_beside(const std::filesystem::path& named) {
  const auto name = "the ledger " + named.string();
  // SQLite names what stands beside it after the file itself.
  const auto file = without_links(named).string();
  std::vector<LedgerFile> files{{name, file}};
  for (const auto* log : {"-wal", "-shm", "-journal"}) files.push_back({"the log of " + name, file + log});
  files.push_back({"the lock of " + name, ledger::RunLock::path_of(file, LedgerJob::reconcile)});
  return files;
}

}  // namespace

std::string_view to_string(LedgerJob job) {
  switch (job) {
    case LedgerJob::reconcile:
      return "reconcile";
  }
  return "?";
}

std::unique_ptr<Ledger> open_ledger(const LedgerAddress& address, const LedgerOptions& options,
                                    const Clock& clock) {
  switch (address.scheme()) {
    case LedgerScheme::sqlite:
      return ledger::open_sqlite_ledger(address.file(), options, clock);
  }
  return nullptr;
}

LedgerPresence find_ledger(const LedgerAddress& address) {
  switch (address.scheme()) {
    case LedgerScheme::sqlite:
      return find_file(address.file());
  }
  return {};
}

LedgerFinding examine_ledger(const LedgerAddress& address) {
  switch (address.scheme()) {
    case LedgerScheme::sqlite:
      return examine_file(address.file());
  }
  return {};
}

LedgerFinding examine_new_ledger(const LedgerAddress& address, bool makes_folders) {
  switch (address.scheme()) {
    case LedgerScheme::sqlite:
      return ledger::examine_folder_of_new(address.file(), makes_folders);
  }
  return {};
}

LedgerFinding examine_lock(const LedgerAddress& address, LedgerJob job) {
  switch (address.scheme()) {
    case LedgerScheme::sqlite:
      return examine_lock_file(address.file(), job);
  }
  return {};
}

std::vector<LedgerFile> files_of(const LedgerAddress& address) {
  switch (address.scheme()) {
    case LedgerScheme::sqlite:
      return files_beside(address.file());
  }
  return {};
}

RestoredLedger restore_ledger(const LedgerAddress& address, const std::filesystem::path& copy,
                              const Clock& clock, const Stop* stop, std::mutex* undisturbed) {
  switch (address.scheme()) {
    case LedgerScheme::sqlite:
      return ledger::restore_file(address.file(), copy, clock, stop, undisturbed);
  }
  return {};
}

std::string ledger_library_version() { return ledger::sqlite_library_version(); }

}  // namespace wxpay
