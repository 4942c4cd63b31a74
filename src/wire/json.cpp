#include "wire/json.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/number.hpp"
#include "base/text.hpp"

namespace wxpay::wire {

namespace {

using Kind = JsonValue::Kind;

/// Nothing that a person writes by hand nests deeper; the stack is spared.
constexpr int deepest = 32;
/// Nor has any object that is read here nearly so many members. Each key is held against all before it.
constexpr std::size_t most_members = 256;

constexpr auto ends_plain_text = [] {
  std::array<bool, 256> ends{};
  for (std::size_t byte = 0; byte < 0x20; ++byte) ends.at(byte) = true;
  for (const char c : {'"', '\\'}) ends.at(static_cast<unsigned char>(c)) = true;
  return ends;
}();

std::size_t plain_prefix(std::string_view text) {
  const auto* const end = std::find_if(text.begin(), text.end(),
                                       [](char c) { return ends_plain_text[static_cast<unsigned char>(c)]; });
  return static_cast<std::size_t>(end - text.begin());
}

std::size_t digits_prefix(std::string_view text) {
  return std::min(text.find_first_not_of("0123456789"), text.size());
}

/// What other readers of JSON cannot take is refused; what is too small for them is zero.
bool is_beyond_double(std::string_view text) {
  double number = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_tiny = text.find("e-") != std::string_view::npos || text.find("E-") != std::string_view::npos;
  return result.ec == std::errc::result_out_of_range && !is_tiny;
}

void append_utf8(std::string& text, std::uint32_t code) {
  const auto add = [&text](std::uint32_t byte) { text += static_cast<char>(byte); };
  const auto add_continuation = [&](unsigned shift) { add(0x80U | ((code >> shift) & 0x3FU)); };
  if (code < 0x80) {
    add(code);
  } else if (code < 0x800) {
    add(0xC0U | (code >> 6U));
    add_continuation(0);
  } else if (code < 0x10000) {
    add(0xE0U | (code >> 12U));
    add_continuation(6);
    add_continuation(0);
  } else {
    add(0xF0U | (code >> 18U));
    add_continuation(12);
    add_continuation(6);
    add_continuation(0);
  }
}

/// Reads JSON (RFC 8259) that is known to be UTF-8. Messages do not quote values, which may be an openid.
class Reader {
 public:
  explicit Reader(std::string_view document) : rest_{document} {}

  std::variant<JsonObject, Malformed> read() {
    JsonValue value;
    const bool is_value = take_value(value, 0);
    skip_blanks();
    if (!is_value || !rest_.empty()) return Malformed{problem_};
    if (value.kind != Kind::object) return Malformed{"it is no JSON object"};
    return std::move(value.members);
  }

 private:
  bool fail(std::string why) {
    problem_ = std::move(why);
    return false;
  }

