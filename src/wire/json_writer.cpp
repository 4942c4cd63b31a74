#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "wire/json.hpp"

namespace wxpay::wire {

namespace {

using ByteSet = std::array<bool, 256>;

constexpr auto escaped_by_json = [] {
  ByteSet escaped{};
  for (std::size_t byte = 0; byte < 0x20; ++byte) escaped.at(byte) = true;
  for (const char c : {'"', '\\'}) escaped.at(static_cast<unsigned char>(c)) = true;
  return escaped;
}();

/// Those, DEL, and the first bytes of the characters that no terminal may be shown.
constexpr auto escaped_for_terminal = [] {
  auto escaped = escaped_by_json;
  for (const char c : {'\x7F', '\xC2', '\xD8', '\xE2'}) escaped.at(static_cast<unsigned char>(c)) = true;
  return escaped;
}();

/// Each character with the letter that stands for it after a backslash.
constexpr std::string_view short_forms{"\"\"\\\\\nn\rr\tt\bb\ff"};
constexpr std::size_t short_forms_for_terminal = 10;

/// How many bytes from the start are none of these.
std::size_t prefix_without(const ByteSet& bytes, std::string_view text) {
  const auto* const found = std::find_if(text.begin(), text.end(),
                                         [&bytes](char c) { return bytes[static_cast<unsigned char>(c)]; });
  return static_cast<std::size_t>(found - text.begin());
}

/// Appends the character at the start of the text as it stands in a JSON string; gives its length.
std::size_t append_escaped(std::string& json, std::string_view text, Escapes escapes) {
  const auto short_ones =
      escapes == Escapes::fewest ? short_forms : short_forms.substr(0, short_forms_for_terminal);
  for (std::size_t i = 0; i < short_ones.size(); i += 2) {
    if (text.front() != short_ones[i]) continue;
    json.append(1, '\\').append(1, short_ones[i + 1]);
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

/// The length of the character at the start, or 0 where none is there.
std::size_t character_at(std::string_view text) {
  constexpr std::size_t longest = 4;
  for (std::size_t size = 1; size <= std::min(longest, text.size()); ++size) {
    if (is_utf8(text.substr(0, size))) return size;
  }
  return 0;
}

/// How many bytes at the start are one character that was cut off, or 1 where no character begins so.
std::size_t broken_prefix(std::string_view text) {
  for (const std::size_t size : {std::size_t{3}, std::size_t{2}}) {
    if (text.size() < size) continue;
    // After the second byte any continuation will do.
    std::string completed{text.substr(0, size)};
    while (completed.size() < 4) {
      completed += '\x80';
      if (character_at(completed) == completed.size()) return size;
    }
  }
  return 1;
}

/// With one U+FFFD for each piece that is no character, as Unicode recommends.
std::string with_replacement_characters(std::string_view text) {
  std::string replaced;
  while (!text.empty()) {
    auto size = character_at(text);
    if (size != 0) {
      replaced += text.substr(0, size);
    } else {
      replaced += "\xEF\xBF\xBD";
      size = broken_prefix(text);
    }
    text.remove_prefix(size);
  }
  return replaced;
}

void append_value(std::string& json, const JsonValue& value) {
  const bool is_object = value.kind == JsonValue::Kind::object;
  switch (value.kind) {
    case JsonValue::Kind::text:
      append_json(json, value.text, Escapes::fewest);
      return;
    case JsonValue::Kind::integer:
    case JsonValue::Kind::number:
    case JsonValue::Kind::boolean:
      json += value.text;
      return;
    case JsonValue::Kind::null:
      json += "null";
      return;
    case JsonValue::Kind::object:
    case JsonValue::Kind::array:
      break;
  }
  json += is_object ? '{' : '[';
  bool is_first = true;
  for (const auto& [key, member] : value.members) {
    if (!is_first) json += ',';
    is_first = false;
    if (is_object) {
      append_json(json, key, Escapes::fewest);
      json += ':';
    }
    append_value(json, member);
  }
  json += is_object ? '}' : ']';
}

}  // namespace

void append_json(std::string& json, std::string_view text, Escapes escapes) {
  if (escapes == Escapes::for_terminal && !is_utf8(text)) {
    return append_json(json, with_replacement_characters(text), escapes);
  }
  const auto& escaped = escapes == Escapes::fewest ? escaped_by_json : escaped_for_terminal;
  json += '"';
  for (;;) {
    const auto size = prefix_without(escaped, text);
    json += text.substr(0, size);
    if (size == text.size()) break;
    text.remove_prefix(size);
    text.remove_prefix(append_escaped(json, text, escapes));
  }
  json += '"';
}

std::string json_quote(std::string_view text) {
  std::string quoted;
  quoted.reserve(text.size() + 2);
  append_json(quoted, text);
  return quoted;
}

std::string to_json(const JsonValue& value) {
  std::string json;
  append_value(json, value);
  return json;
}

void JsonLine::begin_member(std::string_view key) {
  if (line_.size() > 1) line_ += ',';
  append_json(line_, key);
  line_ += ':';
}

JsonLine& JsonLine::text(std::string_view key, std::string_view value) {
  begin_member(key);
  append_json(line_, value);
  return *this;
}

JsonLine& JsonLine::raw(std::string_view key, std::string_view json) {
  begin_member(key);
  line_ += json;
  return *this;
}

}  // namespace wxpay::wire
