#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wxpay/evidence.hpp"
#include "wxpay/refund.hpp"
#include "wxpay/transport.hpp"

namespace wxpay {

/// A notification with more bytes than this is not read.
inline constexpr std::size_t largest_notification = 65'536;

/// One request of WeChat Pay's to a notify_url, as it was saved.
struct NotificationMessage {
  std::vector<HttpHeader> headers = {};  ///< empty where only the body was saved
  std::string body;
};

/// How far a notification may be believed.
enum class NotificationVerdict : std::uint8_t {
  paid,            ///< signed, ours and whole: it has evidence
  refund,          ///< verified, ours and whole, about a refund: it has refund evidence
  not_paid,        ///< signed and ours, and says that a payment failed
  ignored,         ///< ours, but of a kind that is not known here: another business
  bad_signature,   ///< not signed, or not as the account signs
  wrong_merchant,  ///< signed, about another merchant or sub-merchant
  malformed,       ///< no notification at all, or one that lacks what it must have
  unverified,      ///< the key that signs it cannot be had now: nothing is known of it
};

/// A notification that was read. What it says of itself is for people to see, whether it may be believed or
/// not; what may be acted upon is the evidence alone.
struct Notification {
  NotificationVerdict verdict = NotificationVerdict::malformed;
  std::optional<NotificationKind> kind;  ///< what it tells of; empty where that cannot be told
  std::string out_trade_no;              ///< printable; empty where it could not be read
  std::string transaction_id;            ///< likewise
  std::string out_refund_no = {};        ///< likewise, of a refund
  std::string reason;                    ///< why it is neither `paid` nor `refund`
  std::string note = {};                 ///< PROBE: WeChat Pay tried whether signatures are checked
  /// When it was signed, where what is signed says so: of API v3, each time anew.
  std::optional<std::chrono::sys_seconds> sent_at = {};
  std::string digest;            ///< SHA-256 of the body, lower-case hex; empty where it is worthless
  bool is_of_other_app = false;  ///< signed, of this merchant, and about another app than the account's
  std::optional<PaymentEvidence> evidence;    ///< of `paid` alone
  std::optional<RefundEvidence> refund = {};  ///< of `refund` alone
};

/// The answer to a notification.
struct NotificationReply {
  std::string content_type;
  std::string body;
};

/// Reads and answers the notifications of one account. Any number of threads may use it at once.
class NotificationReader {
 public:
  virtual ~NotificationReader() = default;

  /// Verifies a message before anything of it is believed.
  virtual Notification read(const NotificationMessage& message) const = 0;

  /// Whether a message, of whatever kind, bears WeChat Pay's signature: what is signed is one message.
  virtual bool is_signed(const NotificationMessage& message) const = 0;

  /// What WeChat Pay is answered. After a refusal it sends the notification again.
  /// @param refusal  why the notification was not taken; empty: it was
  virtual NotificationReply reply(std::string_view refusal) const = 0;

  /// The headers with which a message is sent on to the merchant's back end.
  virtual std::vector<HttpHeader> headers_to_forward(const NotificationMessage& message) const = 0;

  /// Why the merchant's back end, which answers as WeChat Pay must be answered, has not taken a notification;
  /// empty: it has.
  virtual std::string refusal_in(const HttpResponse& answer) const = 0;
};

}  // namespace wxpay
