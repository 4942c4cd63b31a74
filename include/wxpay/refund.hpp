#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wxpay/evidence.hpp"
#include "wxpay/fen.hpp"
#include "wxpay/identifiers.hpp"
#include "wxpay/order.hpp"

namespace wxpay {

/// The states of a refund in the ledger. The numbers are what the ledger stores: those that are asked about
/// come first, so that "still open" is one comparison.
enum class RefundState : std::uint8_t {
  unknown = 0,     ///< sent or about to be; the answer is unknown
  processing = 1,  ///< accepted, and on its way to the payer
  abnormal = 2,  ///< the payer's card did not take it: the money is back with the merchant, a person must act
  success = 3,   ///< the payer has the money
  closed = 4,    ///< nothing was refunded, and its amount is free again
  failed = 5,    ///< WeChat Pay refused it or never had it: the number is free for the same refund
};

constexpr bool is_open(RefundState state) { return state < RefundState::abnormal; }
/// Whether its amount counts against what was paid.
constexpr bool holds_amount(RefundState state) { return state < RefundState::closed; }
/// Whether WeChat Pay took it.
constexpr bool is_accepted(RefundState state) {
  return state == RefundState::processing || state == RefundState::abnormal || state == RefundState::success;
}

/// "UNKNOWN", "PROCESSING", "ABNORMAL", "SUCCESS", "REFUNDCLOSE", "FAILED".
std::string_view to_string(RefundState state);
/// Exactly those names.
std::optional<RefundState> parse_refund_state(std::string_view text);
/// refund_status of API v2 and status of API v3: also CHANGE for ABNORMAL, and CLOSED for REFUNDCLOSE.
std::optional<RefundState> parse_refund_status(std::string_view text);

/// Which of the merchant's money pays a refund.
enum class FundsAccount : std::uint8_t {
  unsettled,  ///< WeChat Pay's default
  available,
};

/// "UNSETTLED" or "AVAILABLE".
std::string_view to_string(FundsAccount account);
/// Exactly those names.
std::optional<FundsAccount> parse_funds_account(std::string_view text);

/// Everything needed to send one refund again, exactly as the first time.
struct RefundIntent {
  MerchantId mch_id;
  OutTradeNo out_trade_no;
  OutRefundNo out_refund_no;
  Fen refund_fee;
  Fen total_fee;  ///< of the order
  std::string reason;
  std::string notify_url;
  FundsAccount funds_account = FundsAccount::unsettled;
};

/// A refund as the ledger holds it.
struct Refund {
  RefundIntent intent;
  RefundState state = RefundState::unknown;
  RefundId refund_id;
  /// When it was sent last, or is to be: refunds of one order take turns (refund_interval).
  std::chrono::sys_seconds sent_at;
  std::optional<std::chrono::sys_seconds> success_at;
  std::chrono::sys_seconds created_at;
  std::chrono::sys_seconds updated_at;
};

/// Whatever somebody says about one refund, verified, and in one shape: an answer to the refund or to a query
/// for it, or a notification.
struct RefundEvidence {
  EvidenceSource source = EvidenceSource::query;
  MerchantIdentity merchant;  ///< empty parts were not said and are not compared
  OutTradeNo out_trade_no;
  OutRefundNo out_refund_no;
  RefundState state = RefundState::processing;
  RefundId refund_id;
  TransactionId transaction_id;
  std::optional<Fen> refund_fee;
  std::optional<Fen> total_fee;
  std::optional<std::chrono::sys_seconds> success_at;
  std::string digest;  ///< SHA-256 of the raw bytes, lower-case hex
  std::string reason;  ///< WeChat Pay's code, where it refused
  bool kept = false;   ///< as PaymentEvidence::kept
};

/// At most so many refunds an order (API v2, 9_4).
inline constexpr std::size_t most_refunds = 50;
/// How long after its payment an order can be refunded (API v2, 9_4).
inline constexpr std::chrono::days refund_deadline{365};
/// At least so long between two refunds of one order (API v2, 9_4).
inline constexpr std::chrono::seconds refund_interval{60};

/// A refund that is wanted.
struct RefundRequest {
  MerchantIdentity merchant;  ///< of the profile: orders of its other apps are left alone
  OutTradeNo out_trade_no;
  OutRefundNo out_refund_no;
  std::optional<Fen> refund_fee;  ///< none: all that is left
  std::string reason = {};
  std::string notify_url = {};
  FundsAccount funds_account = FundsAccount::unsettled;
};

/// What `refund` does with a number, given what the ledger holds of the order and its refunds.
enum class RefundPlan : std::uint8_t {
  first,      ///< unknown number: UNKNOWN, then send
  again,      ///< the same refund, UNKNOWN or FAILED: send the same number
  known,      ///< the same refund, accepted: answer from the ledger
  closed,     ///< closed at WeChat Pay, which never takes the number again: refuse
  other_app,  ///< the order is of another app or sub-merchant: refuse
  differs,    ///< the number is known with another amount or order: refuse
  not_paid,   ///< the ledger has the order unpaid or not at all: ask WeChat Pay
  exceeds,    ///< more than is left of what was paid: refuse
  too_many,   ///< the order has most_refunds already: refuse
  too_old,    ///< paid longer ago than refund_deadline: refuse
};

struct RefundDecision {
  RefundPlan plan = RefundPlan::first;
  Fen refund_fee{0};  ///< what is to be refunded; of `exceeds`, what is left
};

/// Why running a refund again is always safe (wxpayctl-refund(1)).
/// @param order  null: the ledger has no such order
/// @param refunds  all of the order's
/// @param known  the refund of this number, of whatever order; null: there is none
RefundDecision plan_refund(const Order* order, const std::vector<Refund>& refunds, const Refund* known,
                           const RefundRequest& wanted, std::chrono::sys_seconds now);

/// When a refund may be sent: after the others of its order had their turns.
std::chrono::sys_seconds refund_turn(const std::vector<Refund>& refunds, const OutRefundNo& number,
                                     std::chrono::seconds interval, std::chrono::sys_seconds now);

enum class RefundVerdict : std::uint8_t {
  apply,            ///< write `to`, with a history entry
  already_applied,  ///< the ledger holds this already
  no_news,          ///< older than what the ledger holds
  wrong_merchant,   ///< another merchant
  other_order,      ///< the number is of a refund of another order
  amount_mismatch,  ///< another amount, or another total
  refund_mismatch,  ///< another refund_id
  state_mismatch,   ///< the ledger has it refunded, WeChat Pay has not, or the other way round
  exceeds,  ///< it would count again, or for the first time, and is more than is left of what was paid
};

/// What is to happen to a refund on a piece of evidence.
struct RefundSettlement {
  RefundVerdict verdict = RefundVerdict::no_news;
  RefundState to = RefundState::unknown;  ///< the state after it, also where nothing is written
};

/// Every rule about what may change. Never backwards, never on another amount, order, merchant or refund_id,
/// and once only. That a refund was accepted after all moves one in FAILED: its request may have been late.
/// @param free  what is left of what was paid for the order, this refund not counted
RefundSettlement settle(const Refund& refund, const RefundEvidence& evidence, Fen free);

/// What is left of what was paid for an order.
/// @param refunds  all of the order's
Fen refundable(Fen total_fee, const std::vector<Refund>& refunds);

/// Changes the refund as a settlement of verdict apply says.
void apply(Refund& refund, const RefundEvidence& evidence, const RefundSettlement& settlement,
           std::chrono::sys_seconds now);

}  // namespace wxpay
