#include <doctest/doctest.h>

#include <random>

#include "base/text.hpp"
#include "wire/xml.hpp"

using namespace wxpay;

namespace {

/// Why the document is refused; empty when it is read.
std::string refusal(std::string_view document) {
  const auto parsed = wire::parse_xml(document);
  const auto* malformed = std::get_if<wire::Malformed>(&parsed);
  return malformed == nullptr ? std::string{} : malformed->why;
}

/// The text of the field `a`; "(refused: why)" when the document is.
std::string value_in(std::string_view document) {
  const auto parsed = wire::parse_xml(document);
  if (const auto* malformed = std::get_if<wire::Malformed>(&parsed))
    return "(refused: " + malformed->why + ")";
  const auto value = std::get<Fields>(parsed).find("a");
  return value ? std::string{*value} : "(none)";
}

std::string field_a(const std::string& content) { return "<xml><a>" + content + "</a></xml>"; }

std::string repeated(std::string_view text, std::size_t times) {
  std::string result;
  for (std::size_t i = 0; i < times; ++i) result += text;
  return result;
}

}  // namespace

TEST_CASE("the text of a field is decoded to the byte and nothing is trimmed") {
  struct Row {
    std::string content, value;
  };
  const Row rows[] = {
      {"1", "1"},
      {"", ""},
      {"  a b\t", "  a b\t"},
      {"   ", "   "},
      {"\n  1\n", "\n  1\n"},
      {"<![CDATA[x]]>", "x"},
      {"<![CDATA[]]>", ""},
      {"<![CDATA[ x ]]>", " x "},
      {"<![CDATA[a<b>&amp;c]]>", "a<b>&amp;c"},
      {" <![CDATA[x]]> ", " x "},
      {"<![CDATA[]]]]><![CDATA[>]]>", "]]>"},
      {"<![CDATA[<!DOCTYPE x>]]>", "<!DOCTYPE x>"},
      {"&lt;&gt;&amp;&quot;&apos;", "<>&\"'"},
      {"&amp;lt;", "&lt;"},
      {"&#65;&#x41;&#x4e2d;&#20013;&#x1F600;", "AA中中\xF0\x9F\x98\x80"},
      {"支付测试", "支付测试"},
      {"<![CDATA[a]]]]><![CDATA[>b]]]]><![CDATA[>c]]>", "a]]>b]]>c"},
      {"\n<!-- one --> <![CDATA[x]]>\n", "\n x\n"},
      {"1<!-- <b> & -->", "1"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.content);
    CHECK(value_in(field_a(row.content)) == row.value);
  }
}

TEST_CASE("line ends are read as XML has them") {
  // XML, 2.11: CR LF and CR are LF, unless they were written as references.
  CHECK(value_in(field_a("1\r\n2\r3\n4")) == "1\n2\n3\n4");
  CHECK(value_in(field_a("<![CDATA[1\r\n2\r3]]>")) == "1\n2\n3");
  CHECK(value_in(field_a("1&#13;&#10;2")) == "1\r\n2");
}

TEST_CASE("fields are kept in the order of the document, whatever stands around them") {
  const auto parsed = wire::parse_xml(
      "\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- an answer -->\n"
      "<xml>\n  <b>1</b>\r\n\t<a><![CDATA[2]]></a> <!-- and --> <c/>\n</xml>\n<!-- end -->\n");
  REQUIRE(std::holds_alternative<Fields>(parsed));
  std::string read;
  for (const auto& field : std::get<Fields>(parsed)) read += field.first + "=" + field.second + ";";
  CHECK(read == "b=1;a=2;c=;");
  const auto empty = wire::parse_xml("<xml/>");
  REQUIRE(std::holds_alternative<Fields>(empty));
  CHECK(std::get<Fields>(empty).empty());
}

