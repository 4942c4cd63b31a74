#include <doctest/doctest.h>
#include <sys/stat.h>

#include "support/scripted_gateway.hpp"
#include "support/v2_wire.hpp"

using namespace wxpay::test;

namespace {

using Texts = std::vector<std::string>;
constexpr const char* file_name = "config/wxpayctl/config.toml";

unsigned mode_of(const std::filesystem::path& file) {
  struct stat found {};
  REQUIRE(::stat(file.c_str(), &found) == 0);
  return found.st_mode & 0777U;
}

/// The checks of a doctor's run by name.
std::map<std::string, Json> diagnosis(const Result& result) {
  std::map<std::string, Json> checks;
  for (const auto& check : json_lines(result.out)) checks[check.at("check")] = check;
  return checks;
}

}  // namespace

TEST_CASE("init writes a private configuration from options, and it works") {
  const Shop shop;
  shop.write("shop.key", shop_key);
  const auto result = shop.run({"init", "-p", "shop", "--mch-id", "1900000109", "--app-id",
                                "wx8888888888888888", "--key-file", "shop.key", "--json"});
  CHECK(result.code == 0);
  auto written = json_line(result.out);
  CHECK(written["config"] == shop.path(file_name).string());
  CHECK(written["profile"] == "shop");
  CHECK(mode_of(shop.path(file_name)) == 0600U);
  CHECK_FALSE(contains(shop.read(file_name), shop_key));
  CHECK(shop.run({"sign", "--prepay-id", "wx1"}).code == 0);
}

TEST_CASE("init never overwrites: exit 8 and the file as it was") {
  const Shop shop;
  shop.write(file_name, "# mine\n");
  const auto result =
      shop.run({"init", "--mch-id", "1900000109", "--app-id", "wx8888888888888888", "--json"});
  CHECK(result.code == 8);
  CHECK(json_line(result.err)["error"]["code"] == "FILE");
  CHECK(shop.read(file_name) == "# mine\n");
}

TEST_CASE("init off a terminal does not ask: what is missing or wrong is exit 2, and nothing is written") {
  const Shop shop;
  CHECK(shop.run({"init"}).code == 2);
  CHECK(shop.run({"init", "--mch-id", "1900000109"}).code == 2);
  CHECK(shop.run({"init", "--mch-id", "shop", "--app-id", "wx8888888888888888"}).code == 2);
  CHECK(shop.run({"init", "--mch-id", "1900000109", "--app-id", "wx8888888888888888", "--sign-type", "SHA1"})
            .code == 2);
  CHECK_FALSE(std::filesystem::exists(shop.path(file_name)));
}

TEST_CASE("init on a terminal asks; a key that is typed stays off the screen and gets a file of its own") {
  const Shop shop;
  TerminalProcess asking{shop.command({"init"})};
  asking.read_until("(Enter for v3): ");
  asking.type("v2\n");
  asking.read_until("(mch_id): ");
  asking.type("nineteen\n");
  asking.read_until("is not a number");
  asking.type("1900000109\n");
  asking.read_until("(app_id, wx…): ");
  asking.type("wx8888888888888888\n");
  asking.read_until("(Enter for MD5): ");
  asking.type("\n");
  asking.read_until("(Enter for none): ");
  asking.type("\n");
  asking.read_until("API v2 key");
  asking.type(std::string{shop_key} + "\n");
  const auto result = asking.wait();
  CHECK(result.code == 0);
  CHECK_FALSE(contains(result.out, shop_key));
  CHECK(mode_of(shop.path(file_name)) == 0600U);
  CHECK_FALSE(contains(shop.read(file_name), shop_key));
  const auto sign = shop.run({"sign", "--params", "-", "--json"}, "a=1\n");
  CHECK(sign.code == 0);
  CHECK(json_line(sign.out)["sign"] == v2_sign({{"a", "1"}}, shop_key));
}

