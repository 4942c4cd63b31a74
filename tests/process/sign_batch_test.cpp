#include <doctest/doctest.h>
#include <sys/stat.h>

#include <csignal>
#include <fstream>
#include <set>

#include "support/offline_shop.hpp"

using namespace wxpay::test;

namespace {

using Texts = std::vector<std::string>;

std::vector<Texts> all_options() {
  std::vector<Texts> all{{}, {"--trade-type", "APP"}, {"--trade-type", "APP", "--timestamp", "1490840662"}};
  if (tested_api().name == "v2") {
    all.push_back({"--sign-type", "HMAC-SHA256"});
    all.push_back({"--trade-type", "APP", "--sign-type", "HMAC-SHA256", "--timestamp", "1490840662"});
  }
  return all;
}

}  // namespace

TEST_CASE("sign --batch prints for each prepay_id what --prepay-id prints, and its line before it") {
  const char* partner = "sub_mch_id = \"1900000200\"\nsub_app_id = \"wxd930ea5d5a258f4f\"\n";
  for (const std::string more : {"", partner}) {
    const Offline at{more};
    at.shop.write("ids.txt", "wx2017033010242291fcfe0db70013231072\nwx\"2\\\nwx_3,\n");
    for (const auto& options : all_options()) {
      {
        Texts arguments{"sign", "--batch", "ids.txt", "-o", "json", "-q"};
        arguments.insert(arguments.end(), options.begin(), options.end());
        const auto batch = at.shop.run(arguments);
        REQUIRE(batch.code == 0);
        CHECK(batch.err.empty());
        std::vector<std::string> nonces;
        int number = 0;
        for (auto& pay : json_lines(batch.out)) {
          CHECK(keys_of(pay).front() == "line");
          CHECK(pay["line"] == ++number);
          pay.erase("line");
          const bool for_app = pay.contains("noncestr");
          nonces.push_back(pay[for_app ? "noncestr" : "nonceStr"]);
          Texts alone{"--prepay-id", pay["prepayId"], "--nonce",
                      nonces.back(), "--timestamp",   pay[for_app ? "timestamp" : "timeStamp"]};
          for (std::size_t i = 0; i < options.size(); i += 2) {
            if (options[i] != "--timestamp") alone.insert(alone.end(), {options[i], options[i + 1]});
          }
          CHECK(at.sign(alone).dump() == pay.dump());
        }
        CHECK(number == 3);
        CHECK(std::set<std::string>(nonces.begin(), nonces.end()).size() == 3);
      }
    }
  }
}

TEST_CASE("sign --batch tells of a line that is no prepay_id and goes on") {
  const Offline at;
  const std::string input = "\xEF\xBB\xBFwx1\r\n\r\n   \nwx 2\n" + std::string(65, 'x') +
                            "\n{\"prepayId\":\"wx3\"}\n\xFF\nwx\t4\nwx5";
  const auto json = at.shop.run({"sign", "--batch", "-", "--json"}, input);
  CHECK(json.code == 1);
  CHECK(json.err == "wxpayctl: 3 signed, 4 bad\n");
  std::string told;
  for (const auto& result : json_lines(json.out)) {
    told += result["line"].dump() + " ";
    told += result.contains("paySign") ? result["prepayId"].get<std::string>() + "; "
                                       : result["errCode"].get<std::string>() + "; ";
  }
  CHECK(
      told ==
      "1 wx1; 4 PARAM_ERROR; 5 PARAM_ERROR; 6 {\"prepayId\":\"wx3\"}; 7 PARAM_ERROR; 8 PARAM_ERROR; 9 wx5; ");

  const auto csv = at.shop.run({"sign", "--batch", "-", "-o", "csv", "--timestamp", "1"}, input);
  CHECK(csv.code == 1);
  const auto rows = lines_of(csv.out);
  REQUIRE(rows.size() == 8);
  CHECK(rows[0] ==
        "line,appId,timeStamp,nonceStr,package,signType,paySign,prepayId,resultCode,errCode,errCodeDes");
  CHECK(rows[1].starts_with(std::string{"1,"} + shop_app_id + ",1,"));
  CHECK(rows[1].ends_with(",wx1,,,"));
  CHECK(rows[2].starts_with("4,,,,,,,,FAIL,PARAM_ERROR,"));
  CHECK(contains(rows[4], ",\"{\"\"prepayId\"\":\"\"wx3\"\"}\",,,"));

  const auto text = at.shop.run({"sign", "--batch", "-", "-q"}, input);
  CHECK(text.code == 1);
  CHECK(text.err.empty());
  CHECK(lines_of(text.out).size() == 8);
}