TEST_CASE("whatever is not one flat document is refused, with the reason") {
  struct Row {
    std::string what;
    std::string document;
    const char* why;
  };
  using namespace std::string_literals;
  const Row rows[] = {
      {"nothing", "", "empty"},
      {"blanks", " \r\n\t", "empty"},
      {"a byte-order mark alone", "\xEF\xBB\xBF", "no XML"},
      {"a byte-order mark and blanks", "\xEF\xBB\xBF \n", "no XML"},
      {"plain text", "SUCCESS", "no XML"},
      {"JSON", "{\"code\":\"PARAM_ERROR\"}", "no XML"},
      {"gzip", "\x1F\x8B\x08\x01\x01\xFF"s, "not UTF-8"},
      {"a page", "<!DOCTYPE html>\n<html><body>busy</body></html>", "DOCTYPE"},
      {"a page without a DOCTYPE", "<html><body><p>busy</p></body></html>", "nested"},
      {"a short page", "<html>busy</html>", "beside the fields"},
      {"a DTD", "<!DOCTYPE xml [<!ENTITY e \"SUCCESS\">]><xml><a>&e;</a></xml>", "DOCTYPE"},
      {"a DTD after the declaration", "<?xml version=\"1.0\"?><!DOCTYPE xml><xml><a>1</a></xml>", "DOCTYPE"},
      {"an external entity", "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><xml><a>&e;</a></xml>",
       "DOCTYPE"},
      {"a DTD in a field", field_a("<!DOCTYPE x>"), "DOCTYPE"},
      {"an entity bomb",
       "<!DOCTYPE x [<!ENTITY a \"" + repeated("x", 1000) + "\"><!ENTITY b \"" + repeated("&a;", 1000) +
           "\">]><xml><a>" + repeated("&b;", 1000) + "</a></xml>",
       "DOCTYPE"},
      {"an unknown entity", field_a("&nbsp;"), "unknown entity"},
      {"a bare &", field_a("a&b"), "not escaped"},
      {"an & and a far ;", field_a("a & b;"), "unknown entity"},
      {"a reference to NUL", field_a("1&#0;2"), "character reference"},
      {"a reference to a control character", field_a("&#x1b;[31m"), "character reference"},
      {"a reference to half a surrogate pair", field_a("&#xD800;"), "character reference"},
      {"a reference above Unicode", field_a("&#x110000;"), "character reference"},
      {"a reference to a large number", field_a("&#99999999999999999999;"), "character reference"},
      {"a reference to no number", field_a("&#x;"), "character reference"},
      {"a reference to letters", field_a("&#abc;"), "character reference"},
      {"a reference with a capital X", field_a("&#X41;"), "character reference"},
      {"a negative reference", field_a("&#-65;"), "character reference"},
      {"a nested element", "<xml><a><b>1</b></a></xml>", "nested"},
      {"an empty nested element", "<xml><a><b/></a></xml>", "nested"},
      {"10,000 nested elements", repeated("<a>", 10'000), "nested"},
      {"10,000 elements", "<xml>" + repeated("<a/>", 10'000) + "</xml>", "too many"},
      {"a repeated element", "<xml><a>1</a><b/><a>1</a></xml>", "element a is repeated"},
      {"text after the root", "<xml><a>1</a></xml>SUCCESS", "outside the root"},
      {"a section after the root", "<xml><a>1</a></xml><![CDATA[x]]>", "outside the root"},
      {"text before the root", "<?xml version=\"1.0\"?>x<xml><a>1</a></xml>", "outside the root"},
      {"two roots", "<xml><a>1</a></xml><xml><a>2</a></xml>", "more than one root"},
      {"text beside the fields", "<xml>x<a>1</a></xml>", "beside the fields"},
      {"a section beside the fields", "<xml><![CDATA[x]]><a>1</a></xml>", "beside the fields"},
      // Another reader may take the first piece for the whole, and the signature is over the sum of them.
      {"a comment in a field", field_a("1<!-- two -->3"), "element a is written in pieces"},
      {"a text and a section", field_a("1<![CDATA[2]]>"), "in pieces"},
      {"a section and a text", field_a("<![CDATA[1]]>2"), "in pieces"},
      {"an empty section and a text", field_a("<![CDATA[]]>2"), "in pieces"},
      {"two sections", field_a("<![CDATA[1]]><![CDATA[2]]>"), "in pieces"},
      {"two sections with a comment between", field_a("<![CDATA[1]]><!-- --><![CDATA[2]]>"), "in pieces"},
      {"two sections with a blank between", field_a("<![CDATA[]]]]> <![CDATA[>]]>"), "in pieces"},
      {"an attribute", "<xml><a b=\"1\">1</a></xml>", "attribute"},
      {"an attribute of the root", "<xml version='1'><a>1</a></xml>", "attribute"},
      {"a > in an attribute that hides a field", "<xml><a x='><!--'>1</a><b>2</b><c y='-->'>3</c></xml>",
       "attribute"},
      {"an attribute without a value", "<xml><a b>1</a></xml>", "well-formed"},
      {"a processing instruction", "<xml><?php echo 1 ?><a>1</a></xml>", "processing instruction"},
      {"a second declaration", "<xml><?xml version=\"1.0\"?><a>1</a></xml>", "processing instruction"},
      {"a NUL byte", "<xml><a>1\0</a></xml>"s, "NUL"},
      {"GBK", field_a("\xD6\xA7\xB8\xB6"), "not UTF-8"},
      {"an overlong form", field_a("\xC0\xBC"), "not UTF-8"},
      {"UTF-16", "\xFF\xFE<\0x\0"s, "NUL"},
      {"cut off in a tag", "<xml><a>1</", "not closed"},
      {"cut off in a field", "<xml><a>1", "cut off"},
      {"cut off after a field", "<xml><a>1</a>", "cut off"},
      {"cut off in a section", "<xml><a><![CDATA[1</a></xml>", "not closed"},
      {"cut off in a comment", "<xml><!-- <a>1</a></xml>", "not closed"},
      {"a comment that only looks closed", "<xml><!--><a>1</a></xml>", "not closed"},
      {"an end without a start", "</xml>", "no start"},
      {"an end too many", "<xml><a>1</a></xml></xml>", "no start"},
      {"tags that do not match", "<xml><a>1</b></xml>", "well-formed"},
      {"an element without a name", "<xml><>1</></xml>", "well-formed"},
      {"no element", "<!-- nothing -->", "no element"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const auto why = refusal(row.document);
    CAPTURE(why);
    CHECK(why.find(row.why) != std::string::npos);
  }
}

TEST_CASE("a document may be as large as it may be, and not a byte more") {
  const auto frame = field_a("").size();
  CHECK(refusal(field_a(std::string(wire::largest_message - frame, 'x'))).empty());
  CHECK(refusal(field_a(std::string(wire::largest_message - frame + 1, 'x'))).find("larger") !=
        std::string::npos);
  const auto small = wire::parse_xml(field_a("12345"), frame + 4);
  CHECK(std::holds_alternative<wire::Malformed>(small));
}

TEST_CASE("depth and number are bounded where size alone would not do it") {
  const auto deep = repeated("<a>", 100'000) + repeated("</a>", 100'000);
  const auto wide = "<xml>" + repeated("<a/>", 100'000) + "</xml>";
  for (const auto& document : {deep, wide}) {
    CHECK(std::holds_alternative<wire::Malformed>(wire::parse_xml(document, 10'000'000)));
  }
}

TEST_CASE("a reason never repeats what the fields hold") {
  CHECK(refusal("<xml><openid>oSecret</openid><openid>oSecret</openid></xml>").find("oSecret") ==
        std::string::npos);
}

TEST_CASE("what is written is read back, whatever the values hold") {
  static constexpr std::string_view pieces[] = {
      "]]>", "]", ">", "<![CDATA[", "&amp;", "&", "<a>", "</a>",
      "\n",  " ", "x", "中",        "\"",    "'", "-->", "\xF0\x9F\x98\x80"};
  std::mt19937 random{7};  // NOLINT: the same texts in every run
  for (int round = 0; round < 2000; ++round) {
    Fields fields;
    for (const char* name : {"a", "sign", "b_1"}) {
      std::string value;
      for (auto count = random() % 8; count > 0; --count) value += pieces[random() % std::size(pieces)];
      fields.add(name, value);
    }
    const auto parsed = wire::parse_xml(wire::to_xml(fields));
    REQUIRE(std::holds_alternative<Fields>(parsed));
    const auto& read = std::get<Fields>(parsed);
    REQUIRE(read.size() == fields.size());
    for (const auto& field : fields) REQUIRE(read.get(field.first) == field.second);
  }
}

TEST_CASE("a document is read by what it says alone, whichever way is taken") {
  // Plain documents take a way of their own, and a comment leads from it.
  static constexpr std::string_view pieces[] = {
      "<a>",       "</a>", "<b_1>", "</b_1>", "<a/>", "<a >",     "<1>", "</1>",
      "<![CDATA[", "]]>",  "]",     ">",      "x",    " ",        "\n",  "\r\n",
      "\t",        "\x0B", "&lt;",  "&nbsp;", "&",    "<c>y</c>", "中",  "<d><![CDATA[ z ]]></d>"};
  const auto read = [](const std::string& document) {
    const auto parsed = wire::parse_xml(document);
    const auto* fields = std::get_if<Fields>(&parsed);
    std::string text{fields == nullptr ? "refused" : "read:"};
    if (fields != nullptr) {
      for (const auto& [name, value] : *fields) text += name + "=" + value + ";";
    }
    return text;
  };
  std::mt19937 random{13};  // NOLINT: the same texts in every run
  const auto some_of = [&](std::size_t most) {
    std::string text;
    for (auto count = random() % (most + 1); count > 0; --count) text += pieces[random() % std::size(pieces)];
    return text;
  };
  for (int round = 0; round < 20'000; ++round) {
    const auto content = random() % 2 == 0 ? some_of(6) : "<a>" + some_of(3) + "</a>" + some_of(2);
    CAPTURE(content);
    REQUIRE(read("<xml>" + content + "</xml>") == read("<xml>" + content + "<!-- c --></xml>"));
  }
}

TEST_CASE("damaged documents are refused or read, and never more than that") {
  const std::string sound =
      "<?xml version=\"1.0\"?><xml><a><![CDATA[x]]></a><b>&lt;1&#x41;</b><!-- c --><d/></xml>";
  static constexpr std::string_view bytes{"<>&;!-[]?/\"'=#x \0\xC2\x80 a", 21};
  std::mt19937 random{11};  // NOLINT: the same damage in every run
  for (int round = 0; round < 20'000; ++round) {
    auto damaged = sound;
    for (auto count = 1 + random() % 4; count > 0; --count) {
      damaged[random() % damaged.size()] = bytes[random() % bytes.size()];
    }
    if (random() % 4 == 0) damaged.resize(random() % damaged.size());
    const auto parsed = wire::parse_xml(damaged);
    if (const auto* fields = std::get_if<Fields>(&parsed)) {
      for (const auto& field : *fields) {
        CAPTURE(damaged);
        REQUIRE(is_utf8(field.second));
        REQUIRE(field.second.find('\0') == std::string::npos);
      }
    }
  }
}
