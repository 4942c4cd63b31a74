#include <doctest/doctest.h>
#include <sys/stat.h>

#include <csignal>
#include <fstream>
#include <set>

#include "support/raw_server.hpp"
#include "support/shop.hpp"
#include "support/v2_wire.hpp"

using namespace wxpay::test;

namespace {

using Texts = std::vector<std::string>;

/// A shop whose gateway and ledger must stay untouched.
struct Offline {
  explicit Offline(const std::string& more_of_the_profile = {}) {
    shop.configure(gateway.url(""), more_of_the_profile);
  }
  Offline(const Offline&) = delete;
  Offline& operator=(const Offline&) = delete;
  Offline(Offline&&) = delete;
  Offline& operator=(Offline&&) = delete;
  ~Offline() {
    CHECK(gateway.connections() == 0);
    CHECK_FALSE(std::filesystem::exists(shop.path("state")));
  }
  Json sign(Texts arguments, int code = 0, const std::string& input = {}) const {
    arguments.insert(arguments.begin(), "sign");
    arguments.emplace_back("--json");
    const auto result = shop.run(arguments, input);
    CAPTURE(result.err);
    CHECK(result.code == code);
    return json_line(code == 0 || code == 5 ? result.out : result.err);
  }

  RawServer gateway{answering({http_answer("<xml/>")})};
  Shop shop;
};

const WireFields parameters{{"appid", "wxd930ea5d5a258f4f"},   {"mch_id", "10000100"},
                            {"device_info", "1000"},           {"body", "测试 a=b&c"},
                            {"nonce_str", "ibuaiVcKdpRxkhJA"}, {"attach", ""}};

}  // namespace

TEST_CASE("sign --prepay-id makes the pay parameters as create-order prints them") {
  const Offline at;
  auto pay = at.sign({"--prepay-id", "wx2017033010242291", "--timestamp", "1490840662", "--nonce", "5K8264"});
  CHECK(keys_of(pay) ==
        Texts{"appId", "timeStamp", "nonceStr", "package", "signType", "paySign", "prepayId"});
  CHECK(pay["timeStamp"] == "1490840662");
  CHECK(pay["nonceStr"] == "5K8264");
  CHECK(pay["paySign"] == v2_sign({{"appId", shop_app_id},
                                   {"timeStamp", "1490840662"},
                                   {"nonceStr", "5K8264"},
                                   {"package", "prepay_id=wx2017033010242291"},
                                   {"signType", "MD5"}},
                                  shop_key));
  auto app = at.sign({"--prepay-id", "wx2017033010242291", "--trade-type", "APP", "--timestamp", "1490840662",
                      "--nonce", "5K8264"});
  CHECK(app["sign"] == v2_sign({{"appid", shop_app_id},
                                {"partnerid", shop_mch_id},
                                {"prepayid", "wx2017033010242291"},
                                {"package", "Sign=WXPay"},
                                {"noncestr", "5K8264"},
                                {"timestamp", "1490840662"}},
                               shop_key));
  CHECK(at.sign({"--prepay-id", "wx1"})["nonceStr"] != at.sign({"--prepay-id", "wx1"})["nonceStr"]);
}

TEST_CASE("sign --params signs a JSON object, an XML or key=value lines alike") {
  const Offline at;
  const auto expected = v2_sign(parameters, shop_key);
  Json object{{"sign", "OLD"}};
  std::string lines = "sign=OLD\n";
  for (const auto& [name, value] : parameters) {
    object[name] = value;
    lines += name;
    lines += "=" + value + "\n";
  }
  at.shop.write("set.json", object.dump());
  CHECK(at.sign({"--params", "set.json"}).dump() == R"({"sign":")" + expected + R"(","signType":"MD5"})");
  CHECK(at.sign({"--params", "-"}, 0, v2_xml(parameters))["sign"] == expected);
  CHECK(at.sign({"--params", "-"}, 0, lines)["sign"] == expected);
  CHECK(at.sign({"--params", "-", "--sign-type", "HMAC-SHA256"}, 0, lines)["sign"] ==
        v2_sign(parameters, shop_key, "HMAC-SHA256"));
  auto with_type = parameters;
  with_type["sign_type"] = "HMAC-SHA256";
  auto by_set = at.sign({"--params", "-"}, 0, v2_xml(with_type));
  CHECK(by_set["signType"] == "HMAC-SHA256");
  CHECK(by_set["sign"] == v2_sign(with_type, shop_key, "HMAC-SHA256"));
}

TEST_CASE("the profile's sign type is the last that counts") {
  const Offline at{"sign_type = \"HMAC-SHA256\"\n"};
  CHECK(at.sign({"--params", "-"}, 0, "a=1\n")["signType"] == "HMAC-SHA256");
  CHECK(at.sign({"--params", "-", "--sign-type", "MD5"}, 0, "a=1\n")["signType"] == "MD5");
}

