#include <doctest/doctest.h>

#include <set>

#include "support/market.hpp"
#include "support/raw_server.hpp"
#include "support/v2_wire.hpp"

using namespace wxpay::test;

namespace {

constexpr const char* sandbox_mch_id = "1900000109";
constexpr const char* sandbox_app_id = "wxd678efh567hg6787";
constexpr const char* sandbox_key = "wxpayctlSandboxKey00000000000000";

struct CreationMarket : Market {
  Result run(std::vector<std::string> arguments) const { return shop.run(std::move(arguments)); }
};

std::vector<std::string> native(const std::string& number) {
  return create(number, {"--trade-type", "NATIVE", "--product-id", "7"});
}

constexpr const char* scene = R"({"h5_info":{"type":"Wap","wap_url":"https://example.com","wap_name":"x"}})";

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
  CHECK(order["signType"] == "MD5");
  CHECK(order["ledger"] == "CREATED");
  CHECK(order["package"] == "prepay_id=" + text_of(order, "prepayId"));
  CHECK(order["prepayId"] == market.sandbox.order("20261123-J1")["prepayId"]);
  CHECK(text_of(order, "timeStamp").size() == 10);
  CHECK(text_of(order, "nonceStr").size() >= 16);
  CHECK(text_of(order, "nonceStr").size() <= 32);
  CHECK(order["paySign"] == v2_sign({{"appId", text_of(order, "appId")},
                                     {"timeStamp", text_of(order, "timeStamp")},
                                     {"nonceStr", text_of(order, "nonceStr")},
                                     {"package", text_of(order, "package")},
                                     {"signType", "MD5"}},
                                    sandbox_key));
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
  CHECK(order["sign"] == v2_sign(parameters, sandbox_key));
  CHECK(market.sandbox.order("20261123-A1")["totalFee"] == 1000);
}