TEST_CASE("Ctrl-C at a question of init is 130, and nothing is written") {
  const Shop shop;
  TerminalProcess asking{shop.command({"init", "--mch-id", "1900000109"})};
  asking.read_until("(Enter for v3): ");
  asking.type("\n");
  asking.read_until("(app_id, wx…): ");
  asking.type("\x03");
  CHECK(asking.wait().code == 130);
  CHECK_FALSE(std::filesystem::exists(shop.path(file_name)));
}

TEST_CASE("doctor finds nothing wrong with the sandbox, a line a check, and makes no ledger") {
  Shop shop;
  const Sandbox sandbox{shop};
  const auto result = shop.run({"doctor", "--json"});
  CHECK(result.code == 0);
  CHECK(result.err.empty());
  auto checks = diagnosis(result);
  for (const auto* name : {"config", "key", "ledger", "gateway", "clock"}) {
    CAPTURE(std::string{name});
    REQUIRE(checks.count(name) == 1);
    CHECK(checks[name]["status"] == "OK");
  }
  CHECK_FALSE(std::filesystem::exists(shop.ledger()));
  CHECK(sandbox.orders().empty());
}

TEST_CASE("doctor names what fails and goes on as far as it can: exit 3") {
  Shop shop;
  const auto nothing = shop.run({"doctor", "--json"});
  CHECK(nothing.code == 3);
  CHECK(diagnosis(nothing)["config"]["status"] == "FAIL");
  CHECK(contains(diagnosis(nothing)["config"].value("hint", ""), "wxpayctl init"));

  ScriptedGateway gateway;
  shop.configure(gateway.server().url(""));
  gateway.spoil([](Peer& peer, const std::string& request) {
    auto answer = right_answer(request);
    answer["result_code"] = "FAIL";
    answer["err_code"] = "ORDERNOTEXIST";
    peer.send(http_answer(v2_signed_xml(answer, "Another7heticKey0123456789abcdef")));
  });
  auto checks = diagnosis(shop.run({"doctor", "--json"}));
  CHECK(checks["config"]["status"] == "OK");
  CHECK(checks["key"]["status"] == "OK");
  CHECK(checks["gateway"]["status"] == "FAIL");

  shop.write("shop.key", "short");
  const auto wrong_key = shop.run({"doctor", "--json"});
  CHECK(wrong_key.code == 3);
  CHECK(diagnosis(wrong_key)["key"]["status"] == "FAIL");

  shop.write("shop.key", shop_key);
  shop.write("state/wxpayctl/shop.db", std::string(2000, 'x'));
  const auto wrong_ledger = shop.run({"doctor", "--json"});
  CHECK(wrong_ledger.code == 3);
  CHECK(diagnosis(wrong_ledger)["ledger"]["status"] == "FAIL");
  CHECK(shop.read("state/wxpayctl/shop.db") == std::string(2000, 'x'));
}

TEST_CASE("doctor without anybody at the gateway's address is exit 3 within the deadline") {
  Shop shop;
  shop.configure("http://127.0.0.1:1");
  const auto result = shop.run({"doctor", "--json", "--timeout", "1"});
  CHECK(result.code == 3);
  CHECK(diagnosis(result)["gateway"]["status"] == "FAIL");
}

TEST_CASE("doctor warns of a clock that is far from the gateway's") {
  Shop shop;
  ScriptedGateway gateway;
  shop.configure(gateway.server().url(""));
  gateway.spoil([](Peer& peer, const std::string& request) {
    auto answer = right_answer(request);
    answer["result_code"] = "FAIL";
    answer["err_code"] = "ORDERNOTEXIST";
    peer.send(http_answer(v2_signed_xml(answer, shop_key), 200, "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
  });
  const auto result = shop.run({"doctor", "--json"});
  auto checks = diagnosis(result);
  CHECK(checks["gateway"]["status"] == "OK");
  CHECK(checks["clock"]["status"] != "OK");
  CHECK(result.code == (checks["clock"]["status"] == "FAIL" ? 3 : 0));
}