TEST_CASE(
    "sign --verify tells whether the sign of an XML holds: exit 5 if not or there is none, 2 if no XML") {
  const Offline at;
  at.shop.write("good.xml", v2_signed_xml(parameters, shop_key));
  auto good = at.sign({"--verify", "good.xml"});
  CHECK(good["valid"] == true);
  CHECK(good["signType"] == "MD5");
  CHECK_FALSE(good.contains("reason"));
  const std::string bad[] = {v2_xml(parameters),
                             v2_signed_xml(parameters, "Another7heticKey0123456789abcdef"),
                             v2_signed_xml(parameters, shop_key, "HMAC-SHA256")};
  for (const auto& document : bad) {
    auto found = at.sign({"--verify", "-"}, 5, document);
    CHECK(found["valid"] == false);
    CHECK_FALSE(found.value("reason", "").empty());
  }
  for (const std::string document : {"", "hello", "{}", "<xml><a>1</xml>"}) {
    CHECK(at.sign({"--verify", "-"}, 2, document)["error"]["code"] == "USAGE");
  }
  CHECK(at.sign({"--verify", "missing.xml"}, 8)["error"]["code"] == "FILE");
}

TEST_CASE("--explain shows the canonical string with the key masked, and why a sign does not hold") {
  const Offline at;
  auto explained = at.sign({"--params", "-", "--explain"}, 0, v2_xml(parameters));
  const auto text = explained.at("canonicalString").get<std::string>();
  CHECK(text.starts_with("appid=wxd930ea5d5a258f4f&body=测试 a=b&c&device_info=1000&mch_id=10000100&"));
  CHECK(contains(text, "&key="));
  CHECK_FALSE(contains(explained.dump(), shop_key));

  const auto causes = [&](const std::string& document) {
    return at.sign({"--verify", "-", "--explain"}, 5, document).at("causes").dump();
  };
  CHECK(contains(causes(v2_signed_xml(parameters, shop_key, "HMAC-SHA256")), "HMAC-SHA256"));
  CHECK(contains(causes(v2_signed_xml(parameters, "Another7heticKey0123456789abcdef")), "key"));
}

TEST_CASE("sign --batch prints for each prepay_id what --prepay-id prints, and its line before it") {
  const char* partner = "sub_mch_id = \"1900000200\"\nsub_app_id = \"wxd930ea5d5a258f4f\"\n";
  for (const std::string more : {"", partner}) {
    const Offline at{more};
    at.shop.write("ids.txt", "wx2017033010242291fcfe0db70013231072\nwx\"2\\\nwx_3,\n");
    for (const Texts& options :
         {Texts{}, Texts{"--sign-type", "HMAC-SHA256"}, Texts{"--trade-type", "APP"},
          Texts{"--trade-type", "APP", "--sign-type", "HMAC-SHA256", "--timestamp", "1490840662"}}) {
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
  std::string ids;
  for (int i = 0; i < 300'000; ++i)
    ids += "wx2017033010242291fcfe0db700" + std::to_string(10'000'000 + i) + "\n";
  at.shop.write("ids.txt", ids);
  auto command = at.shop.command({"sign", "--batch", "ids.txt", "--json", "-q"});
  command.output = "/dev/null";
  const auto result = run(command);
  CHECK(result.code == 0);
  if (measures_memory) CHECK(result.peak_rss_kib < 32 * 1024);
}

TEST_CASE("sign wants exactly one form, and values that can be") {
  const Offline at;
  for (const auto& arguments :
       {Texts{}, Texts{"--prepay-id", "wx1", "--params", "-"}, Texts{"--params", "-", "--nonce", "x"},
        Texts{"--prepay-id", "wx1", "--trade-type", "NATIVE"},
        Texts{"--prepay-id", "wx1", "--timestamp", "now"}, Texts{"--prepay-id", "wx1", "--sign-type", "SHA1"},
        Texts{"--prepay-id", "wx 1"}, Texts{"--batch", "-", "--prepay-id", "wx1"},
        Texts{"--batch", "-", "--nonce", "x"}, Texts{"--batch", "-", "--explain"},
        Texts{"--batch", "-", "--trade-type", "NATIVE"}, Texts{"--batch", "-", "--timestamp", "now"},
        Texts{"--batch", ""}}) {
    CHECK(at.sign(arguments, 2)["error"]["code"] == "USAGE");
  }
  for (const std::string set : {"[1]", R"({"a":1,"a":2})", "no equals sign"}) {
    CHECK(at.sign({"--params", "-"}, 2, set)["error"]["code"] == "USAGE");
  }
}
