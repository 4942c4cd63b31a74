#include "ledger/replaced_parameters.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>

namespace wxpay::ledger {

namespace {

/// These two come first, as the first program wrote them; the rest follow in the order of the columns.
constexpr std::array first_places{place_of("profit_sharing"), place_of("prepay_id")};

constexpr auto places = [] {
  constexpr auto replaced =
      places_of([](const auto& column) { return column.changed_by == ChangedBy::new_try; });
  static_assert(std::find(replaced.begin(), replaced.end(), first_places[0]) != replaced.end() &&
                std::find(replaced.begin(), replaced.end(), first_places[1]) == replaced.end());
  std::array<std::size_t, replaced.size() + 1> all{first_places[0], first_places[1]};
  std::copy_if(replaced.begin(), replaced.end(), all.begin() + first_places.size(),
               [](std::size_t place) { return place != first_places[0]; });
  return all;
}();

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
