#include "gateway/v2/parameter_set.hpp"

#include <algorithm>
#include <optional>

#include "base/text.hpp"
#include "wire/json.hpp"
#include "wire/xml.hpp"

namespace wxpay::v2 {

namespace {

using wire::Malformed;

/// More than any message has; looking each name up among the others stays cheap.
constexpr std::size_t most_fields = 256;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

bool is_name_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

/// The first character that no name has, in words: what else stands there may be a secret.
std::string stranger_in(std::string_view name) {
  if (name.starts_with(byte_order_mark)) return "a byte-order mark";
  if (name.starts_with("export ")) return "`export`";
  const auto* const found = std::find_if_not(name.begin(), name.end(), is_name_character);
  const char c = *found;
  if (c == ' ') return "a blank";
  if (c == '\t') return "a tab";
  if (c == '"' || c == '\'') return "a quote";
  const auto byte = static_cast<unsigned char>(c);
  if (byte < 0x20 || byte == 0x7F) return "a control character";
  if (byte >= 0x80) return "a character that is not ASCII";
  return std::string{"\""} + c + "\"";
}

/// Why no field can have this name; empty where one can.
std::string name_problem(std::string_view name) {
  if (names_key(name)) {
    return "is named `key`, which is no field of any message: the key is taken from the profile";
  }
  if (!std::all_of(name.begin(), name.end(), is_name_character)) {
    return "has " + stranger_in(name) + " in its name, and names are of A-Z a-z 0-9 _ alone";
  }
  return {};
}

/// One `name=value`; `where` names it in messages.
std::optional<Malformed> add_assignment(Fields& fields, std::string_view text, const std::string& where) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) return Malformed{where + " is no name=value"};
  const auto name = text.substr(0, equals);
  const auto value = text.substr(equals + 1);
  if (const auto problem = name_problem(name); !problem.empty()) return Malformed{where + " " + problem};
  if (has_control_character(value)) {
    return Malformed{where + " holds a control character: give such a value in JSON"};
  }
  if (fields.has(name)) return Malformed{where + " repeats the field " + std::string{name}};
  if (fields.size() == most_fields) {
    return Malformed{"it has more than " + std::to_string(most_fields) + " fields"};
  }
  fields.add(std::string{name}, std::string{value});
  return std::nullopt;
}

/// Whether more fields stand in this value, as in `a=1&b=2`. An `&` alone is as good as any other character.
bool holds_field(std::string_view value) {
  for (auto at = value.find('&'); at != std::string_view::npos; at = value.find('&')) {
    value.remove_prefix(at + 1);
    const auto name = value.substr(0, value.find('='));
    const bool ends = name.size() < value.size();
    if (ends && !name.empty() && std::all_of(name.begin(), name.end(), is_name_character)) return true;
  }
  return false;
}

std::variant<ParameterSet, Malformed> parse_one_line(std::string_view line) {
  ParameterSet set{SetForm::one_line, {}};
  if (line.starts_with('?')) line.remove_prefix(1);
  if (line.ends_with('&')) line.remove_suffix(1);
  for (std::size_t number = 1;; ++number) {
    const auto end = line.find('&');
    const auto where = "part " + std::to_string(number) + " of the line";
    if (auto problem = add_assignment(set.fields, line.substr(0, end), where)) return *std::move(problem);
    if (end == std::string_view::npos) return set;
    line.remove_prefix(end + 1);
  }
}

struct Line {
  std::size_t number = 0;
  std::string_view text;
};

std::vector<Line> lines_of(std::string_view text) {
  std::vector<Line> lines;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) lines.push_back({number, line});
  }
  return lines;
}

std::variant<ParameterSet, Malformed> parse_lines(std::string_view text) {
  const auto lines = lines_of(text);
  if (lines.empty()) return Malformed{"it is empty"};
  if (lines.size() == 1 && (lines[0].text.starts_with('?') || lines[0].text.find('&') != std::string::npos)) {
    return parse_one_line(lines[0].text);
  }
  ParameterSet set{SetForm::lines, {}};
  for (const auto& line : lines) {
    const auto where = "line " + std::to_string(line.number);
    if (auto problem = add_assignment(set.fields, line.text, where)) return *std::move(problem);
    if (holds_field(line.text)) {
      return Malformed{where +
                       " holds several fields: put each on a line, or all on one, or give a value that holds "
                       "such a text in JSON"};
    }
  }
  return set;
}

