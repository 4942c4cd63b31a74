#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wxpay/evidence.hpp"
#include "wxpay/v2_gateway.hpp"

namespace wxpay::v2 {

/// What a notification is about, where that can be told.
enum class NotificationKind : std::uint8_t { unknown, payment, refund };

/// How far a notification may be believed.
enum class NotificationVerdict : std::uint8_t {
  paid,            ///< signed, ours and whole: it has evidence
  not_paid,        ///< signed and ours, and says that a payment failed
  ignored,         ///< ours, but of a kind that is not known here: a refund, or another business
  bad_signature,   ///< not signed, or not as the account signs
  wrong_merchant,  ///< signed, about another merchant or sub-merchant
  malformed,       ///< no notification at all, or one that lacks what it must have
};

/// A notification that was read. What it says of itself is for people to see, whether it may be believed or
/// not; what may be acted upon is the evidence alone.
struct Notification {
  NotificationVerdict verdict = NotificationVerdict::malformed;
  NotificationKind kind = NotificationKind::unknown;
  std::string out_trade_no;      ///< printable; empty where it could not be read
  std::string transaction_id;    ///< likewise
  std::string reason;            ///< why it is not `paid`
  std::string digest;            ///< SHA-256 of the bytes, lower-case hex; empty where they are worthless
  bool is_of_other_app = false;  ///< signed, of this merchant, and about another app than the account's
  std::optional<PaymentEvidence> evidence;  ///< of `paid` alone
};

/// Reads the body of one request of WeChat Pay's to a notify_url, in the order in which it may be believed:
/// size, XML without a DOCTYPE, return_code, signature, identity, result_code, fields (API v2, 9_7). A
/// refund's notification (9_16) carries no sign: of it only the identity is looked at, and nothing is made of
/// it. Bytes are worthless, and have no digest, when they are malformed, not signed, and name no order.
Notification read_notification(std::string_view document, const V2Account& account);

/// Whether it is a message, of whatever kind, that bears the account's signature, be its fields ambiguous or
/// not: what is signed is one document.
bool is_signed(std::string_view document, const V2Account& account);

}  // namespace wxpay::v2
