#include <doctest/doctest.h>
#include <sys/stat.h>

#include "support/market.hpp"
#include "support/raw_server.hpp"

// The sandbox's commands for API v3, whatever the other tests run over.
using namespace wxpay::test;

namespace {

using Keys = std::vector<std::string>;

/// A shop with the built-in profile of API v3, and a sandbox that signs by these keys.
struct V3Market {
  explicit V3Market(const std::string& trust = {}) : process{serve(trust)} {
    url = Json::parse(process.read_line()).at("listening").get<std::string>();
    shop.environment["WXPAYCTL_PROFILE"] = "sandbox-v3";
    shop.environment["WXPAYCTL_BASE_URL"] = url;
  }
  Command serve(const std::string& trust) const {
    std::vector<std::string> arguments{"sandbox", "serve", "--port", "0", "--json"};
    if (!trust.empty()) arguments.insert(arguments.end(), {"--trust", trust});
    return shop.command(arguments);
  }
  Json json(std::vector<std::string> arguments, int code = 0) const {
    arguments.emplace_back("--json");
    const auto result = shop.run(std::move(arguments));
    CAPTURE(result.err);
    CAPTURE(result.out);
    REQUIRE(result.code == code);
    return json_line(result.out);
  }
  /// Makes an order and pays it.
  void sell(const std::string& number) const {
    json(create(number));
    json({"sandbox", "pay", number});
  }
  Json replay(const std::string& number, int code, std::vector<std::string> more = {}) const {
    json({"sandbox", "notify", number, "--out", "paid.http"});
    more.insert(more.begin(), {"replay-notify", "paid.http"});
    return json(more, code);
  }
  /// Gives the profile the public key that `sandbox keys` wrote.
  void trust_public_key() const {
    const auto keys = json({"sandbox", "keys", "keys"});
    shop.write("config/wxpayctl/config.toml",
               "[profiles.sandbox-v3]\npublic_key_id = \"" + keys.at("publicKeyId").get<std::string>() +
                   "\"\npublic_key_file = \"" + keys.at("publicKeyFile").get<std::string>() + "\"\n");
  }

  Shop shop;
  Process process;
  std::string url;
};

mode_t mode_of(const std::filesystem::path& path) {
  struct stat about {};
  REQUIRE(::stat(path.c_str(), &about) == 0);
  return about.st_mode & 0777U;
}

}  // namespace

TEST_CASE(
    "an order of API v3 is made, paid, asked about, told of and closed, by either kind of key and by both") {
  for (const std::string trust : {"certificate", "public-key", "both"}) {
    CAPTURE(trust);
    const V3Market market{trust};
    if (trust != "certificate") market.trust_public_key();
    market.sell("20261123-1");
    auto told = market.replay("20261123-1", 0);
    CHECK(told["outcome"] == "APPLIED");
    CHECK(market.json({"query", "20261123-1"})["reason"] == "ALREADY_PAID");
    market.json(create("20261123-2"));
    CHECK(market.json({"close", "20261123-2"})["ledgerState"] == "CLOSED");
    CHECK(market.json({"ledger", "check"})["ok"] == true);
  }
  const Shop shop;
  CHECK(shop.run({"sandbox", "serve", "--port", "0", "--trust", "none"}).code == 2);
}

