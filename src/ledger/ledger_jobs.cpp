#include "wxpay/ledger_jobs.hpp"

namespace wxpay {

std::string_view to_string(LedgerJob job) {
  switch (job) {
    case LedgerJob::reconcile:
      return "reconcile";
  }
  return "?";
}

}  // namespace wxpay
