#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "wxpay/order.hpp"

namespace wxpay::sandbox {

/// 18 digits, of which the first two are 10 to 15 (API v2, 9_10).
bool is_auth_code(std::string_view code);

/// What is answered to a payment by code.
enum class CodeAnswer : std::uint8_t {
  paid,
  userpaying,    ///< the payer must enter the password
  system_error,  ///< whether it was paid or not
  bank_error,
  not_enough,  ///< of the payer's money
  trade_error,
  code_expired,  ///< nothing is kept: the order's number stays free
  code_invalid,  ///< likewise
};

/// What an order becomes once it was asked about so often.
struct Pending {
  OrderState becomes = OrderState::success;
  int after_queries = 0;
  friend bool operator==(const Pending&, const Pending&) = default;
};

/// How a payment by code ends.
struct CodeEnding {
  CodeAnswer answer = CodeAnswer::paid;
  OrderState state = OrderState::success;  ///< at once
  std::optional<Pending> pending = {};
  int recalls = 0;  ///< how often a reversal says that it must be sent again
};

/// By the last two digits, as the manual has it (wxpayctl-sandbox(1)).
CodeEnding ending_of(std::string_view auth_code);

}  // namespace wxpay::sandbox
