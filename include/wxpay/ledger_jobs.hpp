#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "wxpay/identifiers.hpp"

namespace wxpay {

/// A job that only one run at a time may do on a ledger.
enum class LedgerJob : std::uint8_t { reconcile };
std::string_view to_string(LedgerJob job);

/// Held by the one run that may do a job. It ends with the process, however that ends, so that no lock is
/// ever stale.
class JobLock {
 public:
  virtual ~JobLock() = default;
  /// Keeps when the complete run for this merchant's app began.
  /// @throws Error{ledger}  it cannot be kept
  virtual void set_complete(const MerchantIdentity& merchant, std::chrono::sys_seconds started) = 0;
};

/// The jobs that are done on a ledger.
class LedgerJobs {
 public:
  virtual ~LedgerJobs() = default;

  /// @throws Error{lock_held}  another run has it
  /// @throws Error{ledger}     it cannot be made
  virtual std::unique_ptr<JobLock> lock(LedgerJob job) = 0;
  /// When the last complete run of the job for this merchant's app began; none where that is not known. Takes
  /// no lock.
  virtual std::optional<std::chrono::sys_seconds> last_complete(LedgerJob job,
                                                                const MerchantIdentity& merchant) = 0;
};

}  // namespace wxpay
