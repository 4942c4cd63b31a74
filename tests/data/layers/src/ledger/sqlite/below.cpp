// A store knows rows, and neither rules nor hashes.
#include <sqlite3.h>

#include "ledger/hash_chain.hpp"
#include "ledger/order_rows.hpp"
#include "ledger/sqlite/schema.hpp"