  void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size())); }

  bool take(char c) {
    skip_blanks();
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool take_value(JsonValue& value, int depth) {
    skip_blanks();
    if (rest_.empty()) return false;
    switch (rest_.front()) {
      case '"':
        value.kind = Kind::text;
        return take_text(value.text);
      case '{':
        value.kind = Kind::object;
        return take_object(value.members, depth + 1);
      case '[':
        value.kind = Kind::array;
        return take_array(value.members, depth + 1);
      case 't':
        return take_word("true", Kind::boolean, value);
      case 'f':
        return take_word("false", Kind::boolean, value);
      case 'n':
        return take_word("null", Kind::null, value);
      default:
        return take_number(value);
    }
  }

  bool take_object(JsonObject& members, int depth) {
    if (depth > deepest) return fail("it is nested too deeply");
    rest_.remove_prefix(1);
    if (take('}')) return true;
    constexpr std::size_t usual_members = 8;
    members.reserve(usual_members);
    do {
      auto& [key, value] = members.emplace_back();
      if (!take_text(key)) return false;
      const auto repeats = [&name = key](const auto& before) { return before.key == name; };
      if (std::any_of(members.begin(), members.end() - 1, repeats)) {
        return fail("key " + json_quote(shortened(key)) + " is repeated");
      }
      if (members.size() > most_members) {
        return fail("an object in it has more than " + std::to_string(most_members) + " members");
      }
      if (!take(':') || !take_value(value, depth)) return false;
    } while (take(','));
    return take('}');
  }

  bool take_array(JsonObject& items, int depth) {
    if (depth > deepest) return fail("it is nested too deeply");
    rest_.remove_prefix(1);
    if (take(']')) return true;
    do {
      if (!take_value(items.emplace_back().value, depth)) return false;
    } while (take(','));
    return take(']');
  }

  bool take_word(std::string_view word, Kind kind, JsonValue& value) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    value.kind = kind;
    if (kind == Kind::boolean) value.text = word;
    return true;
  }

  bool take_text(std::string& text) {
    if (!take('"')) return false;
    for (;;) {
      const auto size = plain_prefix(rest_);
      if (size == rest_.size()) return false;
      text += rest_.substr(0, size);
      const char end = rest_[size];
      rest_.remove_prefix(size + 1);
      if (end == '"') return true;
      if (end != '\\' || !take_escape(text)) return false;
    }
  }

  /// What follows a backslash.
  bool take_escape(std::string& text) {
    if (rest_.empty()) return false;
    const char letter = rest_.front();
    rest_.remove_prefix(1);
    if (letter == 'u') return take_code(text);
    constexpr std::string_view meanings{"\"\"\\\\//b\bf\fn\nr\rt\t"};
    for (std::size_t i = 0; i < meanings.size(); i += 2) {
      if (letter != meanings[i]) continue;
      text += meanings[i + 1];
      return true;
    }
    return false;
  }

  /// The four digits of \uXXXX, and the second half of a surrogate pair.
  bool take_code(std::string& text) {
    const auto is_first_half = [](std::uint32_t code) { return code >= 0xD800 && code < 0xDC00; };
    const auto is_second_half = [](std::uint32_t code) { return code >= 0xDC00 && code < 0xE000; };
    auto code = take_hex();
    if (!code || is_second_half(*code)) return false;
    if (is_first_half(*code)) {
      if (!rest_.starts_with("\\u")) return false;
      rest_.remove_prefix(2);
      const auto second = take_hex();
      if (!second || !is_second_half(*second)) return false;
      code = 0x10000U + ((*code - 0xD800U) << 10U) + (*second - 0xDC00U);
    }
    append_utf8(text, *code);
    return true;
  }

  std::optional<std::uint32_t> take_hex() {
    constexpr std::size_t digits = 4;
    if (rest_.size() < digits) return std::nullopt;
    std::uint32_t code = 0;
    const auto* const end = rest_.data() + digits;
    if (std::from_chars(rest_.data(), end, code, 16).ptr != end) return std::nullopt;
    rest_.remove_prefix(digits);
    return code;
  }

  bool take_number(JsonValue& value) {
    const bool negative = rest_.starts_with('-');
    std::size_t size = negative ? 1 : 0;
    const auto digits = digits_prefix(rest_.substr(size));
    if (digits == 0 || (digits > 1 && rest_[size] == '0')) return false;
    size += digits;
    const auto whole_size = size;
    if (size < rest_.size() && rest_[size] == '.') {
      const auto places = digits_prefix(rest_.substr(size + 1));
      if (places == 0) return false;
      size += 1 + places;
    }
    if (size < rest_.size() && (rest_[size] == 'e' || rest_[size] == 'E')) {
      ++size;
      if (size < rest_.size() && (rest_[size] == '+' || rest_[size] == '-')) ++size;
      const auto exponent = digits_prefix(rest_.substr(size));
      if (exponent == 0) return false;
      size += exponent;
    }
    value.text = rest_.substr(0, size);
    rest_.remove_prefix(size);
    constexpr std::size_t surely_fits = 18;
    const bool is_integer =
        size == whole_size &&
        (digits <= surely_fits || (negative ? parse_integer<std::int64_t>(value.text).has_value()
                                            : parse_integer<std::uint64_t>(value.text).has_value()));
    if (!is_integer && is_beyond_double(value.text)) return false;
    value.kind = is_integer ? Kind::integer : Kind::number;
    if (value.text == "-0") value.text = "0";
    return true;
  }

  std::string_view rest_;
  std::string problem_{"it is no valid JSON"};
};

}  // namespace

std::variant<JsonObject, Malformed> parse_json_object(std::string_view document) {
  if (document.starts_with("\xEF\xBB\xBF")) return Malformed{"it begins with a byte-order mark"};
  if (!is_utf8(document)) return Malformed{"it is not UTF-8"};
  if (trim(document).empty()) return Malformed{"it is empty"};
  return Reader{document}.read();
}

const JsonValue* find(const JsonObject& object, std::string_view key) {
  const auto at =
      std::find_if(object.begin(), object.end(), [key](const auto& member) { return member.key == key; });
  return at == object.end() ? nullptr : &at->value;
}

std::optional<std::string> text_of(const JsonObject& object, std::string_view key) {
  const auto* value = find(object, key);
  if (value == nullptr || value->kind != Kind::text) return std::nullopt;
  return value->text;
}

std::optional<std::int64_t> integer_of(const JsonObject& object, std::string_view key) {
  const auto* value = find(object, key);
  if (value == nullptr || value->kind != Kind::integer) return std::nullopt;
  return parse_integer<std::int64_t>(value->text);
}

}  // namespace wxpay::wire
