#include "ledger/replaced_parameters.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>

namespace wxpay::ledger {

namespace {

constexpr std::size_t place_of(std::string_view column) {
  return static_cast<std::size_t>(std::find(order_columns.begin(), order_columns.end(), column) -
                                  order_columns.begin());
}

// In the order in which the first program wrote them.
constexpr std::array places{place_of("profit_sharing"), place_of("prepay_id"),   place_of("app_id"),
                            place_of("sub_mch_id"),     place_of("sub_app_id"),  place_of("total_fee"),
                            place_of("trade_type"),     place_of("body"),        place_of("notify_url"),
                            place_of("client_ip"),      place_of("openid"),      place_of("sub_openid"),
                            place_of("attach"),         place_of("detail"),      place_of("goods_tag"),
                            place_of("product_id"),     place_of("device_info"), place_of("limit_pay"),
                            place_of("scene_info"),     place_of("time_expire"), place_of("expire_in")};
static_assert(*std::max_element(places.begin(), places.end()) < order_columns.size());

void append_control(std::string& json, unsigned char character) {
  constexpr std::string_view digits{"0123456789abcdef"};
  switch (character) {
    case '\b':
      json += "\\b";
      return;
    case '\f':
      json += "\\f";
      return;
    case '\n':
      json += "\\n";
      return;
    case '\r':
      json += "\\r";
      return;
    case '\t':
      json += "\\t";
      return;
    default:
      json += {'\\', 'u', '0', '0', digits[character >> 4U], digits[character & 15U]};
  }
}

/// Escapes no more than JSON demands.
void append_string(std::string& json, std::string_view text) {
  constexpr unsigned char first_printable = 0x20;
  json += '"';
  for (const char c : text) {
    const auto character = static_cast<unsigned char>(c);
    if (character < first_printable) {
      append_control(json, character);
      continue;
    }
    if (c == '"' || c == '\\') json += '\\';
    json += c;
  }
  json += '"';
}

}  // namespace

std::string replaced_parameters(const OrderRow& before) {
  std::string json{'{'};
  for (const auto place : places) {
    const auto& value = before.at(place);
    const auto* number = std::get_if<std::int64_t>(&value);
    const auto text = text_in(value);
    if (number == nullptr && !text) continue;
    if (json.size() > 1) json += ',';
    append_string(json, order_columns.at(place));
    json += ':';
    if (number != nullptr) {
      json += std::to_string(*number);
    } else {
      append_string(json, *text);
    }
  }
  json += '}';
  return json;
}

}  // namespace wxpay::ledger
