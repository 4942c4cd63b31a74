#pragma once

#include <string>
#include <string_view>

#include "wxpay/error.hpp"

namespace wxpay::ledger {

/// The Error for a failure of SQLite, told in the user's terms.
/// @param system_error  errno of the call below SQLite, or 0
Error describe_failure(int code, int system_error, const std::string& name, std::string_view detail);

/// The Error for a value that no column takes.
Error value_refused(const std::string& name, std::string_view why);

}  // namespace wxpay::ledger
