#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "wire/json.hpp"

using namespace wxpay::wire;

namespace {

/// "key=kind:text" of each member; nothing where the document is refused.
std::optional<std::string> read(std::string_view document) {
  const auto parsed = parse_json_object(document);
  const auto* object = std::get_if<JsonObject>(&parsed);
  if (object == nullptr) return std::nullopt;
  static constexpr std::string_view kinds{"tinb0oa"};
  std::string all;
  for (const auto& [key, value] : *object) {
    if (!all.empty()) all += ' ';
    all += key;
    all += '=';
    all += kinds.at(static_cast<std::size_t>(value.kind));
    all += ':';
    const bool is_structure = value.kind == JsonValue::Kind::object || value.kind == JsonValue::Kind::array;
    all += is_structure ? to_json(value) : value.text;
  }
  return all;
}

}  // namespace

TEST_CASE("a JSON object is read by its text alone") {
  struct Row {
    std::string_view document;
    std::optional<std::string> expected;
  };
  const Row rows[] = {
      {R"({"a":"x","b":5})", "a=t:x b=i:5"},
      {" \t{ \"a\" : \"x\" ,\r\n\"b\" : 0 } \n", "a=t:x b=i:0"},
      {R"({"a":""})", "a=t:"},
      {R"({"茶":"茶叶"})", "茶=t:茶叶"},
      {R"({"a":"x\ty\u8336"})", "a=t:x\ty茶"},
      {R"({"\u0061":5})", "a=i:5"},
      {R"({})", ""},
      {R"({"a":999999999999999999})", "a=i:999999999999999999"},
      {R"({"a":9223372036854775807})", "a=i:9223372036854775807"},
      {R"({"a":99999999999999999999})", "a=n:99999999999999999999"},
      {R"({"a":-5,"b":1.5,"c":true,"d":null,"e":[1],"f":{"a":1,"b":2}})",
       "a=i:-5 b=n:1.5 c=b:true d=0: e=a:[1] f=o:{\"a\":1,\"b\":2}"},
      {R"({"a":[{"b":1},{"b":2}],"b":{"a":{"a":3}}})", R"(a=a:[{"b":1},{"b":2}] b=o:{"a":{"a":3}})"},
      {R"({"f":{"a":1,"a":2}})", std::nullopt},
      {R"({"f":[1,{"g":{"a":1,"b":0,"\u0061":2}}]})", std::nullopt},
      {R"({"a":"x","a":"x"})", std::nullopt},
      {R"({"a":1,"\u0061":1})", std::nullopt},
      {R"({"a":05})", std::nullopt},
      {R"({"a":+5})", std::nullopt},
      {R"({"a":5 5})", std::nullopt},
      {R"({"a":5,})", std::nullopt},
      {R"({,"a":5})", std::nullopt},
      {R"({"a" 5})", std::nullopt},
      {R"({"a":5}{"a":5})", std::nullopt},
      {R"({"a":5} x)", std::nullopt},
      {R"({"a":5)", std::nullopt},
      {R"({"a":"x)", std::nullopt},
      {R"({"a":x})", std::nullopt},
      {R"({'a':5})", std::nullopt},
      {R"({a:5})", std::nullopt},
      {"{\"a\":\"x\ny\"}", std::nullopt},
      {"{\"a\":\"\xff\"}", std::nullopt},
      {"\xEF\xBB\xBF{\"a\":5}", std::nullopt},
      {{"{}\0e", 4}, std::nullopt},
      {R"(["a"])", std::nullopt},
      {R"("a")", std::nullopt},
      {"", std::nullopt},
  };
  for (const auto& row : rows) {
    CAPTURE(std::string{row.document});
    CHECK((read(row.document) == row.expected));
  }
}

namespace {

/// {"k0":0,"k1":1,…}
std::string object_of(int members) {
  std::string json{"{"};
  for (int i = 0; i < members; ++i) {
    const auto number = std::to_string(i);
    json += (i == 0 ? "\"k" : ",\"k") + number + "\":" + number;
  }
  return json + "}";
}

std::string why_not(const std::string& document) {
  const auto parsed = parse_json_object(document);
  const auto* malformed = std::get_if<Malformed>(&parsed);
  return malformed == nullptr ? "" : malformed->why;
}

}  // namespace

TEST_CASE("an object has at most 256 members, at every depth and whichever way is taken") {
  for (const int members : {1, 63, 64, 65, 255, 256}) {
    CAPTURE(members);
    CHECK(std::get<JsonObject>(parse_json_object(object_of(members))).size() ==
          static_cast<std::size_t>(members));
    CHECK(why_not("{\"inner\":" + object_of(members) + ",\"next\":{\"a\":" + object_of(members) + "}}") ==
          "");
  }
  const std::string too_many{"an object in it has more than 256 members"};
  CHECK(why_not(object_of(257)) == too_many);
  CHECK(why_not("{\"inner\":" + object_of(257) + "}") == too_many);
  CHECK(why_not("{\"list\":[1,{\"a\":" + object_of(257) + "}]}") == too_many);
  CHECK(why_not(object_of(200'000)) == too_many);
}

TEST_CASE("a document nests 32 deep and no deeper") {
  const auto nested = [](std::size_t depth) {
    return R"({"a":)" + std::string(depth, '[') + "1" + std::string(depth, ']') + "}";
  };
  CHECK(why_not(nested(31)) == "");
  CHECK(why_not(nested(32)) == "it is nested too deeply");
  CHECK(why_not(nested(100'000)) == "it is nested too deeply");
}

TEST_CASE("a repeated key is found among many, and a long one is not repeated whole in the message") {
  auto json = object_of(100);
  json.back() = ',';
  CHECK(why_not(json + "\"k0\":1}") == "key \"k0\" is repeated");
  CHECK(why_not(json + "\"k99\":1}") == "key \"k99\" is repeated");
  const std::string key = "\"" + std::string(50'000, 'k') + "\":1";
  const auto why = why_not("{" + key + ",\"\\u0061\":1," + key + "}");
  CHECK(why.ends_with("k…\" is repeated"));
  CHECK(why.size() < 100);
}
