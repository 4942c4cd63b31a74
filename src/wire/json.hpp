#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "wire/malformed.hpp"

namespace wxpay::wire {

struct JsonValue {
  /// `number` is one with a fraction or exponent, or too large for 64 bits; `structure` an object or array.
  enum class Kind { text, integer, number, boolean, null, structure };
  Kind kind = Kind::null;
  std::string text;  ///< a text decoded; anything else as written, without blanks
};

using JsonObject = std::vector<std::pair<std::string, JsonValue>>;

/// Reads one JSON object, keys in the order written. Refuses a repeated key, also in an object within it, an
/// object of more than 256 members, nesting deeper than 32, a byte-order mark, non-UTF-8, and anything after
/// the object.
std::variant<JsonObject, Malformed> parse_json_object(std::string_view document);

/// The text as a JSON string, quotes included. Bytes that are not UTF-8 become U+FFFD.
std::string json_quote(std::string_view text);
/// The same, added to the end of `json`.
void append_json(std::string& json, std::string_view text);

}  // namespace wxpay::wire
