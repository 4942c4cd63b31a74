#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "ledger/sqlite/sqlite_database.hpp"

namespace wxpay::ledger {

/// The newest schema that this program knows.
std::int64_t newest_schema();

/// The schema of an open file: its user_version.
std::int64_t schema_version(const Database& database);

// What an older schema lacks.
inline constexpr std::int64_t schema_with_notifications = 2;
inline constexpr std::int64_t schema_with_subjects = 4;
inline constexpr std::int64_t schema_with_refunds = 5;

/// Brings an older schema to this version, in one transaction. What is as new or newer stays as it is.
void migrate(const Database& database, std::int64_t target);

/// The schema version of an open file; 0 when it is still empty.
/// @throws Error{ledger}  another program's database, or a newer schema
std::int64_t identify(const Database& database);

/// Turns on the write-ahead log and brings the schema to the newest version, in one transaction: a process
/// that is killed half way leaves the old schema, and of several at once one does it and the others wait.
/// @throws Error{ledger}, Error{ledger_busy} past the wait
void prepare_for_writing(const Database& database, std::chrono::milliseconds busy_wait);

/// @throws Error{ledger}  a trigger or view is not the newest schema's: it could drop what is written
void refuse_foreign_triggers(const Database& database);

/// What differs from the schema that this program would make in the file's version: a table, index or trigger
/// that is missing or was changed, or anything that was added. Empty when nothing does.
std::string schema_problem(const Database& database);

}  // namespace wxpay::ledger
