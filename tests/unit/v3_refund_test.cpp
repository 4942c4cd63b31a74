// Refunds on API v3: what is sent, and what their answers prove.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "gateway/v3/answers.hpp"
#include "gateway/v3/requests.hpp"
#include "support/fakes.hpp"
#include "support/signed_answer.hpp"
#include "support/v3_wire.hpp"
#include "support/vectors.hpp"
#include "wxpay/time.hpp"

using namespace wxpay;
using namespace wxpay::test;

namespace {

using OrderedJson = nlohmann::ordered_json;

const auto asked_at = FakeClock{}.now();
constexpr const char* their_number = "50300908092026112300012345678";

RefundIntent intent_of_refund() {
  return {.mch_id = shop_merchant().mch_id,
          .out_trade_no = OutTradeNo::parse("20261123000000000001"),
          .out_refund_no = OutRefundNo::parse("R20261123000000000001"),
          .refund_fee = Fen{345},
          .total_fee = Fen{12345},
          .reason = "商品已售完",
          .notify_url = "https://pay.example.com/notify/wechat/v3-refund"};
}

MerchantIdentity provider() {
  auto merchant = shop_merchant();
  merchant.sub_mch_id = MerchantId{"1900000209"};
  return merchant;
}

OrderedJson refund_object() {
  return {{"refund_id", their_number},
          {"out_refund_no", "R20261123000000000001"},
          {"transaction_id", "4200002611202611230000000001"},
          {"out_trade_no", "20261123000000000001"},
          {"channel", "ORIGINAL"},
          {"user_received_account", "招商银行信用卡0403"},
          {"success_time", "2026-11-23T18:20:00+08:00"},
          {"create_time", "2026-11-23T18:01:02+08:00"},
          {"status", "SUCCESS"},
          {"amount",
           {{"total", 12345},
            {"refund", 345},
            {"payer_total", 12345},
            {"payer_refund", 345},
            {"currency", "CNY"}}}};
}

RefundOutcome read_apply(const HttpResponse& response, const MerchantIdentity& merchant = shop_merchant()) {
  FixedKeys keys;
  return v3::read_refund_answer(response, keys, merchant, intent_of_refund(), asked_at, "WeChat Pay");
}

RefundOutcome read_asked(const HttpResponse& response) {
  FixedKeys keys;
  return v3::read_refund_answer(response, keys, shop_merchant(), intent_of_refund().out_refund_no, asked_at,
                                "WeChat Pay");
}

HttpResponse signed_json(const OrderedJson& body) { return v3_answer(200, body.dump(), asked_at); }

HttpResponse refusal_of(int status, const std::string& code) {
  return v3_answer(status, R"({"code":")" + code + R"(","message":"原因"})", asked_at);
}

std::string told(const RefundOutcome& outcome) {
  if (const auto* answer = std::get_if<RefundAnswer>(&outcome))
    return std::string{to_string(answer->evidence.state)};
  if (const auto* refused = std::get_if<Refused>(&outcome)) {
    const bool asks = refused->reaction == Reaction::ask_by_query;
    const bool slow = refused->reaction == Reaction::slow_down;
    const bool key = refused->reaction == Reaction::wrong_key;
    const bool none = refused->reaction == Reaction::order_unknown;
    return (asks ? "ask " : slow ? "slow " : key ? "key " : none ? "none " : "refuse ") + refused->said.code;
  }
  const auto& unknown = std::get<Unknown>(outcome);
  return (unknown.repeatable ? "again " : "") + unknown.code;
}

}  // namespace

TEST_CASE("a refund has its path and its body, as other implementations send it") {
  const auto request = v3::refund_request(intent_of_refund(), shop_merchant());
  CHECK((request.method == HttpMethod::post));
  for (const auto& vector : v3_vectors("request_signatures")) {
    if (vector.at("id") != "post-refund-pubkey-mode") continue;
    CHECK(request.target == vector.at("url_path_and_query").get<std::string>());
    CHECK(request.body == vector.at("body_utf8").get<std::string>());
  }
  CHECK(v3::refund_request(intent_of_refund(), shop_merchant()).body == request.body);
  auto intent = intent_of_refund();
  intent.reason.clear();
  intent.notify_url.clear();
  intent.funds_account = FundsAccount::available;
  CHECK(
      v3::refund_request(intent, provider()).body ==
      R"({"sub_mchid":"1900000209","out_trade_no":"20261123000000000001","out_refund_no":"R20261123000000000001",)"
      R"("funds_account":"AVAILABLE","amount":{"refund":345,"total":12345,"currency":"CNY"}})");
}

