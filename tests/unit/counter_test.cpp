// The counter on API v2: payments by the payer's code, and reversals.
#include <doctest/doctest.h>

#include <string>

#include "gateway/v2/answers.hpp"
#include "support/certified_shop.hpp"
#include "support/fakes.hpp"
#include "support/ledger_fixture.hpp"
#include "support/signed_answer.hpp"
#include "support/v3_wire.hpp"

using namespace wxpay;
using namespace wxpay::test;
using ledger_fixture::intent_of;

namespace {

constexpr const char* sale = "T20261123180001";
constexpr const char* payers_code = "134567890123456789";

std::shared_ptr<const CodePayment> code_payment() {
  auto intent = intent_of(sale);
  intent.merchant = shop_merchant();
  intent.trade_type = TradeType::micropay;
  intent.body = "咖啡一杯";
  intent.client_ip = "127.0.0.1";
  return std::make_shared<CodePayment>(CodePayment{std::move(intent), Secret{payers_code}});
}

std::string paid_at_once(FieldChanges changes = {}) {
  return signed_answer(with_changes(
      paid_order(sale, {{"trade_state", ""}, {"trade_state_desc", ""}, {"trade_type", "MICROPAY"}}),
      changes));
}

/// A merchant's counter over a network that the test plays.
struct Counter {
  QueryOutcome pay(const HttpResult& result) {
    world.transport.then(result);
    return client.pay_by_code(code_payment());
  }
  ReverseOutcome reverse(const HttpResult& result) {
    world.transport.then(result);
    return client.reverse(OutTradeNo::parse(sale));
  }

  FakeWorld world;
  std::unique_ptr<PaymentGateway> gateway = make_v2_gateway(certified_shop(), world.deps());
  GatewayClient client = world.client(*gateway);
};

template <class Outcome>
std::string words_of(const Outcome& outcome) {
  if (const auto* refused = std::get_if<Refused>(&outcome)) {
    const bool asks = refused->reaction == Reaction::ask_by_query;
    const bool slow = refused->reaction == Reaction::slow_down;
    const bool key = refused->reaction == Reaction::wrong_key;
    const bool closed = refused->reaction == Reaction::order_closed;
    const bool unknown = refused->reaction == Reaction::order_unknown;
    return asks ? "ask" : slow ? "slow" : key ? "key" : closed ? "closed" : unknown ? "no order" : "refuse";
  }
  const auto* unknown = std::get_if<Unknown>(&outcome);
  return unknown == nullptr ? "done" : unknown->code;
}

HttpResponse reversal(FieldChanges changes = {}) {
  return {200, signed_answer(with_changes(answer_fields({{"recall", "N"}}), changes))};
}

}  // namespace

TEST_CASE("a payment by code is sent with the code, and paid where WeChat Pay says so") {
  Counter counter;
  const auto outcome = counter.pay(HttpResponse{200, paid_at_once()});
  const auto& answer = std::get<QueryAnswer>(outcome);
  CHECK(answer.trade_state == "SUCCESS");
  CHECK((answer.evidence.state == OrderState::success));
  CHECK(answer.evidence.out_trade_no.text() == sale);
  CHECK((answer.evidence.total_fee == Fen{1000}));
  CHECK(answer.evidence.transaction_id.text() == "4200000001202611230000000001");
  const auto& request = counter.world.transport.requests.at(0);
  CHECK(request.url == "https://main.example/pay/micropay");
  const auto parsed = wire::parse_xml(request.body);
  const auto& fields = std::get<Fields>(parsed);
  CHECK(verify_fields(fields, SignType::md5, Secret{shop_key}));
  CHECK(fields.get("auth_code") == payers_code);
  CHECK(fields.get("out_trade_no") == sale);
  CHECK(fields.get("total_fee") == "1000");
  for (const auto* name : {"trade_type", "notify_url", "openid", "product_id"}) CHECK_FALSE(fields.has(name));
}

