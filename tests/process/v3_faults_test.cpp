#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <map>

#include "support/certificate_of.hpp"
#include "support/market.hpp"
#include "support/v3_signing.hpp"

// Faults that only API v3 has: certificates that change under way, and a profile that moves to it from API
// v2.
using namespace wxpay::test;

namespace {

/// A shop with an ordinary profile, of either API in turn, and a sandbox that knows its keys.
struct MovingShop {
  MovingShop() : process{shop.command({"sandbox", "serve", "--port", "0", "--json"})} {
    url = Json::parse(process.read_line()).at("listening").get<std::string>();
    shop.environment["WXPAYCTL_BASE_URL"] = url;
    const auto keys = json({"sandbox", "keys", "keys"});
    v3_lines = "api = \"v3\"\nserial_no = \"" + keys.at("serialNo").get<std::string>() +
               "\"\nprivate_key_file = \"" + keys.at("privateKeyFile").get<std::string>() +
               "\"\napiv3_key_file = \"" + keys.at("apiv3KeyFile").get<std::string>() + "\"\n";
    shop.write("keys/v2.key", v2_key);
  }
  void configure(const std::string& lines) {
    shop.write(
        "config/wxpayctl/config.toml",
        "default_profile = \"shop\"\n[profiles.shop]\nmch_id = \"1900000109\"\n"
        "app_id = \"wxd678efh567hg6787\"\nbody = \"goods\"\nnotify_url = \"https://pay.example.com/n\"\n" +
            lines);
  }
  void on_v2() { configure(v2_line()); }
  void on_v3() { configure(v3_lines); }
  void on_v3_with_the_old_key() { configure(v3_lines + v2_line()); }

  Json json(std::vector<std::string> arguments, int code = 0) const {
    arguments.emplace_back("--json");
    const auto result = shop.run(std::move(arguments));
    CAPTURE(result.err);
    CAPTURE(result.out);
    REQUIRE(result.code == code);
    return json_line(result.out);
  }
  /// A creation whose answer is lost.
  void lose(const std::string& number) const {
    json({"sandbox", "fault", "lost-reply", "--match", "unifiedorder"});
    CHECK(json(create(number), 4)["ledgerState"] == "CREATING");
  }
  std::string state(const std::string& number) const { return json({"orders", "show", number})["state"]; }

  static constexpr const char* v2_key = "wxpayctlSandboxKey00000000000000";
  std::string v2_line() const { return "key_file = \"" + shop.path("keys/v2.key").string() + "\"\n"; }

  Shop shop;
  Process process;
  std::string url;
  std::string v3_lines;
};

struct V3Market {
  V3Market()
      : process{shop.command({"sandbox", "serve", "--port", "0", "--json", "-v", "--log-file",
                              shop.path("sandbox.log").string()})} {
    shop.environment["WXPAYCTL_BASE_URL"] =
        Json::parse(process.read_line()).at("listening").get<std::string>();
    shop.environment["WXPAYCTL_PROFILE"] = "sandbox-v3";
  }
  void rotate() const { REQUIRE(shop.run({"sandbox", "rotate"}).code == 0); }
  /// How often the certificates were fetched.
  long fetches() const {
    const auto lines = lines_of(shop.read("sandbox.log"));
    return std::count_if(lines.begin(), lines.end(),
                         [](const std::string& line) { return contains(line, "GET /v3/certificates"); });
  }

  Shop shop;
  Process process;
};

std::string batch_of(int count) {
  std::string text = "outTradeNo,openid,totalFee\n";
  for (int i = 0; i < count; ++i) text += numbered("ORDER-", i) + ",oUser,1000\n";
  return text;
}

}  // namespace

TEST_CASE("certificates that change twice in the middle of a batch lose nothing: all is created") {
  const V3Market market;
  constexpr int count = 600;
  market.shop.write("batch", batch_of(count));
  Process batch{market.shop.command({"create-order", "--batch", "batch", "--rate", "300", "--json"})};
  std::string out;
  for (int i = 0; i < count; ++i) {
    if (i == 50 || i == 200) market.rotate();
    out += batch.read_line() + "\n";
  }
  const auto result = batch.wait();
  CAPTURE(result.err);
  CHECK(result.code == 0);
  for (const auto& order : json_lines(out)) {
    CAPTURE(order.dump());
    CHECK(order.at("ledger") == "CREATED");
  }
  CHECK(market.shop.run({"ledger", "check"}).code == 0);
}

