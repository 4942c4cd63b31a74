#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "base/unique_fd.hpp"
#include "wxpay/identifiers.hpp"

namespace wxpay::ledger {

/// Held by the one run that may do a job on a ledger. The system lets go of it when the process ends, however
/// it ends, so that no lock is ever stale. Its file also says when the last complete run of each merchant and
/// app began.
class RunLock {
 public:
  /// @param ledger  the ledger's file; the lock is a file beside it, which stays there
  /// @throws Error{lock_held}  another run has it
  /// @throws Error{ledger}     the file cannot be made
  explicit RunLock(const std::filesystem::path& ledger);

  /// Whether there is a file to take.
  static bool exists(const std::filesystem::path& ledger);

  /// Why a run by this user, or by those who may write the ledger, could not take the lock were it free;
  /// empty where nothing is in the way. Makes nothing, and has the lock for a moment.
  static std::string problem(const std::filesystem::path& ledger);

  /// When the last complete run for this merchant's app began; none where the file does not say so in words
  /// that can be read. Takes no lock.
  static std::optional<std::chrono::sys_seconds> last_complete(const std::filesystem::path& ledger,
                                                               const MerchantIdentity& merchant);
  /// Runs that began later count as begun then, as the ledger is what it was at that time.
  /// @throws Error{ledger}  the file cannot be written
  void set_back(std::chrono::sys_seconds to);
  /// @throws Error{ledger}  the file cannot be written
  void set_complete(const MerchantIdentity& merchant, std::chrono::sys_seconds started);

 private:
  void rewrite(const std::string& text) const;

  UniqueFd file_;
};

}  // namespace wxpay::ledger
