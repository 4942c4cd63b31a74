#pragma once

#include <string>

#include "app/replay_notifications.hpp"
#include "wxpay/notifications.hpp"
#include "wxpay/order_ledger.hpp"
#include "wxpay/refund_ledger.hpp"

namespace wxpay::app {

// What a notification comes to, from what was read and what the ledger did with it.

NotificationOutcome outcome_of(NotificationVerdict verdict);

/// @param is_of_other_app  whether it names another app than the profile's
NotificationOutcome outcome_of(const SettleResult& settled, bool is_of_other_app);
NotificationOutcome outcome_of(const RefundSettleResult& settled);

/// What the ledger keeps it as: a proof that was added is applied, though the payment itself is no news.
NotificationOutcome kept_as(NotificationOutcome outcome, bool adds_proof);

/// Why it was not applied, in words; empty where it was.
std::string reason_for(NotificationOutcome outcome, const SettleResult& settled,
                       const PaymentEvidence& evidence);
std::string reason_for(NotificationOutcome outcome, const RefundSettleResult& settled,
                       const RefundEvidence& evidence);

/// What the ledger keeps as it came: not what changed nothing, nor what is worthless. Of what is not known
/// here, a message about a refund is kept: it may be the only one.
bool is_kept(NotificationOutcome outcome, const Notification& notification);

}  // namespace wxpay::app
