// API v2 signs `a=1&b=2` with raw values: one signature must not serve for two documents.
#include <doctest/doctest.h>

#include "app/order_request.hpp"
#include "gateway/v2/answers.hpp"
#include "gateway/v2/notifications.hpp"
#include "gateway/v2/sign_explained.hpp"
#include "support/resplit.hpp"
#include "support/signed_answer.hpp"
#include "wire/xml.hpp"
#include "wxpay/time.hpp"

using namespace wxpay;
using namespace wxpay::test;

namespace {

/// The genuine notification of a cheap order with such a remark, and what is made of it.
struct Pair {
  explicit Pair(SignType type) {
    genuine = answer_fields({{"attach", forging_attach("VICTIM0001", "100000")},
                             {"openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},
                             {"out_trade_no", "BAIT000001"},
                             {"transaction_id", "4200000001202611230000000001"},
                             {"total_fee", "1"},
                             {"time_end", "20261123100000"}});
    if (type == SignType::hmac_sha256) genuine.add("sign_type", "HMAC-SHA256");
    genuine.add("sign", sign_fields(genuine, type, Secret{shop_key}));
    forged = resplit(genuine);
  }
  Fields genuine;
  Fields forged;
};

}  // namespace

TEST_CASE("a value holds a field where it has & its name and =") {
  struct Row {
    std::string_view value;
    std::string_view found;
  };
  const Row rows[] = {
      {"", ""},
      {"a=1&b=2", ""},
      {"total_fee=1", ""},
      {"&total_fee", ""},
      {"&total_feed=1", ""},
      {"tea & total_fee = 1", ""},
      {"&Total_fee=1", ""},
      {"x&total_fee=1", "total_fee"},
      {"x&&&out_trade_no=", "out_trade_no"},
      {"x&a=1&sub_mch_id=2", "sub_mch_id"},
      {"&coupon_fee_0=1", "coupon_fee_0"},
      {"&coupon_refund_id_0_12=1", "coupon_refund_id_0_12"},
      {"&sign=1", "sign"},
      {"&_1=1", ""},
      {"&1=1", ""},
      {"&=1", ""},
      {"&req_info=1", "req_info"},
      {"https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx2016112&package=1037687096", ""},
  };
  for (const auto& row : rows) {
    CAPTURE(std::string{row.value});
    CHECK(field_within(row.value) == row.found);
  }
}

TEST_CASE("neither the genuine message with such a remark nor one that is cut from it is believed") {
  for (const auto type : {SignType::md5, SignType::hmac_sha256}) {
    const Pair pair{type};
    const auto account = shop_account(type);
    REQUIRE(verify_fields(pair.genuine, type, account.key));
    REQUIRE(verify_fields(pair.forged, type, account.key));
    REQUIRE(pair.forged.get("out_trade_no") == "VICTIM0001");
    for (const auto* fields : {&pair.genuine, &pair.forged}) {
      const auto document = wire::to_xml(*fields);
      const auto read = v2::read_notification(document, account);
      CHECK((read.verdict == NotificationVerdict::bad_signature));
      CHECK(read.reason.find("ambiguous") != std::string::npos);
      CHECK_FALSE(read.evidence);
      CHECK(v2::is_signed(document, account));  // so that it is one document, which is refused
      const auto verdict = v2::verify_sign(*fields, {}, type, account.key);
      CHECK_FALSE(verdict.valid);
      CHECK(verdict.reason.find("ambiguous") != std::string::npos);
      CHECK(v2::explain_mismatch(*fields, type, account.key).front().find("holds &") != std::string::npos);
    }
  }
}

TEST_CASE("a remark that looks like fields of nobody's is no harm") {
  const auto fields = answer_fields({{"attach", "shop=7&table=12"},
                                     {"out_trade_no", "T20261123180001"},
                                     {"transaction_id", "4200000001202611230000000001"},
                                     {"total_fee", "1000"}});
  const auto read = v2::read_notification(signed_answer(fields), shop_account());
  CHECK((read.verdict == NotificationVerdict::paid));
}

TEST_CASE(
    "a query books such an order, as the answer is about the order asked for; other answers are refused") {
  const auto attach = forging_attach("VICTIM0001", "100000", "&trade_state=SUCCESS");
  const auto answer = signed_answer(paid_order("BAIT000001", {{"attach", attach}}));
  const HttpResponse response{200, answer, {}};
  const auto asked = v2::read_orderquery(response, shop_account(), {.out_trade_no = "BAIT000001"});
  CHECK(std::holds_alternative<QueryAnswer>(asked));
  // Cut anew it is about the other order, which nobody asked for.
  auto genuine = paid_order("BAIT000001", {{"attach", attach}});
  genuine.add("sign", sign_fields(genuine, SignType::md5, Secret{shop_key}));
  const HttpResponse forged{200, wire::to_xml(resplit(genuine)), {}};
  const auto misled = v2::read_orderquery(forged, shop_account(), {.out_trade_no = "BAIT000001"});
  REQUIRE(std::holds_alternative<Unknown>(misled));
  CHECK((std::get<Unknown>(misled).kind == ErrorKind::untrusted));

  const HttpResponse created{200, signed_answer(accepted_order({{"attach", attach}})), {}};
  OrderIntent intent{
      .merchant = shop_merchant(), .out_trade_no = OutTradeNo::trusted("BAIT000001"), .total_fee = Fen{1}};
  const auto outcome = v2::read_unifiedorder(created, shop_account(), std::make_shared<OrderIntent>(intent),
                                             *parse_rfc3339("2026-11-23T10:00:00+08:00"));
  REQUIRE(std::holds_alternative<Unknown>(outcome));
  CHECK((std::get<Unknown>(outcome).kind == ErrorKind::untrusted));
}

TEST_CASE("no order is made with a text that holds a field") {
  app::OrderDefaults defaults{.merchant = shop_merchant(),
                              .body = "tea",
                              .notify_url = "https://pay.example.com/notify",
                              .client_ip = "127.0.0.1"};
  const auto now = *parse_rfc3339("2026-11-23T10:00:00+08:00");
  const app::OrderRequest good{.out_trade_no = "T20261123180001",
                               .openid = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o",
                               .total_fee = "1000",
                               .attach = "a=1&b=2"};
  CHECK_NOTHROW(app::check_order_request(good, defaults, now));
  using Member = std::optional<std::string> app::OrderRequest::*;
  for (const Member member :
       {&app::OrderRequest::attach, &app::OrderRequest::body, &app::OrderRequest::detail,
        &app::OrderRequest::goods_tag, &app::OrderRequest::product_id, &app::OrderRequest::device_info,
        &app::OrderRequest::limit_pay, &app::OrderRequest::scene_info, &app::OrderRequest::openid,
        &app::OrderRequest::sub_openid, &app::OrderRequest::notify_url}) {
    auto request = good;
    request.*member = "https://x/&total_fee=9";
    CHECK_THROWS_WITH_AS(app::check_order_request(request, defaults, now),
                         doctest::Contains("holds &total_fee="), Error);
  }
  defaults.body = "x&mch_id=1";
  CHECK_THROWS_WITH_AS(app::check_order_request(good, defaults, now),
                       doctest::Contains("body holds &mch_id="), Error);
}