TEST_CASE("a query for a refund names it in its path, encoded, and the sub-merchant of a provider") {
  const auto number = OutRefundNo::parse("R1|a*b@shop-7_x");
  const auto own = v3::query_refund_request(number, shop_merchant());
  CHECK((own.method == HttpMethod::get));
  CHECK(own.target == "/v3/refund/domestic/refunds/R1%7Ca%2Ab%40shop-7_x");
  CHECK(v3::query_refund_request(number, provider()).target ==
        "/v3/refund/domestic/refunds/R1%7Ca%2Ab%40shop-7_x?sub_mchid=1900000209");
}

TEST_CASE("the answer to a refund and to a query for it is the same object") {
  const auto answer = signed_json(refund_object());
  const auto of_apply = read_apply(answer);
  const auto of_query = read_asked(answer);
  for (const auto* outcome : {&of_apply, &of_query}) {
    REQUIRE(std::holds_alternative<RefundAnswer>(*outcome));
    const auto& evidence = std::get<RefundAnswer>(*outcome).evidence;
    CHECK((evidence.state == RefundState::success));
    CHECK((evidence.success_at == parse_rfc3339("2026-11-23T18:20:00+08:00")));
    CHECK(evidence.refund_id.text() == their_number);
    CHECK(evidence.transaction_id.text() == "4200002611202611230000000001");
    CHECK((evidence.refund_fee == Fen{345}));
    CHECK((evidence.total_fee == Fen{12345}));
    CHECK(evidence.merchant.mch_id.text() == "1900000109");
    CHECK(evidence.digest.size() == 64);
  }
  CHECK((std::get<RefundAnswer>(of_apply).evidence.source == EvidenceSource::refund));
  CHECK((std::get<RefundAnswer>(of_query).evidence.source == EvidenceSource::query));
}

TEST_CASE("an answer about another refund, or without what it must have, is not taken") {
  struct Row {
    const char* pointer;
    OrderedJson value;  ///< discarded: the member is taken out
    const char* applied;
    const char* asked = "";  ///< empty: the same
  };
  const OrderedJson left_out(OrderedJson::value_t::discarded);
  const Row rows[] = {
      {"/out_refund_no", "R20261123000000000002", "UNTRUSTED"},
      {"/out_trade_no", "20261123000000000002", "UNTRUSTED", "SUCCESS"},
      {"/amount/refund", 346, "UNTRUSTED", "SUCCESS"},
      {"/amount/total", 12346, "UNTRUSTED", "SUCCESS"},
      {"/mchid", "1900000110", "UNTRUSTED"},
      {"/sub_mchid", "1900000209", "UNTRUSTED"},
      {"/mchid", "1900000109", "SUCCESS"},
      {"/status", "CLOSED", "REFUNDCLOSE"},
      {"/status", "ABNORMAL", "ABNORMAL"},
      {"/status", "PROCESSING", "PROCESSING"},
      {"/status", "DONE", "GATEWAY"},
      {"/status", left_out, "GATEWAY"},
      {"/status", 1, "GATEWAY"},
      {"/refund_status", "CLOSED", "GATEWAY"},
      {"/refund_id", left_out, "GATEWAY"},
      {"/out_trade_no", left_out, "GATEWAY"},
      {"/out_refund_no", left_out, "GATEWAY"},
      {"/amount", left_out, "GATEWAY"},
      {"/amount", 345, "GATEWAY"},
      {"/amount/refund", "345", "GATEWAY"},
      {"/amount/refund", 345.0, "GATEWAY"},
      {"/amount/refund", 0, "GATEWAY"},
      {"/amount/refund", -345, "GATEWAY"},
      {"/amount/refund", 12346, "GATEWAY"},
      {"/amount/total", left_out, "GATEWAY"},
      {"/success_time", "2026-11-23 18:20:00", "GATEWAY"},
      {"/success_time", left_out, "SUCCESS"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.pointer);
    CAPTURE(row.value.is_discarded() ? "left out" : row.value.dump());
    auto object = refund_object();
    const OrderedJson::json_pointer at{row.pointer};
    if (row.value.is_discarded()) {
      object.at(at.parent_pointer()).erase(at.back());
    } else {
      object[at] = row.value;
    }
    CHECK(told(read_apply(signed_json(object))) == row.applied);
    CHECK(told(read_asked(signed_json(object))) == (*row.asked == '\0' ? row.applied : row.asked));
  }
  auto forged = signed_json(refund_object());
  forged.body[10] = '9';
  CHECK(told(read_apply(forged)) == "UNTRUSTED");
  CHECK(told(read_apply({200, refund_object().dump()})) == "UNTRUSTED");
  CHECK(told(read_apply(v3_answer(200, refund_object().dump(), asked_at - std::chrono::hours{1}))) ==
        "UNTRUSTED");
}

