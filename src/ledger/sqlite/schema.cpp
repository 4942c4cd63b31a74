#include "ledger/sqlite/schema.hpp"

#include <map>
#include <utility>

#include "crypto/digest.hpp"
#include "ledger/damage.hpp"
#include "ledger/sqlite/migrations.hpp"

namespace wxpay::ledger {

namespace {

/// In the header of every ledger ("wxpl"), so that no other program's database is taken for one.
constexpr std::int64_t application_id = 0x7778706c;

/// SHA-256 of the triggers of the newest schema, as refuse_foreign_triggers reads them.
constexpr std::string_view newest_triggers =
    "acbbbc04c084a1072e832d56fbf7d4933da4c87df1a53646bba2243a76b33455";

/// What identify does, in a transaction of the caller's.
std::int64_t check_identity(const Database& database) {
  const auto version = schema_version(database);
  const auto id = database.number("PRAGMA application_id");
  const bool is_empty = database.number("SELECT count(*) FROM sqlite_schema") == 0;
  if (is_empty && id == 0 && version == 0) return version;
  if (id != application_id) {
    throw Error{ErrorKind::ledger, database.name() + " is a database of another program, not a ledger",
                "name another file with --ledger"};
  }
  if (version > newest_schema()) {
    throw Error{ErrorKind::ledger,
                "the ledger " + database.name() + " has schema version " + std::to_string(version) +
                    ", and this program knows versions up to " + std::to_string(newest_schema()),
                "use the newer wxpayctl that wrote it"};
  }
  if (version < 1 || is_empty) {
    throw damaged(database.name(), "its tables do not fit its schema version " + std::to_string(version));
  }
  return version;
}

/// SQLite does not wait by itself for this switch, so it is tried until the wait is over.
void use_write_ahead_log(const Database& database, std::chrono::milliseconds busy_wait) {
  constexpr std::chrono::milliseconds pause{5};
  const auto deadline = std::chrono::steady_clock::now() + busy_wait;
  for (;;) {
    try {
      Statement statement{database, "PRAGMA journal_mode = WAL"};
      auto rows = statement.run({});
      if (rows.next() && rows.text(0) == "wal") return;
      throw Error{ErrorKind::ledger,
                  "the file system of the ledger " + database.name() + " is of no use for it",
                  "keep the ledger on a local disk"};
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::ledger_busy || std::chrono::steady_clock::now() >= deadline) throw;
      database.let_others(pause);
    }
  }
}

/// By type and name: a trigger may have the name of a table.
using SchemaObjects = std::map<std::pair<std::string, std::string>, std::string>;

/// Type and name → text of everything the schema holds but SQLite's own tables and indexes.
SchemaObjects schema_objects(const Database& database) {
  Statement statement{
      database,
      "SELECT type, name, coalesce(sql, '') FROM sqlite_schema WHERE type NOT IN ('table', 'index') OR "
      "name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"};
  SchemaObjects objects;
  auto rows = statement.run({});
  while (rows.next()) {
    objects.emplace(std::pair{std::string{rows.text(0)}, std::string{rows.text(1)}},
                    std::string{rows.text(2)});
  }
  return objects;
}

}  // namespace

std::int64_t newest_schema() { return static_cast<std::int64_t>(migrations().size()); }

std::int64_t identify(const Database& database) {
  Transaction transaction{database, Transaction::Kind::read};
  const auto version = check_identity(database);
  transaction.commit();
  return version;
}

std::int64_t schema_version(const Database& database) { return database.number("PRAGMA user_version"); }

void migrate(const Database& database, std::int64_t target) {
  if (schema_version(database) >= target) return;
  Transaction transaction{database, Transaction::Kind::write};
  // Asked again under the lock, as another process may have been faster.
  auto version = check_identity(database);
  if (version >= target) return;
  for (; version < target; ++version) database.execute(migrations()[static_cast<std::size_t>(version)]);
  database.execute(("PRAGMA application_id = " + std::to_string(application_id)).c_str());
  database.execute(("PRAGMA user_version = " + std::to_string(target)).c_str());
  transaction.commit();
}

void prepare_for_writing(const Database& database, std::chrono::milliseconds busy_wait) {
  use_write_ahead_log(database, busy_wait);
  database.execute("PRAGMA synchronous = FULL");
  // Room for a group of some thousand changes, and as much in the log before it is carried over.
  // The log stays when the last writer goes, and is emptied then.
  database.execute(
      "PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 4096; PRAGMA journal_size_limit = 67108864");
  migrate(database, newest_schema());
  refuse_foreign_triggers(database);
}

std::string schema_problem(const Database& database) {
  const Database fresh{{}, Access::memory, std::chrono::milliseconds{0}};
  migrate(fresh, schema_version(database));
  auto found = schema_objects(database);
  for (const auto& [object, text] : schema_objects(fresh)) {
    const auto place = found.find(object);
    const auto name = "the " + object.first + " " + object.second;
    if (place == found.end()) return name + " is missing";
    if (place->second != text) return name + " was changed";
    found.erase(place);
  }
  if (found.empty()) return {};
  const auto& [type, name] = found.begin()->first;
  return "the " + type + " " + name + " was added";
}

void refuse_foreign_triggers(const Database& database) {
  Statement statement{
      database,
      "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE type NOT IN ('table', 'index') "
      "ORDER BY type, name"};
  std::string all;
  auto rows = statement.run({});
  while (rows.next()) {
    for (int column = 0; column < 4; ++column) all.append(rows.text(column)).append(1, '\n');
  }
  if (crypto::sha256_hex(all) == newest_triggers) return;
  const auto problem = schema_problem(database);
  throw Error{ErrorKind::ledger,
              "the ledger " + database.name() + " was changed outside this program: " +
                  (problem.empty() ? "its triggers are others" : problem),
              "it could keep changes from being written; `wxpayctl ledger check` tells more"};
}

}  // namespace wxpay::ledger
