#include "ledger/replaced_parameters.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>

#include "wire/json.hpp"

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

}  // namespace

std::string replaced_parameters(const OrderRow& before) {
  // Hashes cover these bytes: no more is escaped than JSON demands, as ever.
  const auto append = [](std::string& to, std::string_view text) {
    wire::append_json(to, text, wire::Escapes::fewest);
  };
  std::string json{'{'};
  for (const auto place : places) {
    const auto& value = before.at(place);
    const auto* number = std::get_if<std::int64_t>(&value);
    const auto text = text_in(value);
    if (number == nullptr && !text) continue;
    if (json.size() > 1) json += ',';
    append(json, order_columns.at(place));
    json += ':';
    if (number != nullptr) {
      json += std::to_string(*number);
    } else {
      append(json, *text);
    }
  }
  json += '}';
  return json;
}

}  // namespace wxpay::ledger
