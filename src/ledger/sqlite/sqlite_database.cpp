#include "ledger/sqlite/sqlite_database.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "base/unique_fd.hpp"
#include "ledger/sqlite/sqlite_failure.hpp"

namespace wxpay::ledger {

namespace {

/// No row and no statement of a ledger comes near it; a damaged length is found before memory is asked for.
constexpr int longest_value = 1 << 20;

/// A file name as SQLite's URI form wants it.
std::string immutable_uri(const std::string& path) {
  std::string uri{"file://"};
  for (const char c : path) {
    if (c == '%' || c == '?' || c == '#') {
      constexpr std::string_view digits{"0123456789abcdef"};
      const auto byte = static_cast<unsigned char>(c);
      uri += {'%', digits[byte >> 4U], digits[byte & 15U]};
    } else {
      uri += c;
    }
  }
  return uri + "?immutable=1";
}

std::string open_name(const std::filesystem::path& path, Access access) {
  if (access == Access::memory) return ":memory:";
  // Absolute, so that no name is taken for one of SQLite's special ones.
  const std::string absolute = std::filesystem::absolute(path).string();
  return access == Access::immutable ? immutable_uri(absolute) : absolute;
}

int open_flags(Access access) {
  switch (access) {
    case Access::read_write:
      return SQLITE_OPEN_READWRITE;
    case Access::read_only:
      return SQLITE_OPEN_READONLY;
    case Access::immutable:
      return SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
    case Access::memory:
      return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY;
  }
  return SQLITE_OPEN_READONLY;
}

/// The bytes are not copied: whoever runs a statement keeps them until its rows are gone.
/// @return SQLite's result code
int bind(sqlite3_stmt* statement, int index, const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    return sqlite3_bind_int64(statement, index, *number);
  }
  if (const auto* ended = std::get_if<EndedText>(&value)) {
    const auto text = ended->bytes();
    // Where SQLite knows of the NUL, it copies nothing for each length() in a CHECK. One within the text
    // would be its end.
    if (text.find('\0') == std::string_view::npos) {
      return sqlite3_bind_text(statement, index, text.data(), -1, SQLITE_STATIC);
    }
  }
  if (const auto text = text_in(value)) {
    // A null pointer would be NULL, not the empty text.
    const char* bytes = text->data() == nullptr ? "" : text->data();
    return sqlite3_bind_text64(statement, index, bytes, text->size(), SQLITE_STATIC, SQLITE_UTF8);
  }
  if (const auto* blob = std::get_if<Blob>(&value)) {
    return sqlite3_bind_blob64(statement, index, blob->bytes.data(), blob->bytes.size(), SQLITE_STATIC);
  }
  return SQLITE_OK;  // what is not bound is NULL
}

std::string_view bytes_of(sqlite3_value* value) {
  const void* bytes = sqlite3_value_blob(value);
  const auto size = static_cast<std::size_t>(sqlite3_value_bytes(value));
  return bytes == nullptr ? std::string_view{} : std::string_view{static_cast<const char*>(bytes), size};
}

}  // namespace

FileStamp::FileStamp(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) == 0) {
    size = found.st_size;
    modified_ns = std::int64_t{found.st_mtim.tv_sec} * 1'000'000'000 + found.st_mtim.tv_nsec;
  }
  if (::stat((path + "-wal").c_str(), &found) == 0) log_size = found.st_size;
  constexpr std::size_t header_size = 100;
  header.resize(header_size);
  const UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  const auto read = file ? ::pread(file.get(), header.data(), header.size(), 0) : 0;
  header.resize(static_cast<std::size_t>(std::max<ssize_t>(read, 0)));
}

namespace {

/// Beside which SQLite has its log.
std::string real_path(const std::filesystem::path& path) {
  std::error_code error;
  const auto real = std::filesystem::canonical(path, error);
  return error ? std::filesystem::absolute(path).string() : real.string();
}

}  // namespace

