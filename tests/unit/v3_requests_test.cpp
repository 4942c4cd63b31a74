#include "gateway/v3/requests.hpp"

#include <doctest/doctest.h>

#include <functional>

#include "support/ledger_fixture.hpp"
#include "support/signed_answer.hpp"
#include "wxpay/time.hpp"

using namespace wxpay;
using namespace wxpay::test;

namespace {

OrderIntent order(TradeType type) {
  auto intent = ledger_fixture::intent_of("T20261123180001");
  intent.merchant = shop_merchant();
  intent.trade_type = type;
  intent.body = "腾讯充值中心-QQ会员充值";
  intent.client_ip = "2408:8000:1010:1::8";
  if (type != TradeType::jsapi) intent.openid.clear();
  return intent;
}

OrderIntent order_of_partner(TradeType type) {
  auto intent = order(type);
  intent.merchant.sub_mch_id = MerchantId{"1900000209"};
  return intent;
}

std::string body_of(const OrderIntent& intent) { return v3::create_request(intent).body; }

constexpr const char* own = R"({"appid":"wxd678efh567hg6787","mchid":"1900000109",)";
constexpr const char* description =
    R"("description":"腾讯充值中心-QQ会员充值","out_trade_no":"T20261123180001",)";
constexpr const char* notify_url = R"("notify_url":"https://pay.example.com/notify/order",)";
constexpr const char* amount = R"("amount":{"total":1000,"currency":"CNY"},)";
constexpr const char* scene = R"("scene_info":{"payer_client_ip":"2408:8000:1010:1::8"}})";

std::string text(std::initializer_list<std::string_view> parts) {
  std::string all;
  for (const auto part : parts) all.append(part);
  return all;
}

}  // namespace

TEST_CASE("each product has its path and its body") {
  const auto jsapi = v3::create_request(order(TradeType::jsapi));
  CHECK((jsapi.method == HttpMethod::post));
  CHECK(jsapi.target == "/v3/pay/transactions/jsapi");
  CHECK(jsapi.body == text({own, description, notify_url, amount,
                            R"("payer":{"openid":"oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},)", scene}));
  for (const auto& [type, path] : {std::pair{TradeType::native, "/v3/pay/transactions/native"},
                                   {TradeType::app, "/v3/pay/transactions/app"}}) {
    const auto request = v3::create_request(order(type));
    CHECK(request.target == path);
    CHECK(request.body == text({own, description, notify_url, amount, scene}));
  }
  const auto h5 = v3::create_request(order(TradeType::mweb));
  CHECK(h5.target == "/v3/pay/transactions/h5");
  CHECK(h5.body ==
        text({own, description, notify_url, amount,
              R"("scene_info":{"payer_client_ip":"2408:8000:1010:1::8","h5_info":{"type":"Wap"}}})"}));
}

TEST_CASE("what an order has besides is sent, and what API v3 has no place for is not") {
  auto intent = order(TradeType::native);
  intent.attach = "门店\"7\"";
  intent.goods_tag = "WXG";
  intent.profit_sharing = true;
  intent.time_expire = *parse_rfc3339("2026-11-23T10:30:00Z");
  intent.product_id = "12235413214070356458058";
  intent.limit_pay = "no_credit";
  intent.device_info = "013467007045764";
  CHECK(
      body_of(intent) ==
      text(
          {own, description, R"("time_expire":"2026-11-23T18:30:00+08:00","attach":"门店\"7\"",)", notify_url,
           R"("goods_tag":"WXG",)", amount,
           R"("scene_info":{"payer_client_ip":"2408:8000:1010:1::8"},"settle_info":{"profit_sharing":true}})"}));
}

TEST_CASE("a repeated request is the same to the byte") {
  auto intent = order(TradeType::jsapi);
  intent.detail = R"({"goods_detail":[{"goods_id":"g1","price":1,"quantity":1}]})";
  intent.time_expire = *parse_rfc3339("2026-11-23T10:30:00Z");
  CHECK(body_of(intent) == body_of(intent));
}