TEST_CASE("sign --batch of nothing is a table without rows") {
  const Offline at;
  for (const std::string input : {"", "\n\r\n", "\xEF\xBB\xBF"}) {
    const auto json = at.shop.run({"sign", "--batch", "-", "--json"}, input);
    CHECK(json.code == 0);
    CHECK(json.out.empty());
    CHECK(json.err == "wxpayctl: 0 signed, 0 bad\n");
    CHECK(lines_of(at.shop.run({"sign", "--batch", "-", "-o", "csv"}, input).out).size() == 1);
  }
}

TEST_CASE("sign --batch keeps what it signed before a line that cannot be read") {
  const Offline at;
  const auto result =
      at.shop.run({"sign", "--batch", "-", "--json"}, "wx1\nwx2\n" + std::string(2 << 20, 'x'));
  CHECK(result.code == 8);
  CHECK(json_lines(result.out).size() == 2);
  const auto said = lines_of(result.err);
  REQUIRE(said.size() == 2);
  CHECK(said[0] == "wxpayctl: 2 signed, 0 bad; stopped after line 2");
  CHECK(contains(said[1], "line 3"));
  CHECK(at.shop.run({"sign", "--batch", "missing.txt"}).code == 8);
  at.shop.write("ids.txt", "wx1\n");
  auto into_full = at.shop.command({"sign", "--batch", "ids.txt", "--json"});
  into_full.output = "/dev/full";
  CHECK(run(into_full).code == 8);
}

TEST_CASE("sign --batch answers what it was given before it waits for more, and ends when asked to") {
  const Offline at;
  const auto fifo = at.shop.path("ids");
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  for (const int signal : {SIGINT, SIGTERM}) {
    Process process{at.shop.command({"sign", "--batch", fifo.string(), "--json"})};
    std::ofstream feed{fifo};
    feed << "wx1\nwx2\nwx" << std::flush;
    CHECK(json_line(process.read_line())["prepayId"] == "wx1");
    CHECK(json_line(process.read_line())["prepayId"] == "wx2");
    process.kill(signal);
    const auto result = process.wait();
    CHECK(result.code == 128 + signal);
    CHECK(result.out.empty());
    CHECK(result.err == "wxpayctl: 2 signed, 0 bad; stopped after line 2\n");
  }
}

TEST_CASE("sign --batch leaves no progress behind on a terminal") {
  const Offline at;
  at.shop.write("ids.txt", "wx1\nwx 2\nwx3\n");
  TerminalProcess process{at.shop.command({"sign", "--batch", "ids.txt", "--json", "--timestamp", "1"})};
  const auto result = process.wait();
  CHECK(result.code == 1);
  const auto shown = lines_of(result.out);
  REQUIRE(shown.size() == 4);
  CHECK(shown[3] == "wxpayctl: 2 signed, 1 bad\r");
}

TEST_CASE("sign --batch needs no more memory for more lines") {
  const Offline at;
  // RSA takes a thousand times as long as a hash.
  const int count = tested_api().name == "v2" ? 300'000 : 20'000;
  std::string ids;
  for (int i = 0; i < count; ++i)
    ids += "wx2017033010242291fcfe0db700" + std::to_string(10'000'000 + i) + "\n";
  at.shop.write("ids.txt", ids);
  auto command = at.shop.command({"sign", "--batch", "ids.txt", "--json", "-q"});
  command.output = "/dev/null";
  const auto result = run(command);
  CHECK(result.code == 0);
  if (measures_memory) CHECK(result.peak_rss_kib < 32 * 1024);
}

TEST_CASE("sign --batch gives many results in the order of the lines, whichever thread is the first") {
  const Offline at;
  std::string ids;
  for (int i = 1; i <= 3000; ++i)
    ids += i % 100 == 0 ? "wx " + std::to_string(i) + "\n" : "wx" + std::to_string(i) + "\n";
  const auto result = at.shop.run({"sign", "--batch", "-", "--json"}, ids);
  CHECK(result.code == 1);
  CHECK(result.err == "wxpayctl: 2970 signed, 30 bad\n");
  int number = 0;
  for (const auto& line : json_lines(result.out)) {
    ++number;
    REQUIRE(line["line"] == number);
    if (number % 100 == 0) {
      CHECK(line["errCode"] == "PARAM_ERROR");
    } else {
      CHECK(line["prepayId"] == "wx" + std::to_string(number));
    }
  }
  CHECK(number == 3000);
}
