#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "wxpay/evidence.hpp"
#include "wxpay/fields.hpp"
#include "wxpay/ledger.hpp"
#include "wxpay/order.hpp"
#include "wxpay/secret.hpp"

namespace wxpay::bench {

/// A key of the right length that opens nothing.
Secret sample_key();

/// "B0000000042": eleven characters for every number.
OutTradeNo sample_number(std::int64_t number);

/// An order as a mini program's shop makes them, of the built-in sandbox merchant.
OrderIntent sample_intent(std::int64_t number);

/// What an accepted creation, and then the payment, say about that order.
PaymentEvidence sample_creation(const OrderIntent& intent);
PaymentEvidence sample_payment(const OrderIntent& intent);

/// When that payment was made.
std::chrono::sys_seconds sample_payment_time();

/// A paid order as another system hands it over.
Order sample_import(std::int64_t number);

/// The fields of a typical unifiedorder, unsigned, and of a paid order's query answer, signed with MD5.
Fields sample_unifiedorder();
Fields sample_query_answer();

/// A new folder for a ledger, removed with everything in it at the end.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ScratchFolder(ScratchFolder&&) = delete;
  ScratchFolder& operator=(ScratchFolder&&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace wxpay::bench
