#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "wxpay/identifiers.hpp"
#include "wxpay/order.hpp"
#include "wxpay/order_listing.hpp"
#include "wxpay/refund.hpp"

namespace wxpay {

/// What `begin_refund` found and did. For first and again the intent is durable when it returns.
struct RefundBegin {
  RefundDecision decision;
  std::optional<Refund> refund;  ///< as it stands after it, where there is one
  std::optional<Order> order;    ///< that it is of, where the ledger has it
  /// It was UNKNOWN before: an earlier sending may have been accepted.
  bool was_unknown = false;
};

/// What `settle_refund` found and did; `refund` and `order` are as they are after it.
struct RefundSettleResult {
  RefundSettlement settlement;
  std::optional<Refund> refund;  ///< none: the ledger does not know it, and nothing was written
  std::optional<Order> order;
};

struct RefundFilter {
  std::optional<RefundState> state;
  std::optional<OutTradeNo> out_trade_no;
  std::optional<std::chrono::sys_seconds> since;  ///< created at or after
  std::optional<std::chrono::sys_seconds> until;  ///< created before
  std::optional<Fen> min_fee;
  std::optional<Fen> max_fee;
  std::optional<std::int64_t> limit;
  bool oldest_first = false;
};

/// Which open refunds a walk gives.
struct OpenRefunds {
  std::chrono::sys_seconds until;  ///< sent before
};

/// The single writer of refunds. Every change is one transaction with its history entry, and joins
/// OrderLedger::transact. The sum of what is not closed or failed never passes what was paid for the order,
/// however many processes refund at once.
class RefundLedger {
 public:
  virtual ~RefundLedger() = default;

  virtual std::optional<Refund> find_refund(const MerchantId& mch_id, const OutRefundNo& out_refund_no) = 0;

  /// Those of one order, oldest first.
  virtual std::vector<Refund> refunds_of(const MerchantId& mch_id, const OutTradeNo& out_trade_no) = 0;

  /// Runs plan_refund against what is there and makes the intent durable, with the turn at which it may be
  /// sent (Refund::sent_at).
  /// @param interval  between two refunds of one order
  virtual RefundBegin begin_refund(const RefundRequest& wanted, std::chrono::seconds interval) = 0;

  /// The single writer of a change: settle(refund, evidence, free) and its effect. An accepted refund makes
  /// its order REFUND in the same transaction. A refund that the ledger does not know, of an order that it
  /// knows as paid, is taken over where a query proves it.
  virtual RefundSettleResult settle_refund(const RefundEvidence& evidence) = 0;

  /// What settle_refund would say, with nothing written.
  virtual RefundSettleResult preview_refund(const RefundEvidence& evidence) = 0;

  /// As OrderListing::list.
  virtual void list_refunds(const MerchantId& mch_id, const RefundFilter& filter,
                            const std::function<bool(const Refund&)>& visit) = 0;

  /// As OrderListing::page, of a walk by key.
  virtual std::vector<Refund> page_refunds(const MerchantId& mch_id, const OpenRefunds& which,
                                           OrderCursor& cursor, std::size_t most) = 0;
  virtual std::int64_t count_refunds(const MerchantId& mch_id, const OpenRefunds& which) = 0;
};

}  // namespace wxpay