TEST_CASE("a code is never asked for money twice once the request may have been sent") {
  const HttpResult answers[] = {HttpResponse{500, ""},
                                HttpResponse{503, "busy"},
                                HttpResponse{200, signed_refusal("SYSTEMERROR")},
                                HttpResponse{200, signed_refusal("BANKERROR")},
                                HttpResponse{200, signed_refusal("FREQUENCY_LIMITED")},
                                HttpResponse{200, "<html>"},
                                HttpResponse{429, "", {}, "Retry-After: 1\r\n"},
                                TransportFailure{ErrorKind::timeout, true, "no answer in time"},
                                TransportFailure{ErrorKind::network, true, "the connection broke"}};
  for (const auto& answer : answers) {
    Counter counter;
    CHECK_FALSE(std::holds_alternative<QueryAnswer>(counter.pay(answer)));
    CHECK(counter.world.transport.requests.size() == 1);
    CHECK(counter.world.clock.pauses.empty());
  }
  // What surely reached nobody is another matter.
  Counter counter;
  counter.world.transport.then(TransportFailure{ErrorKind::network, false, "cannot connect"});
  CHECK(std::holds_alternative<QueryAnswer>(counter.pay(HttpResponse{200, paid_at_once()})));
  CHECK(counter.world.transport.requests.size() == 2);
}

TEST_CASE("each err_code of a payment by code is one reaction") {
  struct Row {
    const char* err_code;
    const char* outcome;
  };
  const Row rows[] = {{"SYSTEMERROR", "ask"},        {"BANKERROR", "ask"},
                      {"USERPAYING", "ask"},         {"TRADE_ERROR", "ask"},
                      {"ORDERPAID", "ask"},          {"OUT_TRADE_NO_USED", "ask"},
                      {"INVALID_REQUEST", "ask"},    {"BIZERR_NEED_RETRY", "ask"},
                      {"SOMETHING_NEW", "ask"},      {"NOTENOUGH", "refuse"},
                      {"NOTSUPORTCARD", "refuse"},   {"AUTHCODEEXPIRE", "refuse"},
                      {"AUTH_CODE_ERROR", "refuse"}, {"AUTH_CODE_INVALID", "refuse"},
                      {"BUYER_MISMATCH", "refuse"},  {"NOAUTH", "refuse"},
                      {"ORDERCLOSED", "closed"},     {"ORDERREVERSED", "closed"},
                      {"FREQUENCY_LIMITED", "slow"}, {"SIGNERROR", "key"}};
  for (const auto& row : rows) {
    CAPTURE(row.err_code);
    Counter counter;
    CHECK(words_of(counter.pay(HttpResponse{200, signed_refusal(row.err_code)})) == row.outcome);
  }
}

TEST_CASE("an answer to a payment by code about something else is not believed") {
  struct Row {
    FieldChanges changes;
    const char* outcome;
  };
  const Row rows[] = {{{{"out_trade_no", "T20261123180002"}}, "UNTRUSTED"},
                      {{{"out_trade_no", ""}}, "UNTRUSTED"},
                      {{{"mch_id", "1900000110"}}, "UNTRUSTED"},
                      {{{"trade_type", "JSAPI"}}, "UNTRUSTED"},
                      {{{"transaction_id", ""}}, "GATEWAY"},
                      {{{"total_fee", ""}}, "GATEWAY"},
                      {{{"total_fee", "10.00"}}, "GATEWAY"},
                      {{{"time_end", "soon"}}, "GATEWAY"}};
  for (const auto& row : rows) {
    Counter counter;
    CHECK(words_of(counter.pay(HttpResponse{200, paid_at_once(row.changes)})) == row.outcome);
  }
  // What was paid is the ledger's to compare.
  Counter counter;
  const auto outcome = counter.pay(HttpResponse{200, paid_at_once({{"total_fee", "1001"}})});
  CHECK((std::get<QueryAnswer>(outcome).evidence.total_fee == Fen{1001}));
}

TEST_CASE("the payer's code is in no words that WeChat Pay repeats") {
  const std::string words = std::string{"auth_code "} + payers_code + " 无效";
  Counter counter;
  const auto refused = counter.pay(HttpResponse{
      200, signed_answer(answer_fields(
               {{"result_code", "FAIL"}, {"err_code", "AUTH_CODE_INVALID"}, {"err_code_des", words}}))});
  const auto& said = std::get<Refused>(refused).said;
  CHECK(said.text == "auth_code ******** 无效");
  const auto unsigned_words = counter.pay(HttpResponse{200, unsigned_refusal_text(words)});
  CHECK(std::get<Refused>(unsigned_words).said.text.find(payers_code) == std::string::npos);
  CHECK(std::get<Refused>(unsigned_words).said.remark.find(payers_code) == std::string::npos);
  const auto no_answer =
      counter.pay(HttpResponse{200, signed_answer(answer_fields({{"out_trade_no", payers_code}}))});
  CHECK(std::get<Unknown>(no_answer).message.find(payers_code) == std::string::npos);
}

