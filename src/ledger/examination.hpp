#pragma once

#include <filesystem>
#include <string>

namespace wxpay::ledger {

/// What can be said of a ledger without changing anything.
struct Examination {
  std::string problem;  ///< what keeps it from being used; empty: nothing does
  std::string notice;   ///< what somebody should look at; empty: nothing
};

/// Looks at a ledger that is there and at the log beside it. To be called before this process has it open.
/// @throws Error{ledger}, Error{ledger_busy}  it cannot be opened
Examination examine(const std::filesystem::path& path);

}  // namespace wxpay::ledger
