#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "wxpay/evidence.hpp"
#include "wxpay/fen.hpp"
#include "wxpay/identifiers.hpp"
#include "wxpay/order.hpp"
#include "wxpay/order_ledger.hpp"
#include "wxpay/refund.hpp"

namespace wxpay {

/// A change of a refund.
struct RefundChange {
  OutRefundNo out_refund_no;
  std::optional<RefundState> from;  ///< none for a refund's first entry
  RefundState to = RefundState::unknown;
};

/// What became of an order, or of a refund of it.
struct HistoryEntry {
  std::int64_t number = 0;  ///< its place in the ledger's one chain, from 1
  std::chrono::sys_seconds at;
  std::optional<OrderState> from;  ///< none for an order's first entry, and for a refund
  OrderState to = OrderState::creating;
  EvidenceSource source = EvidenceSource::create;
  std::string actor;
  std::string reason;
  std::string digest;
  std::string replaced;  ///< the parameters that a new try took the place of, as JSON
  /// Of an entry about a refund; `from` and `to` say nothing then.
  std::optional<RefundChange> refund = {};
};

struct OrderFilter {
  std::optional<OrderState> state;
  std::optional<std::chrono::sys_seconds> since;  ///< created at or after
  std::optional<std::chrono::sys_seconds> until;  ///< created before
  std::optional<Fen> min_fee;
  std::optional<Fen> max_fee;
  std::optional<std::int64_t> limit;
  bool oldest_first = false;
};

/// Those that a walk came by.
class UnreadableOrders {
 public:
  void add(const UnreadableOrder& order);
  bool empty() const noexcept { return count_ == 0; }
  /// All of them as one error.
  UnreadableOrder together() const;

 private:
  std::int64_t count_ = 0;
  std::string told_;
};

/// Where a walk over orders stands; a walk begins with a new one.
struct OrderCursor {
  std::int64_t seq = 0;         ///< of the last order that was given
  std::int64_t instant = 0;     ///< its updated_at, where the walk goes by that
  UnreadableOrders unreadable;  ///< on the way so far, and left out
};

/// Which open orders a walk gives.
struct OpenOrders {
  std::optional<std::chrono::sys_seconds> since;  ///< created at or after
  std::chrono::sys_seconds until;                 ///< created before
  /// And those that were created, as they say, after this: in the future.
  std::optional<std::chrono::sys_seconds> ahead_of = {};
};

/// Which orders in CLOSED a walk gives.
struct ClosedOrders {
  std::chrono::sys_seconds since;  ///< closed at or after
  std::chrono::sys_seconds until;  ///< closed before
  /// And those that were closed, as they say, after this: in the future.
  std::optional<std::chrono::sys_seconds> ahead_of = {};
};

/// What the ledger tells of many orders, and of what became of one.
class OrderListing {
 public:
  virtual ~OrderListing() = default;

  /// Newest first unless the filter says otherwise, as a stream of what the ledger held at the start; the
  /// visitor returns false to stop. It may take its time, as others go on writing, but must not write to this
  /// ledger itself.
  /// @throws UnreadableOrder  at the end, where some cannot be read: all others were given
  virtual void list(const MerchantId& mch_id, const OrderFilter& filter,
                    const std::function<bool(const Order&)>& visit) = 0;

  /// With that of its refunds, oldest first; empty for an unknown order.
  virtual std::vector<HistoryEntry> history(const MerchantId& mch_id, const OutTradeNo& out_trade_no) = 0;

  /// Up to `most` orders of a walk by key, oldest first, and moves the cursor behind them; empty at the end.
  /// Those that cannot be read are noted in the cursor.
  /// Orders may enter or leave the selection between two pages: none of the others is missed or given twice.
  virtual std::vector<Order> page(const MerchantId& mch_id, const OpenOrders& which, OrderCursor& cursor,
                                  std::size_t most) = 0;
  virtual std::vector<Order> page(const MerchantId& mch_id, const ClosedOrders& which, OrderCursor& cursor,
                                  std::size_t most) = 0;
  /// How many orders such walks would give now, for a progress line.
  virtual std::int64_t count(const MerchantId& mch_id, const OpenOrders& which) = 0;
  virtual std::int64_t count(const MerchantId& mch_id, const ClosedOrders& which) = 0;
};

}  // namespace wxpay
