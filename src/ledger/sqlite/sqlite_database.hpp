#pragma once

#include <sqlite3.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/handle.hpp"
#include "ledger/value.hpp"
#include "wxpay/clock.hpp"
#include "wxpay/error.hpp"

namespace wxpay::ledger {

/// A path and how it may be used.
enum class Access {
  read_write,
  read_only,
  /// For a medium on which SQLite cannot keep its files beside the ledger; nobody may be writing.
  immutable,
  /// No file at all: an empty database of this connection's own.
  memory,
};

/// What changes when somebody writes a file and its log.
struct FileStamp {
  explicit FileStamp(const std::string& path);
  std::int64_t size = 0;
  std::int64_t modified_ns = 0;
  std::string header;         ///< of the database, with its change counter
  std::int64_t log_size = 0;  ///< of the log beside it; 0 where there is none
  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

/// How long a statement waits for another process that writes, and who may end the wait.
struct BusyWait {
  std::chrono::milliseconds longest{0};
  const Stop* stop = nullptr;
  /// Held while this connection keeps others from the file, but not while it waits for them; null: nobody
  /// wants to know.
  std::mutex* undisturbed = nullptr;
};

/// One connection to the ledger's file. Belongs to one thread at a time.
class Database {
 public:
  /// Opens an existing file.
  Database(const std::filesystem::path& path, Access access, BusyWait busy_wait);
  Database(const std::filesystem::path& path, Access access, std::chrono::milliseconds longest_wait)
      : Database{path, access, BusyWait{longest_wait}} {}
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  Database(Database&&) = default;
  Database& operator=(Database&&) = delete;
  /// The last one that closes a file carries its log over.
  ~Database();

  /// Runs statements that give no rows.
  void execute(const char* sql) const;
  /// The one number that a pragma or query gives; 0 when it gives none.
  std::int64_t number(const char* sql) const;

  /// How many rows the last insertion or update concerned.
  std::size_t changes() const;
  /// @throws Error{ledger}  it was not so many: nothing may be reported as written
  void require_changes(std::size_t rows) const;

  /// @throws Error{ledger}  the file was removed or replaced since it was opened
  void require_in_place() const;
  /// Of an immutable one: that nobody has written it since it was opened, so that what was read is one state.
  /// @throws Error{ledger_busy}  somebody has
  void require_unchanged() const;

  /// Holds BusyWait::undisturbed; where that is held already, it does nothing.
  class Undisturbed {
   public:
    explicit Undisturbed(const Database& database);
    Undisturbed(const Undisturbed&) = delete;
    Undisturbed& operator=(const Undisturbed&) = delete;
    Undisturbed(Undisturbed&&) = delete;
    Undisturbed& operator=(Undisturbed&&) = delete;
    ~Undisturbed();

   private:
    std::unique_lock<std::mutex>* taken_ = nullptr;
  };

  /// A pause in which nothing is held.
  void let_others(std::chrono::milliseconds pause) const;

  sqlite3* handle() const noexcept { return handle_.get(); }
  const std::string& name() const noexcept { return name_; }
  /// Throws what this result code of the connection's last call means.
  [[noreturn]] void fail(int code) const;

 private:
  struct Waiting {
    BusyWait how;
    std::unique_lock<std::mutex> undisturbed;
  };
  static int wait_while_busy(void* waiting, int tries);
  static void pause_for(std::chrono::milliseconds pause, Waiting& waiting);

  std::unique_ptr<Waiting> waiting_;  ///< in one place, as SQLite keeps its address
  Handle<sqlite3, sqlite3_close_v2> handle_;
  std::string name_;
  std::optional<FileStamp> stamp_;  ///< of an immutable one
};

class Rows;

/// One statement, prepared when it is first run and kept as long as the connection.
class Statement {
 public:
  Statement(const Database& database, std::string sql) : database_{database}, sql_{std::move(sql)} {}

  /// Runs it with these values; the rows come one by one, and only one run is under way at a time. The bytes
  /// of the values must outlive the rows.
  Rows run(std::span<const Value> values);
  Rows run(std::initializer_list<Value> values);
  /// Runs it to its end, for statements without rows.
  void execute(std::span<const Value> values);
  void execute(std::initializer_list<Value> values);
  /// Runs a change that concerns exactly so many rows.
  /// @throws Error{ledger}  it changed another number: nothing may be reported as written
  void change(std::span<const Value> values, std::size_t rows);

 private:
  friend class Rows;
  const Database& database_;
  std::string sql_;
  Handle<sqlite3_stmt, sqlite3_finalize> handle_;
};

/// A statement under way. Its end frees the statement for the next run.
class Rows {
 public:
  explicit Rows(Statement& statement) : statement_{&statement} {}
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;
  Rows(Rows&&) = delete;
  Rows& operator=(Rows&&) = delete;
  ~Rows();

  /// Goes to the next row; false at the end.
  bool next();
  /// The views live until the next row.
  Value value(int column) const;
  std::string_view text(int column) const;
  std::int64_t integer(int column) const;
  bool is_null(int column) const;

 private:
  Statement* statement_;
};

/// The first columns of the row as they are.
template <std::size_t Size>
std::array<Value, Size> raw_values(const Rows& rows) {
  std::array<Value, Size> values;
  for (std::size_t i = 0; i < Size; ++i) values[i] = rows.value(static_cast<int>(i));
  return values;
}

/// A transaction that is rolled back unless it is committed.
class Transaction {
 public:
  enum class Kind { read, write };
  /// A `write` takes the lock at once, so that what it reads is what it changes.
  Transaction(const Database& database, Kind kind);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  Transaction(Transaction&&) = delete;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  void commit();

 private:
  const Database& database_;
  std::optional<Database::Undisturbed> undisturbed_;  ///< of one that writes
  bool open_ = true;
};

}  // namespace wxpay::ledger
