#include <doctest/doctest.h>

#include "gateway/v2/answers.hpp"
#include "gateway/v2/requests.hpp"
#include "support/ledger_fixture.hpp"
#include "support/signed_answer.hpp"
#include "support/vectors.hpp"
#include "wxpay/time.hpp"

using namespace wxpay;
using namespace wxpay::test;
using ledger_fixture::intent_of;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

const auto now = ledger_fixture::standing_clock().now();

OrderIntent intent_for(TradeType type) {
  auto intent = intent_of("T20261123180001");
  intent.trade_type = type;
  return intent;
}

CreateOutcome creation(const std::string& body, const OrderIntent& intent = intent_for(TradeType::jsapi)) {
  return v2::read_unifiedorder({200, body, {}}, shop_account(), std::make_shared<OrderIntent>(intent), now);
}

std::string outcome_of(const nlohmann::ordered_json& vector) {
  auto account = shop_account(sign_type_of(vector));
  account.merchant.app_id = AppId{"wx8888888888888888"};
  account.key = Secret{vector.at("key").get<std::string>()};
  const HttpResponse response{200, vector.at("body").get<std::string>(), {}};
  if (vector.at("id").get<std::string>().starts_with("orderquery")) {
    const auto outcome = v2::read_orderquery(response, account, {"T1", {}});
    const auto* answer = std::get_if<QueryAnswer>(&outcome);
    return answer == nullptr ? "no answer" : "trade_state:" + answer->trade_state;
  }
  const auto outcome = v2::read_unifiedorder(
      response, account, std::make_shared<OrderIntent>(intent_for(TradeType::jsapi)), now);
  if (std::holds_alternative<Created>(outcome)) return "success";
  if (const auto* refused = std::get_if<Refused>(&outcome)) {
    if (!refused->said.verified()) return "communication_error";
    if (refused->said.code == "USERPAYING" && refused->reaction == Reaction::ask_by_query)
      return "unknown:query";
    return "business_error:" + refused->said.code;
  }
  return "unknown " + std::get<Unknown>(outcome).message;
}

}  // namespace

TEST_CASE("answers of other implementations are read as they were meant") {
  for (const auto& vector : v2_vectors("response_xml")) {
    const auto id = vector.at("id").get<std::string>();
    CAPTURE(id);
    CHECK(outcome_of(vector) == vector.at("outcome").get<std::string>());
  }
}

TEST_CASE("an accepted creation gives what the order is paid with") {
  struct Row {
    TradeType type;
    Fields answer;
    const char* code_url;
    const char* mweb_url;
    std::chrono::seconds validity;
  };
  const Row rows[] = {
      {TradeType::jsapi, accepted_order(), "", "", hours{2}},
      {TradeType::app, accepted_order({{"trade_type", "APP"}}), "", "", hours{2}},
      {TradeType::native,
       accepted_order({{"trade_type", "NATIVE"}, {"code_url", "weixin://wxpay/bizpayurl?pr=1"}}),
       "weixin://wxpay/bizpayurl?pr=1", "", hours{2}},
      {TradeType::mweb,
       accepted_order({{"trade_type", "MWEB"}, {"mweb_url", "https://wx.tenpay.com/?a=1&b=2"}}), "",
       "https://wx.tenpay.com/?a=1&b=2", minutes{5}},
  };
  for (const auto& row : rows) {
    CAPTURE(to_string(row.type));
    const auto outcome = creation(signed_answer(row.answer), intent_for(row.type));
    REQUIRE(std::holds_alternative<Created>(outcome));
    const auto& evidence = std::get<Created>(outcome).evidence;
    CHECK((evidence.source == EvidenceSource::create));
    CHECK((evidence.state == OrderState::notpay));
    CHECK(evidence.out_trade_no.text() == "T20261123180001");
    CHECK((evidence.sent && evidence.sent->total_fee == Fen{1000}));
    CHECK(evidence.digest.size() == 64);
    REQUIRE(evidence.prepay);
    CHECK(evidence.prepay->prepay_id.text() == "wx201411101639507cbf6ffd8b0779950874");
    CHECK(evidence.prepay->code_url == row.code_url);
    CHECK(evidence.prepay->mweb_url == row.mweb_url);
    CHECK((evidence.prepay->scheme == PayScheme::md5));
    CHECK((evidence.prepay->expires_at == now + row.validity));
  }
}

