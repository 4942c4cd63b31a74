#include "report/record.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "wire/json.hpp"

using namespace wxpay;
using report::Record;
using report::Table;

namespace {

Record sample() {
  Record record;
  record.text("outTradeNo", "T1")
      .number("totalFee", 1000)
      .flag("ok", true)
      .list("differs", {"body", "attach"});
  return record;
}

bool holds_control(const std::string& text) {
  return std::any_of(text.begin(), text.end(),
                     [](unsigned char c) { return (c < 0x20 && c != '\n') || c == 0x7F; });
}

}  // namespace

TEST_CASE("a record is one JSON object on one line, in the order of its values") {
  CHECK(to_json(sample()) == R"({"outTradeNo":"T1","totalFee":1000,"ok":true,"differs":["body","attach"]})");
  CHECK(to_json(Record{}) == "{}");
  Record nested;
  nested.records("history", {sample(), Record{}}).list("none", {}).records("empty", {}).flag("no", false);
  CHECK(to_json(nested) ==
        R"({"history":[{"outTradeNo":"T1","totalFee":1000,"ok":true,"differs":["body","attach"]},{}],)"
        R"("none":[],"empty":[],"no":false})");
}

TEST_CASE("a value that is not there leaves no key") {
  Record record;
  record.text_if_set("reason", "").text("kept", "").fields({{"appId", "wx"}, {"paySign", "A"}});
  CHECK(to_json(record) == R"({"kept":"","appId":"wx","paySign":"A"})");
  CHECK(record.find("reason") == nullptr);
  REQUIRE(record.find("appId") != nullptr);
  CHECK(std::get<std::string>(*record.find("appId")) == "wx");
}

TEST_CASE("JSON texts are escaped, and read back by another reader") {
  CHECK(wire::json_quote("a\"b\\c\n\r\t\x01\x1b\x7f") == R"("a\"b\\c\n\r\t\u0001\u001b\u007f")");
  CHECK(wire::json_quote("支付/\xF0\x9F\x98\x80") == "\"支付/\xF0\x9F\x98\x80\"");
  std::string every_byte;
  for (int byte = 0; byte < 0x80; ++byte) every_byte += static_cast<char>(byte);
  Record record;
  record.text(every_byte, every_byte);
  const auto line = to_json(record);
  CHECK_FALSE(holds_control(line));
  CHECK(line.find('\n') == std::string::npos);
  const auto read = nlohmann::json::parse(line);
  CHECK(read.at(every_byte) == every_byte);
  // The same value, but nothing in it that a terminal would follow.
  CHECK(wire::json_quote("\xC2\x80\xC2\x9B\xC2\x9F\xC2\xA0") == "\"\\u0080\\u009b\\u009f\xC2\xA0\"");
  CHECK(wire::json_quote("\xD8\x9C\xD8\x9B\xE2\x80\xA8\xE2\x80\xAE\xE2\x81\xA6“…”\xE2\x82\xAC") ==
        "\"\\u061c\xD8\x9B\\u2028\\u202e\\u2066“…”\xE2\x82\xAC\"");
  for (const std::string text : {"a\xC2\x9B", "\xE2\x80\xA9 b", "茶\xE2\x81\xA9茶“”", "\xD8\x9C"}) {
    CHECK(nlohmann::json::parse(wire::json_quote(text)) == text);
  }
  CHECK(wire::json_quote("\xFF\xC2\x9B\"") == "\"\xEF\xBF\xBD\\u009b\\\"\"");
  CHECK(nlohmann::json::parse(wire::json_quote("a\xFF\x62")) ==
        "a\xEF\xBF\xBD"
        "b");
}

TEST_CASE("CSV cells are quoted where they must be") {
  const std::vector<std::string> columns{"a", "b", "c", "d"};
  CHECK(report::csv_header(columns) == "a,b,c,d");
  struct Row {
    std::string value, cell;
  };
  const Row rows[] = {{"plain", "plain"},   {"", ""},
                      {"a,b", "\"a,b\""},   {"a\"b", "\"a\"\"b\""},
                      {"a\nb", "\"a\nb\""}, {"a\rb", "\"a\rb\""},
                      {"\"", "\"\"\"\""},   {" a ", " a "},
                      {"支付", "支付"}};
  for (const auto& row : rows) {
    Record record;
    record.number("c", 7).text("a", row.value);
    CAPTURE(row.value);
    CHECK(report::csv_row(record, columns) == row.cell + ",,7,");
  }
  CHECK(report::csv_row(sample(), {"differs", "ok"}) == "body attach,true");
  CHECK(report::csv_header({"a,b"}) == "\"a,b\"");
}

TEST_CASE("what a spreadsheet would compute gets a quote, where a person is to read the CSV") {
  struct Row {
    std::string value, cell;
  };
  const Row rows[] = {
      {"=1+1", "'=1+1"},
      {"+86 10", "'+86 10"},
      {"-1+2", "'-1+2"},
      {"@SUM(A1)", "'@SUM(A1)"},
      {"=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"},
      {"=HYPERLINK(\"http://e.il/\",\"ok\")", "\"'=HYPERLINK(\"\"http://e.il/\"\",\"\"ok\"\")\""},
      {"\t=1", "' =1"},
      {"\r@x", "' @x"},
      {"\n +x", "'  +x"},
      {"  =1", "'  =1"},
      {"-2-3-4", "-2-3-4"},
      {"-", "-"},
      {"-1.5", "'-1.5"},
      {"a=1", "a=1"},
      {"'", "'"},
      {"", ""},
      {" ", " "},
      {"茶,绿", "\"茶,绿\""},
      {"\x1b[31m\xC2\x9B\xE2\x80\xAE.xml", " [31m     .xml"},
      {"a\nb", "a b"}};
  for (const auto& row : rows) {
    Record record;
    record.text("a", row.value).number("b", -7).flag("c", true).list("d", {row.value});
    CAPTURE(row.value);
    CHECK(report::spreadsheet_row(record, {"a", "b", "c", "d"}) == row.cell + ",-7,true," + row.cell);
  }
  Record nested;
  nested.records("history", {sample(), sample()});
  CHECK(report::spreadsheet_row(nested, {"history"}) == report::csv_row(nested, {"history"}));
}

