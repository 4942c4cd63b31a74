#pragma once

#include <filesystem>

#include "base/unique_fd.hpp"

namespace wxpay::ledger {

/// Held by the one run that may do a job on a ledger. The system lets go of it when the process ends, however
/// it ends, so that no lock is ever stale.
class RunLock {
 public:
  /// @param ledger  the ledger's file; the lock is a file beside it, which stays there
  /// @throws Error{lock_held}  another run has it
  /// @throws Error{ledger}     the file cannot be made
  explicit RunLock(const std::filesystem::path& ledger);

 private:
  UniqueFd file_;
};

}  // namespace wxpay::ledger