TEST_CASE("a prepay_id is of no use after the order's own expiry") {
  auto intent = intent_for(TradeType::jsapi);
  intent.time_expire = now + minutes{30};
  const auto outcome = creation(signed_answer(accepted_order()), intent);
  REQUIRE(std::holds_alternative<Created>(outcome));
  CHECK((std::get<Created>(outcome).evidence.prepay->expires_at == now + minutes{30}));
}

TEST_CASE("an acceptance without what it must bring is no answer") {
  struct Row {
    std::string what;
    TradeType type;
    Fields answer;
  };
  const Row rows[] = {
      {"no prepay_id", TradeType::jsapi, accepted_order({{"prepay_id", ""}})},
      {"a long prepay_id", TradeType::jsapi, accepted_order({{"prepay_id", std::string(65, 'x')}})},
      {"a prepay_id of two lines", TradeType::jsapi, accepted_order({{"prepay_id", "wx1\nwx2"}})},
      {"NATIVE without code_url", TradeType::native, accepted_order({{"trade_type", "NATIVE"}})},
      {"H5 without mweb_url", TradeType::mweb, accepted_order({{"trade_type", "MWEB"}})},
      {"a terminal sequence in the link", TradeType::native,
       accepted_order({{"trade_type", "NATIVE"}, {"code_url", "weixin://\x7f"}})},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const auto outcome = creation(signed_answer(row.answer), intent_for(row.type));
    REQUIRE(std::holds_alternative<Unknown>(outcome));
    CHECK((std::get<Unknown>(outcome).kind == ErrorKind::gateway));
  }
}

TEST_CASE("each trade_state becomes the ledger's state") {
  struct Row {
    std::string trade_state;
    std::optional<OrderState> state;
  };
  const Row rows[] = {{"NOTPAY", OrderState::notpay},
                      {"USERPAYING", OrderState::userpaying},
                      {"ACCEPT", OrderState::userpaying},
                      {"SUCCESS", OrderState::success},
                      {"REFUND", OrderState::refund},
                      {"CLOSED", OrderState::closed},
                      {"REVOKED", OrderState::revoked},
                      {"PAYERROR", OrderState::payerror},
                      {"CREATING", std::nullopt},
                      {"FAILED", std::nullopt},
                      {"PAID", std::nullopt},
                      {"", std::nullopt}};
  for (const auto& row : rows) {
    CAPTURE(row.trade_state);
    const auto body = signed_answer(paid_order("T1", {{"trade_state", row.trade_state}}));
    const auto outcome = v2::read_orderquery({200, body, {}}, shop_account(), {"T1", {}});
    REQUIRE(std::holds_alternative<QueryAnswer>(outcome) == row.state.has_value());
    if (!row.state) {
      CHECK((std::get<Unknown>(outcome).kind == ErrorKind::gateway));
      continue;
    }
    const auto& answer = std::get<QueryAnswer>(outcome);
    CHECK(to_string(answer.evidence.state) == to_string(*row.state));
    CHECK(answer.trade_state == row.trade_state);
    CHECK(answer.trade_state_desc == "支付成功");
    CHECK((answer.evidence.total_fee == Fen{1000}));
    CHECK(answer.evidence.fee_type == "CNY");
    CHECK(answer.evidence.transaction_id.text() == "4200000001202611230000000001");
    CHECK((answer.evidence.time_end == parse_rfc3339("2026-11-23T10:00:00+08:00")));
    CHECK((answer.evidence.merchant == shop_merchant()));
  }
}

