#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "base/unique_fd.hpp"
#include "wxpay/ledger_jobs.hpp"

namespace wxpay::ledger {

/// The lock of a ledger that is a file: a file beside it, which stays there, and of which the system lets go
/// when the process ends. It also says when the last complete run of each merchant and app began.
class RunLock final : public JobLock {
 public:
  /// @param ledger  the ledger's file
  /// @throws Error{lock_held}  another run has it
  /// @throws Error{ledger}     the file cannot be made
  RunLock(const std::filesystem::path& ledger, LedgerJob job);

  /// @param ledger  with its links followed
  static std::filesystem::path path_of(const std::filesystem::path& ledger, LedgerJob job);

  /// Why a run by this user, or by those who may write the ledger, could not take the lock were it free;
  /// empty where nothing is in the way. Makes nothing, and has the lock for a moment.
  static std::string problem(const std::filesystem::path& ledger, LedgerJob job);

  /// When the last complete run for this merchant's app began; none where the file does not say so in words
  /// that can be read. Takes no lock.
  static std::optional<std::chrono::sys_seconds> last_complete(const std::filesystem::path& ledger,
                                                               LedgerJob job,
                                                               const MerchantIdentity& merchant);
  void set_complete(const MerchantIdentity& merchant, std::chrono::sys_seconds started) override;
  /// Sets the complete runs back to 1970, so that the next one asks about all that was closed: the ledger is
  /// to be replaced by one that has not what they found.
  /// @throws Error{ledger}  the file cannot be written
  void reset_complete();

 private:
  void write(const std::string& text);

  UniqueFd file_;
};

}  // namespace wxpay::ledger
