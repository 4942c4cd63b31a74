#pragma once

#include <string>
#include <string_view>

#include "wxpay/error.hpp"

namespace wxpay::ledger {

/// The Error for a ledger that holds what it cannot hold.
/// @param ledger  its name
Error damaged(const std::string& ledger, std::string_view what);

}  // namespace wxpay::ledger
