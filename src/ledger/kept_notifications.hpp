#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ledger/sqlite_database.hpp"
#include "wxpay/ledger.hpp"

namespace wxpay::ledger {

/// The table `notifications` of an open file: a chain of its own beside the history, only ever added to.
class KeptNotifications {
 public:
  explicit KeptNotifications(const Database& database) : database_{database} {}

  /// Adds it unless it is there. Only inside a transaction that writes.
  void keep(const KeptNotification& notification);
  /// To be called when such a transaction begins: others may have added to the chain.
  void forget_end() { end_.reset(); }

  /// Oldest first; none in a file whose schema does not know them yet.
  std::vector<KeptNotification> of_order(const MerchantId& mch_id, const OutTradeNo& out_trade_no);

 private:
  /// The last row of the chain.
  struct End {
    std::int64_t number = 0;
    std::string hash;
  };
  const End& end();

  const Database& database_;
  std::optional<End> end_;
  Statement select_end_{database_, "SELECT number, hash FROM notifications ORDER BY number DESC LIMIT 1"};
  Statement insert_{
      database_,
      "INSERT INTO notifications (number, at, mch_id, out_trade_no, outcome, digest, hash, raw) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
      "ON CONFLICT (mch_id, out_trade_no, digest, outcome) DO NOTHING"};
  Statement select_{database_,
                    "SELECT at, mch_id, out_trade_no, outcome, digest, raw FROM notifications "
                    "WHERE mch_id = ? AND out_trade_no = ? ORDER BY number"};
};

/// What of the kept notifications was changed past this program: the bytes of one, its row, or a row that is
/// missing. Empty when nothing was.
std::string notifications_problem(const Database& database);

}  // namespace wxpay::ledger
