#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "wire/malformed.hpp"

namespace wxpay::wire {

struct JsonMember;
using JsonObject = std::vector<JsonMember>;

struct JsonValue {
  /// `number` is one with a fraction or exponent, or too large for 64 bits.
  enum class Kind { text, integer, number, boolean, null, object, array };
  Kind kind = Kind::null;
  std::string text;    ///< a text decoded; an integer, number or boolean as written
  JsonObject members;  ///< of an object; of an array too, without keys
};

struct JsonMember {
  std::string key;
  JsonValue value;
};

/// Reads one JSON object, keys in the order written. Refuses a repeated key and an object of more than 256
/// members at any depth, nesting deeper than 32, a byte-order mark, non-UTF-8, and anything after the object.
std::variant<JsonObject, Malformed> parse_json_object(std::string_view document);

/// Nothing where there is no such member.
const JsonValue* find(const JsonObject& object, std::string_view key);
/// Nothing where there is no such member, or it is no text.
std::optional<std::string> text_of(const JsonObject& object, std::string_view key);
/// Nothing where there is no such member, or it is no integer that fits.
std::optional<std::int64_t> integer_of(const JsonObject& object, std::string_view key);

enum class Escapes : std::uint8_t {
  for_terminal,  ///< also what no terminal may be shown; bytes that are not UTF-8 become U+FFFD
  fewest         ///< no more than JSON demands; all other bytes stay as they are
};

/// The text as a JSON string, quotes included.
std::string json_quote(std::string_view text);
/// The same, added to the end of `json`.
void append_json(std::string& json, std::string_view text, Escapes escapes = Escapes::for_terminal);
/// The value as JSON without blanks, with the fewest escapes.
std::string to_json(const JsonValue& value);

/// Writes one JSON object on one line, member by member.
class JsonLine {
 public:
  JsonLine() { line_.reserve(usual_size); }

  JsonLine& text(std::string_view key, std::string_view value);
  JsonLine& text_if_set(std::string_view key, std::string_view value) {
    return value.empty() ? *this : text(key, value);
  }
  JsonLine& number(std::string_view key, std::int64_t value) { return raw(key, std::to_string(value)); }
  JsonLine& flag(std::string_view key, bool value) { return raw(key, value ? "true" : "false"); }
  /// @param json  a whole JSON value
  JsonLine& raw(std::string_view key, std::string_view json);

  std::string str() && { return std::move(line_ += '}'); }

 private:
  static constexpr std::size_t usual_size = 512;

  void begin_member(std::string_view key);

  std::string line_{'{'};
};

}  // namespace wxpay::wire
