// The parameters that a new try overwrites stand in the history as JSON, and hashes cover that text.
#include <doctest/doctest.h>

#include <string>

#include "ledger/replaced_parameters.hpp"
#include "support/ledger_fixture.hpp"

using namespace wxpay;
using namespace wxpay::test::ledger_fixture;

namespace {

Order refused_order() {
  Order order{.intent = intent_of("T1"), .state = OrderState::failed};
  order.created_at = standing_clock().now();
  order.updated_at = standing_clock().now();
  return order;
}

std::string details_of(const Order& order) { return ledger::replaced_parameters(ledger::to_row(1, order)); }

/// The statement by which the first programs made the text.
std::string details_of_old(const std::filesystem::path& path) {
  std::string pairs{"'profit_sharing', profit_sharing, 'prepay_id', prepay_id"};
  for (const char* member :
       {"app_id", "sub_mch_id", "sub_app_id", "total_fee", "trade_type", "body", "notify_url", "client_ip",
        "openid", "sub_openid", "attach", "detail", "goods_tag", "product_id", "device_info", "limit_pay",
        "scene_info", "time_expire", "expire_in"}) {
    pairs += ", '" + std::string{member} + "', " + member;
  }
  return RawDatabase{path}.text("SELECT json_patch('{}', json_object(" + pairs + ")) FROM orders");
}

}  // namespace

TEST_CASE("the details of a new try are to the byte what they always were") {
  auto order = refused_order();
  CHECK(details_of(order) ==
        R"({"profit_sharing":0,"app_id":"wxd678efh567hg6787","total_fee":1000,"trade_type":"JSAPI",)"
        R"("body":"goods","notify_url":"https://pay.example.com/notify/order","client_ip":"127.0.0.1",)"
        R"("openid":"oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"})");
  order.intent.body = "say \"hi\"\\ / 'ok'\n\t\r\b\f\x01\x1f\x7f 详情 \xF0\x9F\x8E\x81";
  order.intent.profit_sharing = true;
  order.intent.expire_in = std::chrono::seconds{900};
  order.prepay = Prepay{PrepayId{}, {}, {}, PayScheme::md5, standing_clock().now()};
  CHECK(details_of(order) ==
        R"({"profit_sharing":1,"prepay_id":"","app_id":"wxd678efh567hg6787","total_fee":1000,)"
        R"("trade_type":"JSAPI","body":"say \"hi\"\\ / 'ok'\n\t\r\b\f\u0001\u001f)"
        "\x7f 详情 \xF0\x9F\x8E\x81"
        R"(","notify_url":"https://pay.example.com/notify/order","client_ip":"127.0.0.1",)"
        R"("openid":"oUpF8uMuAJO_M2pxb1Q9zNjWeS6o","expire_in":900})");
}

TEST_CASE("the details of a new try are what the first programs had SQLite make") {
  const LedgerFolder folder;
  auto order = refused_order();
  std::string all;
  for (int c = 1; c < 0x80; ++c) all += static_cast<char>(c);
  auto& intent = order.intent;
  for (auto* text : {&intent.body, &intent.attach, &intent.detail, &intent.goods_tag, &intent.product_id,
                     &intent.device_info, &intent.limit_pay, &intent.scene_info, &intent.sub_openid}) {
    // Also what is turned on terminals, a control character of two bytes, and what is no UTF-8.
    *text = "{\"a\": null} \xE8\xAF\xA6\\u0041\xE2\x80\xAE\xC2\x9B\xFF" + all;
  }
  intent.merchant.sub_mch_id = MerchantId{"1900000200"};
  intent.merchant.sub_app_id = AppId{"wxd678efh567hg6788"};
  intent.time_expire = standing_clock().now();
  intent.expire_in = std::chrono::seconds{900};
  const auto ledger = open_ledger(folder.ledger());
  REQUIRE(ledger->import({&order, 1}) == 1);
  CHECK(details_of(order) == details_of_old(folder.ledger()));
}
