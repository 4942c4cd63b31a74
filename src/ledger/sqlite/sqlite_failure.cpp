#include "ledger/sqlite/sqlite_failure.hpp"

#include <sqlite3.h>

#include <cerrno>
#include <system_error>

#include "ledger/damage.hpp"

namespace wxpay::ledger {

namespace {

bool is_disk_full(int code, int system_error) {
  if ((code & 0xff) == SQLITE_FULL) return true;
  return (code & 0xff) == SQLITE_IOERR && (system_error == ENOSPC || system_error == EDQUOT);
}

/// Whether the tables refused the value of one row. What a trigger or a key refuses is not among these: the
/// program asks for nothing of that kind, so then the file is not what it should be.
bool is_refused_value(int code) {
  return code == SQLITE_CONSTRAINT_CHECK || code == SQLITE_CONSTRAINT_NOTNULL ||
         code == SQLITE_CONSTRAINT_DATATYPE;
}

/// What a connection that only reads cannot do, by SQLite's extended code.
Error describe_read_only(int code, const std::string& name) {
  switch (code) {
    case SQLITE_READONLY_ROLLBACK:
      return {ErrorKind::ledger, "a write to the ledger " + name + " was broken off, most likely its making",
              "the next command that writes to it, as `wxpayctl create-order`, takes it back and goes on"};
    case SQLITE_READONLY_RECOVERY:
    case SQLITE_READONLY_CANTINIT:
      return {ErrorKind::ledger, "the log of the ledger " + name + " was left by a crash",
              "the next command of a user who may write the ledger carries it over"};
    default:
      return {ErrorKind::ledger, "the ledger " + name + " cannot be written",
              "the file and its folder must be writable for this user"};
  }
}

}  // namespace

Error describe_failure(int code, int system_error, const std::string& name, std::string_view detail) {
  const auto with = [&](std::string_view before, std::string_view after) {
    return std::string{before} + name + std::string{after};
  };
  const std::string cause =
      system_error != 0 ? std::generic_category().message(system_error) : std::string{detail};
  if (is_disk_full(code, system_error)) {
    return {ErrorKind::ledger, with("disk full while writing the ledger ", ""),
            "free some space and run the same again; what was reported before is kept"};
  }
  if (is_refused_value(code)) return value_refused(name, detail);
  if (system_error == EROFS) {
    return {ErrorKind::ledger, with("the ledger ", " is on a read-only file system"),
            "where a log (-wal) with changes is beside it, copy both to a writable folder"};
  }
  if (system_error == EMFILE || system_error == ENFILE) {
    return {ErrorKind::ledger, with("the ledger ", " cannot be opened: this process may open no more files"),
            "raise the limit (ulimit -n) and run it again"};
  }
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorKind::ledger_busy, with("the ledger ", " is locked by another process"),
              "try again when the other run has ended"};
    case SQLITE_NOTADB:
      return {ErrorKind::ledger, with("", " is not a ledger"),
              "name another file with --ledger; where it was one, `wxpayctl ledger restore FILE` puts a copy "
              "in its place and keeps this one"};
    case SQLITE_CORRUPT:
      return damaged(name, detail);
    case SQLITE_READONLY:
      return describe_read_only(code, name);
    case SQLITE_PERM:
      return {ErrorKind::ledger, with("the ledger ", " cannot be written"),
              "the file and its folder must be writable for this user"};
    case SQLITE_CANTOPEN:
      if (system_error == EACCES) {
        return {ErrorKind::ledger, with("the ledger ", " cannot be written, nor its log beside it: " + cause),
                "the file, its log (-wal, -shm) and their folder must be writable for this user"};
      }
      return {ErrorKind::ledger, with("the ledger ", " or its log beside it cannot be opened: " + cause),
              "the file and its folder must be writable for this user"};
    case SQLITE_IOERR:
      return {ErrorKind::ledger, with("the ledger ", " cannot be read or written: " + cause),
              "check the disk, then run `wxpayctl ledger check`"};
    default:
      return {ErrorKind::ledger, with("the ledger ", " failed: " + std::string{detail}),
              "`wxpayctl ledger check` says whether it is whole; `wxpayctl ledger restore FILE` puts a copy "
              "in its place and keeps this one"};
  }
}

Error value_refused(const std::string& name, std::string_view why) {
  return {ErrorKind::ledger_value, "the ledger " + name + " cannot keep a value: " + std::string{why}};
}

}  // namespace wxpay::ledger
