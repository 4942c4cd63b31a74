#include <doctest/doctest.h>

#include "base/text.hpp"
#include "gateway/v2/reactions.hpp"
#include "support/fakes.hpp"
#include "support/ledger_fixture.hpp"
#include "support/signed_answer.hpp"
#include "wxpay/v2_gateway.hpp"

using namespace wxpay;
using namespace wxpay::test;
using ledger_fixture::intent_of;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr int most_tries = 5;

HttpResult answered(int status, std::string body) { return HttpResponse{status, std::move(body), {}}; }
HttpResult no_connection() { return TransportFailure{ErrorKind::network, false, "cannot connect"}; }
HttpResult broken_off() { return TransportFailure{ErrorKind::network, true, "the connection broke"}; }
HttpResult timed_out() { return TransportFailure{ErrorKind::timeout, true, "no answer in time"}; }

const OutTradeNo number = OutTradeNo::trusted("T1");

/// A gateway in a fake world, with one or two hosts.
struct Rig {
  explicit Rig(std::vector<std::string> base_urls = {"https://main.example"}) {
    auto account = shop_account();
    account.base_urls = std::move(base_urls);
    gateway = make_v2_gateway(std::move(account), world.deps());
    client.emplace(world.client(*gateway));
  }
  std::vector<std::string> urls() const {
    std::vector<std::string> result;
    for (const auto& request : world.transport.requests) result.push_back(request.url);
    return result;
  }

  FakeWorld world;
  std::unique_ptr<PaymentGateway> gateway;
  std::optional<GatewayClient> client;
};

template <class Outcome>
Unknown unknown_of(const Outcome& outcome) {
  const auto* unknown = std::get_if<Unknown>(&outcome);
  return unknown == nullptr ? Unknown{ErrorKind::internal, "not unknown", {}, {}} : *unknown;
}

}  // namespace

TEST_CASE("calls that cannot reach a host together go to the other one together") {
  Rig rig{{"https://main.example", "https://fallback.example"}};
  std::vector<std::unique_ptr<CallOf<QueryOutcome>>> calls;
  for (int i = 0; i < 4; ++i) calls.push_back(rig.gateway->start_query(number));
  for (const auto& call : calls) CHECK(call->next_attempt().url.starts_with("https://main.example/"));
  for (const auto& call : calls) CHECK(call->on_result(no_connection()).has_value());
  for (const auto& call : calls) {
    CHECK(call->next_attempt().url.starts_with("https://fallback.example/"));
    CHECK_FALSE(call->on_result(answered(200, signed_answer(paid_order("T1")))));
    CHECK(std::holds_alternative<QueryAnswer>(call->outcome()));
  }
  CHECK(rig.gateway->start_query(number)->next_attempt().url.starts_with("https://fallback.example/"));
}

TEST_CASE("each call is one signed XML document at its own path") {
  Rig rig;
  rig.world.transport.then(answered(200, signed_answer(accepted_order())))
      .then(answered(200, signed_answer(paid_order("T1"))), 2)
      .then(answered(200, signed_answer(answer_fields())));
  CHECK(std::holds_alternative<Created>(rig.client->create(intent_of("T1"))));
  CHECK(std::holds_alternative<QueryAnswer>(rig.client->query(number)));
  CHECK(
      std::holds_alternative<QueryAnswer>(rig.client->query(TransactionId{"4200000001202611230000000001"})));
  CHECK(std::holds_alternative<Closed>(rig.client->close(number)));
  CHECK(rig.urls() == std::vector<std::string>{
                          "https://main.example/pay/unifiedorder", "https://main.example/pay/orderquery",
                          "https://main.example/pay/orderquery", "https://main.example/pay/closeorder"});
  std::vector<std::string> nonces;
  for (const auto& request : rig.world.transport.requests) {
    CHECK((request.method == HttpMethod::post));
    CHECK((request.headers == std::vector<HttpHeader>{{"Content-Type", "text/xml; charset=utf-8"}}));
    const auto parsed = wire::parse_xml(request.body);
    REQUIRE(std::holds_alternative<Fields>(parsed));
    const auto& fields = std::get<Fields>(parsed);
    CHECK(verify_fields(fields, SignType::md5, Secret{shop_key}));
    CHECK(fields.get("nonce_str").size() == 32);
    CHECK(std::find(nonces.begin(), nonces.end(), fields.get("nonce_str")) == nonces.end());
    nonces.push_back(fields.get("nonce_str"));
  }
  CHECK(rig.world.clock.pauses.empty());
}

