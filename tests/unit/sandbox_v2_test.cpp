#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "sandbox/apis.hpp"
#include "support/sandbox_fixture.hpp"
#include "wxpay/error.hpp"

using namespace std::chrono_literals;
using wxpay::Fields;
using wxpay::SignType;
using wxpay::test::changed;
using wxpay::test::Gateway;
using wxpay::test::gateway_app_id;
using wxpay::test::gateway_mch_id;
using wxpay::test::holds;
using wxpay::test::number_request;
using wxpay::test::order_request;
using wxpay::test::read_xml;
using wxpay::test::signed_xml;

namespace {

/// result_code SUCCESS, or the err_code.
std::string outcome(const Fields& answer) {
  return answer.get("result_code") == "SUCCESS" ? "SUCCESS" : answer.get("err_code");
}

bool has_all(const Fields& answer, std::initializer_list<const char*> names) {
  for (const auto* name : names) {
    CAPTURE(name);
    CHECK(answer.has(name));
    if (!answer.has(name)) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("requests that other implementations signed are accepted") {
  std::ifstream file{WXPAY_TEST_DATA "/sandbox/request_xml.json"};
  REQUIRE(file);
  const auto vectors = nlohmann::json::parse(file);
  REQUIRE(vectors.size() == 2);
  for (const auto& vector : vectors) {
    CAPTURE(vector["id"].get<std::string>());
    Gateway gateway;
    const auto type = *wxpay::parse_sign_type(vector["sign_type"].get<std::string>());
    const auto answer = read_xml(gateway.send("/pay/unifiedorder", vector["body"].get<std::string>()).body);
    CHECK(outcome(answer) == "SUCCESS");
    CHECK(holds(answer, type));
    CHECK(answer.get("code_url").starts_with("weixin://wxpay/bizpayurl"));
  }
}

TEST_CASE("the answer is signed by the algorithm of the request") {
  for (const auto type : {SignType::md5, SignType::hmac_sha256}) {
    Gateway gateway;
    const auto named = std::string{wxpay::to_string(type)};
    const auto answer = gateway.call("/pay/unifiedorder", order_request("T1", {{"sign_type", named}}), type);
    CHECK(outcome(answer) == "SUCCESS");
    CHECK(holds(answer, type));
    CHECK(answer.get("sign").size() == (type == SignType::md5 ? 32 : 64));
    const auto refusal =
        gateway.call("/pay/orderquery", changed(number_request("T9"), {{"sign_type", named}}), type);
    CHECK(outcome(refusal) == "ORDERNOTEXIST");
    CHECK(holds(refusal, type));
  }
}

TEST_CASE("what is no acceptable request is answered unsigned, with return_code FAIL") {
  struct Row {
    std::string body;
    std::string_view said;
  };
  const auto request = order_request("T1");
  auto tampered = signed_xml(request);
  tampered.replace(tampered.find("[88]") + 1, 2, "89");
  auto twice = signed_xml(request);
  twice.insert(twice.find("<body>"), "<mch_id>1900000109</mch_id>");
  const Row rows[] = {
      {"", "post数据为空"},
      {" \n", "post数据为空"},
      {"{\"appid\":1}", "XML格式错误"},
      {"<xml><appid>", "XML格式错误"},
      {"<!DOCTYPE xml [<!ENTITY a 'b'>]><xml><appid>&a;</appid></xml>", "XML格式错误"},
      {"<xml><a><b>1</b></a></xml>", "XML格式错误"},
      {twice, "XML格式错误"},
      {"<xml><appid>\xFF</appid></xml>", "编码格式错误"},
      {tampered, "签名失败"},
      {wxpay::wire::to_xml(request), "签名失败"},
      {signed_xml(request, SignType::md5, "another key 00000000000000000000"), "签名失败"},
      {signed_xml(request, SignType::hmac_sha256), "签名失败"},
      {signed_xml(changed(request, {{"sign_type", "HMAC-SHA256"}})), "签名失败"},
      {signed_xml(changed(request, {{"sign_type", "SHA1"}})), "sign_type参数格式错误"},
      {signed_xml(changed(request, {{"mch_id", ""}})), "缺少参数mch_id"},
      {signed_xml(changed(request, {{"appid", ""}})), "缺少参数appid"},
      {signed_xml(changed(request, {{"mch_id", "1900000110"}})), "商户号mch_id不存在"},
      {signed_xml(changed(request, {{"appid", "wx1"}})), "appid与mch_id不匹配"},
      {signed_xml(changed(request, {{"colour", "red"}})), "不识别的参数colour"},
  };
  Gateway gateway;
  for (const auto& row : rows) {
    CAPTURE(row.body);
    const auto reply = gateway.send("/pay/unifiedorder", row.body);
    const auto answer = read_xml(reply.body);
    CHECK(reply.status == 200);
    CHECK(answer.get("return_code") == "FAIL");
    CHECK(answer.get("return_msg") == row.said);
    CHECK(answer.size() == 2);
  }
  CHECK(outcome(gateway.query("T1")) == "ORDERNOTEXIST");
}

TEST_CASE("the form of a unifiedorder is checked field by field") {
  struct Row {
    std::string_view name;
    std::string value;
    std::string_view expected;
  };
  const Row rows[] = {
      {"body", "", "LACK_PARAMS"},
      {"body", std::string(127, 'b'), "SUCCESS"},
      {"body", std::string(128, 'b'), "PARAM_ERROR"},
      {"nonce_str", "", "LACK_PARAMS"},
      {"nonce_str", std::string(33, 'n'), "PARAM_ERROR"},
      {"out_trade_no", "", "LACK_PARAMS"},
      {"out_trade_no", "a b", "PARAM_ERROR"},
      {"out_trade_no", std::string(33, '1'), "PARAM_ERROR"},
      {"total_fee", "", "LACK_PARAMS"},
      {"total_fee", "0", "PARAM_ERROR"},
      {"total_fee", "-1", "PARAM_ERROR"},
      {"total_fee", "1.00", "PARAM_ERROR"},
      {"total_fee", "1e3", "PARAM_ERROR"},
      {"total_fee", "10000000000", "PARAM_ERROR"},
      {"total_fee", "9999999999", "SUCCESS"},
      {"fee_type", "CNY", "SUCCESS"},
      {"fee_type", "USD", "PARAM_ERROR"},
      {"spbill_create_ip", "", "LACK_PARAMS"},
      {"spbill_create_ip", "2001:db8::1", "SUCCESS"},
      {"spbill_create_ip", "256.1.1.1", "PARAM_ERROR"},
      {"notify_url", "", "LACK_PARAMS"},
      {"notify_url", "https://example.com/n", "SUCCESS"},
      {"notify_url", "https://example.com/n?a=1", "PARAM_ERROR"},
      {"notify_url", "ftp://example.com/n", "PARAM_ERROR"},
      {"notify_url", "https://", "PARAM_ERROR"},
      {"trade_type", "", "LACK_PARAMS"},
      {"trade_type", "H5", "PARAM_ERROR"},
      {"trade_type", "MICROPAY", "PARAM_ERROR"},
      {"trade_type", "NATIVE", "LACK_PARAMS"},
      {"trade_type", "MWEB", "LACK_PARAMS"},
      {"trade_type", "APP", "SUCCESS"},
      {"openid", "", "LACK_PARAMS"},
      {"sub_openid", "oSub", "LACK_PARAMS"},
      {"time_expire", "20261123", "PARAM_ERROR"},
      {"time_expire", "20261123100030", "PARAM_ERROR"},
      {"time_start", "20261323100000", "PARAM_ERROR"},
      {"profit_sharing", "maybe", "PARAM_ERROR"},
      {"profit_sharing", "Y", "SUCCESS"},
      {"limit_pay", "no_debit", "PARAM_ERROR"},
      {"limit_pay", "no_credit", "SUCCESS"},
      {"scene_info", "{", "PARAM_ERROR"},
      {"detail", std::string(6144, 'd'), "SUCCESS"},
      {"detail", std::string(6145, 'd'), "PARAM_ERROR"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.name);
    CAPTURE(row.value);
    Gateway gateway;
    const auto answer = gateway.place(order_request("T1", {{row.name, row.value}}));
    CHECK(outcome(answer) == row.expected);
    CHECK(holds(answer));
    if (row.expected != "SUCCESS") CHECK(answer.get("err_code_des").size() > 0);
  }
  Gateway gateway;
  CHECK(outcome(gateway.place(order_request("N1", {{"trade_type", "NATIVE"}, {"product_id", "P1"}}))) ==
        "SUCCESS");
  CHECK(outcome(gateway.place(order_request(
            "W1", {{"trade_type", "MWEB"}, {"scene_info", R"({"h5_info":{"type":"Wap"}})"}}))) == "SUCCESS");
}

TEST_CASE("an order's way through the gateway is told as the documents tell it") {
  Gateway gateway;
  const auto placed = gateway.place(order_request("T1", {{"attach", "深圳分店"}, {"device_info", "WEB"}}));
  CHECK(outcome(placed) == "SUCCESS");
  has_all(placed, {"return_code", "return_msg", "appid", "mch_id", "device_info", "nonce_str", "sign",
                   "result_code", "trade_type", "prepay_id"});

  const auto unpaid = gateway.query("T1");
  CHECK(unpaid.get("trade_state") == "NOTPAY");
  CHECK(unpaid.get("out_trade_no") == "T1");
  CHECK(unpaid.get("device_info") == "WEB");
  for (const auto* paid_only :
       {"openid", "total_fee", "cash_fee", "transaction_id", "time_end", "bank_type"}) {
    CAPTURE(paid_only);
    CHECK_FALSE(unpaid.has(paid_only));
  }

  gateway.clock.advance(60s);
  CHECK(gateway.control("/sandbox/pay", R"({"outTradeNo":"T1"})").status == 200);
  const auto paid = gateway.query("T1");
  CHECK(holds(paid));
  CHECK(paid.get("trade_state") == "SUCCESS");
  CHECK(paid.get("total_fee") == "88");
  CHECK(paid.get("cash_fee") == "88");
  CHECK(paid.get("attach") == "深圳分店");
  CHECK(paid.get("time_end") == "20261123100100");
  CHECK(paid.get("openid") == "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o");
  has_all(paid,
          {"is_subscribe", "trade_type", "bank_type", "fee_type", "transaction_id", "trade_state_desc"});

  Fields by_transaction = wxpay::test::call_fields();
  by_transaction.add("transaction_id", paid.get("transaction_id"));
  by_transaction.add("out_trade_no", "T2");  // the transaction's number wins
  CHECK(gateway.call("/pay/orderquery", by_transaction).get("out_trade_no") == "T1");
  CHECK(outcome(gateway.close("T1")) == "ORDERPAID");
  CHECK(outcome(gateway.place(order_request("T1", {{"attach", "深圳分店"}, {"device_info", "WEB"}}))) ==
        "ORDERPAID");
}

TEST_CASE("a closed order is closed for good") {
  Gateway gateway;
  gateway.place(order_request("T1"));
  const auto closed = gateway.close("T1");
  CHECK(outcome(closed) == "SUCCESS");
  CHECK(closed.get("result_msg") == "OK");
  CHECK(gateway.query("T1").get("trade_state") == "CLOSED");
  CHECK(outcome(gateway.close("T1")) == "ORDERCLOSED");
  CHECK(outcome(gateway.place(order_request("T1"))) == "ORDERCLOSED");
  CHECK(gateway.control("/sandbox/pay", R"({"outTradeNo":"T1"})").status == 409);
  CHECK(outcome(gateway.close("T2")) == "ORDERNOTEXIST");
}

TEST_CASE("query and close check their form too") {
  Gateway gateway;
  const auto call = wxpay::test::call_fields();
  CHECK(outcome(gateway.call("/pay/orderquery", call)) == "LACK_PARAMS");
  CHECK(outcome(gateway.call("/pay/orderquery", changed(call, {{"transaction_id", "42x"}}))) ==
        "INVALID_TRANSACTIONID");
  CHECK(outcome(gateway.call("/pay/orderquery", changed(call, {{"transaction_id", "42"}}))) ==
        "ORDERNOTEXIST");
  CHECK(outcome(gateway.call("/pay/closeorder", call)) == "LACK_PARAMS");
  CHECK(gateway.call("/pay/closeorder", changed(number_request("T1"), {{"transaction_id", "42"}}))
            .get("return_msg") == "不识别的参数transaction_id");
}

TEST_CASE("a service provider's orders belong to one sub-merchant") {
  Gateway gateway;
  const auto request = order_request(
      "T1", {{"sub_mch_id", "1900000200"}, {"sub_appid", "wxsub"}, {"openid", ""}, {"sub_openid", "oSub"}});
  const auto placed = gateway.place(request);
  CHECK(outcome(placed) == "SUCCESS");
  CHECK(placed.get("sub_mch_id") == "1900000200");
  CHECK(placed.get("sub_appid") == "wxsub");
  CHECK(outcome(gateway.query("T1")) == "ORDERNOTEXIST");
  CHECK(outcome(gateway.close("T1")) == "ORDERNOTEXIST");
  gateway.control("/sandbox/pay", R"({"outTradeNo":"T1"})");
  const auto paid =
      gateway.call("/pay/orderquery", changed(number_request("T1"), {{"sub_mch_id", "1900000200"}}));
  CHECK(paid.get("sub_openid") == "oSub");
  CHECK(paid.get("sub_is_subscribe") == "N");
  CHECK(paid.has("openid"));
}

TEST_CASE("the gateway of one sub-merchant takes that one alone") {
  auto merchant = wxpay::test::gateway_merchant();
  merchant.sub_mch_id = wxpay::MerchantId{"1900000200"};
  Gateway parts;
  wxpay::sandbox::Service service{wxpay::test::gateway_account(merchant), parts.clock, parts.random,
                                  parts.log, parts.none};
  const auto place = [&](std::string_view sub_mch_id) {
    const auto body = signed_xml(order_request("T1", {{"sub_mch_id", sub_mch_id}}));
    return read_xml(service.handle({"POST", "/pay/unifiedorder", body}).body);
  };
  CHECK(place("").get("return_msg") == "sub_mch_id与mch_id不匹配");
  CHECK(place("1900000201").get("return_code") == "FAIL");
  CHECK(outcome(place("1900000200")) == "SUCCESS");
}

TEST_CASE("only POST is served, and only the known paths") {
  Gateway gateway;
  for (const auto* method : {"GET", "PUT", "DELETE"}) {
    const auto reply = gateway.service.handle({method, "/pay/orderquery", ""});
    CHECK(reply.status == 200);
    CHECK(read_xml(reply.body).get("return_code") == "FAIL");
    CHECK(read_xml(reply.body).get("return_msg").find("REQUIRE_POST_METHOD") == 0);
  }
  for (const auto* path : {"/", "/pay", "/pay/x", "/pay/unifiedorder/", "/secapi/pay/x", "/sandbox/x"}) {
    CAPTURE(path);
    CHECK(gateway.control(path, "{}").status == 404);
  }
}

TEST_CASE("over TLS a refund and a reversal need the merchant's certificate, and nothing else does") {
  using wxpay::sandbox::ShownCertificate;
  Gateway gateway;
  const auto refund = wxpay::test::refund_request("ORDER-20261123001", "R-20261123001", "30");
  const auto number = number_request("ORDER-20261123001");
  const auto said = [&gateway](std::string_view path, const Fields& request, ShownCertificate shown) {
    const auto body = signed_xml(request);
    const auto answer = read_xml(gateway.service.handle({"POST", path, body, {}, {}, {}, shown}).body);
    if (answer.get("return_code") == "SUCCESS") return outcome(answer);
    CHECK_FALSE(answer.has("sign"));
    return "FAIL " + answer.get("return_msg");
  };
  for (const auto* path : {"/secapi/pay/refund", "/secapi/pay/reverse"}) {
    CAPTURE(path);
    const auto& request = std::string_view{path}.ends_with("refund") ? refund : number;
    CHECK(said(path, request, ShownCertificate::none) == "FAIL ");
    CHECK(said(path, request, ShownCertificate::other) == "CERT_ERROR");
    CHECK(said(path, request, ShownCertificate::merchant) == "ORDERNOTEXIST");
    CHECK(said(path, request, ShownCertificate::not_asked) == "ORDERNOTEXIST");
    // Another's signature is no more than that, whatever is shown.
    CHECK(said(path, changed(request, {{"mch_id", "1900000110"}}), ShownCertificate::other) ==
          "FAIL 商户号mch_id不存在");
  }
  for (const auto shown : {ShownCertificate::none, ShownCertificate::other, ShownCertificate::merchant}) {
    CHECK(said("/pay/orderquery", number, shown) == "ORDERNOTEXIST");
    CHECK(said("/pay/refundquery", number, shown) == "REFUNDNOTEXIST");
    CHECK(said("/pay/micropay", number, shown) == "LACK_PARAMS");
  }
}

TEST_CASE("an order that cannot be written down is answered SYSTEMERROR") {
  struct FullDisk final : wxpay::sandbox::Journal {
    void append(const wxpay::sandbox::GatewayOrder&) override {
      throw wxpay::Error{wxpay::ErrorKind::file, "disk full"};
    }
    void append(const wxpay::sandbox::GatewayRefund&) override {}
  } disk;
  Gateway gateway{&disk};
  const auto answer = gateway.place(order_request("T1"));
  CHECK(outcome(answer) == "SYSTEMERROR");
  CHECK(holds(answer));
  CHECK(outcome(gateway.query("T1")) == "ORDERNOTEXIST");
}

TEST_CASE("a back end has taken a notification only when its document says so") {
  struct Row {
    const char* body;
    bool taken;
    const char* code;
    const char* text;
  };
  const Row rows[] = {
      {"<xml><return_code>SUCCESS</return_code><return_msg>OK</return_msg></xml>", true, "SUCCESS", "OK"},
      {"<xml><return_code>FAIL</return_code><return_msg>unknown order</return_msg></xml>", false, "FAIL",
       "unknown order"},
      {"<xml><return_code>success</return_code></xml>", false, "success", ""},
      {"SUCCESS", false, "", ""},
      {"", false, "", ""},
  };
  for (const auto& row : rows) {
    CAPTURE(std::string{row.body});
    const auto read_answer = wxpay::sandbox::find_notification_rules("v2")->read_answer;
    REQUIRE((read_answer != nullptr));
    const auto answer = read_answer(200, row.body);
    CHECK_FALSE(read_answer(500, row.body).taken);
    CHECK(answer.taken == row.taken);
    CHECK(answer.code == row.code);
    CHECK(answer.text == row.text);
  }
}