TEST_CASE("an order that nobody paid needs none of a payment's fields") {
  const auto fields = answer_fields({{"out_trade_no", "T1"}, {"trade_state", "NOTPAY"}});
  auto with_empty = fields;
  for (const char* name : {"total_fee", "time_end", "transaction_id", "fee_type"}) with_empty.add(name, "");
  for (const auto& answer : {fields, with_empty}) {
    const auto outcome = v2::read_orderquery({200, signed_answer(answer), {}}, shop_account(), {"T1", {}});
    REQUIRE(std::holds_alternative<QueryAnswer>(outcome));
    const auto& evidence = std::get<QueryAnswer>(outcome).evidence;
    CHECK_FALSE(evidence.total_fee.has_value());
    CHECK_FALSE(evidence.time_end.has_value());
    CHECK(evidence.transaction_id.empty());
  }
}

TEST_CASE("an order is asked about by either number, and the answer must be about it") {
  const auto body = signed_answer(paid_order("T1"));
  const auto ask = [&](const v2::OrderReference& asked) {
    return v2::read_orderquery({200, body, {}}, shop_account(), asked);
  };
  CHECK(std::holds_alternative<QueryAnswer>(ask({"T1", {}})));
  CHECK(std::holds_alternative<QueryAnswer>(ask({{}, "4200000001202611230000000001"})));
  for (const auto& asked : {v2::OrderReference{"T2", {}}, v2::OrderReference{{}, "42X"}}) {
    const auto outcome = ask(asked);
    REQUIRE(std::holds_alternative<Unknown>(outcome));
    CHECK((std::get<Unknown>(outcome).kind == ErrorKind::untrusted));
  }
}

TEST_CASE("a closing is done when it is done now or was done before") {
  const auto number = OutTradeNo::parse("T1");
  for (const auto& body : {signed_answer(answer_fields()), signed_refusal("ORDERCLOSED")}) {
    const auto outcome = v2::read_closeorder({200, body, {}}, shop_account(), number);
    REQUIRE(std::holds_alternative<Closed>(outcome));
    const auto& evidence = std::get<Closed>(outcome).evidence;
    CHECK((evidence.source == EvidenceSource::close));
    CHECK((evidence.state == OrderState::closed));
    CHECK(evidence.out_trade_no.text() == "T1");
    CHECK(evidence.digest.size() == 64);
  }
  const auto paid = v2::read_closeorder({200, signed_refusal("ORDERPAID"), {}}, shop_account(), number);
  REQUIRE(std::holds_alternative<Refused>(paid));
  CHECK((std::get<Refused>(paid).reaction == Reaction::ask_by_query));
  const auto other = v2::read_closeorder({200, signed_answer(answer_fields({{"out_trade_no", "T2"}})), {}},
                                         shop_account(), number);
  REQUIRE(std::holds_alternative<Unknown>(other));
  CHECK((std::get<Unknown>(other).kind == ErrorKind::untrusted));
}

TEST_CASE("only an answer that was verified is given out as verified") {
  const auto paid = paid_order("T1");
  struct Row {
    const char* name;
    std::string body;
    bool verified;
  };
  const Row rows[] = {
      {"an unknown state", signed_answer(with_changes(paid, {{"trade_state", "NEW"}})), true},
      {"no amount", signed_answer(with_changes(paid, {{"total_fee", ""}})), true},
      {"another key", signed_answer(with_changes(paid, {{"trade_state", "NEW"}}), SignType::md5, "k"), false},
      {"another app", signed_answer(with_changes(paid, {{"appid", "wx0"}})), false},
      {"a web page", "<html>", false}};
  for (const auto& row : rows) {
    CAPTURE(row.name);
    const auto outcome = v2::read_orderquery({200, row.body, {}}, shop_account(), {"T1", {}});
    REQUIRE(std::holds_alternative<Unknown>(outcome));
    CHECK(std::get<Unknown>(outcome).said.verified() == row.verified);
  }
}

