#include <doctest/doctest.h>

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "support/batch_market.hpp"

using namespace wxpay::test;

namespace {

std::vector<std::string> values(const std::vector<Json>& results, const char* key) {
  std::vector<std::string> found;
  for (const auto& result : results) found.push_back(result.value(key, std::string{"-"}));
  return found;
}

std::vector<int> lines_in(const std::vector<Json>& results) {
  std::vector<int> lines;
  for (const auto& result : results) lines.push_back(result.at("line"));
  return lines;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a batch gives one result a record, in the order of the input, with the line it begins on") {
  const BatchMarket market;
  const auto result = market.batch(rows("ORDER-", 300));
  CHECK(result.code == 0);
  const auto results = json_lines(result.out);
  REQUIRE(results.size() == 300);
  for (int i = 0; i < 300; ++i) {
    const auto& order = results[static_cast<std::size_t>(i)];
    CHECK(order.at("line") == i + 2);
    CHECK(order.at("outTradeNo") == numbered("ORDER-", i));
    CHECK(order.at("ledger") == "CREATED");
  }
  CHECK(keys_of(results[0]) == Texts{"line", "outTradeNo", "returnCode", "returnMsg", "resultCode", "appId",
                                     "timeStamp", "nonceStr", "package", "signType", "paySign", "prepayId",
                                     "ledger"});
  CHECK(contains(result.err, "300 records: 300 created"));
  CHECK(market.sandbox.orders().size() == 300);

  const auto again = market.batch(rows("ORDER-", 300));
  CHECK(again.code == 0);
  for (const auto& order : json_lines(again.out)) CHECK(order.at("ledger") == "REUSED");
  CHECK(market.sandbox.requests() == 300);
  market.check_ledger();
}

TEST_CASE("JSON Lines, and CSV with a byte-order mark, CRLF, quotes and line breaks inside cells") {
  const BatchMarket market;
  const auto lines = market.batch(
      "{\"outTradeNo\":\"JSON-1\",\"openid\":\"o1\",\"totalFee\":100}\n\n"
      "{\"out_trade_no\":\"JSON-2\",\"openId\":\"o1\",\"amount\":\"1.00\",\"body\":\"茶, \\\"green\\\"\"}");
  CHECK(lines.code == 0);
  CHECK(lines_in(json_lines(lines.out)) == std::vector{1, 3});

  const auto csv = market.batch(
      "\xEF\xBB\xBFout_trade_no,openid,total_fee,body\r\n"
      "CSV-001,o1,100,\"tea, \"\"green\"\"\"\r\n"
      "CSV-002,o1,100,\"two\r\nlines\"\r\n"
      "CSV-003,o1,100,\r\n"
      "CSV-004,o1,100,last without an end");
  CHECK(csv.code == 1);
  const auto results = json_lines(csv.out);
  CHECK(lines_in(results) == std::vector{2, 3, 5, 6});
  CHECK(values(results, "ledger") == Texts{"CREATED", "-", "CREATED", "CREATED"});
  CHECK(results[1].at("errCode") == "PARAM_ERROR");
  CHECK(market.sandbox.order("CSV-001")["totalFee"] == 100);
  CHECK(market.sandbox.order("JSON-2")["totalFee"] == 100);
}

TEST_CASE("a bad record gets a result of its own and does not stop the others") {
  const BatchMarket market;
  const std::string big(10 << 20, 'x');
  const auto result = market.batch(header + row("GOOD-1") + "SHORT-1,o1\n" + "LONG-1,o1,100,more\n" +
                                       "BAD-UTF8,o\xff,100\n" + "BIG-1," + big + ",100\n" + "ZERO-1,o1,0\n" +
                                       "CENTS-1,o1,10.5\n" + "bad number!,o1,100\n" + row("GOOD-2"),
                                   {"--failed", "again.csv"});
  CHECK(result.code == 1);
  const auto results = json_lines(result.out);
  CHECK(values(results, "errCode") == Texts{"-", "PARAM_ERROR", "PARAM_ERROR", "PARAM_ERROR", "PARAM_ERROR",
                                            "PARAM_ERROR", "PARAM_ERROR", "PARAM_ERROR", "-"});
  CHECK(results[5].at("outTradeNo") == "ZERO-1");
  CHECK(contains(result.err, "2 created, 7 bad"));
  CHECK(market.sandbox.orders().size() == 2);
  // What is to be mended stands there as it came, under the same header.
  const auto again = market.shop.read("again.csv");
  CHECK(again == header + "SHORT-1,o1\n" + "LONG-1,o1,100,more\n" + "BAD-UTF8,o\xff,100\n" + "BIG-1," + big +
                     ",100\n" + "ZERO-1,o1,0\n" + "CENTS-1,o1,10.5\n" + "bad number!,o1,100\n");
  CHECK(
      (std::filesystem::status(market.shop.path("again.csv")).permissions() & std::filesystem::perms::mask) ==
      (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
}

TEST_CASE("the same of JSON Lines, and the result names the number where it can be read") {
  const BatchMarket market;
  const std::string big(10 << 20, 'x');
  const auto order = [](const std::string& number, const std::string& openid, const std::string& more) {
    return R"({"outTradeNo":")" + number + R"(","openId":")" + openid + "\"" + more + "}\n";
  };
  const auto result = market.batch(
      order("GOOD-1", "o1", R"(,"totalFee":100)") + order("CENTS-1", "o1", R"(,"totalFee":1.5)") +
      order("COLOUR-1", "o1", R"(,"totalFee":100,"colour":"red")") +
      order("BAD-UTF8", "o\xff", R"(,"totalFee":100)") + order("BIG-1", big, R"(,"totalFee":100)") +
      "[1, 2]\n" + order("GOOD-2", "o1", R"(,"totalFee":100)"));
  CHECK(result.code == 1);
  const auto results = json_lines(result.out);
  CHECK(values(results, "errCode") ==
        Texts{"-", "PARAM_ERROR", "PARAM_ERROR", "PARAM_ERROR", "PARAM_ERROR", "PARAM_ERROR", "-"});
  CHECK(values(results, "outTradeNo") == Texts{"GOOD-1", "CENTS-1", "COLOUR-1", "-", "-", "-", "GOOD-2"});
  CHECK(market.sandbox.orders().size() == 2);
  const auto cells = market.batch(header + "SHORT-1,o1\n");
  CHECK(json_line(cells.out).at("outTradeNo") == "SHORT-1");
}

TEST_CASE("an unusable header or option is wrong usage, and nothing is written or sent") {
  const BatchMarket market;
  for (const auto* text : {"outTradeNo,openid,totalFee,colour\nA-00001,o1,1,red\n",
                           "outTradeNo,out_trade_no,totalFee\nA-00001,A-00001,1\n", "openid,totalFee\no1,1\n",
                           "outTradeNo,openid\nA-00001,o1\n", "\"outTradeNo,openid\n"}) {
    CAPTURE(text);
    const auto result = market.batch(text);
    CHECK(result.code == 2);
    CHECK(result.out.empty());
  }
  for (const auto& more : std::vector<Texts>{{"--jobs", "0"},
                                             {"--jobs", "257"},
                                             {"--rate", "0"},
                                             {"--max-errors", "none"},
                                             {"--failed", "batch"},
                                             {"--out-trade-no", "A-00001"},
                                             {"--request", "batch"}}) {
    CAPTURE(more.front());
    auto arguments = Texts{"create-order", "--batch", "batch"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    market.shop.write("batch", rows("A-0000", 2));
    CHECK(market.shop.run(arguments).code == 2);
    CHECK(market.shop.read("batch") == rows("A-0000", 2));
  }
  CHECK(market.shop.run(create("A-00001", {"--jobs", "3"})).code == 2);
  CHECK(market.shop.run({"create-order", "--batch", "nowhere"}).code == 8);
  CHECK(market.sandbox.requests() == 0);
  CHECK_FALSE(std::filesystem::exists(market.shop.ledger()));
}

TEST_CASE("an empty batch and a header alone are no orders, and no failure") {
  const BatchMarket market;
  for (const auto* text : {"", "outTradeNo,openid,totalFee\n", "\xEF\xBB\xBF", "\n\n"}) {
    CAPTURE(text);
    const auto result = market.batch(text);
    CHECK(result.code == 0);
    CHECK(result.out.empty());
    CHECK(contains(result.err, "the batch holds no record"));
  }
}

TEST_CASE("a number twice in one batch: the same is one order with two results, another is refused") {
  const BatchMarket market;
  const auto result = market.batch(header + row("TWICE-1") + row("TWICE-1") + row("OTHER-1") +
                                   row("TWICE-1", 999) + row("TWICE-1"));
  CHECK(result.code == 1);
  const auto results = json_lines(result.out);
  CHECK(values(results, "ledger") == Texts{"CREATED", "REUSED", "CREATED", "-", "REUSED"});
  CHECK(results[0].at("prepayId") == results[1].at("prepayId"));
  CHECK(results[3].at("errCode") == "OUT_TRADE_NO_USED");
  CHECK(results[3].at("differs") == Json{"total_fee"});
  CHECK(market.sandbox.requests() == 2);
}

TEST_CASE("too many failures in a row stop the batch; the rest is named and kept for another run") {
  const BatchMarket market;
  market.sandbox.fault("5xx", 1000);
  const auto text = rows("ORDER-", 50);
  const auto stopped =
      market.batch(text, {"--jobs", "1", "--max-errors", "3", "--failed", "again", "--timeout", "1"});
  CHECK(stopped.code == 4);
  CHECK(values(json_lines(stopped.out), "resultCode") == Texts{"UNKNOWN", "UNKNOWN", "UNKNOWN"});
  CHECK(contains(stopped.err, "47 not sent"));
  CHECK(contains(stopped.err, "the first not sent is line 5"));
  CHECK(market.shop.read("again") == text);
  market.sandbox.fault("none");
  const auto again = market.batch(market.shop.read("again"));
  CHECK(again.code == 0);
  CHECK(json_lines(again.out).size() == 50);
  CHECK(market.sandbox.orders().size() == 50);
  market.check_ledger();
}

TEST_CASE("orders that are paid or closed are neither failures in a row nor worth another run") {
  const BatchMarket market;
  CHECK(market.batch(rows("ORDER-", 6)).code == 0);
  for (int i = 0; i < 3; ++i) {
    market.sandbox.pay(numbered("ORDER-", i));
    CHECK(market.shop.run({"query", numbered("ORDER-", i)}).code == 0);
    CHECK(market.shop.run({"close", numbered("ORDER-", i + 3)}).code == 0);
  }
  const auto result = market.batch(rows("ORDER-", 6), {"--max-errors", "1", "--failed", "again"});
  CHECK(result.code == 1);
  CHECK(values(json_lines(result.out), "errCode") ==
        Texts{"ORDERPAID", "ORDERPAID", "ORDERPAID", "ORDERCLOSED", "ORDERCLOSED", "ORDERCLOSED"});
  CHECK(market.shop.read("again") == header);
}

TEST_CASE("told that there were too many requests, a batch slows down and tries again") {
  const BatchMarket market;
  market.sandbox.fault("rate-limit", 2);
  const auto result = market.batch(rows("ORDER-", 20), {"--jobs", "2"});
  CHECK(result.code == 0);
  CHECK(json_lines(result.out).size() == 20);
  CHECK(market.sandbox.orders().size() == 20);
}

TEST_CASE("a lost reply is UNKNOWN and exit 4, and the next run finishes it") {
  const BatchMarket market;
  market.sandbox.fault("lost-reply", 1, Operation::create);
  const auto lost = market.batch(rows("ORDER-", 5), {"--jobs", "1", "--failed", "again"});
  CHECK(lost.code == 4);
  const auto results = json_lines(lost.out);
  CHECK(results[0].at("resultCode") == "UNKNOWN");
  CHECK(results[0].at("ledgerState") == "CREATING");
  CHECK(market.shop.read("again") == header + row("ORDER-0"));
  const auto again = market.batch(market.shop.read("again"));
  CHECK(again.code == 0);
  CHECK(market.sandbox.orders().size() == 5);
}

TEST_CASE("--dry-run checks everything, and sends and writes nothing") {
  const BatchMarket market;
  const auto text = header + row("NEW-001") + "BAD-01,o1,0\n";
  const auto first = market.batch(text, {"--dry-run", "--failed", "again"});
  CHECK(first.code == 1);
  CHECK_FALSE(std::filesystem::exists(market.shop.ledger()));
  CHECK_FALSE(std::filesystem::exists(market.shop.path("again")));
  for (const auto& result : json_lines(first.out)) CHECK(result.at("dryRun") == true);
  CHECK(market.batch(header + row("OLD-001") + row("PAID-01")).code == 0);
  market.sandbox.pay("PAID-01");
  CHECK(market.shop.run({"query", "PAID-01"}).code == 0);
  const auto requests = market.sandbox.requests();
  const auto head = market.json({"ledger", "check"})["head"];
  const auto results = json_lines(
      market
          .batch(header + row("NEW-001") + row("OLD-001") + row("OLD-001", 5) + row("PAID-01"), {"--dry-run"})
          .out);
  CHECK(values(results, "ledger") == Texts{"CREATED", "REUSED", "-", "-"});
  CHECK(values(results, "errCode") == Texts{"-", "-", "OUT_TRADE_NO_USED", "ORDERPAID"});
  CHECK(market.sandbox.requests() == requests);
  CHECK(market.json({"ledger", "check"})["head"] == head);
}

TEST_CASE("results come while a slow input is still open") {
  const BatchMarket market;
  const auto fifo = market.shop.path("pipe");
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  Process batch{market.shop.command({"create-order", "--batch", fifo.string(), "--json"})};
  std::ofstream input{fifo};
  for (int i = 0; i < 3; ++i) {
    if (i == 0) input << header;
    input << row(numbered("ORDER-", i)) << std::flush;
    CHECK(Json::parse(batch.read_line()).at("outTradeNo") == numbered("ORDER-", i));
  }
  input.close();
  CHECK(batch.wait().code == 0);
}