/// SQLite asks it after each try for a lock; 0 gives up.
int Database::wait_while_busy(void* waiting, int tries) {
  constexpr std::chrono::milliseconds pause{5};
  auto& mine = *static_cast<Waiting*>(waiting);
  if (pause * tries >= mine.how.longest || (mine.how.stop != nullptr && mine.how.stop->requested())) return 0;
  pause_for(pause, mine);
  return 1;
}

void Database::pause_for(std::chrono::milliseconds pause, Waiting& waiting) {
  const bool holds = waiting.undisturbed.owns_lock();
  if (holds) waiting.undisturbed.unlock();
  sqlite3_sleep(static_cast<int>(pause.count()));
  if (holds) waiting.undisturbed.lock();
}

void Database::let_others(std::chrono::milliseconds pause) const { pause_for(pause, *waiting_); }

Database::Undisturbed::Undisturbed(const Database& database) {
  auto& lock = database.waiting_->undisturbed;
  if (lock.mutex() == nullptr || lock.owns_lock()) return;
  lock.lock();
  taken_ = &lock;
}

Database::Undisturbed::~Undisturbed() {
  if (taken_ != nullptr) taken_->unlock();
}

Database::~Database() {
  if (!handle_) return;
  const Undisturbed undisturbed{*this};
  handle_.reset();
}

