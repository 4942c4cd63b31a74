#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "wxpay/fen.hpp"
#include "wxpay/identifiers.hpp"
#include "wxpay/order.hpp"

namespace wxpay {

/// Who says it: the `source` of a history entry.
enum class EvidenceSource : std::uint8_t {
  create,
  query,
  notify,
  bill,
  import,
  close,
  refund,
  reverse,
  hand
};

std::string_view to_string(EvidenceSource source);
std::optional<EvidenceSource> parse_evidence_source(std::string_view text);

/// What a notification tells of.
enum class NotificationKind : std::uint8_t { payment, refund };

/// "payment" or "refund".
std::string_view to_string(NotificationKind kind);
std::optional<NotificationKind> parse_notification_kind(std::string_view text);

/// Whatever somebody says about one order, verified, and in one shape: an answer to a creation, a query or a
/// closing, a notification, a bill's row, or a repair by hand.
struct PaymentEvidence {
  EvidenceSource source = EvidenceSource::query;
  MerchantIdentity merchant;  ///< empty parts were not said and are not compared
  OutTradeNo out_trade_no;
  OrderState state = OrderState::notpay;
  TransactionId transaction_id;
  std::optional<Fen> total_fee;
  std::string fee_type;  ///< empty means CNY
  std::optional<std::chrono::sys_seconds> time_end;
  std::optional<Prepay> prepay;  ///< of a creation that was accepted
  /// For `create`: the parameters that were sent. An answer to earlier ones of a number used again is stale.
  std::shared_ptr<const OrderIntent> sent;
  std::string digest;  ///< SHA-256 of the raw bytes, lower-case hex; empty for a hand
  std::string reason;  ///< why, where a hand did it or WeChat Pay gave a code
  /// Its bytes are given to NotificationLedger::keep in the same transaction; the history then says so, and
  /// LedgerMaintenance::check misses them.
  bool kept = false;
};

}  // namespace wxpay
