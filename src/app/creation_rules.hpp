#pragma once

#include <optional>
#include <string>

#include "wxpay/settle.hpp"

namespace wxpay::app {

/// Why nothing is sent for a creation, in the codes that WeChat Pay has for it.
struct CreationRefusal {
  const char* code = "";
  std::string why;
};

/// @param stored  what the ledger has of the order; of a first creation what is asked for
/// @return none: the creation is sent, or answered from the ledger
std::optional<CreationRefusal> refusal_of(CreatePlan plan, const OrderIntent& stored);

inline constexpr const char* paid_text = "the order is paid already";
inline constexpr const char* closed_text = "the order is closed; use a new out_trade_no";

}  // namespace wxpay::app
