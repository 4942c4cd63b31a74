#include <doctest/doctest.h>

#include <chrono>

#include "support/market.hpp"
#include "support/raw_server.hpp"
#include "support/v3_signing.hpp"

// What a creation sends on API v3, and what it makes of the answers that only API v3 has.
using namespace wxpay::test;

namespace {

std::string signed_answer(int status, const std::string& body, std::string headers = {}) {
  for (const auto& [name, value] : v3_signature(body)) headers += name + ": " + value + "\r\n";
  return http_answer(body, status, headers);
}

std::string refusal(int status, const std::string& code, const std::string& headers = {}) {
  return signed_answer(status, Json{{"code", code}, {"message", "no such right"}}.dump(), headers);
}

std::string acceptance() {
  return signed_answer(200, R"({"prepay_id":"wx26112209580621e9b071c00d9e093b0000"})");
}

Json body_of(const std::string& request) { return Json::parse(request.substr(request.find("\r\n\r\n") + 4)); }

/// The value of a header of a request.
std::string header(const std::string& request, const std::string& name) {
  const auto at = request.find("\r\n" + name + ": ");
  if (at == std::string::npos) return {};
  const auto value = request.substr(at + name.size() + 4);
  return value.substr(0, value.find("\r\n"));
}

/// The value of `name="…"` of an Authorization.
std::string part(const std::string& authorization, const std::string& name) {
  const auto at = authorization.find(name + "=\"");
  REQUIRE(at != std::string::npos);
  const auto value = authorization.substr(at + name.size() + 2);
  return value.substr(0, value.find('"'));
}

struct V3Shop {
  explicit V3Shop(std::vector<std::string> answers) : server{answering(std::move(answers))} {
    shop.configure(server.url(""), {}, api_named("v3"));
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
  RawServer server;
};

}  // namespace

TEST_CASE("on API v3 a signed refusal makes the order FAILED, and the number is free for other parameters") {
  const V3Shop at{{refusal(403, "NO_AUTH"), acceptance()}};
  CHECK(at.json(create("20261123-F1"), 1).dump() ==
        R"({"outTradeNo":"20261123-F1","returnCode":"SUCCESS","returnMsg":"OK","resultCode":"FAIL",)"
        R"("errCode":"NOAUTH","errCodeDes":"no such right","ledgerState":"FAILED"})");
  CHECK(at.json(create("20261123-F1", {"--total-fee", "2000"}))["ledger"] == "CREATED");
  REQUIRE(at.server.requests() == 2);
  CHECK(body_of(at.server.received()[1])["amount"]["total"] == 2000);
  auto shown = at.json({"orders", "show", "20261123-F1"});
  CHECK(shown["totalFee"] == 2000);
  CHECK(shown["state"] == "NOTPAY");
}

TEST_CASE("on API v3 SYSTEM_ERROR and 5xx are asked again with the same body, each signed anew") {
  const V3Shop at{{http_answer("busy", 502), refusal(500, "SYSTEM_ERROR"), acceptance()}};
  CHECK(at.json(create("20261123-B1"))["ledger"] == "CREATED");
  const auto received = at.server.received();
  REQUIRE(received.size() == 3);
  CHECK(body_of(received[0]).dump() == body_of(received[1]).dump());
  CHECK(body_of(received[1]).dump() == body_of(received[2]).dump());
  CHECK(header(received[0], "Authorization") != header(received[1], "Authorization"));
}

TEST_CASE("on API v3 an unsigned refusal proves nothing: the order stays CREATING") {
  for (const int status : {400, 403, 404, 500}) {
    CAPTURE(status);
    const V3Shop at{{http_answer(R"({"code":"NO_AUTH","message":"no"})", status)}};
    auto order = at.json(create("20261123-U1", {"--timeout", "2s"}), 4);
    CHECK(order["resultCode"] == "UNKNOWN");
    CHECK(order["ledgerState"] == "CREATING");
  }
}

TEST_CASE("on API v3 SIGN_ERROR is exit 3 in every command, and the hint names what of API v3 to check") {
  const auto no = http_answer(R"({"code":"SIGN_ERROR","message":"签名错误"})", 401);
  const V3Shop at{{no, no, no}};
  auto order = at.json(create("20261123-K1"), 3);
  CHECK(order["errCode"] == "SIGNERROR");
  std::vector<Json> told{order};
  for (const auto& command :
       {std::vector<std::string>{"query", "20261123-K1"}, {"api", "GET", "/v3/certificates"}}) {
    auto arguments = command;
    arguments.emplace_back("--json");
    const auto result = at.shop.run(arguments);
    CHECK(result.code == 3);
    told.push_back(json_line(result.err)["error"]);
    CHECK(told.back()["code"] == "SIGNERROR");
  }
  for (const auto& each : told) {
    const auto hint = each["hint"].get<std::string>();
    CAPTURE(hint);
    CHECK(hint.starts_with("mch_id, serial_no and the private key"));
    CHECK(contains(hint, "doctor"));
  }
}

TEST_CASE("429 waits as long as Retry-After says if there is time, and is else FREQUENCY_LIMITED") {
  {
    const V3Shop at{{refusal(429, "FREQUENCY_LIMITED", "Retry-After: 2\r\n"), acceptance()}};
    const auto start = std::chrono::steady_clock::now();
    CHECK(at.json(create("20261123-L1"))["ledger"] == "CREATED");
    CHECK(std::chrono::steady_clock::now() - start >= std::chrono::seconds{2});
  }
  const V3Shop at{{refusal(429, "RATELIMIT_EXCEEDED", "Retry-After: 60\r\n"), acceptance()}};
  auto order = at.json(create("20261123-L2", {"--timeout", "5s"}), 4);
  CHECK(order["errCode"] == "FREQUENCY_LIMITED");
  CHECK(order["ledgerState"] == "CREATING");
  CHECK(at.server.requests() == 1);
}

TEST_CASE("what is sent on API v3 carries every field, and its Authorization holds") {
  const V3Shop at{{acceptance()}};
  at.json(create(
      "20261123-W1",
      {"--attach", "a&b<c>\"'", "--detail", R"({"cost_price":1,"goods_detail":[]})", "--goods-tag", "WXG",
       "--time-expire", "2099-01-01T00:00:00+08:00", "--client-ip", "123.12.12.123", "--scene-info",
       R"({"store_info":{"id":"SZTX001"}})", "--body", "腾讯充值中心-QQ会员充值", "--profit-sharing"}));
  REQUIRE(at.server.requests() == 1);
  const auto request = at.server.received().front();
  CHECK(request.starts_with("POST /v3/pay/transactions/jsapi HTTP/1.1\r\n"));
  CHECK(header(request, "Accept") == "application/json");
  CHECK(header(request, "Content-Type").starts_with("application/json"));
  CHECK(header(request, "User-Agent").starts_with("wxpayctl/"));
  CHECK(header(request, "Wechatpay-Serial") == v3_public_key_id);
  const Json expected{
      {"appid", shop_app_id},
      {"mchid", shop_mch_id},
      {"description", "腾讯充值中心-QQ会员充值"},
      {"out_trade_no", "20261123-W1"},
      {"time_expire", "2099-01-01T00:00:00+08:00"},
      {"attach", "a&b<c>\"'"},
      {"notify_url", "https://pay.example.com/notify"},
      {"goods_tag", "WXG"},
      {"amount", {{"total", 1000}, {"currency", "CNY"}}},
      {"payer", {{"openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"}}},
      {"detail", {{"cost_price", 1}, {"goods_detail", Json::array()}}},
      {"scene_info", {{"payer_client_ip", "123.12.12.123"}, {"store_info", {{"id", "SZTX001"}}}}},
      {"settle_info", {{"profit_sharing", true}}}};
  CHECK(nlohmann::json::parse(body_of(request).dump()) == nlohmann::json::parse(expected.dump()));

  const auto authorization = header(request, "Authorization");
  CHECK(authorization.starts_with("WECHATPAY2-SHA256-RSA2048 "));
  CHECK(part(authorization, "mchid") == shop_mch_id);
  CHECK(part(authorization, "serial_no") == v3_merchant_serial);
  const auto text = "POST\n/v3/pay/transactions/jsapi\n" + part(authorization, "timestamp") + "\n" +
                    part(authorization, "nonce_str") + "\n" + request.substr(request.find("\r\n\r\n") + 4) +
                    "\n";
  CHECK(v3_holds(v3_key_file("merchant_key.pem"), text, part(authorization, "signature")));
}

TEST_CASE("on API v3 an out_trade_no under six characters is wrong usage, and nothing is sent or written") {
  const V3Shop at{{acceptance()}};
  const auto result = at.shop.run(create("T1234", {"--json"}));
  CHECK(result.code == 2);
  CHECK(contains(result.err, "T1234"));
  CHECK(at.server.requests() == 0);
  CHECK_FALSE(std::filesystem::exists(at.shop.ledger("shop")));
}

TEST_CASE(
    "on API v3 a record of a batch whose number has under six characters is bad, and the others are sent") {
  const V3Shop at{{acceptance()}};
  at.shop.write("batch", "outTradeNo,openid,totalFee\nT1,o1,1000\n20261123-B1,o1,1000\n");
  const auto result = at.shop.run({"create-order", "--batch", "batch", "--json"});
  CHECK(result.code == 1);
  const auto results = json_lines(result.out);
  REQUIRE(results.size() == 2);
  CHECK(results[0].at("errCode") == "PARAM_ERROR");
  CHECK(results[1].at("ledger") == "CREATED");
  CHECK(at.server.requests() == 1);
}
