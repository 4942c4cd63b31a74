#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "app/outcome.hpp"
#include "app/query_order.hpp"
#include "wxpay/clock.hpp"
#include "wxpay/error.hpp"
#include "wxpay/gateway.hpp"
#include "wxpay/gateway_client.hpp"
#include "wxpay/refund.hpp"
#include "wxpay/refund_ledger.hpp"

namespace wxpay::app {

struct RefundQueryResult {
  Outcome outcome = Outcome::done;
  std::string out_refund_no;
  std::optional<RefundEvidence> said;  ///< by WeChat Pay; none: it has no such refund
  std::optional<Refund> refund;        ///< as the ledger has it after it; none: it has none
  /// UPDATE_SUCCESS, UPDATE_FAIL, UNABLE_TO_UPDATE or NO_SUCH_REFUND_IN_WECHAT
  std::string result_msg;
  std::string reason;        ///< of UNABLE_TO_UPDATE
  std::string update_error;  ///< of UPDATE_FAIL, for people
  std::string hint;
  bool written = false;  ///< something was written, or would be

  /// A person must act.
  bool is_abnormal() const { return said && said->state == RefundState::abnormal; }
};

/// A refund that was sent so lately may not have arrived yet when WeChat Pay says that it has none.
inline constexpr std::chrono::seconds refund_under_way{60};

/// Settles what WeChat Pay answered about one refund.
/// @param merchant  of the profile: what WeChat Pay does not have of its other apps may be there all the same
/// @param ledger  none: there is no ledger
/// @param missing_since  "no such refund" makes one FAILED that was sent before this
/// @throws Error  no answer, or none that can be believed
RefundQueryResult settle_refund_answer(const RefundOutcome& outcome, const MerchantIdentity& merchant,
                                       const OutRefundNo& number, RefundLedger* ledger, WriteBack write_back,
                                       std::chrono::sys_seconds missing_since);

/// Asks WeChat Pay about one refund and settles the answer (wxpayctl-query-refund(1)).
/// @param ledger  none: there is no ledger, and none is made
/// @throws Error  no answer, or none that can be believed
RefundQueryResult query_refund(const OutRefundNo& number, const MerchantIdentity& merchant,
                               RefundLedger* ledger, WriteBack write_back, GatewayClient& client,
                               const Clock& clock);

}  // namespace wxpay::app
