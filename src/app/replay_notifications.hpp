#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "app/pipeline.hpp"
#include "wxpay/clock.hpp"
#include "wxpay/notification_ledger.hpp"
#include "wxpay/notifications.hpp"
#include "wxpay/order_ledger.hpp"
#include "wxpay/refund_ledger.hpp"
#include "wxpay/transport.hpp"

namespace wxpay::app {

/// What became of one saved notification (wxpayctl-replay-notify(1)).
enum class NotificationOutcome : std::uint8_t {
  applied,
  already_applied,
  not_paid,
  ignored,
  other_app,  ///< of this merchant, about an order of another app that the ledger does not have
  bad_signature,
  wrong_merchant,
  amount_mismatch,
  transaction_mismatch,
  refund_mismatch,  ///< the number of a refund of another order, or with another refund_id
  state_mismatch,   ///< a refund that ended otherwise
  unknown_order,
  unknown_refund,  ///< of an order that the ledger has
  malformed,
  unverified,  ///< the key that signs it cannot be had now
  unreadable,  ///< the file
  failed,      ///< the ledger could not take it
};

/// "APPLIED" and so on.
std::string_view to_string(NotificationOutcome outcome);

/// What WeChat Pay would be answered.
NotificationReply notification_reply(const NotificationReader& reader, NotificationOutcome outcome);

/// A notification as it was saved, or why there is none.
struct SavedNotification {
  std::string source;  ///< the file and the message's number in it
  NotificationMessage message;
  bool too_large = false;  ///< it has more bytes than any message may, and they are not here
  bool is_line = false;    ///< the body is a line that ReplayDeps::take_apart makes a message of
  std::string unreadable;  ///< why it could not be read; empty where it was
  /// Where its file is of another kind, as a compressed one: what it is. Then the message is empty.
  std::string foreign = {};
};

struct ReplayResult {
  std::string source;
  NotificationOutcome outcome = NotificationOutcome::unreadable;
  std::optional<NotificationKind> kind;
  std::string out_trade_no;      ///< as it says, where that could be read
  std::string transaction_id;    ///< likewise
  std::string out_refund_no;     ///< likewise, of a refund
  std::string note;              ///< PAID_AFTER_CLOSE or PROBE
  std::string reason;            ///< why it was not applied, in words
  std::optional<int> forwarded;  ///< the HTTP status that the merchant's back end answered with
  std::string forward_error;     ///< why the back end has not taken it
};

struct ReplayOptions {
  bool dry_run = false;
  std::optional<std::chrono::seconds> longest_age = {};  ///< since it was signed; none: that does not count
  std::string forward_to;  ///< URL of the merchant's back end; empty: nothing is sent
  std::chrono::milliseconds forward_timeout{30'000};
  std::size_t workers = 1;
};

/// What a replay works with; all of it must outlive the run.
struct ReplayDeps {
  const NotificationReader& reader;
  MerchantId mch_id;                  ///< of the profile
  OrderLedger* ledger;                ///< none: no order is known; only for a dry run
  RefundLedger* refunds;              ///< of the same ledger
  NotificationLedger* notifications;  ///< of the same ledger
  const Clock& clock;
  const Stop& stop;
  std::function<Transport&(std::size_t worker)> transport;  ///< only where something is sent
  std::function<void(SavedNotification&)> take_apart = {};  ///< of a line; from any thread
};

/// Verifies saved notifications, many at once, and applies each once, in the order of reading: what counts is
/// the ledger, so the same again changes nothing. What was applied or refused is kept in the ledger as it
/// came.
class NotificationReplay {
 public:
  NotificationReplay(ReplayOptions options, ReplayDeps deps);

  struct Source {
    std::function<std::optional<SavedNotification>()> read;  ///< the next one; nothing at the end
    std::function<bool()> readable;                          ///< see PipelineSource
  };
  struct Sink {
    std::function<void(const ReplayResult&)> result;  ///< in the order of reading, after its commit
    std::function<void()> pause;
  };
  void run(const Source& source, const Sink& sink);

  /// Asks for a stop, from any thread.
  void halt() noexcept { pipeline_.halt(); }
  /// Whether every notification of the input has a result.
  bool finished() const noexcept { return pipeline_.finished(); }

 private:
  class Item;
  /// What `settle` looks at of an order, and a notification changes: a whole order is far larger.
  struct Changed {
    OrderState state;
    OrderState proven_state;
    TransactionId transaction_id;
  };
  SettleResult settle(const PaymentEvidence& evidence);
  RefundSettleResult settle(const RefundEvidence& evidence);

  ReplayOptions options_;
  ReplayDeps deps_;
  Pipeline pipeline_;
  std::unordered_map<std::string, Changed> changed_;  ///< in a dry run, by order number
};

}  // namespace wxpay::app