TEST_CASE("an unsigned refusal of a question that both levels say is asked again") {
  for (const bool says_twice : {true, false}) {
    const std::string more = says_twice ? "<result_code>FAIL</result_code>" : "";
    const auto outcome = v2::read_orderquery(
        {200, "<xml><return_code>FAIL</return_code><return_msg>busy</return_msg>" + more + "</xml>", {}},
        shop_account(), {"T1", {}});
    REQUIRE(std::holds_alternative<Unknown>(outcome));
    CHECK(std::get<Unknown>(outcome).repeatable == says_twice);
  }
}

TEST_CASE("what WeChat Pay says carries no terminal sequence into a message") {
  const auto fields = answer_fields({{"result_code", "FAIL"},
                                     {"err_code", "NOAUTH"},
                                     {"err_code_des",
                                      "\x1b[31m\xC2\x9B"
                                      "2J无权限\n"}});
  // ESC as a byte is no XML character of a reference, but it may stand in a section.
  const auto outcome = creation(signed_answer(fields));
  REQUIRE(std::holds_alternative<Refused>(outcome));
  CHECK(std::get<Refused>(outcome).said.text == " [31m  2J无权限 ");
}

TEST_CASE("a unifiedorder holds the order's fields, those that are set, and its signature") {
  auto intent = intent_of("T1");
  const auto account = shop_account(SignType::hmac_sha256);
  const auto names = [](const Fields& fields) {
    std::string joined;
    for (const auto& field : fields) joined += field.first + " ";
    return joined;
  };
  auto request = v2::unifiedorder_request(intent, account, "nonce");
  CHECK(names(request) ==
        "appid mch_id nonce_str sign_type body out_trade_no total_fee spbill_create_ip notify_url trade_type "
        "openid sign ");
  CHECK(request.get("total_fee") == "1000");
  CHECK(request.get("sign_type") == "HMAC-SHA256");
  CHECK(verify_fields(request, SignType::hmac_sha256, account.key));

  intent.merchant.sub_mch_id = MerchantId{"1900000200"};
  intent.merchant.sub_app_id = AppId{"wxsub"};
  intent.device_info = "WEB";
  intent.detail = "{}";
  intent.attach = "a";
  intent.time_expire = *parse_wire_time("20261123120000");
  intent.goods_tag = "g";
  intent.product_id = "p";
  intent.limit_pay = "no_credit";
  intent.sub_openid = "oSub";
  intent.profit_sharing = true;
  intent.scene_info = "{}";
  request = v2::unifiedorder_request(intent, account, "nonce");
  CHECK(names(request) ==
        "appid mch_id sub_appid sub_mch_id nonce_str sign_type device_info body detail attach out_trade_no "
        "total_fee spbill_create_ip time_expire goods_tag notify_url trade_type product_id limit_pay openid "
        "sub_openid profit_sharing scene_info sign ");
  CHECK(request.get("time_expire") == "20261123120000");
  CHECK(request.get("profit_sharing") == "Y");
}

TEST_CASE("a query and a closing name the merchant and one number") {
  auto account = shop_account();
  account.merchant.sub_mch_id = MerchantId{"1900000200"};
  const auto by_number = v2::orderquery_request(OutTradeNo::parse("T1"), account, "nonce");
  CHECK(by_number.get("out_trade_no") == "T1");
  CHECK_FALSE(by_number.has("transaction_id"));
  CHECK(by_number.get("sub_mch_id") == "1900000200");
  CHECK_FALSE(by_number.has("sub_appid"));
  CHECK(verify_fields(by_number, SignType::md5, account.key));
  const auto by_transaction = v2::orderquery_request(TransactionId{"42"}, account, "nonce");
  CHECK(by_transaction.get("transaction_id") == "42");
  CHECK_FALSE(by_transaction.has("out_trade_no"));
  const auto closing = v2::closeorder_request(OutTradeNo::parse("T1"), account, "nonce");
  CHECK(closing.get("out_trade_no") == "T1");
  CHECK(verify_fields(closing, SignType::md5, account.key));
}
