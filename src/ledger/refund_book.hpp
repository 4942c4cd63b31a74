#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ledger/history_writer.hpp"
#include "ledger/refund_rows.hpp"
#include "ledger/store.hpp"
#include "wxpay/refund_ledger.hpp"

namespace wxpay::ledger {

/// A refund as it is in the ledger.
struct LoadedRefund {
  StoredRefund stored;
  std::string row_hash;  ///< of the row as it is, whoever wrote it
};

/// Reads the refunds of a store, and writes them with their entries. The rules are in refund.hpp.
class RefundBook {
 public:
  RefundBook(LedgerStore& store, HistoryWriter& history) : store_{store}, history_{history} {}

  /// To be called when a transaction that writes begins: others may have added refunds.
  void begin() { last_seq_.reset(); }

  /// @throws UnreadableOrder
  std::optional<LoadedRefund> find(const MerchantId& mch_id, const OutRefundNo& out_refund_no);
  /// Those of one order, oldest first.
  /// @throws UnreadableOrder
  std::vector<Refund> of_order(const MerchantId& mch_id, const OutTradeNo& out_trade_no);

  // Only inside a transaction that writes.
  /// Carries out a decision: writes the intent where it is to be sent.
  /// @param turn  when it may be sent
  /// @return the refund as it is after it; none where there is none
  std::optional<Refund> begin_refund(const RefundDecision& decision, const RefundRequest& wanted,
                                     const Order* order, std::optional<LoadedRefund> known,
                                     std::chrono::sys_seconds turn, std::chrono::sys_seconds now);
  /// Carries out a settlement of verdict apply.
  /// @param known  none: the refund is taken over
  Refund settle_refund(const RefundEvidence& evidence, const RefundSettlement& settlement, Refund refund,
                       std::optional<LoadedRefund> known, std::chrono::sys_seconds now);

 private:
  Refund insert(Refund refund, EvidenceSource source, const std::string& digest);
  std::int64_t last_seq();

  LedgerStore& store_;
  HistoryWriter& history_;
  // Known while a transaction holds the lock; nobody else can write then.
  std::optional<std::int64_t> last_seq_;
};

/// What evidence says of a refund.
struct JudgedRefund {
  RefundSettlement settlement;
  /// As it is before the evidence is applied; of one that is taken over what it would be. None where the
  /// ledger does not know it and does not take it over.
  std::optional<Refund> refund;
};

/// @param known  null: the ledger does not know it
/// @param order  that it is of, or that the evidence names; null: the ledger does not know that
/// @param all  the refunds of that order
JudgedRefund judge_refund(const Refund* known, const Order* order, const std::vector<Refund>& all,
                          const RefundEvidence& evidence, std::chrono::sys_seconds now);

/// What an accepted refund says of its order.
PaymentEvidence evidence_of_refunded_order(const RefundEvidence& evidence, const Refund& refund);

/// RefundLedger::list_refunds and page_refunds on a store.
void list_refunds(LedgerStore& store, const MerchantId& mch_id, const RefundFilter& filter,
                  const std::function<bool(const Refund&)>& visit);
std::vector<Refund> page_of(LedgerStore& store, const MerchantId& mch_id, const OpenRefunds& which,
                            OrderCursor& cursor, std::size_t most);

}  // namespace wxpay::ledger
