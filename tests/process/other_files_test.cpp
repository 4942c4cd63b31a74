// Files that are no JSON Lines and no CSV, as spreadsheets and other programs write them: refused whole, with
// the way out, before anything is sent or written.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "support/replay_case.hpp"
#include "support/shop.hpp"

using namespace wxpay::test;

namespace {

using Texts = std::vector<std::string>;

std::string data(const std::string& name) { return std::string{WXPAY_TEST_DATA "/other_files/"} + name; }

struct OtherFile {
  const char* name;
  const char* what;
  const char* way_out;
};

constexpr OtherFile other_files[] = {
    {"gbk.csv", "GBK and not UTF-8", "iconv -f GB18030 -t UTF-8 FILE"},
    {"utf16.csv", "UTF-16 and not UTF-8", "iconv -f UTF-16 -t UTF-8 FILE"},
    {"workbook.xlsx", "a workbook (.xlsx) or another ZIP archive", "save the sheet as CSV UTF-8"},
    {"array.json", "one JSON array", "jq -c '.[]' FILE"},
    {"pretty.json", "JSON over several lines", "jq -c . FILE"},
    {"semicolon.csv", "a table with semicolons and not commas", "tr ';' , < FILE"},
    {"sep.csv", "a table that begins with a line for Excel, sep=", "tail -n +2 FILE"},
    {"tab.tsv", "a table with tabs and not commas", "tr '\\t' , < FILE"},
    {"saved.xml.gz", "compressed by gzip", "zcat FILE"},
};

std::string bytes_of(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

}  // namespace

TEST_CASE("another kind of file is refused whole, with the way out, by batches and by imports") {
  for (const Texts& command :
       {Texts{"create-order", "--batch"}, Texts{"create-order", "--dry-run", "--batch"},
        Texts{"orders", "import"}, Texts{"sign", "--batch"}}) {
    const bool signs = command.front() == "sign";
    for (const auto& other : other_files) {
      const auto path = data(other.name);
      for (const bool from_pipe : {false, true}) {
        CAPTURE(command.front());
        CAPTURE(std::string{other.name});
        CAPTURE(from_pipe);
        Shop shop;
        auto arguments = command;
        arguments.push_back(from_pipe ? "-" : path);
        arguments.insert(arguments.end(), {"-p", tested_api().profile});
        const auto result =
            from_pipe ? shop.run(std::move(arguments), bytes_of(path)) : shop.run(std::move(arguments));
        CHECK(result.code == 2);
        CHECK(result.out.empty());
        const auto told = lines_of(result.err);
        REQUIRE(told.size() == 2);
        CHECK(contains(told[0], " is " + std::string{other.what}));
        CHECK(told[1].starts_with("hint: "));
        // A list of prepay_ids is no table, and no object.
        const bool is_text = contains(told[0], "JSON") || contains(told[0], "a table");
        CHECK(contains(told[1], signs && is_text ? "give one prepay_id a line" : other.way_out));
        CHECK_FALSE(std::filesystem::exists(shop.ledger()));
      }
    }
  }
}

TEST_CASE("of another kind of file --failed gets nothing, and what was there stays") {
  Shop shop;
  const auto before = std::string{"outTradeNo,openId,totalFee\n20261127000001,o1,100\n"};
  shop.write("again.csv", before);
  const auto result = shop.run({"-p", tested_api().profile, "create-order", "--batch", data("gbk.csv"),
                                "--failed", shop.path("again.csv").string()});
  CHECK(result.code == 2);
  CHECK(shop.read("again.csv") == before);
}

TEST_CASE("a list of prepay_ids is neither JSON Lines nor a table") {
  const Shop shop;
  for (const auto* input : {"{\"prepayId\":\"wx201410272009395522657a690389285100\"}\n",
                            "outTradeNo,prepayId\n20261127000001,wx201410272009395522657a690389285100\n"}) {
    const auto result = shop.run({"-p", tested_api().profile, "sign", "--batch", "-"}, input);
    CHECK(result.code == 2);
    CHECK(result.out.empty());
    CHECK(contains(result.err, "give one prepay_id a line"));
  }
}

TEST_CASE(
    "a saved file of another kind is one malformed notification that says what it is, and the next is "
    "taken") {
  const ReplayCase at;
  at.order("ORDER-1");
  const auto good = at.shop.write("good.xml", payment("ORDER-1")).string();
  const auto gzip = data("saved.xml.gz");
  const auto utf16 = data("utf16.xml");
  const auto result = at.replay({gzip, utf16, good});
  CHECK(result.code == 1);
  const auto lines = json_lines(result.out);
  REQUIRE(lines.size() == 3);
  CHECK(lines[0] == Json{{"source", gzip + ":1"},
                         {"outcome", "MALFORMED"},
                         {"reason", "it is compressed by gzip: zcat FILE"}});
  CHECK(lines[1] == Json{{"source", utf16 + ":1"},
                         {"outcome", "MALFORMED"},
                         {"reason", "it is UTF-16 and not UTF-8: iconv -f UTF-16 -t UTF-8 FILE"}});
  CHECK(lines[2]["outcome"] == "APPLIED");
  CHECK(at.one(bytes_of(gzip), 1)["source"] == "-:1");
}

TEST_CASE("a --request in another encoding is refused with the way out") {
  const Shop shop;
  const std::string request{
      "{\"outTradeNo\":\"20261127000001\",\"openId\":\"o1\",\"totalFee\":1,\"body\":\""};
  const auto gbk = shop.run({"-p", tested_api().profile, "create-order", "--request", "-"},
                            request + "\xC4\xCC\xB2\xE8\"}");
  CHECK(gbk.code == 2);
  CHECK(contains(gbk.err, "it is not UTF-8"));
  CHECK(contains(gbk.err, "iconv -f GB18030 -t UTF-8 FILE"));
  const auto utf16 =
      shop.run({"-p", tested_api().profile, "create-order", "--request", "-"}, bytes_of(data("utf16.csv")));
  CHECK(utf16.code == 2);
  CHECK(contains(utf16.err, "iconv -f UTF-16 -t UTF-8 FILE"));
}

TEST_CASE("null in a record of another system is a field that is not given") {
  Shop shop;
  const auto imported =
      shop.run({"-p", tested_api().profile, "orders", "import", data("dump-nulls.jsonl"), "--json"});
  CHECK(imported.code == 1);
  // The first two have nulls; lines 7 and 8 are good; the others are wrong in another way.
  CHECK(json_line(imported.out) == Json{{"read", 8}, {"imported", 4}, {"existing", 0}, {"failed", 4}});
  const auto told = lines_of(imported.err);
  REQUIRE(told.size() == 4);
  CHECK(contains(told[0], "line 3: totalFee must be a whole number"));

  const Sandbox sandbox{shop};
  const auto created = shop.run(
      {"-p", tested_api().profile, "create-order", "--batch", "-", "--json"},
      R"({"outTradeNo":"20261127000001","openId":null,"openid":"o1","totalFee":100,"body":"tea","attach":null})"
      "\n"
      R"({"outTradeNo":"20261127000002","openId":"o1","totalFee":null,"body":"tea"})"
      "\n");
  CHECK(created.code == 1);
  const auto results = json_lines(created.out);
  REQUIRE(results.size() == 2);
  CHECK(results[0]["resultCode"] == "SUCCESS");
  CHECK(results[1]["errCode"] == "PARAM_ERROR");
  CHECK(contains(results[1]["errCodeDes"].get<std::string>(), "the amount is missing"));
  CHECK(sandbox.orders().size() == 1);
  const auto alone =
      shop.run({"-p", tested_api().profile, "create-order", "--request", "-", "--json"},
               R"({"outTradeNo":"20261127000003","openId":"o1","totalFee":100,"body":"tea","amount":null})");
  CHECK(alone.code == 0);
}

TEST_CASE("rows of empty cells are empty lines, and one cell too many is a bad record") {
  Shop shop;
  const Sandbox sandbox{shop};
  shop.write("b.csv",
             ",,,\noutTradeNo,openId,totalFee,body\n20261127000001,o1,100,tea\n,,,\n\"\",,,\n"
             "20261127000002,o1,100,tea,\n20261127000003,o1,100,tea\n,,,\n,,,\n");
  const auto result =
      shop.run({"-p", tested_api().profile, "create-order", "--batch", shop.path("b.csv").string(), "--json",
                "--failed", shop.path("again.csv").string()});
  CHECK(result.code == 1);
  const auto results = json_lines(result.out);
  REQUIRE(results.size() == 3);
  CHECK(results[0]["line"] == 3);
  CHECK(results[1]["line"] == 6);
  CHECK(results[1]["outTradeNo"] == "20261127000002");
  CHECK(results[1]["errCodeDes"] == "the record has more cells than the header, which has 4");
  CHECK(results[2]["resultCode"] == "SUCCESS");
  CHECK(shop.read("again.csv") == "outTradeNo,openId,totalFee,body\n20261127000002,o1,100,tea,\n");
}
