#include "wire/json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "base/text.hpp"

namespace wxpay::wire {

namespace {

using Json = nlohmann::ordered_json;

/// Nothing that a person writes by hand nests deeper; the parser's own stack is spared.
constexpr int deepest = 32;
/// Nor has any object that is read here nearly so many members. The parser looks through all of an object for
/// each key, so more would take the square of their number.
constexpr std::size_t most_members = 256;

JsonValue value_of(const Json& json) {
  switch (json.type()) {
    case Json::value_t::string:
      return {JsonValue::Kind::text, json.get<std::string>()};
    case Json::value_t::boolean:
      return {JsonValue::Kind::boolean, json.dump()};
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
      return {JsonValue::Kind::integer, json.dump()};
    case Json::value_t::number_float:
      return {JsonValue::Kind::number, json.dump()};
    case Json::value_t::object:
    case Json::value_t::array:
      return {JsonValue::Kind::structure, json.dump()};
    default:
      return {JsonValue::Kind::null, {}};
  }
}

/// What the parser's callback finds, and the parser itself would let pass: it keeps the last of a repeated
/// key.
class Findings {
 public:
  /// @return whether the parser may keep what it has read
  bool add(int depth, Json::parse_event_t event, const Json& parsed) {
    if (!problem_.empty()) return false;
    if (depth > deepest) {
      problem_ = "it is nested too deeply";
    } else if (event == Json::parse_event_t::object_start) {
      keys_.at(static_cast<std::size_t>(depth)).clear();
    } else if (event == Json::parse_event_t::key) {
      add_key(depth, parsed);
    }
    return problem_.empty();
  }
  const std::string& problem() const noexcept { return problem_; }

 private:
  void add_key(int depth, const Json& parsed) {
    auto& keys = keys_.at(static_cast<std::size_t>(depth) - 1);
    const auto [place, is_new] = keys.insert(parsed.get<std::string>());
    if (!is_new) {
      problem_ = "key " + json_quote(shortened(*place)) + " is repeated";
    } else if (keys.size() > most_members) {
      problem_ = "an object in it has more than " + std::to_string(most_members) + " members";
    }
  }

  std::array<std::set<std::string>, std::size_t{deepest} + 1> keys_;  ///< of the open object at each depth
  std::string problem_;
};

constexpr auto special_bytes = [] {
  std::array<bool, 256> special{};
  for (std::size_t byte = 0; byte < 0x20; ++byte) special.at(byte) = true;
  for (const char c : {'\x7F', '"', '\\'}) special.at(static_cast<unsigned char>(c)) = true;
  return special;
}();

/// Those, and the first bytes of the characters that no terminal may be shown.
constexpr auto escaped_bytes = [] {
  auto escaped = special_bytes;
  for (const char c : {'\xC2', '\xD8', '\xE2'}) escaped.at(static_cast<unsigned char>(c)) = true;
  return escaped;
}();

/// How many bytes from the start are none of these.
std::size_t prefix_without(const std::array<bool, 256>& bytes, std::string_view text) {
  const auto* const found = std::find_if(text.begin(), text.end(),
                                         [&bytes](char c) { return bytes[static_cast<unsigned char>(c)]; });
  return static_cast<std::size_t>(found - text.begin());
}

/// Appends the character at the start of the text as it stands in a JSON string; gives its length.
std::size_t append_escaped(std::string& json, std::string_view text) {
  constexpr std::string_view short_forms{"\"\"\\\\\nn\rr\tt"};
  for (std::size_t i = 0; i < short_forms.size(); i += 2) {
    if (text.front() != short_forms[i]) continue;
    json.append(1, '\\').append(1, short_forms[i + 1]);
    return 1;
  }
  const auto length = unshowable_prefix(text);
  if (length == 0) {
    json += text.front();
    return 1;
  }
  unsigned code = static_cast<unsigned char>(text.front());
  if (length == 2) code &= 0x1FU;
  if (length == 3) code &= 0x0FU;
  for (std::size_t i = 1; i < length; ++i)
    code = (code << 6U) | (static_cast<unsigned char>(text[i]) & 0x3FU);
  json += "\\u";
  for (const unsigned shift : {12U, 8U, 4U, 0U}) json += "0123456789abcdef"[(code >> shift) & 0x0FU];
  return length;
}

std::string with_replacement_characters(std::string_view text) {
  const auto quoted = Json(std::string{text}).dump(-1, ' ', false, Json::error_handler_t::replace);
  return Json::parse(quoted).get<std::string>();
}

/// Reads what records mostly are, an object of texts without escapes and of small whole numbers, many times
/// faster. Nothing where the document holds anything else or anything wrong.
class PlainReader {
 public:
  explicit PlainReader(std::string_view document) : rest_{document} {}