TEST_CASE("sandbox keys writes what any client needs, for the owner alone, and overwrites nothing") {
  const V3Market market{"both"};
  const auto keys = market.json({"sandbox", "keys", "new/keys"});
  CHECK(keys_of(keys) == Keys{"mchId", "appId", "serialNo", "privateKeyFile", "certFile", "apiv3KeyFile",
                              "publicKeyId", "publicKeyFile", "platformCertificatesFile"});
  CHECK(keys["mchId"] == "1900000109");
  const std::pair<const char*, const char*> rows[] = {
      {"privateKeyFile", "-----BEGIN PRIVATE KEY-----\n"},
      {"certFile", "-----BEGIN CERTIFICATE-----\n"},
      {"publicKeyFile", "-----BEGIN PUBLIC KEY-----\n"},
      {"platformCertificatesFile", "-----BEGIN CERTIFICATE-----\n"},
      {"apiv3KeyFile", "wxpayctlSandbox"},
  };
  for (const auto& row : rows) {
    const auto& key = row.first;
    CAPTURE(key);
    const std::filesystem::path path{keys.at(key).get<std::string>()};
    CHECK(path.parent_path() == market.shop.path("new/keys"));
    CHECK(market.shop.read("new/keys/" + path.filename().string()).starts_with(row.second));
    CHECK(mode_of(path) == 0600);
  }
  // An ordinary profile made of them, with nothing that is built in.
  market.shop.write(
      "config/wxpayctl/config.toml",
      "[profiles.shop]\napi = \"v3\"\nmch_id = \"1900000109\"\napp_id = \"wxd678efh567hg6787\"\n"
      "body = \"test goods\"\nnotify_url = \"https://pay.example.com/notify\"\n"
      "serial_no = \"" +
          keys.at("serialNo").get<std::string>() + "\"\nprivate_key_file = \"" +
          keys.at("privateKeyFile").get<std::string>() + "\"\napiv3_key_file = \"" +
          keys.at("apiv3KeyFile").get<std::string>() + "\"\n");
  CHECK(market.json(create("20261123-1", {"-p", "shop"}))["ledger"] == "CREATED");
  // The certificate fits the key and the merchant: what API v2 shows for refunds.
  market.shop.write("config/wxpayctl/config.toml",
                    "[profiles.shop]\nmch_id = \"1900000109\"\napp_id = \"wxd678efh567hg6787\"\n"
                    "key = \"wxpayctlSandboxKey00000000000000\"\ncert_file = \"" +
                        keys.at("certFile").get<std::string>() + "\"\ncert_key_file = \"" +
                        keys.at("privateKeyFile").get<std::string>() + "\"\n");
  const auto unpaid =
      market.shop.run({"refund", "20261123-1", "--out-refund-no", "R-1", "--all", "-p", "shop", "--json"});
  CAPTURE(unpaid.err);
  CHECK(unpaid.code == 1);
  CHECK(json_line(unpaid.out)["errCode"] == "ORDER_NOT_PAID");

  const auto before = market.shop.read("new/keys/pub_key.pem");
  std::filesystem::remove(market.shop.path("new/keys/apiclient_key.pem"));
  const auto again = market.shop.run({"sandbox", "keys", "new/keys"});
  CHECK(again.code == 8);
  CHECK(contains(again.err, "is not overwritten"));
  CHECK(market.shop.read("new/keys/pub_key.pem") == before);
  CHECK_FALSE(std::filesystem::exists(market.shop.path("new/keys/apiclient_key.pem")));
}

TEST_CASE("sandbox rotate adds a certificate, which the client fetches when it first sees it") {
  const V3Market market;
  market.sell("20261123-1");
  const auto serial = market.json({"sandbox", "rotate"})["serialNo"].get<std::string>();
  CHECK(serial.size() == 40);
  CHECK(market.json({"sandbox", "rotate"})["serialNo"] != serial);
  CHECK(market.json({"query", "20261123-1"})["tradeState"] == "SUCCESS");
  const V3Market alone{"public-key"};
  const auto refused = alone.shop.run({"sandbox", "rotate"});
  CHECK(refused.code == 1);
  CHECK(contains(refused.err, "no platform certificates"));
}

TEST_CASE("each fault of API v3 spoils an answer, which is not believed, and the next one is") {
  for (const std::string fault : {"wrong-serial", "stale", "wrong-sign"}) {
    CAPTURE(fault);
    const V3Market market;
    market.sell("20261123-1");
    market.json({"sandbox", "fault", fault});
    CHECK(market.shop.run({"query", "20261123-1"}).code == 5);
    CHECK(market.json({"orders", "show", "20261123-1"})["state"] == "NOTPAY");
    CHECK(market.json({"query", "20261123-1"})["ledgerState"] == "SUCCESS");
  }
  // A probe is asked again within the one request.
  const V3Market market;
  market.sell("20261123-1");
  market.json({"sandbox", "fault", "probe"});
  CHECK(market.json({"query", "20261123-1"})["ledgerState"] == "SUCCESS");
}

TEST_CASE("each fault of API v3 spoils a notification, which is not applied, and the next one is") {
  struct Row {
    std::vector<std::string> fault;
    const char* reason;
    const char* note = nullptr;
  };
  const Row rows[] = {{{"wrong-serial", "--match", "notify"}, "not trusted here"},
                      {{"probe", "--match", "notify"}, "on purpose", "PROBE"},
                      {{"wrong-sign", "--match", "notify"}, "does not hold"},
                      {{"unsigned", "--match", "notify"}, "not signed"},
                      {{"bad-cipher"}, "the APIv3 key is not the one"}};
  const V3Market market;
  int count = 0;
  for (const auto& row : rows) {
    CAPTURE(row.fault.front());
    const auto number = numbered("20261123-", ++count);
    market.sell(number);
    auto fault = row.fault;
    fault.insert(fault.begin(), {"sandbox", "fault"});
    market.json(fault);
    auto refused = market.replay(number, 5);
    CHECK(refused["outcome"] == "BAD_SIGNATURE");
    CHECK(contains(refused["reason"].get<std::string>(), row.reason));
    if (row.note != nullptr) CHECK(refused["note"] == row.note);
    CHECK(market.replay(number, 0)["outcome"] == "APPLIED");
  }
}

