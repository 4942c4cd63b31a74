#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "app/refund_batch.hpp"
#include "wxpay/order_ledger.hpp"
#include "wxpay/refund_ledger.hpp"

namespace wxpay::app {

/// What a dry run of a batch of refunds finds of one record.
struct PlannedRefund {
  enum class Kind {
    bad,         ///< the record itself is wrong
    unreadable,  ///< the ledger has order or refund with what cannot be read
    would_send,  ///< for the first time or again
    known,       ///< it was accepted: nothing would be sent
    would_ask,   ///< the ledger does not have the order as paid: WeChat Pay would be asked
    refused,     ///< by the ledger's rules
  };
  Kind kind = Kind::bad;
  RefundNumbers numbers;
  std::optional<Fen> refund_fee;
  std::string code;     ///< of refused
  std::string problem;  ///< of bad, unreadable and refused

  bool is_good() const { return kind == Kind::would_send || kind == Kind::known || kind == Kind::would_ask; }
};

/// Holds the records of a batch against the ledger and against each other, and writes nothing.
class RefundDryRun {
 public:
  /// @param orders, refunds  of one ledger; null: there is none
  RefundDryRun(OrderLedger* orders, RefundLedger* refunds, std::chrono::sys_seconds now)
      : orders_{orders}, refunds_{refunds}, now_{now} {}

  PlannedRefund plan(const RefundBatchInput::Entry& entry);

 private:
  PlannedRefund plan(const RefundRequest& request);

  OrderLedger* orders_;
  RefundLedger* refunds_;
  std::chrono::sys_seconds now_;
  std::unordered_map<std::string, std::vector<Refund>> planned_;  ///< by order, of this batch
  std::unordered_map<std::string, Refund> by_number_;             ///< the same, by their own numbers
};

}  // namespace wxpay::app
