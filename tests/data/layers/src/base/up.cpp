// The way down is the way up.
#include <nlohmann/json.hpp>

#include "domain/names.hpp"
#include "wxpay/ledger.hpp"
