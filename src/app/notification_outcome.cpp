#include "app/notification_outcome.hpp"

#include "base/text.hpp"

namespace wxpay::app {

namespace {

/// The words that WeChat Pay is told where it is answered FAIL; empty: it is answered SUCCESS.
std::string_view refusal_of(NotificationOutcome outcome) {
  switch (outcome) {
    case NotificationOutcome::applied:
    case NotificationOutcome::already_applied:
    case NotificationOutcome::not_paid:
    case NotificationOutcome::ignored:
    case NotificationOutcome::other_app:
      return {};
    case NotificationOutcome::bad_signature:
      return "the signature does not hold";
    case NotificationOutcome::wrong_merchant:
      return "another merchant or app";
    case NotificationOutcome::amount_mismatch:
      return "another amount";
    case NotificationOutcome::transaction_mismatch:
      return "paid by another transaction";
    case NotificationOutcome::refund_mismatch:
      return "another refund";
    case NotificationOutcome::state_mismatch:
      return "another state";
    case NotificationOutcome::unknown_order:
      return "unknown order";
    case NotificationOutcome::unknown_refund:
      return "unknown refund";
    case NotificationOutcome::malformed:
      return "malformed";
    case NotificationOutcome::unverified:
      return "not verified";
    case NotificationOutcome::unreadable:
      return "not readable";
    case NotificationOutcome::failed:
      return "not recorded";
  }
  return "not recorded";
}

}  // namespace

std::string_view to_string(NotificationOutcome outcome) {
  switch (outcome) {
    case NotificationOutcome::applied:
      return "APPLIED";
    case NotificationOutcome::already_applied:
      return "ALREADY_APPLIED";
    case NotificationOutcome::not_paid:
      return "NOT_PAID";
    case NotificationOutcome::ignored:
      return "IGNORED";
    case NotificationOutcome::other_app:
      return "OTHER_APP";
    case NotificationOutcome::bad_signature:
      return "BAD_SIGNATURE";
    case NotificationOutcome::wrong_merchant:
      return "WRONG_MERCHANT";
    case NotificationOutcome::amount_mismatch:
      return "AMOUNT_MISMATCH";
    case NotificationOutcome::transaction_mismatch:
      return "TRANSACTION_MISMATCH";
    case NotificationOutcome::refund_mismatch:
      return "REFUND_MISMATCH";
    case NotificationOutcome::state_mismatch:
      return "STATE_MISMATCH";
    case NotificationOutcome::unknown_order:
      return "UNKNOWN_ORDER";
    case NotificationOutcome::unknown_refund:
      return "UNKNOWN_REFUND";
    case NotificationOutcome::malformed:
      return "MALFORMED";
    case NotificationOutcome::unverified:
      return "UNVERIFIED";
    case NotificationOutcome::unreadable:
      return "UNREADABLE";
    case NotificationOutcome::failed:
      return "FAILED";
  }
  return "FAILED";
}

NotificationReply notification_reply(const NotificationReader& reader, NotificationOutcome outcome) {
  return reader.reply(refusal_of(outcome));
}

NotificationOutcome outcome_of(NotificationVerdict verdict) {
  switch (verdict) {
    case NotificationVerdict::paid:
    case NotificationVerdict::refund:
      return NotificationOutcome::applied;
    case NotificationVerdict::not_paid:
      return NotificationOutcome::not_paid;
    case NotificationVerdict::ignored:
      return NotificationOutcome::ignored;
    case NotificationVerdict::bad_signature:
      return NotificationOutcome::bad_signature;
    case NotificationVerdict::wrong_merchant:
      return NotificationOutcome::wrong_merchant;
    case NotificationVerdict::unverified:
      return NotificationOutcome::unverified;
    case NotificationVerdict::malformed:
      break;
  }
  return NotificationOutcome::malformed;
}

NotificationOutcome outcome_of(const SettleResult& settled, bool is_of_other_app) {
  if (!settled.order) {
    return is_of_other_app ? NotificationOutcome::other_app : NotificationOutcome::unknown_order;
  }
  switch (settled.settlement.verdict) {
    case Verdict::apply:
      return settled.settlement.adds_proof ? NotificationOutcome::already_applied
                                           : NotificationOutcome::applied;
    case Verdict::wrong_merchant:
      return NotificationOutcome::wrong_merchant;
    case Verdict::amount_mismatch:
      return NotificationOutcome::amount_mismatch;
    case Verdict::transaction_mismatch:
      return NotificationOutcome::transaction_mismatch;
    case Verdict::already_applied:
    case Verdict::no_news:
    case Verdict::stale:
    case Verdict::state_mismatch:
    case Verdict::state_proven:
      break;
  }
  return NotificationOutcome::already_applied;
}

NotificationOutcome outcome_of(const RefundSettleResult& settled) {
  if (!settled.refund)
    return settled.order ? NotificationOutcome::unknown_refund : NotificationOutcome::unknown_order;
  switch (settled.settlement.verdict) {
    case RefundVerdict::apply:
      return NotificationOutcome::applied;
    case RefundVerdict::wrong_merchant:
      return NotificationOutcome::wrong_merchant;
    case RefundVerdict::other_order:
    case RefundVerdict::refund_mismatch:
      return NotificationOutcome::refund_mismatch;
    case RefundVerdict::amount_mismatch:
    case RefundVerdict::exceeds:
      return NotificationOutcome::amount_mismatch;
    case RefundVerdict::state_mismatch:
      return NotificationOutcome::state_mismatch;
    case RefundVerdict::already_applied:
    case RefundVerdict::no_news:
      break;
  }
  return NotificationOutcome::already_applied;
}

NotificationOutcome kept_as(NotificationOutcome outcome, bool adds_proof) {
  return adds_proof ? NotificationOutcome::applied : outcome;
}

std::string reason_for(NotificationOutcome outcome, const SettleResult& settled,
                       const PaymentEvidence& evidence) {
  if (outcome == NotificationOutcome::unknown_order) return "the ledger does not know this order";
  if (outcome == NotificationOutcome::other_app) {
    return "it is about the app " + evidence.merchant.app_id.text() +
           ", whose order the ledger does not have";
  }
  if (outcome == NotificationOutcome::wrong_merchant) {
    return "the ledger has the order under another app or sub-merchant";
  }
  if (outcome == NotificationOutcome::amount_mismatch) {
    const auto currency =
        evidence.fee_type.empty() ? "" : " " + without_control_characters(evidence.fee_type);
    return "it says " + std::to_string(evidence.total_fee->count()) + currency + ", the ledger " +
           std::to_string(settled.order->intent.total_fee.count());
  }
  if (outcome == NotificationOutcome::transaction_mismatch) {
    return "the order was paid by transaction " + settled.order->transaction_id.text();
  }
  return {};
}

std::string reason_for(NotificationOutcome outcome, const RefundSettleResult& settled,
                       const RefundEvidence& evidence) {
  const auto in_fen = [](const std::optional<Fen>& fee) {
    return fee ? std::to_string(fee->count()) : "none";
  };
  switch (outcome) {
    case NotificationOutcome::unknown_order:
      return "the ledger does not know the order of this refund";
    case NotificationOutcome::unknown_refund:
      return "the ledger does not know this refund: 'wxpayctl query-refund " + evidence.out_refund_no.text() +
             "' asks WeChat Pay and takes it over";
    case NotificationOutcome::refund_mismatch:
      return "the ledger has a refund of this number of order " + settled.refund->intent.out_trade_no.text() +
             ", " + (settled.refund->refund_id.empty() ? "no refund_id" : settled.refund->refund_id.text());
    case NotificationOutcome::amount_mismatch:
      return "it says " + in_fen(evidence.refund_fee) + " of " + in_fen(evidence.total_fee) +
             ", the ledger " + in_fen(settled.refund->intent.refund_fee) + " of " +
             in_fen(settled.refund->intent.total_fee);
    case NotificationOutcome::state_mismatch:
      return "it says " + std::string{to_string(evidence.state)} + ", the ledger " +
             std::string{to_string(settled.refund->state)};
    default:
      return {};
  }
}

bool is_kept(NotificationOutcome outcome, const Notification& notification) {
  switch (outcome) {
    case NotificationOutcome::malformed:
      return !notification.digest.empty();
    case NotificationOutcome::ignored:
      return notification.kind == NotificationKind::refund;
    case NotificationOutcome::applied:
    case NotificationOutcome::bad_signature:
    case NotificationOutcome::wrong_merchant:
    case NotificationOutcome::amount_mismatch:
    case NotificationOutcome::transaction_mismatch:
    case NotificationOutcome::refund_mismatch:
    case NotificationOutcome::state_mismatch:
    case NotificationOutcome::unknown_order:
    case NotificationOutcome::unknown_refund:
      return true;
    default:
      return false;
  }
}

}  // namespace wxpay::app
