#include <doctest/doctest.h>

#include "support/batch_market.hpp"
#include "support/market.hpp"
#include "support/raw_server.hpp"
#include "support/v2_wire.hpp"

// What a creation sends on API v2, and what it makes of the answers that only API v2 has.
using namespace wxpay::test;

namespace {

constexpr const char* scene = R"({"h5_info":{"type":"Wap","wap_url":"https://example.com","wap_name":"x"}})";

}  // namespace

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

TEST_CASE("an out_trade_no under six characters is accepted with a warning") {
  const Market market;
  const auto result = market.shop.run(create("T1", {"--json"}));
  CHECK(result.code == 0);
  CHECK(result.err.starts_with("wxpayctl: warning: "));
  CHECK(json_line(result.out)["outTradeNo"] == "T1");
  CHECK(market.shop.run(create("T1", {"-q"})).err.empty());
}

TEST_CASE("an order that another machine placed with other parameters is FAILED here, and takes its own") {
  const Market market;
  const auto elsewhere = market.shop.path("elsewhere.db").string();
  REQUIRE(market.shop.run(create("20261123-S3", {"--ledger", elsewhere})).code == 0);
  auto used = market.json(create("20261123-S3", {"--attach", "other"}), 1);
  CHECK(used["errCode"] == "INVALID_REQUEST");
  CHECK(used["ledgerState"] == "FAILED");
  // The parameters of the order that is there are taken, and give its own prepay_id.
  auto same = market.json(create("20261123-S3"));
  CHECK(same["ledger"] == "CREATED");
  CHECK(same["prepayId"] == market.sandbox.order("20261123-S3")["prepayId"]);
}

TEST_CASE("numbers under 6 characters are taken with one warning") {
  const BatchMarket market;
  const auto result = market.batch(header + row("T1") + row("T2") + row("ORDER-1"));
  CHECK(result.code == 0);
  CHECK(contains(result.err, "warning: 2 out_trade_no have fewer than the 6 characters"));
}