Database::Database(const std::filesystem::path& path, Access access, BusyWait busy_wait)
    : waiting_{std::make_unique<Waiting>(Waiting{busy_wait, {}})}, name_{path.string()} {
  if (busy_wait.undisturbed != nullptr) {
    waiting_->undisturbed = std::unique_lock{*busy_wait.undisturbed, std::defer_lock};
  }
  if (access == Access::immutable) stamp_.emplace(real_path(path));
  const std::string target = open_name(path, access);
  sqlite3* opened = nullptr;
  const int code =
      sqlite3_open_v2(target.c_str(), &opened, open_flags(access) | SQLITE_OPEN_NOMUTEX, nullptr);
  handle_.reset(opened);
  if (code != SQLITE_OK) fail(code);
  sqlite3_extended_result_codes(opened, 1);
  sqlite3_busy_handler(opened, wait_while_busy, waiting_.get());
  if (access == Access::read_write) {
    // The log and its index stay when the last writer goes: without them a reader who may not write the
    // folder could take no lock, and would see a state that never was.
    int keep = 1;
    sqlite3_file_control(opened, "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
  }
  sqlite3_limit(opened, SQLITE_LIMIT_LENGTH, longest_value);
  // The file may be damaged or forged: nothing in its schema is trusted, and cells are checked as they are
  // read.
  sqlite3_db_config(opened, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_ENABLE_FKEY, 1, nullptr);
  execute("PRAGMA cell_size_check = ON");
}

void Database::require_in_place() const {
  int moved = 0;
  sqlite3_file_control(handle(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  if (moved == 0) return;
  throw Error{ErrorKind::ledger, "the ledger " + name_ + " was removed or replaced while it was in use",
              "what was reported last may be in the file that is gone; find out who moved it, then run "
              "`wxpayctl ledger check`"};
}

void Database::require_unchanged() const {
  if (!stamp_ || *stamp_ == FileStamp{real_path(name_)}) return;
  throw Error{ErrorKind::ledger_busy, "the ledger " + name_ + " is being written",
              "run it again, or as a user who may write its folder"};
}

void Database::fail(int code) const {
  const bool is_busy = (code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED;
  const auto* stop = waiting_->how.stop;
  if (is_busy && stop != nullptr && stop->requested()) {
    throw Error{ErrorKind::interrupted, "interrupted"};
  }
  // A file that is read without locks and changes meanwhile looks damaged.
  require_unchanged();
  const int system_error = handle_ ? sqlite3_system_errno(handle_.get()) : 0;
  const bool is_system_failure = (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN;
  const char* detail = handle_ ? sqlite3_errmsg(handle_.get()) : sqlite3_errstr(code);
  throw describe_failure(code, is_system_failure ? system_error : 0, name_, detail);
}

void Database::execute(const char* sql) const {
  const int code = sqlite3_exec(handle(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
}

std::int64_t Database::number(const char* sql) const {
  Statement statement{*this, sql};
  auto rows = statement.run({});
  return rows.next() ? rows.integer(0) : 0;
}

std::size_t Database::changes() const { return static_cast<std::size_t>(sqlite3_changes(handle())); }

void Database::require_changes(std::size_t rows) const {
  if (changes() == rows) return;
  throw Error{ErrorKind::ledger,
              "the ledger " + name_ + " did not take a change: something in it is not wxpayctl's",
              "`wxpayctl ledger check` names it; nothing of this change was kept"};
}

Rows Statement::run(std::span<const Value> values) {
  if (!handle_) {
    sqlite3_stmt* prepared = nullptr;
    const int code = sqlite3_prepare_v3(database_.handle(), sql_.c_str(), static_cast<int>(sql_.size()) + 1,
                                        SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
    if (code != SQLITE_OK) database_.fail(code);
    handle_.reset(prepared);
  }
  int index = 0;
  for (const auto& value : values) {
    const int code = bind(handle_.get(), ++index, value);
    if (code == SQLITE_OK) continue;
    // It would be stored as NULL, and those before it would stay bound for the next run.
    sqlite3_clear_bindings(handle_.get());
    if (code == SQLITE_TOOBIG) throw value_refused(database_.name(), sqlite3_errstr(code));
    database_.fail(code);
  }
  return Rows{*this};
}

Rows Statement::run(std::initializer_list<Value> values) {
  return run(std::span<const Value>{values.begin(), values.size()});
}

void Statement::execute(std::span<const Value> values) {
  auto rows = run(values);
  rows.next();
}

void Statement::execute(std::initializer_list<Value> values) {
  execute(std::span<const Value>{values.begin(), values.size()});
}

void Statement::change(std::span<const Value> values, std::size_t rows) {
  execute(values);
  database_.require_changes(rows);
}

Rows::~Rows() {
  sqlite3_reset(statement_->handle_.get());
  sqlite3_clear_bindings(statement_->handle_.get());
}

bool Rows::next() {
  const int code = sqlite3_step(statement_->handle_.get());
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) statement_->database_.fail(code);
  return false;
}

Value Rows::value(int column) const {
  // One look-up of the column for all that is asked of it.
  auto* value = sqlite3_column_value(statement_->handle_.get(), column);
  switch (sqlite3_value_type(value)) {
    case SQLITE_NULL:
      return std::monostate{};
    case SQLITE_INTEGER:
      return sqlite3_value_int64(value);
    case SQLITE_TEXT:
      return bytes_of(value);
    default:
      // No column holds a floating-point number; a damaged one shows as bytes that match no hash.
      return Blob{bytes_of(value)};
  }
}

std::string_view Rows::text(int column) const {
  return bytes_of(sqlite3_column_value(statement_->handle_.get(), column));
}

std::int64_t Rows::integer(int column) const {
  return sqlite3_column_int64(statement_->handle_.get(), column);
}

bool Rows::is_null(int column) const {
  return sqlite3_column_type(statement_->handle_.get(), column) == SQLITE_NULL;
}

Transaction::Transaction(const Database& database, Kind kind) : database_{database} {
  if (kind == Kind::read) {
    database_.execute("BEGIN");
    return;
  }
  undisturbed_.emplace(database_);
  try {
    database_.execute("BEGIN IMMEDIATE");
    database_.require_in_place();
  } catch (...) {
    sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
    throw;
  }
}

Transaction::~Transaction() {
  // SQLite has rolled back by itself after some failures; then there is nothing left to do.
  if (open_) sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit() {
  database_.execute("COMMIT");
  open_ = false;
  // What was written into a file that is no longer the ledger must not be reported as done.
  if (undisturbed_) database_.require_in_place();
}

}  // namespace wxpay::ledger