  std::optional<JsonObject> read() {
    JsonObject object;
    object.reserve(usual_members);
    if (!take('{')) return std::nullopt;
    do {
      if (object.size() == most_plain_members) return std::nullopt;
      auto& [key, value] = object.emplace_back();
      if (!take_text(key) || !take(':') || !take_value(value)) return std::nullopt;
      const bool repeated = std::any_of(object.begin(), object.end() - 1,
                                        [&key = key](const auto& before) { return before.first == key; });
      if (repeated) return std::nullopt;
    } while (take(','));
    if (!take('}')) return std::nullopt;
    skip_blanks();
    return rest_.empty() ? std::optional{std::move(object)} : std::nullopt;
  }

 private:
  static constexpr std::size_t usual_members = 8;
  /// Each key is held against all before it.
  static constexpr std::size_t most_plain_members = 64;

  void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size())); }

  bool take(char c) {
    skip_blanks();
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool take_text(std::string& found) {
    if (!take('"')) return false;
    const auto size = prefix_without(special_bytes, rest_);
    if (size == rest_.size() || rest_[size] != '"') return false;
    found = rest_.substr(0, size);
    rest_.remove_prefix(size + 1);
    return true;
  }

  bool take_value(JsonValue& found) {
    skip_blanks();
    if (rest_.starts_with('"')) {
      found.kind = JsonValue::Kind::text;
      return take_text(found.text);
    }
    constexpr std::size_t most_digits = 18;
    const auto size = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
    const bool has_leading_zero = size > 1 && rest_.front() == '0';
    if (size == 0 || size > most_digits || has_leading_zero) return false;
    found = {JsonValue::Kind::integer, std::string{rest_.substr(0, size)}};
    rest_.remove_prefix(size);
    return true;
  }

  std::string_view rest_;
};

}  // namespace

std::variant<JsonObject, Malformed> parse_json_object(std::string_view document) {
  if (document.starts_with("\xEF\xBB\xBF")) return Malformed{"it begins with a byte-order mark"};
  if (!is_utf8(document)) return Malformed{"it is not UTF-8"};
  if (trim(document).empty()) return Malformed{"it is empty"};

  if (auto plain = PlainReader{document}.read()) return *std::move(plain);

  Findings findings;
  const auto on_event = [&findings](int depth, Json::parse_event_t event, const Json& parsed) {
    return findings.add(depth, event, parsed);
  };
  try {
    const auto json = Json::parse(document, on_event);
    if (!findings.problem().empty()) return Malformed{findings.problem()};
    if (!json.is_object()) return Malformed{"it is no JSON object"};
    JsonObject object;
    for (const auto& item : json.items()) object.emplace_back(item.key(), value_of(item.value()));
    return object;
  } catch (const Json::exception&) {
    // The parser's own message quotes the input, which may hold an openid.
    if (!findings.problem().empty()) return Malformed{findings.problem()};
    return Malformed{"it is no valid JSON"};
  }
}

void append_json(std::string& json, std::string_view text) {
  if (!is_utf8(text)) return append_json(json, with_replacement_characters(text));
  json += '"';
  for (;;) {
    const auto size = prefix_without(escaped_bytes, text);
    json += text.substr(0, size);
    if (size == text.size()) break;
    text.remove_prefix(size);
    text.remove_prefix(append_escaped(json, text));
  }
  json += '"';
}

std::string json_quote(std::string_view text) {
  std::string quoted;
  quoted.reserve(text.size() + 2);
  append_json(quoted, text);
  return quoted;
}

}  // namespace wxpay::wire
