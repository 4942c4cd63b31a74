#include "ledger/sqlite/examination.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/unique_fd.hpp"
#include "ledger/sqlite/ledger_file.hpp"
#include "ledger/sqlite/schema.hpp"
#include "ledger/sqlite/sqlite_database.hpp"
#include "wxpay/error.hpp"

namespace wxpay::ledger {

namespace {

constexpr std::chrono::seconds longest_wait{10};
constexpr const char* way_out =
    "; where a copy was put in the ledger's place by hand, do it with `wxpayctl ledger restore FILE`, which "
    "moves the log away";

/// Whether a process has the ledger open: each of SQLite's connections has a lock in this range of the file.
bool is_in_use(const std::filesystem::path& path) {
  constexpr off_t first_lock = 0x40000000;
  constexpr off_t locks = 512;
  const UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  struct flock range {};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  range.l_start = first_lock;
  range.l_len = locks;
  return file && ::fcntl(file.get(), F_OFD_GETLK, &range) == 0 && range.l_type != F_UNLCK;
}

struct Entry {
  std::int64_t number = 0;
  std::string hash;
};

/// The last entry of the file alone; none where its pages cannot be read without their log.
std::optional<Entry> last_entry_without_log(const std::filesystem::path& path) {
  try {
    const Database database{path, Access::immutable, BusyWait{}};
    Statement statement{database, "SELECT number, entry_hash FROM history ORDER BY number DESC LIMIT 1"};
    auto rows = statement.run({});
    if (rows.next()) return Entry{rows.integer(0), std::string{rows.text(1)}};
  } catch (const Error&) {
    return std::nullopt;
  }
  return std::nullopt;
}

/// The history is only appended to, so what the file alone holds is there with its own log as well.
bool holds(const Database& database, const Entry& entry) {
  Statement statement{database, "SELECT 1 FROM history WHERE number = ? AND entry_hash = ?"};
  auto rows = statement.run({entry.number, Blob{entry.hash}});
  return rows.next();
}

std::string damage_in(const Database& database) {
  Statement statement{database, "PRAGMA quick_check(1)"};
  auto rows = statement.run({});
  if (rows.next() && rows.text(0) != "ok") return std::string{rows.text(0)};
  // Pages of another copy may fit where they stand.
  Statement orphans{
      database,
      "SELECT 1 FROM orders o WHERE NOT EXISTS (SELECT 1 FROM history h WHERE h.order_seq = o.seq) "
      "LIMIT 1"};
  auto without_history = orphans.run({});
  return without_history.next() ? "there are orders without a history" : std::string{};
}

LedgerFinding problem(const std::string& words) { return {LedgerFinding::Weight::problem, words}; }

/// Of a ledger that nobody has open, and a log that holds something all the same.
LedgerFinding examine_left_log(const Database& database, const std::optional<Entry>& alone,
                               const std::string& log, std::int64_t size) {
  try {
    identify(database);
    if (alone && !holds(database, *alone)) {
      return problem("the log " + log + " does not belong to the ledger" + way_out);
    }
    if (const auto damage = damage_in(database); !damage.empty()) {
      return problem("the ledger and its log " + log + " do not fit together: " + damage + way_out);
    }
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::ledger) throw;
    return problem(std::string{error.what()} + "; its log " + log + " may belong to another copy" + way_out);
  }
  const auto entries = database.number("SELECT coalesce(max(number), 0) FROM history");
  const auto counts = alone ? ", and the history " + std::to_string(alone->number) + " entries without it, " +
                                  std::to_string(entries) + " with it"
                            : std::string{};
  return {LedgerFinding::Weight::notice,
          "nobody has the ledger open, and its log " + log + " holds " + std::to_string(size) + " bytes" +
              counts + ", as after a crash: the next command that writes carries them over" + way_out};
}

}  // namespace

LedgerFinding examine(const std::filesystem::path& path) {
  prepare_file(path, {.read_only = true});
  refuse_second_name(path);
  const auto log = beside(path, "-wal");
  struct stat found {};
  const auto size = ::stat(log.c_str(), &found) == 0 ? std::int64_t{found.st_size} : 0;
  const bool is_left = size > 0 && !is_in_use(path);
  const auto alone = is_left ? last_entry_without_log(path) : std::nullopt;
  const Database database{path, must_be_immutable(path) ? Access::immutable : Access::read_only,
                          BusyWait{longest_wait}};
  if (is_left) return examine_left_log(database, alone, log.string(), size);
  if (identify(database) == newest_schema()) refuse_foreign_triggers(database);
  database.require_unchanged();
  return {};
}

}  // namespace wxpay::ledger
