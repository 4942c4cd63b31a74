#pragma once

#include <memory>

#include "ledger/sqlite/sqlite_database.hpp"
#include "ledger/store.hpp"
#include "ledger/subject.hpp"

namespace wxpay::ledger {

/// What the functions of LedgerStore of the same names give, on an open file of any schema.
std::unique_ptr<RowStream> select_subjects(const Database& database, const SubjectKind& kind);
std::unique_ptr<RowStream> select_links(const Database& database, const SubjectKind& kind);
std::unique_ptr<RowStream> select_notified_entries(const Database& database);
std::unique_ptr<RowStream> select_notifications_without_entry(const Database& database);

}  // namespace wxpay::ledger