TEST_CASE("an order is reversed where WeChat Pay says that it is done") {
  Counter counter;
  const auto outcome = counter.reverse(reversal());
  const auto& reversed = std::get<Reversed>(outcome);
  CHECK((reversed.evidence.state == OrderState::revoked));
  CHECK((reversed.evidence.source == EvidenceSource::reverse));
  CHECK(reversed.evidence.out_trade_no.text() == sale);
  CHECK(reversed.evidence.digest.size() == 64);
  CHECK(counter.world.transport.requests.at(0).url == "https://main.example/secapi/pay/reverse");
  // It was before.
  CHECK(words_of(counter.reverse(HttpResponse{200, signed_refusal("ORDERREVERSED")})) == "done");
}

TEST_CASE("a reversal is sent again as long as WeChat Pay asks for it") {
  const HttpResult first[] = {
      reversal({{"recall", "Y"}}), HttpResponse{200, signed_refusal("SYSTEMERROR")},
      HttpResponse{200, signed_refusal("USERPAYING")},
      HttpResponse{200, signed_answer(answer_fields(
                            {{"result_code", "FAIL"}, {"err_code", "TRADE_ERROR"}, {"recall", "Y"}}))},
      HttpResponse{502, ""}};
  for (const auto& answer : first) {
    Counter counter;
    counter.world.transport.then(answer, 2);
    CHECK(words_of(counter.reverse(reversal())) == "done");
    const auto& requests = counter.world.transport.requests;
    REQUIRE(requests.size() == 3);
    CHECK(requests[0].body == requests[2].body);
    CHECK(counter.world.clock.pauses.size() == 2);
  }
  Counter counter;
  counter.world.transport.then(reversal({{"recall", "Y"}}), 4);
  CHECK(words_of(counter.reverse(reversal({{"recall", "Y"}}))) == "RECALL");
}

TEST_CASE("a reversal that is refused, or whose answer is none of a reversal, changes nothing") {
  struct Row {
    HttpResponse answer;
    const char* outcome;
  };
  const Row rows[] = {{{200, signed_refusal("REVERSE_EXPIRE")}, "refuse"},
                      {{200, signed_refusal("PARAM_ERROR")}, "refuse"},
                      {{200, signed_refusal("TRADE_ERROR")}, "ask"},
                      {{200, signed_refusal("INVALID_REQUEST")}, "ask"},
                      {{200, signed_refusal("ORDERNOTEXIST")}, "no order"},
                      {{200, signed_refusal("CERT_ERROR")}, "key"},
                      {{200, unsigned_refusal_text("system error")}, "GATEWAY"},
                      {reversal({{"recall", ""}}), "GATEWAY"},
                      {reversal({{"recall", "X"}}), "GATEWAY"},
                      {reversal({{"out_trade_no", "T20261123180002"}}), "UNTRUSTED"},
                      {reversal({{"mch_id", "1900000110"}}), "UNTRUSTED"}};
  for (const auto& row : rows) {
    CAPTURE(row.answer.body);
    Counter counter;
    CHECK(words_of(counter.reverse(row.answer)) == row.outcome);
    CHECK(counter.world.transport.requests.size() == 1);
  }
}

TEST_CASE("API v3 has neither, and says which API has") {
  FakeWorld world;
  const auto api = make_v3_api(v3_account(), {.transport = &world.transport,
                                              .clock = world.clock,
                                              .random = world.random,
                                              .stop = world.stop,
                                              .log = world.log});
  const auto gateway = api->make_gateway(world.deps());
  for (const auto& error :
       {ledger_fixture::error_of([&gateway] { gateway->start_code_payment(code_payment()); }),
        ledger_fixture::error_of([&gateway] { gateway->start_reverse(OutTradeNo::parse(sale)); })}) {
    REQUIRE(error);
    CHECK((error->kind() == ErrorKind::usage));
    CHECK(error->hint() == "use a profile of API v2");
  }
}