TEST_CASE("sandbox notify of an order of API v3 goes out with its headers, and is saved with them") {
  const V3Market market;
  market.sell("20261123-1");
  RawServer back_end{
      answering({http_answer("", 204), http_answer(R"({"code":"FAIL","message":"busy"})", 500)})};
  const auto sent = market.json({"sandbox", "notify", "20261123-1", "--to", back_end.url("/notify")});
  CHECK(sent["status"] == 204);
  const auto request = back_end.received().front();
  for (const std::string name : {"Timestamp", "Nonce", "Signature", "Serial", "Signature-Type"}) {
    CHECK(contains(request, "\r\nWechatpay-" + name + ": "));
  }
  CHECK(contains(request, "\r\nContent-Type: application/json\r\n"));
  const auto failed = market.json({"sandbox", "notify", "20261123-1", "--to", back_end.url("/notify")}, 4);
  CHECK(failed["answer"] == "FAIL");
  CHECK(failed["answerMsg"] == "busy");

  market.sell("20261123-2");
  std::string both;
  for (const auto* number : {"20261123-1", "20261123-2"}) {
    const auto saved = market.shop.run({"sandbox", "notify", number, "--out", "-"});
    CHECK(saved.code == 0);
    both += saved.out;
  }
  const auto replayed = market.shop.run({"replay-notify", "-", "--json"}, both);
  CHECK(replayed.code == 0);
  CHECK(json_lines(replayed.out).size() == 2);
  // What went over the wire is what was signed: one changed byte is found.
  market.json({"sandbox", "notify", "20261123-1", "--out", "paid.http"});
  CHECK(market.json({"sign", "--verify", "paid.http"})["valid"] == true);
  auto changed = market.shop.read("paid.http");
  changed.replace(changed.find("\"id\":\"EV-"), 9, "\"id\":\"EW-");
  market.shop.write("changed.http", changed);
  CHECK(market.json({"sign", "--verify", "changed.http"}, 5)["valid"] == false);
}

TEST_CASE("orders of both APIs share the sandbox, and each is told of as it was made") {
  const V3Market market;
  market.sell("20261123-1");
  const auto v2 = market.shop.run(create("20261123-2", {"-p", "sandbox", "--json"}));
  CHECK(v2.code == 0);
  market.json({"sandbox", "pay", "20261123-2"});
  const auto saved = market.shop.run({"sandbox", "notify", "20261123-2", "--out", "-"});
  CHECK(saved.out.starts_with("<xml>"));
  CHECK(market.shop.run({"query", "20261123-2", "-p", "sandbox"}).code == 0);
  // Either API finds the other's order.
  CHECK(market.json({"query", "20261123-2", "--read-only"})["tradeState"] == "SUCCESS");
}

TEST_CASE("the sandbox's commands speak to sandbox-v3 where the user works with it") {
  V3Market market;
  market.json(create("ORDER-2026112300001"));
  market.shop.environment.erase("WXPAYCTL_BASE_URL");
  market.shop.environment.erase("WXPAYCTL_PROFILE");
  market.shop.write(
      "config/wxpayctl/config.toml",
      "default_profile = \"sandbox-v3\"\n[profiles.sandbox-v3]\nbase_url = \"" + market.url + "\"\n");
  CHECK(market.json({"sandbox", "pay", "ORDER-2026112300001"})["tradeState"] == "SUCCESS");
}

TEST_CASE("an order that is paid by a link has no prepay_id on API v3, and none is printed") {
  const V3Market market;
  auto order = market.json({"create-order", "--out-trade-no", "ORDER-2026112300001", "--trade-type", "NATIVE",
                            "--product-id", "7", "--total-fee", "100"});
  CHECK(order["codeUrl"].get<std::string>().starts_with("weixin://"));
  CHECK_FALSE(order.contains("prepayId"));
}

TEST_CASE("a refusal of a call of API v3 that is about no order keeps its own code") {
  const V3Market market;
  const auto refused = market.shop.run({"api", "GET", "/v3/nothing-is-here"});
  CHECK(refused.code == 1);
  CHECK(contains(refused.err, "(RESOURCE_NOT_EXISTS)"));
}