TEST_CASE("each code of a refund and of a query for it is one reaction") {
  struct Row {
    int status;
    const char* code;
    const char* refund;
    const char* query;
  };
  const Row rows[] = {
      {400, "PARAM_ERROR", "refuse PARAM_ERROR", "refuse PARAM_ERROR"},
      {400, "INVALID_REQUEST", "ask INVALID_REQUEST", "refuse INVALID_REQUEST"},
      {401, "SIGN_ERROR", "key SIGNERROR", "key SIGNERROR"},
      {403, "NOT_ENOUGH", "refuse NOTENOUGH", "refuse NOTENOUGH"},
      {403, "USER_ACCOUNT_ABNORMAL", "refuse USER_ACCOUNT_ABNORMAL", "refuse USER_ACCOUNT_ABNORMAL"},
      {403, "NO_AUTH", "refuse NOAUTH", "refuse NOAUTH"},
      {403, "REQUEST_BLOCKED", "refuse REQUEST_BLOCKED", "refuse REQUEST_BLOCKED"},
      {404, "MCH_NOT_EXISTS", "refuse MCHID_NOT_EXIST", "refuse MCHID_NOT_EXIST"},
      {404, "RESOURCE_NOT_EXISTS", "refuse ORDERNOTEXIST", "none REFUNDNOTEXIST"},
      {404, "ORDER_NOT_EXIST", "refuse ORDERNOTEXIST", "ask ORDERNOTEXIST"},
      {429, "FREQUENCY_LIMITED", "slow FREQUENCY_LIMITED", "slow FREQUENCY_LIMITED"},
      {403, "RULE_LIMIT", "refuse RULE_LIMIT", "slow RULE_LIMIT"},
      {500, "SYSTEM_ERROR", "again SYSTEMERROR", "again SYSTEMERROR"},
      {500, "BIZ_ERR_NEED_RETRY", "again BIZERR_NEED_RETRY", "again BIZERR_NEED_RETRY"},
      {403, "SOMETHING_NEW", "ask SOMETHING_NEW", "ask SOMETHING_NEW"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.code);
    CHECK(told(read_apply(refusal_of(row.status, row.code))) == row.refund);
    CHECK(told(read_asked(refusal_of(row.status, row.code))) == row.query);
  }
}

TEST_CASE("an unsigned no proves neither that a refund was refused nor that there is none") {
  const HttpResponse no{404, R"({"code":"RESOURCE_NOT_EXISTS","message":"why"})"};
  CHECK(told(read_apply(no)) == "ask ORDERNOTEXIST");
  CHECK(told(read_asked(no)) == "GATEWAY");
  CHECK(told(read_apply({403, R"({"code":"NOT_ENOUGH","message":"why"})"})) == "ask NOTENOUGH");
  CHECK(told(read_apply({429, ""})) == "slow FREQUENCY_LIMITED");
}

TEST_CASE("whole calls of refunds go to their paths, and repeat the same body signed anew") {
  FakeWorld world;
  const auto api = make_v3_api(v3_account(), {.transport = &world.transport,
                                              .clock = world.clock,
                                              .random = world.random,
                                              .stop = world.stop,
                                              .log = world.log});
  const auto gateway = api->make_gateway(world.deps());
  auto client = world.client(*gateway);
  const auto answer = [](const HttpRequest&) {
    return HttpResult{v3_answer(200, refund_object().dump(), asked_at, by_public_key)};
  };
  world.transport.then(HttpResponse{502, "busy"}).then_by(answer).then_by(answer);
  CHECK(told(client.refund(intent_of_refund())) == "SUCCESS");
  CHECK(told(client.query_refund(intent_of_refund().out_refund_no)) == "SUCCESS");
  const auto& requests = world.transport.requests;
  REQUIRE(requests.size() == 3);
  CHECK(requests[0].body == requests[1].body);
  CHECK(requests[0].headers != requests[1].headers);
  CHECK(requests[0].url.ends_with("/v3/refund/domestic/refunds"));
  CHECK(requests[2].url.ends_with("/v3/refund/domestic/refunds/R20261123000000000001"));
  CHECK_FALSE(requests[0].client_certificate);
}
