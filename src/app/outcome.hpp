#pragma once

namespace wxpay::app {

/// How a single piece of work ended, as a caller must tell the cases apart (exit codes, wxpayctl(1)).
enum class Outcome {
  done,
  refused,    ///< WeChat Pay or the ledger's rules said no
  unknown,    ///< no answer, or one that settles nothing: safe to run again
  integrity,  ///< something does not agree; nothing was applied
  ledger_failed,
  interrupted,
};

}  // namespace wxpay::app
