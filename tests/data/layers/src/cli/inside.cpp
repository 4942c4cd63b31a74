// The command line sees of the ledger what an embedding program sees.
#include "ledger/run_lock.hpp"
#include "wxpay/ledger.hpp"
