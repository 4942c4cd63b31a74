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
  static constexpr std::string_view kinds{"tinb0s"};
  std::string all;
  for (const auto& [key, value] : *object) {
    if (!all.empty()) all += ' ';
    all += key;
    all += '=';
    all += kinds.at(static_cast<std::size_t>(value.kind));
    all += ':';
    all += value.text;
  }
  return all;
}

}  // namespace

TEST_CASE("a JSON object is read by its text alone, whichever way is taken") {
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
      {R"({"a":99999999999999999999})", "a=n:1e+20"},
      {R"({"a":-5,"b":1.5,"c":true,"d":null,"e":[1],"f":{"a":1,"b":2}})",
       "a=i:-5 b=n:1.5 c=b:true d=0: e=s:[1] f=s:{\"a\":1,\"b\":2}"},
      {R"({"a":[{"b":1},{"b":2}],"b":{"a":{"a":3}}})", R"(a=s:[{"b":1},{"b":2}] b=s:{"a":{"a":3}})"},
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
      {R"(["a"])", std::nullopt},
      {R"("a")", std::nullopt},
      {"", std::nullopt},
  };
  for (const auto& row : rows) {
    CAPTURE(std::string{row.document});
    CHECK((read(row.document) == row.expected));
  }
}
