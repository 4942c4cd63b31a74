#include <doctest/doctest.h>

#include "support/market.hpp"
#include "support/v3_scripted_gateway.hpp"

// Service-provider mode on API v3.
using namespace wxpay::test;

namespace {

constexpr const char* provider_lines = "sub_mch_id = \"1900000209\"\nsub_app_id = \"wx8888888888888889\"\n";
constexpr const char* sub_openid = "oSubF8uMuAJO_M2pxb1Q9zNjWeS6";

/// A service provider at a sandbox.
struct ProviderMarket {
  ProviderMarket() : process{shop.command({"sandbox", "serve", "--port", "0", "--json"})} {
    shop.environment["WXPAYCTL_BASE_URL"] =
        Json::parse(process.read_line()).at("listening").get<std::string>();
    shop.environment["WXPAYCTL_PROFILE"] = "sandbox-v3";
    serve(provider_lines);
  }
  void serve(const std::string& lines) const {
    shop.write("config/wxpayctl/config.toml", "[profiles.sandbox-v3]\n" + lines);
  }
  Json json(std::vector<std::string> arguments, int code = 0) const {
    arguments.emplace_back("--json");
    const auto result = shop.run(std::move(arguments));
    CAPTURE(result.err);
    CAPTURE(result.out);
    REQUIRE(result.code == code);
    return json_line(result.out);
  }

  Shop shop;
  Process process;
};

std::vector<std::string> create_for_sub_merchant(const std::string& number) {
  return create(number, {"--sub-openid", sub_openid});
}

/// What WeChat Pay answers to a service provider.
Json partner_payment(const std::string& number) {
  auto payment = v3_paid(number);
  for (const auto* name : {"appid", "mchid", "payer"}) payment.erase(name);
  payment["sp_appid"] = shop_app_id;
  payment["sp_mchid"] = shop_mch_id;
  payment["sub_appid"] = "wx8888888888888889";
  payment["sub_mchid"] = "1900000209";
  payment["payer"] = {{"sp_openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"}, {"sub_openid", sub_openid}};
  return payment;
}

std::string first_line(const std::string& request) { return request.substr(0, request.find("\r\n")); }
Json body_of(const std::string& request) { return Json::parse(request.substr(request.find("\r\n\r\n") + 4)); }

}  // namespace

TEST_CASE("a service provider's order is made, paid, told of, asked about by both numbers, and closed") {
  const ProviderMarket market;
  for (const auto* number : {"20261123-1", "20261123-2", "20261123-3", "20261123-4"}) {
    auto made = market.json(create_for_sub_merchant(number));
    CHECK(made["ledger"] == "CREATED");
    CHECK(made["appId"] == "wx8888888888888889");
    CHECK(made["signType"] == "RSA");
  }
  const auto paid = market.json({"sandbox", "pay", "20261123-1"});
  auto asked = market.json({"query", "20261123-1"});
  CHECK(asked["ledgerState"] == "SUCCESS");
  CHECK(asked["resultMsg"] == "UPDATE_SUCCESS");
  auto by_transaction =
      market.json({"query", "--transaction-id", paid.at("transactionId").get<std::string>()});
  CHECK(by_transaction["outTradeNo"] == "20261123-1");
  CHECK(by_transaction["reason"] == "ALREADY_PAID");

  market.json({"sandbox", "pay", "20261123-2"});
  market.json({"sandbox", "notify", "20261123-2", "--out", "paid.http"});
  CHECK(market.json({"replay-notify", "paid.http"})["outcome"] == "APPLIED");
  CHECK(market.json({"close", "20261123-3"})["ledgerState"] == "CLOSED");
  market.json({"sandbox", "pay", "20261123-4"});
  auto summary = market.json({"reconcile", "--older-than", "0s"});
  CHECK(summary["updated"] == 1);
  CHECK(summary["failed"] == 0);
  CHECK(market.json({"orders", "show", "20261123-4"})["state"] == "SUCCESS");
  auto shown = market.json({"orders", "show", "20261123-1"});
  CHECK(shown["subMchId"] == "1900000209");
  CHECK(shown["subAppId"] == "wx8888888888888889");
  CHECK(market.json({"ledger", "check"})["ok"] == true);
}

