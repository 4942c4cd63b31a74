#include "gateway/v2/parameter_set.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "gateway/v2/pay_parameters.hpp"
#include "gateway/v2/pay_set.hpp"
#include "support/vectors.hpp"
#include "wire/xml.hpp"
#include "wxpay/signing.hpp"

using namespace wxpay;

namespace {

bool holds(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

/// The parameters as "name=value;", or "(why)".
std::string parsed(std::string_view text) {
  const auto result = v2::parse_parameters(text);
  if (const auto* malformed = std::get_if<wire::Malformed>(&result)) return "(" + malformed->why + ")";
  std::string joined;
  for (const auto& field : std::get<v2::ParameterSet>(result).fields) {
    joined += field.first + "=" + field.second + ";";
  }
  return joined;
}

std::string doubts(std::string_view text) {
  std::string joined;
  for (const auto& doubt : v2::doubts_about(std::get<v2::ParameterSet>(v2::parse_parameters(text)))) {
    joined += doubt + "\n";
  }
  return joined;
}

/// The set with an old signature, each field on a line or all on one, in the opposite order.
std::string joined(const Fields& fields, const char* between) {
  std::string text = "sign=0123456789ABCDEF0123456789ABCDEF";
  std::vector<Fields::Field> all{fields.begin(), fields.end()};
  std::for_each(all.rbegin(), all.rend(),
                [&](const auto& field) { text += between + field.first + "=" + field.second; });
  return text;
}

/// What `sign --params` makes of a text.
std::string sign_of(const std::string& text, SignType type, const Secret& key) {
  const auto result = v2::parse_parameters(text);
  if (const auto* malformed = std::get_if<wire::Malformed>(&result)) return malformed->why;
  const auto& fields = std::get<v2::ParameterSet>(result).fields;
  if (!v2::is_pay_set(fields)) return sign_fields(v2::without_signature(fields), type, key);
  const auto pay_set = v2::read_pay_set(fields, {});
  if (const auto* malformed = std::get_if<wire::Malformed>(&pay_set)) return malformed->why;
  return sign_fields(std::get<v2::PaySet>(pay_set).fields, type, key);
}

}  // namespace

TEST_CASE("every form of every vector has the vector's signature") {
  for (const auto* section : {"sign", "pay_sign"}) {
    for (const auto& vector : test::v2_vectors(section)) {
      CAPTURE(vector.at("id").get<std::string>());
      const auto fields = test::fields_of(vector.at("params"));
      const auto type = test::sign_type_of(vector);
      const Secret key{vector.at("key").get<std::string>()};
      const auto expected = vector.at("sign").get<std::string>();
      CHECK(sign_of(vector.at("params").dump(), type, key) == expected);
      auto with_sign = v2::without_signature(fields);
      with_sign.add("sign", "OLD");
      CHECK(sign_of(wire::to_xml(with_sign), type, key) == expected);
      // A value that holds an & has no form in one line.
      const bool has_lines = std::none_of(fields.begin(), fields.end(), [](const auto& field) {
        return field.second.find('&') != std::string::npos;
      });
      if (!has_lines) continue;
      CHECK(sign_of(joined(fields, "\n"), type, key) == expected);
      CHECK(sign_of(joined(fields, "\r\n") + "\r\n", type, key) == expected);
      CHECK(sign_of(joined(fields, "&"), type, key) == expected);
      CHECK(sign_of("?" + joined(fields, "&") + "&\n", type, key) == expected);
    }
  }
}

TEST_CASE("a parameter set is JSON, XML, lines or one line") {
  struct Row {
    std::string text, fields;
  };
  const Row rows[] = {
      {R"({"b":"1","a":2,"d":null,"E_9":"x"})", "b=1;a=2;d=;E_9=x;"},
      {R"({"detail":"{\"a\":1}"})", R"(detail={"a":1};)"},
      {"\n <xml><b>1</b><a><![CDATA[ 2 ]]></a></xml>", "b=1;a= 2 ;"},
      {"\xEF\xBB\xBF<xml><b>1</b></xml>", "b=1;"},
      {"b=1\r\na= x=y & z \n\nempty=\n", "b=1;a= x=y & z ;empty=;"},
      {"a=支付", "a=支付;"},
      {"a=1", "a=1;"},
      {"a=1&b=2", "a=1;b=2;"},
      {"?a=1", "a=1;"},
      {"?a=1&b=2&\n", "a=1;b=2;"},
      {"\n\na=1&b=&c=x=y\r\n", "a=1;b=;c=x=y;"},
      {"a=%E6%94%AF+1&b=2", "a=%E6%94%AF+1;b=2;"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(parsed(row.text) == row.fields);
  }
}

TEST_CASE("what is no parameter set is refused, with the line where there is one") {
  struct Row {
    std::string text, why;
  };
  const Row rows[] = {
      {"", "empty"},
      {"\n\n", "empty"},
      {"{}", "empty"},
      {"<xml></xml>", "empty"},
      {"a=1\nb", "line 2 is no name=value"},
      {"=1", "line 1 is no name=value"},
      {"a=1&&b=2", "part 2 of the line is no name=value"},
      {"body=tea & milk&a=1", "part 2 of the line is no name=value"},
      {"a=1&b=2&a=3", "part 3 of the line repeats the field a"},
      {"a=1\n\na=2", "line 3 repeats the field a"},
      {"a=1\nb=2&c=3", "line 2 holds several fields"},
      {"a=1\nb=x&y=", "line 2 holds several fields"},
      {"a=1\rb=2\rc=3", "line 1 holds a control character"},
      {"a=1\tb=2", "line 1 holds a control character"},
      {std::string{"a=1\0b=2", 7}, "line 1 holds a control character"},
      {"\xEF\xBB\xBF"
       "a=1\nb=2",
       "line 1 has a byte-order mark in its name"},
      {"a=1\n\xEF\xBB\xBF"
       "b=2",
       "line 2 has a byte-order mark in its name"},
      {"a=1\nb =2", "line 2 has a blank in its name"},
      {"a=1\n b=2", "line 2 has a blank in its name"},
      {"a=1\n\tb=2", "line 2 has a tab in its name"},
      {"a=1\n\"b\"=2", "line 2 has a quote in its name"},
      {"a=1\n'b'=2", "line 2 has a quote in its name"},
      {"export a=1\nb=2", "line 1 has `export` in its name"},
      {"a=1\n支付=2", "line 2 has a character that is not ASCII in its name"},
      {"a=1\n# b=2", "line 2 has \"#\" in its name"},
      {"a=1\nb-c=2", "line 2 has \"-\" in its name"},
      {"https://example.com/?a=1&b=2", "part 1 of the line has \":\" in its name"},
      {"a=1\nb=2\nkey=Syn7heticTestKey0123456789abcdef", "line 3 is named `key`"},
      {"a=1&b=2&key=Syn7heticTestKey0123456789abcdef", "part 3 of the line is named `key`"},
      {"a=1\nKEY=1", "line 2 is named `key`"},
      {"a=\xFF", "not UTF-8"},
      {R"({"a":1.5})", "a is no whole number"},
      {R"({"a":1e2})", "a is no whole number"},
      {R"({"a":true})", "a is true or false"},
      {R"({"a":{"b":"1"}})", "a is an object or array"},
      {R"({"a":["1"]})", "a is an object or array"},
      {R"({"a":1,"a":1})", "repeated"},
      {R"({"":"1"})", "no name"},
      {R"({"a b":"1"})", "a field has a blank in its name"},
      {R"({"a&b":"1"})", "a field has \"&\" in its name"},
      {R"({"Key":"Syn7heticTestKey0123456789abcdef"})", "a field is named `key`"},
      {"{", "no valid JSON"},
      {"<xml><a>1</a>", "cut off"},
      {"<xml><a-b>1</a-b></xml>", "an element has \"-\" in its name"},
      {"<xml><key>Syn7heticTestKey0123456789abcdef</key></xml>", "an element is named `key`"},
      {"<!DOCTYPE x><xml/>", "DOCTYPE"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const auto said = parsed(row.text);
    CAPTURE(said);
    CHECK(said.starts_with("("));
    CHECK(holds(said, row.why));
    CHECK_FALSE(holds(said, "Syn7hetic"));
  }
  std::string many;
  for (int i = 0; i < 257; ++i) many += "a" + std::to_string(i) + "=1\n";
  CHECK(holds(parsed(many), "more than 256 fields"));
}

TEST_CASE("what was perhaps not meant as it stands is told") {
  CHECK(holds(doubts("a=1&b=%E6%94%AF"), "b seems percent-encoded"));
  CHECK(holds(doubts("a=\"x\"\nb='y'\n"), "a stands in quotes"));
  CHECK(holds(doubts("a=\"x\"\nb='y'\n"), "b stands in quotes"));
  CHECK(holds(doubts("a= x\nb=2"), "a begins or ends with a blank"));
  CHECK(holds(doubts("a=1&b=2 "), "b begins or ends with a blank"));
  for (const std::string plain : {"a=1&b=100%&c=%zz", "a=\"\nb=it's", "a=%41\nb=2",
                                  R"({"a":" \"x\" ","b":"%41"})", "<xml><a> 1 </a><b>'x'</b></xml>"}) {
    CAPTURE(plain);
    CHECK(doubts(plain).empty());
  }
}

TEST_CASE("the type that a set names is its sign_type, else its signType") {
  CHECK(v2::named_sign_type({{"a", "1"}}).empty());
  CHECK(v2::named_sign_type({{"signType", "HMAC-SHA256"}}) == "HMAC-SHA256");
  CHECK(v2::named_sign_type({{"signType", "MD5"}, {"sign_type", "HMAC-SHA256"}}) == "HMAC-SHA256");
  CHECK(v2::named_sign_type({{"signType", "MD5"}, {"sign_type", ""}}) == "MD5");
}

TEST_CASE("what only WeChat Pay signs is known by its codes, wherever they stand") {
  struct Row {
    Fields fields;
    std::string why;
  };
  const Row rows[] = {
      {{{"appid", "wx8888888888888888"}, {"out_trade_no", "T1"}}, ""},
      {{{"attach", "return_code=SUCCESS"}}, ""},
      {{{"return_code", "SUCCESS"}, {"total_fee", "1"}}, "return_code"},
      {{{"result_code", ""}}, "result_code"},
      {{{"attach", "x&result_code=SUCCESS&return_code=SUCCESS"}}, "return_code"},
      {{{"attach", "x&result_code=SUCCESS"}}, "result_code"},
      {{{"outTradeNo", "T1"}, {"resultCode", "SUCCESS"}}, "resultCode"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.why);
    const auto problem = v2::never_signed_by_merchant(row.fields);
    CHECK(problem.empty() == row.why.empty());
    CHECK(holds(problem, row.why));
  }
}