std::variant<ParameterSet, Malformed> parse_json(std::string_view text) {
  auto parsed = wire::parse_json_object(text);
  if (auto* malformed = std::get_if<Malformed>(&parsed)) return std::move(*malformed);
  ParameterSet set{SetForm::json, {}};
  for (auto& [name, value] : std::get<wire::JsonObject>(parsed)) {
    using Kind = wire::JsonValue::Kind;
    if (name.empty()) return Malformed{"a field has no name"};
    if (const auto problem = name_problem(name); !problem.empty()) return Malformed{"a field " + problem};
    switch (value.kind) {
      case Kind::text:
      case Kind::integer:
        break;
      case Kind::null:
        value.text.clear();  // an absent value, which a signature leaves out
        break;
      case Kind::number:
        return Malformed{"the value of " + name + " is no whole number: quote it"};
      case Kind::boolean:
        return Malformed{"the value of " + name + " is true or false, and messages hold texts: quote it"};
      case Kind::object:
      case Kind::array:
        // Written anew it might differ from what is sent, by a blank or an escape.
        return Malformed{"the value of " + name +
                         " is an object or array: give the text that is sent, in quotes"};
    }
    set.fields.add(std::move(name), std::move(value.text));
  }
  if (set.fields.empty()) return Malformed{"it is empty"};
  return set;
}

std::variant<ParameterSet, Malformed> parse_xml(std::string_view text) {
  auto parsed = wire::parse_xml(text);
  if (auto* malformed = std::get_if<Malformed>(&parsed)) return std::move(*malformed);
  ParameterSet set{SetForm::xml, std::get<Fields>(std::move(parsed))};
  if (set.fields.empty()) return Malformed{"it is empty"};
  for (const auto& field : set.fields) {
    if (const auto problem = name_problem(field.first); !problem.empty()) {
      return Malformed{"an element " + problem};
    }
  }
  return set;
}

bool is_in_quotes(std::string_view value) {
  const auto stands_in = [&](char quote) { return value.starts_with(quote) && value.ends_with(quote); };
  return value.size() > 1 && (stands_in('"') || stands_in('\''));
}

bool is_percent_encoded(std::string_view value) {
  constexpr std::string_view digits = "0123456789ABCDEFabcdef";
  for (auto at = value.find('%'); at != std::string_view::npos; at = value.find('%', at + 1)) {
    const auto code = value.substr(at + 1, 2);
    if (code.size() == 2 && code.find_first_not_of(digits) == std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

std::variant<ParameterSet, Malformed> parse_parameters(std::string_view text) {
  if (!is_utf8(text)) return Malformed{"it is not UTF-8"};
  const auto start = trim(text.starts_with(byte_order_mark) ? text.substr(byte_order_mark.size()) : text);
  if (start.starts_with('{')) return parse_json(text);
  if (start.starts_with('<')) return parse_xml(text);
  return parse_lines(text);
}

std::vector<std::string> doubts_about(const ParameterSet& set) {
  std::vector<std::string> doubts;
  // In JSON and XML marks around a value tell what belongs to it.
  if (set.form == SetForm::json || set.form == SetForm::xml) return doubts;
  for (const auto& [name, value] : set.fields) {
    if (set.form == SetForm::one_line && is_percent_encoded(value)) {
      doubts.push_back("the value of " + name +
                       " seems percent-encoded and is signed as it stands: WeChat Pay signs decoded values");
    }
    if (is_in_quotes(value)) {
      doubts.push_back("the value of " + name + " stands in quotes, which are signed with it");
    }
    if (has_outer_blank(value)) {
      doubts.push_back("the value of " + name + " begins or ends with a blank, which is signed with it");
    }
  }
  return doubts;
}

bool names_key(std::string_view name) { return to_lower(name) == "key"; }

std::string named_sign_type(const Fields& fields) {
  auto named = fields.get("sign_type");
  return named.empty() ? fields.get("signType") : named;
}

std::string never_signed_by_merchant(const Fields& fields) {
  for (const std::string name : {"return_code", "result_code"}) {
    const auto inside = "&" + name + "=";
    const bool found = fields.has(name) || std::any_of(fields.begin(), fields.end(), [&](const auto& field) {
                         return field.second.find(inside) != std::string::npos;
                       });
    if (found) return "only WeChat Pay signs what has a " + name;
  }
  for (const std::string name : {"returnCode", "resultCode"}) {
    if (fields.has(name)) return "nobody signs a result of this program, which has a " + name;
  }
  return {};
}

}  // namespace wxpay::v2
