#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <thread>

#include "base/unique_fd.hpp"
#include "support/shop.hpp"
#include "support/slow_input.hpp"

using namespace wxpay::test;
using wxpay::UniqueFd;

namespace {

struct Import {
  Shop shop;

  Json run(const std::string& input, int code = 0) const {
    const auto result = shop.run({"-p", tested_api().profile, "orders", "import", "-", "--json"}, input);
    CAPTURE(result.err);
    CHECK(result.code == code);
    return json_line(result.out);
  }
  std::string exported(std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments{"-p", tested_api().profile, "orders", "export"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto result = shop.run(arguments);
    CHECK(result.code == 0);
    CHECK(result.err.empty());
    return result.out;
  }
};

std::string many(int count) {
  std::string csv{"outTradeNo,totalFee\n"};
  for (int i = 1; i <= count; ++i) csv += "MANY" + std::to_string(i) + ",5\n";
  return csv;
}

constexpr const char* three =
    "{\"outTradeNo\":\"ORDER1\",\"state\":\"SUCCESS\",\"totalFee\":100,\"tradeType\":\"NATIVE\",\"prepayId\":"
    "\"wx1\","
    "\"transactionId\":\"4200001\",\"createdAt\":\"2026-11-20T10:00:00+08:00\","
    "\"paidAt\":\"2026-11-20T10:01:00+08:00\",\"updatedAt\":\"2026-11-20T10:01:05+08:00\"}\n"
    "{\"outTradeNo\":\"ORDER2\",\"state\":\"CLOSED\",\"totalFee\":200,\"tradeType\":\"JSAPI\","
    "\"createdAt\":\"2026-11-19T10:00:00+08:00\",\"updatedAt\":\"2026-11-20T12:00:00+08:00\"}\n"
    "{\"outTradeNo\":\"ORDER3\",\"state\":\"NOTPAY\",\"totalFee\":300,\"tradeType\":\"JSAPI\","
    "\"createdAt\":\"2026-11-21T10:00:00+08:00\",\"updatedAt\":\"2026-11-21T10:00:00+08:00\"}\n";

}  // namespace

TEST_CASE("an export as CSV comes back byte for byte, also where a list for people is written otherwise") {
  const Import first;
  const Json orders[] = {
      {{"outTradeNo", "-2-3-4-20261123000001"},
       {"totalFee", 1},
       {"prepayId", "=1+1,\"x"},
       {"transactionId", "4200001"}},
      {{"outTradeNo", "-|*_20261123000000000002"}, {"totalFee", 2}, {"prepayId", "@SUM(A1:A9)"}},
      {{"outTradeNo", "20261123000000000003"},
       {"totalFee", 3},
       {"prepayId", "+86-wx201411101639507cbf6ffd8b07"}}};
  std::string lines;
  for (const auto& order : orders) lines += order.dump() + "\n";
  CHECK(first.run(lines)["imported"] == 3);
  const auto csv = first.exported({"-o", "csv"});
  CHECK(contains(csv, "\n-2-3-4-20261123000001,NOTPAY,1,JSAPI,\"=1+1,\"\"x\",4200001,"));
  CHECK(contains(csv, ",@SUM(A1:A9),"));
  const Import second;
  CHECK(second.run(csv)["imported"] == 3);
  CHECK(second.exported({"-o", "csv"}) == csv);
  CHECK(second.exported() == first.exported());

  const auto list = first.shop.run({"-p", tested_api().profile, "orders", "list", "-o", "csv"}).out;
  CHECK(contains(list, "\n-2-3-4-20261123000001,NOTPAY,1,JSAPI,\"'=1+1,\"\"x\",4200001,"));
  CHECK(contains(list, ",'@SUM(A1:A9),"));
  CHECK(contains(list, ",'+86-wx201411101639507cbf6ffd8b07,"));
}

TEST_CASE("what is imported is exported again as it was, as JSON Lines and as CSV") {
  const Import first;
  CHECK(first.run(three) == Json{{"read", 3}, {"imported", 3}, {"existing", 0}, {"failed", 0}});
  CHECK(first.exported() == three);
  CHECK(first.exported({"--json"}) == three);
  const auto csv = first.exported({"-o", "csv"});
  CHECK(
      lines_of(csv).at(0) ==
      "outTradeNo,state,totalFee,tradeType,prepayId,transactionId,createdAt,paidAt,updatedAt,appId,subMchId,"
      "subAppId");
  const Import second;
  CHECK(second.run(csv)["imported"] == 3);
  CHECK(second.exported() == three);
  CHECK(second.run(three) == Json{{"read", 3}, {"imported", 0}, {"existing", 3}, {"failed", 0}});
  const auto shown = second.shop.run({"-p", tested_api().profile, "orders", "show", "ORDER1", "--json"});
  const auto history = json_line(shown.out).at("history");
  REQUIRE(history.size() == 1);
  CHECK(history[0].at("source") == "import");
  CHECK(history[0].at("to") == "SUCCESS");
  CHECK(second.shop.run({"-p", tested_api().profile, "ledger", "check"}).code == 0);
}

TEST_CASE("orders export takes the filters of orders list, and an empty ledger is an empty export") {
  const Import import;
  import.run("outTradeNo,totalFee\n");
  CHECK(import.exported().empty());
  CHECK(lines_of(import.exported({"-o", "csv"})).size() == 1);
  import.run(three);
  CHECK(json_line(import.exported({"--state", "CLOSED"})).at("outTradeNo") == "ORDER2");
  CHECK(json_line(import.exported({"--state", "NOTPAY"})).at("outTradeNo") == "ORDER3");
  CHECK(json_line(import.exported({"--since", "2026-11-20", "--until", "2026-11-21"})).at("outTradeNo") ==
        "ORDER1");
  CHECK(import.shop.run({"-p", tested_api().profile, "orders", "export", "--state", "PAID"}).code == 2);
}

TEST_CASE("bad records are told by line and counted, and the others are imported: exit 1") {
  const Import import;
  std::string csv{"total_fee,out_trade_no\r\n5,GOOD1\r\n"};
  for (int i = 0; i < 25; ++i) csv += "0,BAD\r\n";
  csv += "\"5\",\"GOOD2\"\r\n";
  const auto result = import.shop.run({"-p", tested_api().profile, "orders", "import", "-", "--json"}, csv);
  CHECK(result.code == 1);
  CHECK(json_line(result.out) == Json{{"read", 27}, {"imported", 2}, {"existing", 0}, {"failed", 25}});
  const auto told = lines_of(result.err);
  REQUIRE(told.size() == 21);
  CHECK(contains(told[0], "line 3: totalFee must be"));
  CHECK(contains(told[0], "PARAM_ERROR"));
  CHECK(contains(told[20], "5 more records are bad"));
}

TEST_CASE("an import that cannot begin says why") {
  const Import import;
  const auto code = [&import](std::vector<std::string> arguments, const std::string& input = {}) {
    std::vector<std::string> all{"-p", tested_api().profile, "orders", "import"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const auto result = import.shop.run(all, input);
    CHECK(result.code != 0);
    CHECK_FALSE(result.err.empty());
    return result.code;
  };
  CHECK(code({}) == 2);
  CHECK(code({""}) == 2);
  CHECK(code({import.shop.path("missing.csv").string()}) == 8);
  CHECK(code({import.shop.path().string()}) == 8);
  CHECK(code({"-"}, "outTradeNo,totalFee,openid\n") == 2);
  CHECK(code({"-"}, "outTradeNo\n") == 2);
  CHECK_FALSE(std::filesystem::exists(import.shop.ledger()));
}

TEST_CASE("an empty input and a header alone import nothing, and say so") {
  const Import import;
  for (const auto* input : {"", "outTradeNo,totalFee\n"}) {
    const auto result =
        import.shop.run({"-p", tested_api().profile, "orders", "import", "-", "--json"}, input);
    CHECK(result.code == 0);
    CHECK(json_line(result.out).at("read") == 0);
    CHECK(contains(result.err, "holds no record"));
  }
}

TEST_CASE("an interrupted import keeps what it counts: exit 130, and the next run goes on") {
  const Import import;
  // The input does not end, so that the import waits for more of it.
  const auto pipe = import.shop.path("pipe");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  Process process{
      import.shop.command({"-p", tested_api().profile, "orders", "import", pipe.string(), "--json"})};
  const UniqueFd writer{::open(pipe.c_str(), O_WRONLY | O_CLOEXEC)};
  REQUIRE(writer);
  const auto csv = many(5'000);
  REQUIRE(::write(writer.get(), csv.data(), csv.size()) == static_cast<ssize_t>(csv.size()));
  // Two groups are written; the ledger may not have been made yet when it is first looked at.
  while (lines_of(import.shop.run({"-p", tested_api().profile, "orders", "export"}).out).size() < 4'000) {
  }
  process.kill(SIGINT);
  const auto result = process.wait();
  CHECK(result.code == 130);
  const auto counts = json_line(result.out);
  CHECK(counts.at("imported") == json_lines(import.exported()).size());
  CHECK(import.run(csv)["existing"] == counts.at("imported"));
  CHECK(json_lines(import.exported()).size() == 5'000);
  CHECK(import.shop.run({"-p", tested_api().profile, "ledger", "check"}).code == 0);
}

TEST_CASE("an export that nobody reads any more ends quietly: exit 0") {
  const Import import;
  import.run(many(20'000));
  Process process{import.shop.command({"-p", tested_api().profile, "orders", "export"})};
  process.read_line();
  process.close_output();
  const auto result = process.wait();
  CHECK(result.code == 0);
  CHECK(result.err.empty());
}

TEST_CASE("on a terminal an import shows how far it is") {
  const Import import;
  std::vector<std::string> pieces{"outTradeNo,totalFee\n"};
  for (int i = 0; i < 40; ++i) {
    auto& piece = pieces.emplace_back();
    for (int k = 0; k < 500; ++k) piece += "SLOW-" + std::to_string(1'000 * i + k) + ",5\n";
  }
  const SlowInput input{import.shop.path("pipe"), std::move(pieces)};
  TerminalProcess process{import.shop.command(
      {"-p", tested_api().profile, "orders", "import", import.shop.path("pipe").string()})};
  const auto result = process.wait();
  CHECK(result.code == 0);
  CHECK(contains(result.out, "/s\r\x1b[K"));
  CHECK(contains(result.out, "imported  20000\r\n"));
}

TEST_CASE("on a terminal an export to a file shows how far it is, and one to the terminal only its rows") {
  constexpr std::size_t orders = 20'000;
  const Import import;
  import.run(many(orders));
  // A pipe that is read slowly, so that the export takes a while.
  const auto pipe = import.shop.path("pipe");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const UniqueFd reader{::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
  REQUIRE(::fcntl(reader.get(), F_SETFL, 0) == 0);
  auto command = import.shop.command({"-p", tested_api().profile, "orders", "export"});
  command.output = pipe;
  std::size_t lines = 0;
  TerminalProcess process{command};
  std::thread slow{[&] {
    std::string buffer(4'096, '\0');
    while (true) {
      const auto count = ::read(reader.get(), buffer.data(), buffer.size());
      if (count <= 0) return;
      lines += static_cast<std::size_t>(std::count(buffer.begin(), buffer.begin() + count, '\n'));
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
  }};
  const auto result = process.wait();
  slow.join();
  CHECK(result.code == 0);
  CHECK(lines == orders);
  CHECK(contains(result.out, "/s\r\x1b[K"));
  CHECK(result.out.ends_with("\r\x1b[K"));

  TerminalProcess rows{import.shop.command({"-p", tested_api().profile, "orders", "export"})};
  rows.read_until("MANY1");
  // It waits for its rows to be read, until it would have something to show.
  std::this_thread::sleep_for(std::chrono::milliseconds{300});
  const auto shown = rows.wait();
  CHECK(shown.code == 0);
  CHECK_FALSE(contains(shown.out, "\x1b"));
}

TEST_CASE("a date that a spreadsheet rewrote costs its own record and no other") {
  for (const auto* date :
       {"2026/11/24 5:59", "46350.25", "yesterday", "2026-11-24", "2026-11-24T05:59:12", "0"}) {
    CAPTURE(std::string{date});
    const Import at;
    const auto result = at.shop.run(
        {"-p", tested_api().profile, "orders", "import", "-", "--json"},
        std::string{"outTradeNo,totalFee,transactionId,paidAt\n20261127000000000000000000000001,100,"
                    "4200339465202611274707207656,"} +
            date + "\n20261127000000000000000000000002,100,,\n");
    CHECK(result.code == 1);
    CHECK(contains(result.err, "line 2: paidAt is no time"));
    CHECK(contains(result.err, "2026-11-22T10:00:00+08:00"));
    CHECK(json_line(result.out)["imported"] == 1);
  }
}

TEST_CASE("whose order it is travels with it, and stays open where nobody says it") {
  const auto lines =
      std::string{R"({"outTradeNo":"ORDER1","state":"NOTPAY","totalFee":100,"tradeType":"JSAPI",)"
                  R"("createdAt":"2026-11-20T10:00:00+08:00","updatedAt":"2026-11-20T10:01:05+08:00",)"
                  R"("appId":"wxaaaaaaaaaaaaaaaa","subMchId":"1900007777","subAppId":"wxbbbbbbbbbbbbbbbb"})"
                  "\n"
                  R"({"outTradeNo":"ORDER2","state":"NOTPAY","totalFee":100,"tradeType":"JSAPI",)"
                  R"("createdAt":"2026-11-20T10:00:00+08:00","updatedAt":"2026-11-20T10:01:05+08:00"})"
                  "\n"};
  const Import one;
  one.run(lines);
  CHECK(one.exported() == lines);
  const Import two;
  two.run(one.exported({"-o", "csv"}));
  CHECK(two.exported() == lines);
}

TEST_CASE("one record of very many keys or cells is refused at once, and takes little memory") {
  const Import import;
  const auto refused = [&](const std::string& input) {
    const auto result =
        import.shop.run({"-p", tested_api().profile, "orders", "import", "-", "--json"}, input);
    CHECK(result.code == 1);
    CHECK(json_line(result.out) == Json{{"read", 2}, {"imported", 1}, {"existing", 0}, {"failed", 1}});
    CHECK(contains(result.err, "the record is longer than 64 KiB"));
    if (measures_memory) CHECK(result.peak_rss_kib < 200'000);
  };
  std::string keys{"{"};
  for (int i = 0; i < 200'000; ++i) keys += "\"key" + std::to_string(i) + "\":1,";
  refused(keys + "\"last\":1}\n{\"outTradeNo\":\"ORDER1\",\"totalFee\":5}\n");
  std::string cells{"outTradeNo,totalFee\n"};
  cells.resize(cells.size() + 15'000'000, ',');
  refused(cells + "\nORDER2,5\n");
}

TEST_CASE("an import that is wrong about a payment can be undone by hand, until WeChat Pay proves it") {
  const Import import;
  import.run(
      R"({"outTradeNo":"20261127000001","state":"SUCCESS","totalFee":100,"transactionId":"4200450009202611282403241591",)"
      R"("paidAt":"2026-11-20T10:01:00+08:00","appId":"wxd678efh567hg6787"})");
  const auto result = import.shop.run({"-p", tested_api().profile, "orders", "mark", "20261127000001",
                                       "--state", "NOTPAY", "--reason", "never paid", "--json"});
  CHECK(result.code == 0);
  CHECK(json_line(result.out).at("ledgerState") == "NOTPAY");
  const auto shown = json_line(
      import.shop.run({"-p", tested_api().profile, "orders", "show", "20261127000001", "--json"}).out);
  CHECK_FALSE(shown.contains("paidAt"));
  CHECK_FALSE(shown.contains("transactionId"));
  CHECK(shown.at("appId") == "wxd678efh567hg6787");
  CHECK(import.shop.run({"-p", tested_api().profile, "ledger", "check"}).code == 0);
}