TEST_CASE("certificates that change in the middle of reconcile lose nothing: every order is asked about") {
  const V3Market market;
  constexpr int count = 300;
  market.shop.write("batch", batch_of(count));
  REQUIRE(market.shop.run({"create-order", "--batch", "batch", "--rate", "100000", "-q"}).code == 0);
  for (int i = 0; i < count; i += 10) market.shop.run({"sandbox", "pay", numbered("ORDER-", i)});
  Process run{
      market.shop.command({"reconcile", "--older-than", "0s", "--rate", "300", "--details", "--json"})};
  for (int i = 0; i < 30; ++i) run.read_line();
  market.rotate();
  const auto result = run.wait();
  CAPTURE(result.err);
  CHECK(result.code == 0);
  auto summary = json_lines(result.out).back();
  CHECK(summary["checked"] == count);
  CHECK(summary["updated"] == count / 10);
  CHECK(summary["failed"] == 0);
  CHECK(summary["mismatched"] == 0);
}

TEST_CASE("kill -9 while certificates are fetched and kept leaves a list that is whole, or none") {
  const V3Market market;
  REQUIRE(market.shop.run(create("20261123-1")).code == 0);
  const auto kept = market.shop.ledger("sandbox-v3").parent_path() / "platform-certificates-1900000109";
  auto random = seeded();
  Killer killer{random};
  for (int run = 0; run < 60; ++run) {
    std::filesystem::remove(kept);
    killer.run(market.shop.command({"query", "20261123-1"}));
    const bool was_kept = std::filesystem::exists(kept);
    const auto fetches = market.fetches();
    const auto again = market.shop.run({"query", "20261123-1"});
    CAPTURE(again.err);
    CHECK(again.code == 0);
    CHECK(market.fetches() == fetches + (was_kept ? 0 : 1));
  }
  CHECK(killer.killed() > 0);
}

TEST_CASE("a profile moved to API v3 between a lost reply and the next reconcile: all is found on API v3") {
  for (const bool keeps_key : {false, true}) {
    CAPTURE(keeps_key);
    MovingShop at;
    at.on_v2();
    for (const auto* number : {"PAID-01", "OPEN-01", "AGAIN-01", "CLOSED-01"}) at.lose(number);
    at.json({"sandbox", "pay", "PAID-01"});
    // One whose request never came to anything.
    at.json({"sandbox", "fault", "html", "--match", "unifiedorder"});
    CHECK(at.json(create("NEVER-01"), 4)["ledgerState"] == "CREATING");
    if (keeps_key) {
      at.on_v3_with_the_old_key();
    } else {
      at.on_v3();
    }
    auto summary = at.json({"reconcile", "--older-than", "0s"});
    CHECK(summary["checked"] == 5);
    CHECK(summary["updated"] == 1);
    CHECK(summary["stillOpen"] == 4);
    CHECK(summary["failed"] == 0);
    CHECK(at.state("PAID-01") == "SUCCESS");
    CHECK(at.state("OPEN-01") == "NOTPAY");
    CHECK(at.state("NEVER-01") == "CREATING");
    auto again = at.json(create("AGAIN-01"));
    CHECK(again["ledger"] == "CREATED");
    CHECK(again["signType"] == "RSA");
    CHECK(at.json(create("NEVER-01"))["ledger"] == "CREATED");
    CHECK(at.json(create("PAID-01"), 1)["errCode"] == "ORDERPAID");
    CHECK(at.json({"close", "CLOSED-01"})["ledgerState"] == "CLOSED");
    CHECK(at.json({"query", "OPEN-01"})["reason"] == "NOT_PAID");
    CHECK(at.json({"ledger", "check"})["ok"] == true);
  }
}

TEST_CASE("a refund whose reply API v2 lost is finished on API v3, by each way, and refunds once") {
  MovingShop at;
  const auto cert = at.shop.write("keys/cert.pem", certificate_of("1900000109"), 0644);
  const auto key = at.shop.write("keys/cert_key.pem", data_file("keys-v3/merchant_key.pem"));
  at.configure(at.v2_line() + "cert_file = \"" + cert.string() + "\"\ncert_key_file = \"" + key.string() +
               "\"\n");
  const auto refund = [](const std::string& order) {
    return std::vector<std::string>{"refund", order, "--out-refund-no", "R-" + order, "--refund-fee", "300"};
  };
  for (const auto* order : {"AGAIN-01", "ASKED-01", "TOLD-01"}) {
    at.json(create(order));
    at.json({"sandbox", "pay", order});
    at.json({"query", order});
    at.json({"sandbox", "fault", "lost-reply", "--match", "/secapi/pay/refund"});
    CHECK(at.json(refund(order), 4)["refundState"] == "UNKNOWN");
  }
  at.on_v3();
  CHECK(at.json(refund("AGAIN-01"))["refundState"] == "PROCESSING");
  CHECK(at.json({"query-refund", "R-ASKED-01"})["resultMsg"] == "UPDATE_SUCCESS");
  CHECK(at.json({"reconcile", "--older-than", "0s"})["refundsUpdated"] == 1);
  for (const auto* order : {"AGAIN-01", "ASKED-01", "TOLD-01"}) CHECK(at.state(order) == "REFUND");
  const auto placed = json_lines(http_exchange(at.url + "/sandbox/refunds"));
  REQUIRE(placed.size() == 3);
  for (const auto& each : placed) CHECK(each.at("refundFee") == 300);
  CHECK(at.json({"ledger", "check"})["ok"] == true);
}

