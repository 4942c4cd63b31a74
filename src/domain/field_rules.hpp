#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "wxpay/order.hpp"

namespace wxpay {

// What the fields of an order may be, wherever they come from: profile, options, records. A fault reads on
// after the field's name: "is not …"; it is empty for a good value.

/// @param longest  in bytes
std::string text_fault(std::string_view text, std::size_t longest);

std::string body_fault(std::string_view body);
/// Of a refund: what both APIs take, as the same refund may be finished by the other one.
std::string refund_reason_fault(std::string_view reason);
std::string notify_url_fault(std::string_view url);
std::string merchant_id_fault(std::string_view id);
std::string app_id_fault(std::string_view id);

/// Whether it is at most so many letters and digits, as ids are in what other programs have kept.
bool is_plain_id(std::string_view text, std::size_t longest);

/// Whether an order of this type can be made and paid later; MICROPAY is paid at once.
constexpr bool is_payable_later(TradeType type) { return type != TradeType::micropay; }
/// The names of those types, as people write them: H5 for MWEB.
std::vector<std::string> payable_trade_types();

}  // namespace wxpay