TEST_CASE("what was surely not carried out, or may be asked for again, is repeated with the same bytes") {
  struct Row {
    std::string what;
    HttpResult first;
  };
  const Row rows[] = {
      {"no connection", no_connection()},
      {"500", answered(500, "")},
      {"502 with a page", answered(502, "<html><body>bad gateway</body></html>")},
      {"503", answered(503, "busy")},
      {"504", answered(504, "")},
      {"SYSTEMERROR", answered(200, signed_refusal("SYSTEMERROR"))},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    Rig rig;
    rig.world.transport.then(row.first, 2).then(answered(200, signed_answer(accepted_order())));
    CHECK(std::holds_alternative<Created>(rig.client->create(intent_of("T1"))));
    const auto& requests = rig.world.transport.requests;
    REQUIRE(requests.size() == 3);
    CHECK(requests[0].body == requests[1].body);
    CHECK(requests[0].body == requests[2].body);
    CHECK(rig.world.clock.pauses.size() == 2);
  }
}

TEST_CASE("what may have been carried out, or was settled, is not repeated") {
  struct Row {
    std::string what;
    HttpResult answer;
    std::string code;  ///< of the Unknown; empty for a refusal
  };
  const Row rows[] = {
      {"a timeout after sending", timed_out(), "TIMEOUT"},
      {"broken off after sending", broken_off(), "NETWORK"},
      {"no HTTP", TransportFailure{ErrorKind::gateway, true, "no HTTP"}, "GATEWAY"},
      {"interrupted before sending", TransportFailure{ErrorKind::interrupted, false, "interrupted"},
       "INTERRUPTED"},
      {"interrupted after sending", TransportFailure{ErrorKind::interrupted, true, "interrupted"},
       "INTERRUPTED"},
      {"not signed", answered(200, wire::to_xml(accepted_order())), "UNTRUSTED"},
      {"wrongly signed", answered(200, signed_answer(accepted_order(), SignType::md5, "another key")),
       "UNTRUSTED"},
      {"SYSTEMERROR wrongly signed",
       answered(200, signed_answer(answer_fields({{"result_code", "FAIL"}, {"err_code", "SYSTEMERROR"}}),
                                   SignType::md5, "another key")),
       "UNTRUSTED"},
      {"a page", answered(200, "<html>hello</html>"), "GATEWAY"},
      {"302", answered(302, ""), "GATEWAY"},
      {"404", answered(404, "not found"), "GATEWAY"},
      {"404 with a sound answer", answered(404, signed_answer(accepted_order())), "GATEWAY"},
      {"201 with a sound answer", answered(201, signed_answer(accepted_order())), "GATEWAY"},
      {"unsigned, with an unknown text", answered(200, unsigned_refusal_text("system error")), ""},
      {"refused", answered(200, signed_refusal("NOAUTH")), ""},
      {"rate limited", answered(200, signed_refusal("FREQUENCY_LIMITED")), ""},
      {"paid already", answered(200, signed_refusal("ORDERPAID")), ""},
      {"unsigned, and final", answered(200, unsigned_refusal_text("签名失败")), ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    Rig rig{{"https://main.example", "https://fallback.example"}};
    rig.world.transport.then(row.answer);
    const auto outcome = rig.client->create(intent_of("T1"));
    CHECK(rig.world.transport.requests.size() == 1);
    CHECK(rig.world.clock.pauses.empty());
    CHECK(std::holds_alternative<Refused>(outcome) == row.code.empty());
    if (!row.code.empty()) CHECK(unknown_of(outcome).code == row.code);
  }
}

TEST_CASE("the fallback host is tried on connect failures alone, and kept while it serves") {
  Rig rig{{"https://main.example", "https://fallback.example"}};
  rig.world.transport.then(no_connection())
      .then(answered(500, ""))
      .then(answered(200, signed_answer(paid_order("T1"))), 2)
      .then(no_connection())
      .then(answered(200, signed_answer(paid_order("T1"))));
  rig.client->query(number);
  rig.client->query(number);
  rig.client->query(number);
  const std::string main = "https://main.example/pay/orderquery";
  const std::string fallback = "https://fallback.example/pay/orderquery";
  CHECK(rig.urls() == std::vector<std::string>{main, fallback, fallback, fallback, fallback, main});
}

TEST_CASE("with one host there is no other to try") {
  Rig rig;
  rig.world.transport.then(no_connection(), most_tries);
  const auto unknown = unknown_of(rig.client->query(number));
  CHECK(unknown.code == "NETWORK");
  CHECK((unknown.kind == ErrorKind::network));
  CHECK(rig.urls() == std::vector<std::string>(most_tries, "https://main.example/pay/orderquery"));
}

TEST_CASE("tries are bounded, and the last trouble is what is told") {
  Rig rig{{"https://main.example", "https://fallback.example"}};
  rig.world.transport.then(no_connection())
      .then(answered(503, ""))
      .then(no_connection())
      .then(answered(500, ""))
      .then(answered(200, signed_refusal("SYSTEMERROR")));
  const auto unknown = unknown_of(rig.client->create(intent_of("T1")));
  CHECK(unknown.code == "SYSTEMERROR");
  CHECK((unknown.kind == ErrorKind::gateway));
  CHECK(unknown.said.code == "SYSTEMERROR");
  CHECK(rig.world.transport.used_up());
}

TEST_CASE("pauses double from 0.2 s, and chance takes at most half of each") {
  for (const auto draw : {0x00, 0x7F, 0xFF}) {
    CAPTURE(draw);
    Rig rig;
    rig.world.transport.then(no_connection(), most_tries);
    // A nonce takes bytes of its own, and would wait for ever for a good one among constant bad ones.
    rig.world.transport.answers.front() = [&rig, draw](const HttpRequest&) {
      rig.world.random.constant = std::byte(draw);
      return no_connection();
    };
    rig.client->query(number);
    const auto& pauses = rig.world.clock.pauses;
    REQUIRE(pauses.size() == most_tries - 1);
    for (std::size_t i = 0; i < pauses.size(); ++i) {
      const milliseconds longest{200 << i};
      CHECK(pauses[i] >= longest / 2);
      CHECK(pauses[i] <= longest);
      if (draw == 0x00) CHECK(pauses[i] == longest / 2);
      if (draw == 0xFF) CHECK(pauses[i] == longest);
    }
  }
}

TEST_CASE("one deadline covers all tries of a request, and each request has its own") {
  Rig rig;
  const auto slow_failure = [&rig](const HttpRequest&) -> HttpResult {
    rig.world.clock.advance(seconds{12});
    return answered(503, "");
  };
  for (int i = 0; i < 3; ++i) rig.world.transport.then_by(slow_failure);
  CHECK(unknown_of(rig.client->query(number)).code == "GATEWAY");
  auto& requests = rig.world.transport.requests;
  REQUIRE(requests.size() == 3);
  CHECK(requests[0].timeout == seconds{30});
  CHECK(requests[1].timeout <= seconds{18});
  CHECK(requests[2].timeout <= seconds{6});
  CHECK(requests[2].timeout >= seconds{5});
  CHECK(rig.world.clock.steady_now().time_since_epoch() <= seconds{37});

  rig.world.transport.then(answered(200, signed_answer(paid_order("T1"))));
  rig.client->query(number);
  CHECK(requests.back().timeout == seconds{30});
}

TEST_CASE("a pause that would end after the deadline is not begun") {
  Rig rig;
  rig.world.transport.then_by([&rig](const HttpRequest&) -> HttpResult {
    rig.world.clock.advance(milliseconds{29'950});
    return no_connection();
  });
  CHECK(unknown_of(rig.client->query(number)).code == "NETWORK");
  CHECK(rig.world.transport.requests.size() == 1);
  CHECK(rig.world.clock.pauses.empty());
}

TEST_CASE("who is asked to stop does not try again, and says so") {
  SUBCASE("before the pause") {
    Rig rig;
    rig.world.transport.then_by([&rig](const HttpRequest&) {
      rig.world.stop.asked_for = true;
      return no_connection();
    });
    const auto unknown = unknown_of(rig.client->query(number));
    CHECK((unknown.kind == ErrorKind::interrupted));
    CHECK_FALSE(unknown.sent);
    CHECK(rig.world.clock.pauses.empty());
  }
  SUBCASE("during the pause") {
    Rig rig;
    rig.world.transport.then(answered(503, ""));
    rig.world.clock.on_pause = [&rig] { rig.world.stop.asked_for = true; };
    const auto unknown = unknown_of(rig.client->query(number));
    CHECK((unknown.kind == ErrorKind::interrupted));
    CHECK(unknown.code == "INTERRUPTED");
    CHECK(unknown.sent);
    CHECK(rig.world.transport.requests.size() == 1);
  }
}

TEST_CASE("an answer that arrives is believed even where the end was asked for") {
  Rig rig;
  rig.world.transport.then_by([&rig](const HttpRequest&) {
    rig.world.stop.asked_for = true;
    return answered(200, signed_answer(paid_order("T1")));
  });
  CHECK(std::holds_alternative<QueryAnswer>(rig.client->query(number)));
}

namespace {

struct Unbelievable {
  std::string what;
  std::string body;
  ErrorKind kind;
};

Fields lowered(Fields fields) {
  fields.add("sign", to_lower(sign_fields(fields, SignType::md5, Secret{shop_key})));
  return fields;
}

std::vector<Unbelievable> unbelievable_queries() {
  constexpr auto untrusted = ErrorKind::untrusted;
  constexpr auto gateway = ErrorKind::gateway;
  const auto paid = [](FieldChanges changes = {}) { return paid_order("T1", changes); };
  return {
      {"no sign", wire::to_xml(paid()), untrusted},
      {"an empty sign", wire::to_xml(paid()).replace(5, 0, "<sign></sign>"), untrusted},
      {"a sign in lower case", wire::to_xml(lowered(paid())), untrusted},
      {"HMAC-SHA256 where MD5 is configured", signed_answer(paid(), SignType::hmac_sha256), untrusted},
      {"a sign_type that names another", signed_answer(paid({{"sign_type", "HMAC-SHA256"}})), untrusted},
      {"a sign_type that nobody knows", signed_answer(paid({{"sign_type", "NONE"}})), untrusted},
      {"another key", signed_answer(paid(), SignType::md5, "0123456789abcdef0123456789abcdef"), untrusted},
      {"the empty key", signed_answer(paid(), SignType::md5, ""), untrusted},
      {"another merchant", signed_answer(paid({{"mch_id", "1900000110"}})), untrusted},
      {"no merchant", signed_answer(paid({{"mch_id", ""}})), untrusted},
      {"another app", signed_answer(paid({{"appid", "wxother"}})), untrusted},
      {"no app", signed_answer(paid({{"appid", ""}})), untrusted},
      {"a sub-merchant of a shop that has none", signed_answer(paid({{"sub_mch_id", "1900000200"}})),
       untrusted},
      {"a sub-app of a shop that has none", signed_answer(paid({{"sub_appid", "wxsub"}})), untrusted},
      {"another order", signed_answer(paid({{"out_trade_no", "T2"}})), untrusted},
      {"no order", signed_answer(paid({{"out_trade_no", ""}})), untrusted},
      {"a signed amount", signed_answer(paid({{"total_fee", "+1"}})), gateway},
      {"a negative amount", signed_answer(paid({{"total_fee", "-1"}})), gateway},
      {"an amount with decimals", signed_answer(paid({{"total_fee", "1.00"}})), gateway},
      {"an amount with a blank", signed_answer(paid({{"total_fee", " 1000"}})), gateway},
      {"an amount in full-width digits", signed_answer(paid({{"total_fee", "１０００"}})), gateway},
      {"an amount of eleven digits", signed_answer(paid({{"total_fee", "10000000000"}})), gateway},
      {"paid, without an amount", signed_answer(paid({{"total_fee", ""}})), gateway},
      {"paid, without a transaction", signed_answer(paid({{"transaction_id", ""}})), gateway},
      {"refunded, without a transaction",
       signed_answer(paid({{"trade_state", "REFUND"}, {"transaction_id", ""}})), gateway},
      {"a long transaction", signed_answer(paid({{"transaction_id", std::string(33, '4')}})), gateway},
      {"a time that is none", signed_answer(paid({{"time_end", "20261332100000"}})), gateway},
      {"an unknown trade_state", signed_answer(paid({{"trade_state", "PAID"}})), gateway},
      {"no trade_state", signed_answer(paid({{"trade_state", ""}})), gateway},
      {"no result_code", signed_answer(paid({{"result_code", ""}})), gateway},
      {"an unknown result_code", signed_answer(paid({{"result_code", "OK"}})), gateway},
      {"no return_code", signed_answer(paid({{"return_code", ""}})), gateway},
      {"a repeated element", signed_answer(paid()).replace(5, 0, "<total_fee>1</total_fee>"), gateway},
      {"a DTD", "<!DOCTYPE xml>" + signed_answer(paid()), gateway},
      {"text after the root", signed_answer(paid()) + "x", gateway},
      {"HTML", "<!DOCTYPE html><html><body>busy</body></html>", gateway},
      {"gzip", "\x1F\x8B\x08\x01\x02\x03\xFF\xFE", gateway},
      {"nothing", "", gateway},
      {"cut off", signed_answer(paid()).substr(0, 200), gateway},
      {"too large", signed_answer(paid({{"attach", std::string(70'000, 'x')}})), gateway},
  };
}

}  // namespace

TEST_CASE("an answer to a query that cannot be believed is unknown, and nothing of it is given out") {
  for (const auto& row : unbelievable_queries()) {
    CAPTURE(row.what);
    Rig rig;
    rig.world.transport.then(answered(200, row.body));
    const auto outcome = rig.client->query(number);
    REQUIRE(std::holds_alternative<Unknown>(outcome));
    const auto& unknown = std::get<Unknown>(outcome);
    CAPTURE(unknown.message);
    CHECK((unknown.kind == row.kind));
    CHECK(unknown.code == (row.kind == ErrorKind::untrusted ? "UNTRUSTED" : "GATEWAY"));
    CHECK(unknown.message.find(shop_key) == std::string::npos);
  }
}

TEST_CASE("MD5 is not believed where HMAC-SHA256 is configured") {
  FakeWorld world;
  const auto gateway = make_v2_gateway(shop_account(SignType::hmac_sha256), world.deps());
  auto client = world.client(*gateway);
  world.transport.then(answered(200, signed_answer(paid_order("T1"), SignType::md5)))
      .then(answered(200, signed_answer(paid_order("T1", {{"sign_type", "MD5"}}), SignType::hmac_sha256)))
      .then(answered(200, signed_answer(paid_order("T1"), SignType::hmac_sha256)))
      .then(answered(200,
                     signed_answer(paid_order("T1", {{"sign_type", "HMAC-SHA256"}}), SignType::hmac_sha256)));
  CHECK((unknown_of(client.query(number)).kind == ErrorKind::untrusted));
  CHECK((unknown_of(client.query(number)).kind == ErrorKind::untrusted));
  CHECK(std::holds_alternative<QueryAnswer>(client.query(number)));
  CHECK(std::holds_alternative<QueryAnswer>(client.query(number)));
}

TEST_CASE("a sub-merchant's answers must be about the sub-merchant") {
  auto account = shop_account();
  account.merchant.sub_mch_id = MerchantId{"1900000200"};
  account.merchant.sub_app_id = AppId{"wxsub"};
  FakeWorld world;
  const auto gateway = make_v2_gateway(std::move(account), world.deps());
  auto client = world.client(*gateway);
  const auto ours = paid_order("T1", {{"sub_mch_id", "1900000200"}, {"sub_appid", "wxsub"}});
  struct Row {
    Fields answer;
    bool believed;
  };
  const Row rows[] = {{ours, true},
                      {with_changes(ours, {{"sub_appid", ""}}), true},
                      {with_changes(ours, {{"sub_mch_id", ""}}), false},
                      {with_changes(ours, {{"sub_mch_id", "1900000201"}}), false},
                      {with_changes(ours, {{"sub_appid", "wxother"}}), false}};
  for (const auto& row : rows) {
    world.transport.then(answered(200, signed_answer(row.answer)));
    CHECK(std::holds_alternative<QueryAnswer>(client.query(number)) == row.believed);
  }
}

TEST_CASE("an answer to a creation that cannot be believed is unknown") {
  struct Row {
    std::string what;
    std::string body;
  };
  const Row rows[] = {
      {"another trade_type", signed_answer(accepted_order({{"trade_type", "NATIVE"}}))},
      {"another order", signed_answer(accepted_order({{"out_trade_no", "T2"}}))},
      {"another merchant", signed_answer(accepted_order({{"mch_id", "1900000110"}}))},
      {"no sign", wire::to_xml(accepted_order())},
      {"a refusal about another merchant",
       signed_answer(answer_fields({{"result_code", "FAIL"}, {"err_code", "NOAUTH"}, {"mch_id", "1"}}))},
      {"a refusal without a sign",
       wire::to_xml(answer_fields({{"result_code", "FAIL"}, {"err_code", "NOAUTH"}}))},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    Rig rig;
    rig.world.transport.then(answered(200, row.body));
    CHECK((unknown_of(rig.client->create(intent_of("T1"))).kind == ErrorKind::untrusted));
  }
}

TEST_CASE("a signed refusal may leave out the merchant and app") {
  Rig rig;
  rig.world.transport.then(answered(
      200, signed_answer({{"return_code", "SUCCESS"}, {"result_code", "FAIL"}, {"err_code", "NOAUTH"}})));
  CHECK(std::holds_alternative<Refused>(rig.client->create(intent_of("T1"))));
}

TEST_CASE("every err_code of the documents has its reaction") {
  using v2::Operation;
  struct Row {
    Operation operation;
    std::string err_code;
    Reaction expected;
  };
  constexpr auto create = Operation::unifiedorder;
  constexpr auto query = Operation::orderquery;
  constexpr auto close = Operation::closeorder;
  const Row rows[] = {
      {create, "SYSTEMERROR", Reaction::repeat},
      {create, "INVALID_REQUEST", Reaction::refuse},
      {create, "NOAUTH", Reaction::refuse},
      {create, "NOTENOUGH", Reaction::refuse},
      {create, "ORDERPAID", Reaction::ask_by_query},
      {create, "ORDERCLOSED", Reaction::order_closed},
      {create, "OUT_TRADE_NO_USED", Reaction::ask_by_query},
      {create, "APPID_NOT_EXIST", Reaction::refuse},
      {create, "MCHID_NOT_EXIST", Reaction::refuse},
      {create, "APPID_MCHID_NOT_MATCH", Reaction::refuse},
      {create, "LACK_PARAMS", Reaction::refuse},
      {create, "SIGNERROR", Reaction::wrong_key},
      {create, "XML_FORMAT_ERROR", Reaction::refuse},
      {create, "POST_DATA_EMPTY", Reaction::refuse},
      {create, "REQUIRE_POST_METHOD", Reaction::refuse},
      {create, "NOT_UTF8", Reaction::refuse},
      {create, "PARAM_ERROR", Reaction::refuse},
      {create, "FREQUENCY_LIMITED", Reaction::slow_down},
      {create, "USERPAYING", Reaction::ask_by_query},
      {create, "A_CODE_OF_NEXT_YEAR", Reaction::ask_by_query},
      {create, "", Reaction::ask_by_query},
      {query, "ORDERNOTEXIST", Reaction::order_unknown},
      {query, "SYSTEMERROR", Reaction::repeat},
      {query, "FREQUENCY_LIMITED", Reaction::slow_down},
      {query, "INVALID_TRANSACTIONID", Reaction::refuse},
      {query, "SIGNERROR", Reaction::wrong_key},
      {query, "XML_FORMAT_ERROR", Reaction::refuse},
      {query, "LACK_PARAMS", Reaction::refuse},
      {query, "REQUIRE_POST_METHOD", Reaction::refuse},
      {close, "ORDERPAID", Reaction::ask_by_query},
      {close, "ORDERCLOSED", Reaction::order_closed},
      {close, "ORDERNOTEXIST", Reaction::order_unknown},
      {close, "TRADE_STATE_ERROR", Reaction::ask_by_query},
      {close, "SYSTEMERROR", Reaction::repeat},
      {close, "SIGNERROR", Reaction::wrong_key},
      {close, "REQUIRE_POST_METHOD", Reaction::refuse},
      {close, "XML_FORMAT_ERROR", Reaction::refuse},
  };
  for (const auto& row : rows) {
    CAPTURE(row.err_code);
    CHECK((v2::reaction_to(row.operation, row.err_code) == row.expected));
  }
}

TEST_CASE(
    "an unsigned refusal of a creation is final only where its words are known, else it is to be asked") {
  struct Row {
    std::string return_msg;
    std::string err_code;  ///< empty: nobody knows
    Reaction reaction;
  };
  const Row rows[] = {
      {"签名失败", "SIGNERROR", Reaction::wrong_key},
      {"参数格式校验错误", "PARAM_ERROR", Reaction::refuse},
      {"appid不存在", "APPID_NOT_EXIST", Reaction::refuse},
      {"频率限制", "FREQUENCY_LIMITED", Reaction::slow_down},
      {"system error", "", Reaction::ask_by_query},
      {"系统繁忙,请稍后再试", "", Reaction::ask_by_query},
      {"OK", "", Reaction::ask_by_query},
      {"", "", Reaction::ask_by_query},
  };
  for (const auto& row : rows) {
    CAPTURE(row.return_msg);
    Rig rig;
    rig.world.transport.then(answered(200, unsigned_refusal_text(row.return_msg)));
    const auto outcome = rig.client->create(intent_of("T1"));
    REQUIRE(std::holds_alternative<Refused>(outcome));
    const auto& refused = std::get<Refused>(outcome);
    CHECK(refused.said.code == row.err_code);
    CHECK(refused.said.text == row.return_msg);
    CHECK((refused.reaction == row.reaction));
    CHECK(refused.digest.size() == 64);
  }
}

TEST_CASE("an unsigned refusal of a query in other words is no answer") {
  Rig rig;
  rig.world.transport.then(answered(200, unsigned_refusal_text("请求失败")));
  const auto outcome = rig.client->query(number);
  CHECK((unknown_of(outcome).kind == ErrorKind::gateway));
  CHECK(unknown_of(outcome).said.remark == "请求失败");
}

TEST_CASE("a refusal says whether an earlier try may have been carried out") {
  const auto refusal = answered(200, signed_refusal("NOAUTH"));
  struct Row {
    const char* what;
    std::vector<HttpResult> before;
    bool doubtful;
  };
  const Row rows[] = {
      {"the first", {}, false},
      {"after no connection", {no_connection()}, false},
      {"after a 502", {answered(502, "")}, true},
      {"after SYSTEMERROR", {answered(200, signed_refusal("SYSTEMERROR"))}, true},
      {"after a 502 and no connection", {answered(502, ""), no_connection()}, true},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    Rig rig;
    for (const auto& result : row.before) rig.world.transport.then(result);
    rig.world.transport.then(refusal);
    const auto outcome = rig.client->create(intent_of("T1"));
    REQUIRE(std::holds_alternative<Refused>(outcome));
    CHECK(std::get<Refused>(outcome).doubtful_before == row.doubtful);
  }
}

TEST_CASE("messages name who spoke where it was not WeChat Pay's first host") {
  struct Row {
    std::string url;
    std::string speaker;
  };
  const Row rows[] = {{"https://api.mch.weixin.qq.com", "WeChat Pay"},
                      {"https://api2.mch.weixin.qq.com", "api2.mch.weixin.qq.com"},
                      {"http://127.0.0.1:8971", "127.0.0.1:8971"}};
  for (const auto& row : rows) {
    CAPTURE(row.url);
    Rig rig{{row.url}};
    const bool named = row.speaker != "WeChat Pay";
    rig.world.transport.then(answered(404, ""))
        .then(answered(200, unsigned_refusal_text("请求失败")))
        .then(answered(200, signed_refusal("NOAUTH")));
    CHECK(unknown_of(rig.client->query(number)).message == row.speaker + " answered HTTP 404");
    CHECK(unknown_of(rig.client->query(number)).message ==
          row.speaker + " did not take the request: 请求失败");
    const auto refused = rig.client->query(number);
    REQUIRE(std::holds_alternative<Refused>(refused));
    CHECK(std::get<Refused>(refused).speaker == (named ? row.speaker : ""));
  }
}

TEST_CASE("a nonce is 32 letters and digits, and its every character is as likely") {
  FakeRandom random;
  std::string all;
  for (int i = 0; i < 500; ++i) {
    const auto nonce = make_nonce(random);
    REQUIRE(nonce.size() == 32);
    all += nonce;
  }
  for (const char c : std::string_view{"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"}) {
    const auto count = std::count(all.begin(), all.end(), c);
    CAPTURE(c);
    CHECK(count > 150);  // 258 on average
    CHECK(count < 400);
  }
  CHECK(std::all_of(all.begin(), all.end(), [](unsigned char c) { return std::isalnum(c) != 0; }));
}

TEST_CASE(
    "every answer says how far this machine's clock is ahead of its Date, where it has one that can be") {
  struct Row {
    std::string what;
    std::optional<seconds> date;  ///< of the answer, after this machine's time
    ClockAhead expected;
  };
  const Row rows[] = {
      {"the same time", seconds{0}, seconds{0}},       {"an hour fast", -seconds{3600}, seconds{3600}},
      {"an hour slow", seconds{3600}, -seconds{3600}}, {"no Date", {}, {}},
      {"a Date of 1970", -seconds{1'795'420'000}, {}}, {"a Date of 9999", seconds{250'000'000'000}, {}}};
  const auto dated = [](const Rig& rig, const Row& row, std::string body) -> HttpResult {
    std::optional<std::chrono::sys_seconds> date;
    if (row.date) date = rig.world.clock.now() + *row.date;
    return HttpResponse{200, std::move(body), date};
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    Rig rig;
    rig.world.transport.then(dated(rig, row, signed_answer(accepted_order())))
        .then(dated(rig, row, signed_answer(paid_order("T1"))))
        .then(dated(rig, row, signed_refusal("ORDERNOTEXIST")))
        .then(dated(rig, row, "<html/>"))
        .then(dated(rig, row, signed_answer(answer_fields())));
    CHECK((clock_ahead_of(rig.client->create(intent_of("T1"))) == row.expected));
    for (int i = 0; i < 3; ++i) CHECK((clock_ahead_of(rig.client->query(number)) == row.expected));
    CHECK((clock_ahead_of(rig.client->close(number)) == row.expected));
  }
}

TEST_CASE("a prepay_id's two hours count from the gateway's Date where this machine's clock is wrong") {
  struct Row {
    seconds date;  ///< after this machine's time
    seconds counted_from;
  };
  const Row rows[] = {{seconds{0}, seconds{0}},
                      {seconds{300}, seconds{0}},
                      {-seconds{300}, seconds{0}},
                      {seconds{301}, seconds{301}},
                      {-seconds{28'800}, -seconds{28'800}},
                      {seconds{28'800}, seconds{28'800}},
                      {seconds{250'000'000'000}, seconds{0}}};
  for (const auto& row : rows) {
    CAPTURE(row.date.count());
    Rig rig;
    const auto now = rig.world.clock.now();
    rig.world.transport.then(HttpResponse{200, signed_answer(accepted_order()), now + row.date});
    const auto outcome = rig.client->create(intent_of("T1"));
    REQUIRE(std::holds_alternative<Created>(outcome));
    CHECK((std::get<Created>(outcome).evidence.prepay->expires_at ==
           now + row.counted_from + std::chrono::hours{2}));
  }
}
