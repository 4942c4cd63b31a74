// The ledger knows its stores by their interface.
#include <sqlite3.h>

#include "ledger/sqlite/sqlite_store.hpp"
#include "ledger/store.hpp"
