#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "wxpay/error.hpp"
#include "wxpay/evidence.hpp"
#include "wxpay/identifiers.hpp"
#include "wxpay/order.hpp"
#include "wxpay/settle.hpp"

namespace wxpay {

/// What `begin` found and did. For first, again and replace the intent is durable when it returns.
struct BeginResult {
  CreateDecision decision;
  Order order;          ///< as it stands after it; what is to be sent is order.intent
  bool renews = false;  ///< the order had a prepay_id before (RENEWED)
};

/// What `settle` found and did; `order` is the state after it.
struct SettleResult {
  Settlement settlement;
  std::optional<Order> order;  ///< none: the ledger does not know this order, and nothing was written
};

/// An order whose row holds what no order can hold, as an older program may have written it. Nothing was
/// changed, and the other orders are not concerned.
class UnreadableOrder final : public Error {
 public:
  /// @param what  names the order and what is wrong with it
  explicit UnreadableOrder(const std::string& what);
};

/// The single writer of orders. Every change is one transaction with its history entry.
class OrderLedger {
 public:
  virtual ~OrderLedger() = default;

  virtual std::optional<Order> find(const MerchantId& mch_id, const OutTradeNo& out_trade_no) = 0;

  /// Runs plan_create against what is there and makes the intent durable.
  virtual BeginResult begin(const OrderIntent& intent, const DefaultedFields& defaulted) = 0;

  /// The single writer of a change: settle(order, evidence) and its effect, in one transaction.
  virtual SettleResult settle(const PaymentEvidence& evidence) = 0;

  /// What settle would say, with nothing written.
  virtual SettleResult preview(const PaymentEvidence& evidence) = 0;

  /// Appends a history entry that changes no state: the intent to close, for example.
  virtual void note(const MerchantId& mch_id, const OutTradeNo& out_trade_no, EvidenceSource source,
                    const std::string& reason) = 0;

  /// Takes over orders that another system made, in the states they name, each with a history entry
  /// (`import`): all of them, or, when it throws, none. One whose number is known already is left alone.
  /// A hand may undo such a state until WeChat Pay has proved it.
  /// @return how many were taken over
  virtual std::size_t import(std::span<const Order> orders) = 0;

  /// Runs `work` in one transaction, which every change to the ledger within it joins, those of its other
  /// interfaces too: all of them are kept, or, when it throws or one of them failed, none. It shares one wait
  /// for the disk between many orders.
  virtual void transact(const std::function<void()>& work) = 0;
};

}  // namespace wxpay
