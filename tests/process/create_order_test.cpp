#include <doctest/doctest.h>

#include <set>

#include "support/market.hpp"
#include "support/raw_server.hpp"

using namespace wxpay::test;

namespace {

constexpr const char* sandbox_mch_id = "1900000109";
constexpr const char* sandbox_app_id = "wxd678efh567hg6787";

struct CreationMarket : Market {
  Result run(std::vector<std::string> arguments) const { return shop.run(std::move(arguments)); }
};

std::vector<std::string> native(const std::string& number) {
  return create(number, {"--trade-type", "NATIVE", "--product-id", "7"});
}

constexpr const char* scene = R"({"h5_info":{"type":"Wap","wap_url":"https://example.com","wap_name":"x"}})";

/// What the result of an order has that is paid by a link or code.
std::vector<std::string> link_keys(const std::string& link) {
  std::vector<std::string> keys{"outTradeNo", "returnCode", "returnMsg", "resultCode", link};
  if (tested_api().has_prepay_id_with_link) keys.emplace_back("prepayId");
  keys.emplace_back("ledger");
  return keys;
}

std::string text_of(const Json& object, const char* key) { return object.at(key).get<std::string>(); }

}  // namespace

TEST_CASE("create-order for JSAPI prints the pay parameters of wx.requestPayment, signed") {
  const CreationMarket market;
  auto order = market.json(create("20261123-J1"));

  CHECK(keys_of(order) == std::vector<std::string>{"outTradeNo", "returnCode", "returnMsg", "resultCode",
                                                   "appId", "timeStamp", "nonceStr", "package", "signType",
                                                   "paySign", "prepayId", "ledger"});
  CHECK(order["outTradeNo"] == "20261123-J1");
  CHECK(order["returnCode"] == "SUCCESS");
  CHECK(order["returnMsg"] == "OK");
  CHECK(order["resultCode"] == "SUCCESS");
  CHECK(order["appId"] == sandbox_app_id);
  CHECK(order["signType"] == tested_api().sign_type);
  CHECK(order["ledger"] == "CREATED");
  CHECK(order["package"] == "prepay_id=" + text_of(order, "prepayId"));
  CHECK(order["prepayId"] == market.sandbox.order("20261123-J1")["prepayId"]);
  CHECK(text_of(order, "timeStamp").size() == 10);
  CHECK(text_of(order, "nonceStr").size() >= 16);
  CHECK(text_of(order, "nonceStr").size() <= 32);
  WireFields parameters;
  for (const auto* name : {"appId", "timeStamp", "nonceStr", "package", "signType"}) {
    parameters[name] = text_of(order, name);
  }
  CHECK(tested_api().holds(parameters, text_of(order, "paySign")));
}

TEST_CASE("create-order for APP prints the parameters of the APP SDK, signed") {
  const CreationMarket market;
  auto order = market.json(
      {"create-order", "--out-trade-no", "20261123-A1", "--trade-type", "APP", "--amount", "10.00"});

  CHECK(keys_of(order) == std::vector<std::string>{"outTradeNo", "returnCode", "returnMsg", "resultCode",
                                                   "appid", "partnerid", "prepayid", "package", "noncestr",
                                                   "timestamp", "sign", "prepayId", "ledger"});
  CHECK(order["appid"] == sandbox_app_id);
  CHECK(order["partnerid"] == sandbox_mch_id);
  CHECK(order["package"] == "Sign=WXPay");
  CHECK(order["prepayid"] == order["prepayId"]);
  WireFields parameters;
  for (const auto* name : {"appid", "partnerid", "prepayid", "package", "noncestr", "timestamp"}) {
    parameters[name] = text_of(order, name);
  }
  CHECK(tested_api().holds(parameters, text_of(order, "sign")));
  CHECK(market.sandbox.order("20261123-A1")["totalFee"] == 1000);
}

TEST_CASE("create-order for NATIVE prints the code to show, and for H5 the link, instead of pay parameters") {
  const CreationMarket market;
  auto code = market.json(native("20261123-N1"));
  CHECK(keys_of(code) == link_keys("codeUrl"));
  CHECK(text_of(code, "codeUrl").starts_with("weixin://"));
  CHECK(code["codeUrl"] == market.sandbox.order("20261123-N1")["codeUrl"]);

  for (const std::string type : {"H5", "MWEB"}) {
    CAPTURE(type);
    auto link = market.json({"create-order", "--out-trade-no", "20261123-" + type, "--trade-type", type,
                             "--total-fee", "5", "--scene-info", scene, "--client-ip", "203.0.113.7"});
    CHECK(keys_of(link) == link_keys("mwebUrl"));
    CHECK(link["mwebUrl"] == market.sandbox.order("20261123-" + type)["mwebUrl"]);
    CHECK(market.sandbox.order("20261123-" + type)["tradeType"] == "MWEB");
  }
}