TEST_CASE("an order of one sub-merchant is neither found nor told of by the profile of another") {
  const ProviderMarket market;
  market.json(create_for_sub_merchant("20261123-1"));
  market.json({"sandbox", "pay", "20261123-1"});
  market.json({"sandbox", "notify", "20261123-1", "--out", "paid.http"});
  market.serve("sub_mch_id = \"1900000208\"\n");
  CHECK(market.json({"query", "20261123-1"}, 1)["resultMsg"] == "NO_SUCH_PAYMENT_ORDER_IN_WECHAT");
  CHECK(market.json({"replay-notify", "paid.http"}, 5)["outcome"] == "WRONG_MERCHANT");
  // Nor by the provider's own.
  market.serve("");
  CHECK(market.json({"query", "20261123-1"}, 1)["resultMsg"] == "NO_SUCH_PAYMENT_ORDER_IN_WECHAT");
  CHECK(market.json({"replay-notify", "paid.http"}, 5)["outcome"] == "WRONG_MERCHANT");
  CHECK(market.json({"orders", "show", "20261123-1"})["state"] == "NOTPAY");
  market.serve(provider_lines);
  CHECK(market.json({"replay-notify", "paid.http"})["outcome"] == "APPLIED");
}

TEST_CASE("a service provider's requests have its paths and names, and its answers must have them too") {
  RawServer gateway{[](Peer& peer) {
    while (const auto request = peer.read_request()) {
      V3Reply reply{204, ""};
      if (request->starts_with("GET ")) reply = {200, partner_payment("20261123-1").dump()};
      if (request->starts_with("POST /v3/pay/partner/transactions/jsapi"))
        reply = {200, R"({"prepay_id":"wx26112209580621e9b071c00d9e093b0000"})"};
      peer.send(reply.signed_now().bytes());
    }
  }};
  Shop shop;
  shop.configure(gateway.url(""), provider_lines, api_named("v3"));
  CHECK(shop.run(create_for_sub_merchant("20261123-1")).code == 0);
  CHECK(shop.run({"close", "20261123-1"}).code == 0);
  auto asked = json_line(shop.run({"query", "20261123-1", "--json"}).out);
  CHECK(asked["note"] == "PAID_AFTER_CLOSE");
  CHECK(shop.run({"query", "--transaction-id", "4200000001202611230000000001"}).code == 0);
  const auto received = gateway.received();
  REQUIRE(received.size() == 4);
  CHECK(first_line(received[0]) == "POST /v3/pay/partner/transactions/jsapi HTTP/1.1");
  const auto order = body_of(received[0]);
  CHECK(order.at("sp_appid") == shop_app_id);
  CHECK(order.at("sp_mchid") == shop_mch_id);
  CHECK(order.at("sub_appid") == "wx8888888888888889");
  CHECK(order.at("sub_mchid") == "1900000209");
  CHECK(order.at("payer").dump() == Json{{"sub_openid", sub_openid}}.dump());
  CHECK_FALSE(order.contains("appid"));
  CHECK_FALSE(order.contains("mchid"));
  CHECK(first_line(received[1]) ==
        "POST /v3/pay/partner/transactions/out-trade-no/20261123-1/close HTTP/1.1");
  CHECK(body_of(received[1]).dump() == R"({"sp_mchid":"1900000109","sub_mchid":"1900000209"})");
  CHECK(first_line(received[2]) ==
        "GET /v3/pay/partner/transactions/out-trade-no/20261123-1?sp_mchid=1900000109&sub_mchid=1900000209 "
        "HTTP/1.1");
  CHECK(first_line(received[3]) ==
        "GET /v3/pay/partner/transactions/id/4200000001202611230000000001?sp_mchid=1900000109&sub_mchid="
        "1900000209 HTTP/1.1");
  for (const auto& request : received) CHECK(contains(request, "mchid=\"1900000109\""));
}
