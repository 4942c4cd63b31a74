#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/sqlite_database.hpp"
#include "wxpay/ledger.hpp"

namespace wxpay::ledger {

/// The table `notifications` of an open file: a chain of its own beside the history, only ever added to.
class KeptNotifications {
 public:
  explicit KeptNotifications(const Database& database) : database_{database} {}

  /// To be called when a transaction that writes begins: others may have added to the chain.
  void begin();
  /// Adds it unless it is there. Only inside such a transaction; they gather, as entries of the history do.
  void keep(const KeptNotification& notification);
  /// Puts all that was kept into the table: before the transaction is committed.
  void flush();
  /// To be called when the transaction was not committed.
  void forget() { waiting_.clear(); }

  /// Oldest first; none in a file whose schema does not know them yet.
  std::vector<KeptNotification> of_order(const MerchantId& mch_id, const OutTradeNo& out_trade_no);

 private:
  /// The last row of the chain.
  struct End {
    std::int64_t number = 0;
    std::string hash;
  };
  /// Notifications in one statement.
  static constexpr std::size_t together = 16;

  const End& end();
  /// Writes so many of those that wait, from the first of them on, as what follows the end.
  /// @return how many were not there yet; the end is moved only when it is all of them
  template <std::size_t Count>
  std::size_t insert(Statement& statement, std::size_t first);
  static std::string insertion(std::size_t count);

  const Database& database_;
  std::optional<End> end_;
  std::vector<KeptNotification> waiting_;
  Statement select_end_{database_, "SELECT number, hash FROM notifications ORDER BY number DESC LIMIT 1"};
  Statement insert_one_{database_, insertion(1)};
  Statement insert_many_{database_, insertion(together)};
};

/// The chain of the kept notifications, recomputed.
struct NotificationChain {
  std::int64_t count = 0;
  std::string head;           ///< hash of the last one, lower-case hex; 64 zeros when there is none
  bool met_expected = false;  ///< a head kept elsewhere is one of its hashes
  std::string problem;        ///< what was changed past this program: bytes, a row, or one that is missing
};
NotificationChain walk_notifications(const Database& database, std::string_view expected_head);

/// The first entry of source notify whose notification is not kept any more, in words; empty when there is
/// none.
std::string untied_entry(const Database& database);

}  // namespace wxpay::ledger