TEST_CASE("detail and scene_info say the same in API v2's and in API v3's names") {
  auto intent = order(TradeType::native);
  const std::string in_v3 =
      R"({"cost_price":608800,"invoice_id":"微信123","goods_detail":[{"merchant_goods_id":"商品编码",)"
      R"("wechatpay_goods_id":"1001","goods_name":"iPhone6s 16G","quantity":1,"unit_price":528800}]})";
  const std::string in_v2 =
      R"({"cost_price":608800,"receipt_id":"微信123","goods_detail":[{"goods_id":"商品编码",)"
      R"("wxpay_goods_id":"1001","goods_name":"iPhone6s 16G","quantity":1,"price":528800}]})";
  for (const auto& detail : {in_v2, in_v3}) {
    intent.detail = detail;
    CHECK(body_of(intent).find("\"detail\":" + in_v3 + ",") != std::string::npos);
  }
  // One that says a thing twice is sent as it is, for WeChat Pay to name what it does not know.
  intent.detail = R"({"goods_detail":[{"goods_id":"a","merchant_goods_id":"b"}]})";
  CHECK(body_of(intent).find(intent.detail) != std::string::npos);
  auto h5 = order(TradeType::mweb);
  h5.scene_info = R"({"h5_info":{"type":"Wap","wap_url":"https://pay.qq.com","wap_name":"腾讯充值"}})";
  CHECK(body_of(h5).find(R"("scene_info":{"payer_client_ip":"2408:8000:1010:1::8","h5_info":{"type":"Wap",)"
                         R"("app_url":"https://pay.qq.com","app_name":"腾讯充值"}})") != std::string::npos);
  h5.scene_info = R"({"payer_client_ip":"203.0.113.9","h5_info":{"wap_name":"腾讯充值"}})";
  CHECK(
      body_of(h5).find(
          R"("scene_info":{"payer_client_ip":"203.0.113.9","h5_info":{"type":"Wap","app_name":"腾讯充值"}})") !=
      std::string::npos);
}

TEST_CASE("a service provider has paths and names of its own") {
  auto intent = order_of_partner(TradeType::jsapi);
  const auto request = v3::create_request(intent);
  CHECK(request.target == "/v3/pay/partner/transactions/jsapi");
  const std::string provider = R"({"sp_appid":"wxd678efh567hg6787",)";
  const std::string merchants = R"("sp_mchid":"1900000109","sub_mchid":"1900000209",)";
  CHECK(request.body == text({provider, merchants, description, notify_url, amount,
                              R"("payer":{"sp_openid":"oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},)", scene}));
  intent.merchant.sub_app_id = AppId{"wx8888888888888888"};
  intent.sub_openid = "oSubF8uMuAJO_M2pxb1Q9zNjWeS6";
  CHECK(body_of(intent) ==
        text({provider, R"("sub_appid":"wx8888888888888888",)", merchants, description, notify_url, amount,
              R"("payer":{"sub_openid":"oSubF8uMuAJO_M2pxb1Q9zNjWeS6"},)", scene}));
}

TEST_CASE("numbers stand in paths as they are signed") {
  const auto number = OutTradeNo::parse("A_-|*1");
  const auto merchant = shop_merchant();
  CHECK(v3::query_request(number, merchant).target ==
        "/v3/pay/transactions/out-trade-no/A_-%7C%2A1?mchid=1900000109");
  CHECK(v3::query_request(TransactionId{"4200000001202611230000000001"}, merchant).target ==
        "/v3/pay/transactions/id/4200000001202611230000000001?mchid=1900000109");
  const auto close = v3::close_request(number, merchant);
  CHECK(close.target == "/v3/pay/transactions/out-trade-no/A_-%7C%2A1/close");
  CHECK(close.body == R"({"mchid":"1900000109"})");
  const auto partner = order_of_partner(TradeType::jsapi).merchant;
  CHECK(v3::query_request(number, partner).target ==
        "/v3/pay/partner/transactions/out-trade-no/A_-%7C%2A1?sp_mchid=1900000109&sub_mchid=1900000209");
  CHECK(v3::query_request(TransactionId{"42"}, partner).target ==
        "/v3/pay/partner/transactions/id/42?sp_mchid=1900000109&sub_mchid=1900000209");
  const auto partner_close = v3::close_request(number, partner);
  CHECK(partner_close.target == "/v3/pay/partner/transactions/out-trade-no/A_-%7C%2A1/close");
  CHECK(partner_close.body == R"({"sp_mchid":"1900000109","sub_mchid":"1900000209"})");
}

TEST_CASE("what API v3 would refuse is told before it is sent") {
  const auto fault = [](const std::function<void(OrderIntent&)>& change) {
    auto intent = order(TradeType::jsapi);
    change(intent);
    const auto found = v3::intent_fault(intent);
    return found ? found->what : std::string{};
  };
  CHECK(fault([](OrderIntent&) {}).empty());
  CHECK(fault([](OrderIntent& intent) {
          intent.out_trade_no = OutTradeNo::parse("12345");
        }).find("fewer than the 6 characters") != std::string::npos);
  // Of H5 the payer is told by the address: one that stands for this machine fails when they pay.
  for (const std::string address : {"127.0.0.1", "::1"}) {
    const auto h5 = [&address](const std::string& scene_info) {
      return [&address, scene_info](OrderIntent& intent) {
        intent.trade_type = TradeType::mweb;
        intent.client_ip = address;
        intent.scene_info = scene_info;
      };
    };
    CHECK(fault(h5(R"({"h5_info":{"type":"Wap"}})")) ==
          "H5 needs the payer's own address, and client_ip is " + address);
    CHECK(fault(h5(R"({"payer_client_ip":"203.0.113.9"})")).empty());
  }
  CHECK(fault([](OrderIntent& intent) { intent.client_ip = "127.0.0.1"; }).empty());
  CHECK(fault([](OrderIntent& intent) { intent.detail = "[]"; }) == "detail must be a JSON object on API v3");
  CHECK(fault([](OrderIntent& intent) { intent.scene_info = R"({"id":1,"id":2})"; }) ==
        "scene_info must be a JSON object on API v3");
  constexpr const char* emoji = "\xF0\x9F\x8D\x9C";
  for (const auto& text : {std::string{"面"} + emoji, std::string{emoji}}) {
    CHECK(fault([&](OrderIntent& intent) { intent.body = text; }).starts_with("body holds a character"));
    CHECK(fault([&](OrderIntent& intent) { intent.attach = text; }).starts_with("attach holds"));
    CHECK(fault([&](OrderIntent& intent) { intent.goods_tag = text; }).starts_with("goods_tag holds"));
  }
  // An escape stands for the same character.
  CHECK(fault([](OrderIntent& intent) {
          intent.detail = R"({"receipt_id":"\ud83c\udf5c"})";
        }).starts_with("detail holds"));
}