TEST_CASE("create-order for NATIVE prints the code to show, and for H5 the link, instead of pay parameters") {
  const CreationMarket market;
  auto code = market.json(native("20261123-N1"));
  CHECK(keys_of(code) == std::vector<std::string>{"outTradeNo", "returnCode", "returnMsg", "resultCode",
                                                  "codeUrl", "prepayId", "ledger"});
  CHECK(text_of(code, "codeUrl").starts_with("weixin://"));
  CHECK(code["codeUrl"] == market.sandbox.order("20261123-N1")["codeUrl"]);

  for (const std::string type : {"H5", "MWEB"}) {
    CAPTURE(type);
    auto link = market.json({"create-order", "--out-trade-no", "20261123-" + type, "--trade-type", type,
                             "--total-fee", "5", "--scene-info", scene});
    CHECK(keys_of(link) == std::vector<std::string>{"outTradeNo", "returnCode", "returnMsg", "resultCode",
                                                    "mwebUrl", "prepayId", "ledger"});
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
                    "[profiles.sandbox]\nbody = \"new default\"\nnotify_url = \"https://example.com/n\"\n"
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
  for (const auto* number : {"20261123-S1", "20261123-S2", "20261123-S3"}) {
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

  auto used = market.json(create("20261123-S3", {"--attach", "other"}), 1);
  CHECK(used["errCode"] == "INVALID_REQUEST");
  CHECK(used["ledgerState"] == "FAILED");
  // The parameters of the order that is there are taken, and give its own prepay_id.
  auto same = market.json(create("20261123-S3"));
  CHECK(same["ledger"] == "CREATED");
  CHECK(same["prepayId"] == market.sandbox.order("20261123-S3")["prepayId"]);
}

TEST_CASE("a signed refusal makes the order FAILED, and the number is free for other parameters") {
  Shop shop;
  const auto refusal = v2_signed_xml({{"return_code", "SUCCESS"},
                                      {"return_msg", "OK"},
                                      {"appid", shop_app_id},
                                      {"mch_id", shop_mch_id},
                                      {"nonce_str", "n0nce"},
                                      {"result_code", "FAIL"},
                                      {"err_code", "NOAUTH"},
                                      {"err_code_des", "no such right"}},
                                     shop_key);
  const auto acceptance = v2_signed_xml({{"return_code", "SUCCESS"},
                                         {"return_msg", "OK"},
                                         {"appid", shop_app_id},
                                         {"mch_id", shop_mch_id},
                                         {"nonce_str", "n0nce"},
                                         {"result_code", "SUCCESS"},
                                         {"trade_type", "JSAPI"},
                                         {"prepay_id", "wx201410272009395522657a690389285100"}},
                                        shop_key);
  RawServer server{answering({http_answer(refusal), http_answer(acceptance)})};
  shop.configure(server.url(""));

  const auto refused = shop.run(create("20261123-F1", {"--json"}));
  CHECK(refused.code == 1);
  CHECK(refused.err.empty());
  CHECK(json_line(refused.out).dump() ==
        R"({"outTradeNo":"20261123-F1","returnCode":"SUCCESS","returnMsg":"OK","resultCode":"FAIL",)"
        R"("errCode":"NOAUTH","errCodeDes":"no such right","ledgerState":"FAILED"})");

  auto accepted = json_line(shop.run(create("20261123-F1", {"--json", "--total-fee", "2000"})).out);
  CHECK(accepted["ledger"] == "CREATED");
  REQUIRE(server.requests() == 2);
  CHECK(v2_element(server.received()[1], "total_fee") == "2000");
  auto shown = json_line(shop.run({"orders", "show", "20261123-F1", "--json"}).out);
  CHECK(shown["totalFee"] == 2000);
  CHECK(shown["state"] == "NOTPAY");
  REQUIRE(shown["history"].size() >= 4);
  CHECK(shown["history"][1]["to"] == "FAILED");
  CHECK(shown["history"][1]["reason"] == "NOAUTH");
}

TEST_CASE("unsigned refusals are final only where their text is known to be") {
  struct Row {
    const char* return_msg;
    int code;
    const char* state;
  };
  const Row rows[] = {{"签名失败", 3, "FAILED"},
                      {"XML格式错误", 1, "FAILED"},
                      {"不识别的参数foo", 1, "FAILED"},
                      {"系统繁忙,请稍后再试", 4, "CREATING"},
                      {"", 4, "CREATING"}};
  for (const auto& row : rows) {
    CAPTURE(row.return_msg);
    const Shop shop;
    RawServer server{
        answering({http_answer(v2_xml({{"return_code", "FAIL"}, {"return_msg", row.return_msg}}))})};
    shop.configure(server.url(""));
    const auto result = shop.run(create("20261123-U1", {"--json"}));
    CHECK(result.code == row.code);
    auto order = json_line(result.out);
    CHECK(order["ledgerState"] == row.state);
    CHECK(order["returnCode"] == "FAIL");
    CHECK(order["resultCode"] == (row.code == 4 ? "UNKNOWN" : "FAIL"));
  }
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

TEST_CASE("SYSTEMERROR and 5xx are asked again with the same bytes until there is an answer") {
  Shop shop;
  const auto accepted = v2_signed_xml({{"return_code", "SUCCESS"},
                                       {"appid", shop_app_id},
                                       {"mch_id", shop_mch_id},
                                       {"nonce_str", "n"},
                                       {"result_code", "SUCCESS"},
                                       {"trade_type", "JSAPI"},
                                       {"prepay_id", "wx1"}},
                                      shop_key);
  const auto system_error = v2_signed_xml({{"return_code", "SUCCESS"},
                                           {"appid", shop_app_id},
                                           {"mch_id", shop_mch_id},
                                           {"result_code", "FAIL"},
                                           {"err_code", "SYSTEMERROR"}},
                                          shop_key);
  RawServer server{answering({http_answer("busy", 502), http_answer(system_error), http_answer(accepted)})};
  shop.configure(server.url(""));
  CHECK(shop.run(create("20261123-B1")).code == 0);
  const auto received = server.received();
  REQUIRE(received.size() == 3);
  CHECK(received[0] == received[1]);
  CHECK(received[1] == received[2]);
}

TEST_CASE("what is sent carries every field, signed by the configured type") {
  for (const std::string type : {"MD5", "HMAC-SHA256"}) {
    CAPTURE(type);
    Shop shop;
    RawServer server{answering({http_answer("busy", 200)})};
    shop.configure(server.url(""), "sign_type = \"" + type + "\"\n");
    shop.run(create("20261123-W1", {"--attach",        "a&b<c>\"'",
                                    "--detail",        R"({"goods_detail":[]})",
                                    "--goods-tag",     "WXG",
                                    "--product-id",    "12235",
                                    "--device-info",   "013467007045764",
                                    "--limit-pay",     "no_credit",
                                    "--time-expire",   "2099-01-01T00:00:00+08:00",
                                    "--client-ip",     "123.12.12.123",
                                    "--scene-info",    scene,
                                    "--body",          "腾讯充值中心-QQ会员充值",
                                    "--profit-sharing"}));
    REQUIRE(server.requests() == 1);
    const auto request = server.received().front();
    CHECK(request.starts_with("POST " + tested_api().path(Operation::create) + " HTTP/1.1\r\n"));
    WireFields fields;
    for (const auto* name :
         {"appid",       "mch_id",       "nonce_str",      "sign_type",        "body",       "detail",
          "attach",      "out_trade_no", "total_fee",      "spbill_create_ip", "time_start", "time_expire",
          "goods_tag",   "notify_url",   "trade_type",     "product_id",       "limit_pay",  "openid",
          "device_info", "scene_info",   "profit_sharing", "fee_type"}) {
      fields[name] = v2_element(request, name);
    }
    CHECK(fields["out_trade_no"] == "20261123-W1");
    CHECK(fields["time_expire"] == "20990101000000");
    CHECK(fields["body"] == "腾讯充值中心-QQ会员充值");
    CHECK(fields["profit_sharing"] == "Y");
    CHECK(fields["limit_pay"] == "no_credit");
    // Escapes, if there are any in the text, are not part of what is signed.
    fields["attach"] = "a&b<c>\"'";
    fields["scene_info"] = scene;
    fields["detail"] = R"({"goods_detail":[]})";
    CHECK(v2_element(request, "sign") == v2_sign(fields, shop_key, type));
  }
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

TEST_CASE("an out_trade_no under six characters is accepted with a warning") {
  const CreationMarket market;
  const auto result = market.run(create("T1", {"--json"}));
  CHECK(result.code == 0);
  CHECK(result.err.starts_with("wxpayctl: warning: "));
  CHECK(json_line(result.out)["outTradeNo"] == "T1");
  CHECK(market.run(create("T1", {"-q"})).err.empty());
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
