#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "app/create_batch.hpp"
#include "wxpay/order_ledger.hpp"

namespace wxpay::app {

/// What a run of a batch would do with one record.
struct PlannedCreation {
  enum class Kind {
    bad,         ///< the record itself is wrong
    unreadable,  ///< the ledger has the number with what cannot be read
    refused,
    created,
    renewed,  ///< it gets another prepay_id
    reused,
  };
  Kind kind = Kind::bad;
  std::string out_trade_no;                ///< as given, where it could be read
  std::string problem;                     ///< of a bad record or an unreadable order
  std::string code;                        ///< of a refusal
  std::vector<std::string> differs;        ///< of a refusal
  std::optional<OrderState> ledger_state;  ///< of a refusal

  bool is_good() const { return kind == Kind::created || kind == Kind::renewed || kind == Kind::reused; }
};

/// The dry run of a batch: writes and sends nothing.
/// @param ledger  null: there is none yet
PlannedCreation plan_creation(const BatchInput::Entry& entry, const MerchantId& mch_id, OrderLedger* ledger,
                              std::chrono::sys_seconds now);

}  // namespace wxpay::app