TEST_CASE("a prepay_id that API v2 made is signed by its rule after the move, and not without its key") {
  MovingShop at;
  at.on_v2();
  const auto made = at.json(create("20261123-1"));
  CHECK(made["signType"] == "MD5");
  at.on_v3();
  const auto refused = at.shop.run(create("20261123-1", {"--json"}));
  CHECK(refused.code == 3);
  CHECK(contains(refused.err, "made by API v2, whose key this profile does not have"));
  CHECK(contains(refused.err, "key_file"));
  CHECK(at.state("20261123-1") == "NOTPAY");
  at.on_v3_with_the_old_key();
  auto reused = at.json(create("20261123-1"));
  CHECK(reused["ledger"] == "REUSED");
  CHECK(reused["prepayId"] == made["prepayId"]);
  CHECK(reused["signType"] == "MD5");
  WireFields parameters;
  for (const auto* name : {"appId", "timeStamp", "nonceStr", "package", "signType"})
    parameters[name] = reused[name].get<std::string>();
  CHECK(api_named("v2").holds(parameters, reused["paySign"].get<std::string>()));
  // One that API v3 makes beside it is signed by API v3's.
  CHECK(at.json(create("20261123-2"))["signType"] == "RSA");
  CHECK(at.json(create("20261123-2"))["signType"] == "RSA");
  // And back: a profile of API v2 has no key for what API v3 made.
  at.on_v2();
  const auto back = at.shop.run(create("20261123-2", {"--json"}));
  CHECK(back.code == 3);
  CHECK(at.json(create("20261123-1"))["signType"] == "MD5");
}

TEST_CASE("notifications of the old kind are taken after the move while the key of API v2 is there") {
  MovingShop at;
  at.on_v2();
  at.json(create("20261123-1"));
  at.json({"sandbox", "pay", "20261123-1"});
  const auto saved = at.shop.run({"sandbox", "notify", "20261123-1", "--out", "old.xml"});
  REQUIRE(saved.code == 0);
  at.on_v3();
  auto refused = at.json({"replay-notify", "old.xml"}, 5);
  CHECK(refused["outcome"] == "BAD_SIGNATURE");
  CHECK(contains(refused["reason"].get<std::string>(), "no key of API v2"));
  CHECK(at.state("20261123-1") == "NOTPAY");
  at.on_v3_with_the_old_key();
  CHECK(at.json({"replay-notify", "old.xml"})["outcome"] == "APPLIED");
  CHECK(at.json({"query", "20261123-1"})["reason"] == "ALREADY_PAID");
  CHECK(at.json({"ledger", "check"})["ok"] == true);
}

TEST_CASE("a batch that was begun on API v2 is finished by the same command on API v3") {
  MovingShop at;
  at.on_v2();
  at.shop.write("batch", batch_of(40));
  at.json({"sandbox", "fault", "lost-reply", "--match", "unifiedorder", "--count", "10"});
  CHECK(at.shop.run({"create-order", "--batch", "batch", "--jobs", "4", "-q"}).code == 4);
  at.on_v3_with_the_old_key();
  const auto result = at.shop.run({"create-order", "--batch", "batch", "--json"});
  CAPTURE(result.err);
  CHECK(result.code == 0);
  std::map<std::string, int> counts;
  for (const auto& order : json_lines(result.out)) {
    const bool reused = order.at("ledger") == "REUSED";
    CHECK(order.at("signType") == (reused ? "MD5" : "RSA"));
    ++counts[order.at("ledger").get<std::string>()];
  }
  CHECK(counts["REUSED"] == 30);
  CHECK(counts["CREATED"] == 10);
  CHECK(at.json({"ledger", "check"})["orders"] == 40);
}