TEST_CASE("create-order gives the same result as CSV with a header, and as text for people") {
  const CreationMarket market;
  const auto csv = market.run(create("20261123-C1", {"-o", "csv"}));
  CHECK(csv.code == 0);
  const auto lines = lines_of(csv.out);
  REQUIRE(lines.size() == 2);
  auto order = market.json(create("20261123-C1"));
  // The columns are the keys of the JSON in their order, and others may stand between them.
  std::size_t at = 0;
  for (const auto& key : keys_of(order)) {
    const auto found = ("," + lines[0] + ",").find("," + key + ",", at);
    CAPTURE(key);
    REQUIRE(found != std::string::npos);
    at = found;
  }
  CHECK(lines[1].starts_with("20261123-C1,SUCCESS,OK,SUCCESS," + std::string{sandbox_app_id} + ","));
  CHECK(contains(lines[1], "," + text_of(order, "prepayId") + ",CREATED"));

  const auto text = market.run(create("20261123-C1"));
  CHECK(text.code == 0);
  CHECK(text.err.empty());
  CHECK(contains(text.out, "20261123-C1"));
  CHECK(contains(text.out, text_of(order, "prepayId")));
  CHECK(contains(text.out, "REUSED"));
  CHECK_FALSE(contains(text.out, "\x1b"));
}

TEST_CASE("create-order again with the same parameters is answered from the ledger without a request") {
  const CreationMarket market;
  auto first = market.json(create("20261123-R1"));
  auto again = market.json(create("20261123-R1"));
  CHECK(first["ledger"] == "CREATED");
  CHECK(again["ledger"] == "REUSED");
  CHECK(again["prepayId"] == first["prepayId"]);
  CHECK(again["nonceStr"] != first["nonceStr"]);
  CHECK(market.sandbox.requests(Operation::create) == 1);

  auto code = market.json(native("20261123-R2"));
  CHECK(market.json(native("20261123-R2"))["codeUrl"] == code["codeUrl"]);
  CHECK(market.sandbox.requests() == 2);
  CHECK(market.sandbox.orders().size() == 2);
}

TEST_CASE("an expiry counts from the first creation and is compared as the duration it was given as") {
  const CreationMarket market;
  CHECK(market.json(create("20261123-E1", {"--expire-in", "30m"}))["ledger"] == "CREATED");
  CHECK(market.json(create("20261123-E1", {"--expire-in", "30m"}))["ledger"] == "REUSED");
  auto other = market.json(create("20261123-E1", {"--expire-in", "40m"}), 1);
  CHECK(other["errCode"] == "OUT_TRADE_NO_USED");
  CHECK(other["differs"] == Json{"time_expire"});
}

TEST_CASE("create-order with other parameters is refused, says what differs and sends nothing") {
  const CreationMarket market;
  market.json(create("20261123-D1"));
  struct Row {
    std::vector<std::string> more;
    std::vector<std::string> differs;
  };
  const Row rows[] = {
      {{"--total-fee", "1001"}, {"total_fee"}},
      {{"--amount", "10.01"}, {"total_fee"}},
      {{"--attach", "shelf 3"}, {"attach"}},
      {{"--body", "other goods"}, {"body"}},
      {{"--client-ip", "10.0.0.1"}, {"spbill_create_ip"}},
      {{"--notify-url", "https://example.com/other"}, {"notify_url"}},
      {{"--goods-tag", "WX", "--total-fee", "2"}, {"total_fee", "goods_tag"}},
      {{"--profit-sharing"}, {"profit_sharing"}},
  };
  for (const auto& row : rows) {
    auto refused = market.json(create("20261123-D1", row.more), 1);
    CAPTURE(refused.dump());
    CHECK(refused["resultCode"] == "FAIL");
    CHECK(refused["errCode"] == "OUT_TRADE_NO_USED");
    CHECK(refused["ledgerState"] == "NOTPAY");
    CHECK(refused["differs"].get<std::set<std::string>>() ==
          std::set<std::string>{row.differs.begin(), row.differs.end()});
  }
  CHECK(market.sandbox.requests() == 1);
  auto untouched = market.json({"orders", "show", "20261123-D1"});
  CHECK(untouched["totalFee"] == 1000);
  CHECK(untouched["history"].size() == 2);
}

TEST_CASE("a default of the profile counts only where it was given as an option") {
  CreationMarket market;
  market.json(create("20261123-P1"));
  market.shop.write("config/wxpayctl/config.toml",
                    "[profiles." + tested_api().profile +
                        "]\nbody = \"new default\"\nnotify_url = \"https://example.com/n\"\n"
                        "client_ip = \"10.1.1.1\"\n");
  CHECK(market.json(create("20261123-P1"))["ledger"] == "REUSED");
  CHECK(market.json(create("20261123-P1", {"--body", "new default"}), 1)["differs"] == Json{"body"});
}

