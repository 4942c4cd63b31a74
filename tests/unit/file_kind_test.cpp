#include "wire/file_kind.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace wxpay::wire;
using namespace std::string_literals;

namespace {

/// "what; way out"; empty for what may be JSON Lines or CSV.
std::string told(const std::string& first_bytes) {
  const auto foreign = foreign_file(first_bytes);
  return foreign ? foreign->what + "; " + way_out(*foreign) : std::string{};
}

const std::string header{"outTradeNo,openId,amount,body\n"};
const std::string tea_in_gbk{"\xC4\xCC\xB2\xE8"};

std::string in_utf16(const std::string& ascii, bool low_first) {
  std::string wide;
  for (const char c : ascii) wide += low_first ? std::string{c, '\0'} : std::string{'\0', c};
  return wide;
}

}  // namespace

TEST_CASE("another kind of file is known by its first bytes, and the way out is named") {
  const std::string utf16{"UTF-16 and not UTF-8; save it as CSV UTF-8, or convert it: iconv -f UTF-16"};
  const std::string gbk{
      "GBK and not UTF-8; save it as CSV UTF-8, or convert it: iconv -f GB18030 -t UTF-8 FILE"};
  const std::string semicolons{
      "a table with semicolons and not commas between its cells; save it with commas, or where no cell holds "
      "one put them in: tr ';' , < FILE"};
  struct Row {
    std::string first_bytes;
    std::string expected;
  };
  const Row rows[] = {
      {"\xFF\xFE" + in_utf16(header, true), utf16 + " -t UTF-8 FILE"},
      {"\xFE\xFF" + in_utf16(header, false), utf16 + " -t UTF-8 FILE"},
      {in_utf16(header, true), utf16 + "LE -t UTF-8 FILE"},
      {in_utf16(header, false), utf16 + "BE -t UTF-8 FILE"},
      {in_utf16("{\"outTradeNo\"", true), utf16 + "LE -t UTF-8 FILE"},
      {"PK\x03\x04\x14\0\x06\0"s, "a workbook (.xlsx) or another ZIP archive; save the sheet as CSV UTF-8"},
      {"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "a workbook (.xls); save the sheet as CSV UTF-8"},
      {"\x1F\x8B\x08\0"s, "compressed by gzip; unpack it first: zcat FILE"},
      {header + "20261127000001,o1,10.00," + tea_in_gbk + "\n20261127000002,o1,10.00,tea\n", gbk},
      {header + "20261127000001,o1,10.00," + tea_in_gbk, gbk},
      {header + "20261127000001,o1,10.00,\xB2\xE8", gbk},
      {"\xB6\xA9\xB5\xA5\xBA\xC5,\xBD\xF0\xB6\xEE\n1,2\n", gbk},
      {"{\"outTradeNo\":\"20261127000001\",\"body\":\"" + tea_in_gbk + "\"}\n", gbk},
      // A word of UTF-8 that was pasted in, and a character of four bytes.
      {header + "1,o1,1.00," + tea_in_gbk + "\n2,o1,1.00," + tea_in_gbk + "\n3,o1,1.00,茶\n", gbk},
      {header + "1,o1,1.00,\x81\x30\x84\x36\n", gbk},
      {"[{\"outTradeNo\":\"A\"}]", "one JSON array; give an object a line: jq -c '.[]' FILE"},
      {"  [\n  {\n", "one JSON array; give an object a line: jq -c '.[]' FILE"},
      {"{\n  \"outTradeNo\": \"A\",\n  \"totalFee\": 5\n}\n",
       "JSON over several lines; give an object a line: jq -c . FILE"},
      {"{\r\n\t\"outTradeNo\": \"A\",\r\n", "JSON over several lines; give an object a line: jq -c . FILE"},
      {"{ \"outTradeNo\": \"A\",\n  \"totalFee\": 5 }\n",
       "JSON over several lines; give an object a line: jq -c . FILE"},
      {"outTradeNo;openId;amount\n1;2;10,00\n", semicolons},
      {"\"outTradeNo\";\"totalFee\"\r\n", semicolons},
      {"outTradeNo\ttotalFee\n1\t2\n",
       "a table with tabs and not commas between its cells; save it with commas, or where no cell holds one "
       "put them in: tr '\\t' , < FILE"},
      {"sep=,\r\noutTradeNo,totalFee\n",
       "a table that begins with a line for Excel, sep=; leave that line out: tail -n +2 FILE"},
      {"sep=;\noutTradeNo;totalFee\n",
       "a table that begins with a line for Excel, sep=; leave that line out: tail -n +2 FILE"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.first_bytes);
    CHECK(told(row.first_bytes) == row.expected);
  }
}

TEST_CASE("what may be JSON Lines or CSV is left to the records, with a bad one here and there") {
  const std::string json{R"({"outTradeNo":"A","totalFee":5})"};
  const std::string inputs[] = {
      "",
      "o",
      "PK",
      header,
      header + "20261127000001,o1,10.00,奶茶\n",
      // The first bytes end within a character.
      (header + "20261127000001,o1,10.00,奶茶").substr(0, header.size() + 29),
      // Half a character of whichever.
      header + "20261127000001,o1,10.00,\xC4",
      "outTradeNo,body\n1,a;b\n2,\"a\tb\"\n",
      "outTradeNo,\"a;b\"\n",
      // One broken byte, and one row of GBK among those of UTF-8.
      header + "1,o1,10.00,\xFF\n",
      header + "1,o1,1.00,奶茶\n2,o1,1.00," + tea_in_gbk + "\n",
      json,
      json + "\n" + json + "\n",
      " " + json,
      "{}\n",
      "{\"outTradeNo\":\"A\",\n" + json + "\n",
      "{\n" + json + "\n",
      "{\"detail\":[1,{\"a\":2}]}\n",
      "{",
      "wx2017033010242291fcfe0db70013231072\nwx2\n",
      "<xml>\n<appid>",
  };
  for (const auto& input : inputs) {
    CAPTURE(input);
    CHECK(told(input) == "");
  }
}

TEST_CASE("one line is enough to tell, and a second where an object may go on") {
  CHECK(needs_more_to_tell(""));
  CHECK(needs_more_to_tell("outTradeNo,tot"));
  CHECK_FALSE(needs_more_to_tell("outTradeNo,totalFee\n"));
  CHECK(needs_more_to_tell("{\n"));
  CHECK(needs_more_to_tell("{ \"a\": 1,\n \"b\""));
  CHECK_FALSE(needs_more_to_tell("{ \"a\": 1,\n \"b\": 2\n"));
  CHECK_FALSE(needs_more_to_tell("{\"a\":1}\n"));
}
