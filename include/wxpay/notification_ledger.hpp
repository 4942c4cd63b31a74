#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "wxpay/evidence.hpp"
#include "wxpay/identifiers.hpp"

namespace wxpay {

/// A notification as it came, and what was made of it.
struct KeptNotification {
  std::chrono::sys_seconds at;
  MerchantId mch_id;         ///< of the profile that took it
  std::string out_trade_no;  ///< as it says; empty where it could not be read
  std::string outcome;       ///< APPLIED, BAD_SIGNATURE, …
  std::string digest;        ///< SHA-256 of the raw bytes, lower-case hex
  std::string raw;
  NotificationKind kind = NotificationKind::payment;  ///< what it tells of, as it says
  std::string headers = {};  ///< of the message, where they are a part of what is verified
};

/// The notifications that a ledger keeps: a chain of their own, only ever added to.
class NotificationLedger {
 public:
  virtual ~NotificationLedger() = default;

  /// Keeps a notification's raw bytes and what became of it, once for each digest and outcome.
  virtual void keep(KeptNotification notification) = 0;

  /// What was kept of the notifications that name this order, oldest first.
  virtual std::vector<KeptNotification> notifications(const MerchantId& mch_id,
                                                      const OutTradeNo& out_trade_no) = 0;
};

}  // namespace wxpay