TEST_CASE("create-order of a paid or closed order is refused without a request") {
  const CreationMarket market;
  market.json(create("20261123-X1"));
  market.json(create("20261123-X2"));
  market.sandbox.pay("20261123-X1");
  market.json({"query", "20261123-X1"});
  market.json({"close", "20261123-X2"});
  const int before = market.sandbox.requests();

  for (const auto& more : {std::vector<std::string>{}, std::vector<std::string>{"--total-fee", "7"}}) {
    auto paid = market.json(create("20261123-X1", more), 1);
    CHECK(paid["resultCode"] == "FAIL");
    CHECK(paid["errCode"] == "ORDERPAID");
    CHECK(paid["ledgerState"] == "SUCCESS");
    auto closed = market.json(create("20261123-X2", more), 1);
    CHECK(closed["errCode"] == "ORDERCLOSED");
    CHECK(closed["ledgerState"] == "CLOSED");
  }
  CHECK(market.sandbox.requests() == before);
}

TEST_CASE("what WeChat Pay refuses at creation is settled by asking it") {
  const CreationMarket market;
  // The order was placed and paid, or closed, by another machine, whose ledger is not this one.
  const auto elsewhere = market.shop.path("elsewhere.db").string();
  for (const auto* number : {"20261123-S1", "20261123-S2"}) {
    REQUIRE(market.run(create(number, {"--ledger", elsewhere})).code == 0);
  }
  market.sandbox.pay("20261123-S1");
  REQUIRE(market.run({"close", "20261123-S2", "--ledger", elsewhere}).code == 0);

  auto paid = market.json(create("20261123-S1"), 1);
  CHECK(paid["errCode"] == "ORDERPAID");
  CHECK(paid["returnCode"] == "SUCCESS");
  CHECK(paid["ledgerState"] == "SUCCESS");
  CHECK(market.json({"orders", "show", "20261123-S1"})["history"].back()["source"] == "query");

  auto closed = market.json(create("20261123-S2"), 1);
  CHECK(closed["errCode"] == "ORDERCLOSED");
  CHECK(closed["ledgerState"] == "CLOSED");
}

TEST_CASE("FREQUENCY_LIMITED is not executed: the order stays CREATING, and the next run creates it") {
  const CreationMarket market;
  market.sandbox.fault("rate-limit");
  auto limited = market.json(create("20261123-L1"), 4);
  CHECK(limited["errCode"] == "FREQUENCY_LIMITED");
  CHECK(limited["ledgerState"] == "CREATING");
  CHECK(market.sandbox.orders().empty());
  CHECK(market.json(create("20261123-L1"))["ledger"] == "CREATED");
}

TEST_CASE("--request takes one object in camelCase or in WeChat's own names, from a file or standard input") {
  const CreationMarket market;
  const std::string camel =
      R"({"outTradeNo":"20261123-Q1","openId":"oUp1","totalFee":88,"tradeType":"JSAPI","clientIp":"10.0.0.1",)"
      R"("expireIn":"30m","attach":"a","profitSharing":true})";
  const std::string snake =
      R"({"out_trade_no":"20261123-Q2","openid":"oUp1","amount":"0.88","trade_type":"JSAPI",)"
      R"("spbill_create_ip":"10.0.0.1","expire_in":"30m","attach":"a","profit_sharing":"Y"})";
  market.shop.write("order.json", camel);
  CHECK(market.json({"create-order", "--request", "order.json"})["outTradeNo"] == "20261123-Q1");
  const auto from_input = market.shop.run({"create-order", "--request", "-", "--json"}, snake);
  CHECK(from_input.code == 0);
  CHECK(json_line(from_input.out)["ledger"] == "CREATED");
  for (const auto* number : {"20261123-Q1", "20261123-Q2"}) {
    CHECK(market.sandbox.order(number)["totalFee"] == 88);
  }
  // The same order by options is the same order.
  CHECK(market.json({"create-order", "--out-trade-no", "20261123-Q1", "--openid", "oUp1", "--amount", "0.88",
                     "--client-ip", "10.0.0.1", "--expire-in", "30m", "--attach", "a",
                     "--profit-sharing"})["ledger"] == "REUSED");
}

TEST_CASE("the intent is durable before the request is sent") {
  Shop shop;
  const auto ledger = shop.ledger("shop");
  std::string shown;
  RawServer server{[&](Peer& peer) {
    peer.read_request();
    shown = shop.run({"orders", "show", "20261123-I1", "--json"}).out;
  }};
  shop.configure(server.url(""));
  const auto result = shop.run(create("20261123-I1", {"--json"}));
  CHECK(result.code == 4);
  auto order = json_line(result.out);
  CHECK(order["resultCode"] == "UNKNOWN");
  CHECK(order["errCode"] == "NETWORK");
  CHECK(order["ledgerState"] == "CREATING");
  CHECK(json_line(shown)["state"] == "CREATING");
  CHECK((std::filesystem::status(ledger).permissions() & std::filesystem::perms::all) ==
        (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
}