TEST_CASE("text shows keys in one column") {
  CHECK(to_text(sample()) ==
        "outTradeNo  T1\n"
        "totalFee    1000\n"
        "ok          true\n"
        "differs     body attach\n");
  Record nested;
  nested.text("state", "SUCCESS").records("history", {sample()});
  CHECK(to_text(nested).find("history\n  {\"outTradeNo\"") != std::string::npos);
}

TEST_CASE("a table lines up by what a terminal shows") {
  Table table{{"no", "goods", "fee"}};
  table.add(Record{}.text("no", "T1").text("goods", "支付测试").number("fee", 1));
  table.add(Record{}.text("no", "T20261123").text("goods", "tea").number("fee", 10'000));
  table.add(Record{}.text("goods", "茶").text("fee", "-"));
  CHECK(table.render() ==
        "no         goods     fee\n"
        "T1         支付测试  1\n"
        "T20261123  tea       10000\n"
        "           茶        -\n");
  CHECK(table.size() == 3);
  CHECK(table.render(false).starts_with("T1 "));
  table.clear();
  CHECK(table.render() == "no  goods  fee\n");
}

TEST_CASE("a control character never reaches a terminal") {
  Record record;
  record.text("attach", "a\x1b[2J\r\n\x07\x7f b")
      .text("c1",
            "\xC2\x9B"
            "2J");
  Table table{{"attach", "c1"}};
  table.add(record);
  for (const auto& shown : {to_text(record), table.render()}) {
    CHECK_FALSE(holds_control(shown));
    CHECK(shown.find("\xC2\x9B") == std::string::npos);
    CHECK(shown.find("[2J") != std::string::npos);
  }
}

TEST_CASE("what became of a notification is green, red, yellow, or has no colour") {
  struct Row {
    const char* key;
    const char* value;
    const char* paint;
  };
  constexpr auto* green = "\x1b[32m";
  constexpr auto* yellow = "\x1b[33m";
  constexpr auto* red = "\x1b[31m";
  const Row rows[] = {
      {"outcome", "APPLIED", green},
      {"outcome", "ALREADY_APPLIED", green},
      {"outcome", "NOT_PAID", yellow},
      {"outcome", "IGNORED", ""},
      {"outcome", "BAD_SIGNATURE", red},
      {"outcome", "WRONG_MERCHANT", red},
      {"outcome", "AMOUNT_MISMATCH", red},
      {"outcome", "TRANSACTION_MISMATCH", red},
      {"outcome", "UNKNOWN_ORDER", red},
      {"outcome", "MALFORMED", red},
      {"outcome", "UNREADABLE", red},
      {"outcome", "FAILED", red},
      {"reason", "it is about a refund", ""},
      {"reason", "the signature does not hold", ""},
      {"reason", "NOT_PAID", yellow},
      {"reason", "ALREADY_PAID", ""},
      {"reason", "READ_ONLY", ""},
      {"reason", "AMOUNT_MISMATCH", red},
      {"note", "PAID_AFTER_CLOSE", ""},
      {"refundState", "SUCCESS", green},
      {"refundState", "PROCESSING", yellow},
      {"refundState", "UNKNOWN", yellow},
      {"refundState", "ABNORMAL", red},
      {"refundState", "REFUNDCLOSE", red},
      {"refundState", "FAILED", red},
  };
  for (const auto& row : rows) {
    CAPTURE(row.key);
    CAPTURE(row.value);
    CHECK(report::paint_states(row.key, row.value) == row.paint);
  }
}

TEST_CASE("states are painted, other values are not, and colour does not shift a column") {
  CHECK(report::paint_states("state", "SUCCESS") == "\x1b[32m");
  CHECK(report::paint_states("state", "NOTPAY") == "\x1b[33m");
  CHECK(report::paint_states("ledgerState", "CREATING") == "\x1b[33m");
  CHECK(report::paint_states("state", "FAILED") == "\x1b[31m");
  CHECK(report::paint_states("outTradeNo", "SUCCESS").empty());
  CHECK(report::no_paint("state", "SUCCESS").empty());
  Table table{{"state", "no"}};
  table.add(Record{}.text("state", "SUCCESS").text("no", "T1"));
  table.add(Record{}.text("state", "CREATING").text("no", "T2"));
  CHECK(table.render(true, report::paint_states) ==
        "state     no\n"
        "\x1b[32mSUCCESS\x1b[0m   T1\n"
        "\x1b[33mCREATING\x1b[0m  T2\n");
  CHECK(to_text(Record{}.text("state", "SUCCESS"), report::paint_states) ==
        "state  \x1b[32mSUCCESS\x1b[0m\n");
}
