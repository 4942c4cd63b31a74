#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/store.hpp"
#include "wxpay/notification_ledger.hpp"

namespace wxpay::ledger {

/// Keeps notifications: a chain of their own beside the history, only ever added to.
class KeptNotifications {
 public:
  explicit KeptNotifications(LedgerStore& store) : store_{store} {}

  /// To be called when a transaction that writes begins: others may have added to the chain.
  void begin();
  /// Adds it unless it is there. Only inside such a transaction; they gather, as entries of the history do.
  void keep(KeptNotification notification);
  /// Hands all that was kept to the store: before the transaction is committed.
  void flush();
  /// To be called when the transaction was not committed.
  void forget() { waiting_.clear(); }

  /// Oldest first.
  std::vector<KeptNotification> of_order(const MerchantId& mch_id, const OutTradeNo& out_trade_no);

 private:
  const ChainEnd& end();
  /// Hands over those from `first` up to `last`, as what follows the end of the chain.
  /// @return false where one of them is there already, and none was added
  bool append(std::size_t first, std::size_t last);

  LedgerStore& store_;
  std::optional<ChainEnd> end_;
  std::vector<KeptNotification> waiting_;
};

/// The chain of the kept notifications, recomputed.
struct NotificationChain {
  std::int64_t count = 0;
  std::string head;           ///< hash of the last one, lower-case hex; 64 zeros when there is none
  bool met_expected = false;  ///< a head kept elsewhere is one of its hashes
  std::string problem;        ///< what was changed past this program: bytes, a row, or one that is missing
};
NotificationChain walk_notifications(LedgerStore& store, std::string_view expected_head);

/// The first entry of source notify whose notification is not kept any more, or notification without its
/// entry, in words; empty when there is none.
std::string untied_entry(LedgerStore& store);

}  // namespace wxpay::ledger
