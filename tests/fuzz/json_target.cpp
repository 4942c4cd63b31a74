#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <variant>
#include <vector>

#include "base/text.hpp"
#include "fuzz/rules.hpp"
#include "fuzz/targets.hpp"
#include "wire/json.hpp"

namespace wxpay::fuzz {

namespace {

using Json = nlohmann::ordered_json;
using Kind = wire::JsonValue::Kind;

/// Reads a document event by event, as the parser under test does not.
class Events : public nlohmann::json_sax<Json> {
 public:
  std::vector<std::pair<std::string, wire::JsonValue>> members;  ///< texts of texts and booleans alone
  bool is_object = false;
  bool repeats_a_key = false;
  std::size_t deepest = 0;
  bool overflows = false;  ///< a number is too large for the library, which reads no further

  bool null() override { return value({Kind::null, {}}); }
  bool boolean(bool is) override { return value({Kind::boolean, is ? "true" : "false"}); }
  bool number_integer(number_integer_t number) override {
    return value({Kind::integer, std::to_string(number)});
  }
  bool number_unsigned(number_unsigned_t number) override {
    return value({Kind::integer, std::to_string(number)});
  }
  bool number_float(number_float_t, const string_t&) override { return value({Kind::number, {}}); }
  bool string(string_t& text) override { return value({Kind::text, text}); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override {
    is_object = is_object || keys_.empty();
    return open(Kind::object);
  }
  bool start_array(std::size_t) override { return open(Kind::array); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    auto& keys = keys_.back();
    repeats_a_key = repeats_a_key || std::find(keys.begin(), keys.end(), name) != keys.end();
    keys.push_back(name);
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const Json::exception& problem) override {
    overflows = dynamic_cast<const Json::out_of_range*>(&problem) != nullptr;
    return false;
  }

 private:
  bool open(Kind kind) {
    if (keys_.size() == 1) members.emplace_back(last_key(), wire::JsonValue{kind});
    keys_.emplace_back();
    deepest = std::max(deepest, keys_.size());
    return true;
  }
  bool close() {
    keys_.pop_back();
    return true;
  }
  bool value(wire::JsonValue value) {
    if (keys_.size() == 1) members.emplace_back(last_key(), std::move(value));
    return true;
  }
  std::string last_key() const { return keys_.back().empty() ? std::string{} : keys_.back().back(); }

  std::vector<std::vector<std::string>> keys_;  ///< of each object that is open
};

/// Whether what is written from a value is what was read.
bool is_written_alike(const wire::JsonValue& value, const Json& library_value) {
  return Json::parse(wire::to_json(value), nullptr, false) == library_value;
}

void check_object(std::string_view input) {
  const auto parsed = wire::parse_json_object(input);
  const auto* object = std::get_if<wire::JsonObject>(&parsed);
  Events events;
  // The library takes a zero byte for the end.
  const bool is_text = input.find('\0') == std::string_view::npos && is_utf8(input);
  const bool is_json = is_text && !input.starts_with("\xEF\xBB\xBF") && Json::sax_parse(input, &events);
  if (events.overflows) return;
  constexpr std::size_t deepest = 32;
  const bool is_good = is_json && events.is_object && !events.repeats_a_key && events.deepest <= deepest;
  expect((object != nullptr) == is_good, "an object is taken or refused as the JSON library's events say");
  if (object == nullptr) return;
  expect(object->size() == events.members.size(), "no member is lost");
  const auto library_object = Json::parse(input);
  for (std::size_t i = 0; i < object->size(); ++i) {
    const auto& [name, value] = (*object)[i];
    const auto& [event_name, event_value] = events.members[i];
    expect(name == event_name && value.kind == event_value.kind, "members come as they were written");
    if (value.kind == Kind::text || value.kind == Kind::integer || value.kind == Kind::boolean) {
      expect(value.text == event_value.text, "values are what they were");
    }
    expect(is_written_alike(value, library_object.at(name)), "what is written is what was read");
  }
}

void check_quoting(std::string_view text) {
  const auto quoted = wire::json_quote(text);
  for (std::size_t i = 0; i < quoted.size(); ++i) {
    const auto byte = static_cast<unsigned char>(quoted[i]);
    // The bytes behind the first of a character are looked at with it.
    if ((byte & 0xC0U) == 0x80) continue;
    expect(unshowable_prefix(std::string_view{quoted}.substr(i)) == 0,
           "a terminal can be shown what is quoted");
  }
  const auto parsed = Json::parse(quoted, nullptr, false);
  expect(parsed.is_string(), "what is quoted is a JSON string");
  expect(!is_utf8(text) || parsed.get<std::string>() == text, "what is quoted is read as it was");
  const auto again = wire::parse_json_object("{" + quoted + ":" + quoted + "}");
  const auto* object = std::get_if<wire::JsonObject>(&again);
  expect(object != nullptr && object->size() == 1 && object->front().key == object->front().value.text,
         "what is quoted is both a key and a text");
}

}  // namespace

void check_json(std::string_view input) {
  check_object(input);
  check_quoting(input);
}

}  // namespace wxpay::fuzz
