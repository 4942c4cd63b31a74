#include <doctest/doctest.h>

#include "support/v3_sandbox_rig.hpp"

// Refunds of API v3: the gateway against the sandbox's, without a network.

using namespace wxpay;
using namespace wxpay::test;

namespace {

/// A rig with a paid order.
struct PaidRig : V3SandboxRig {
  PaidRig() {
    CHECK(std::holds_alternative<Created>(client->create(intent())));
    pay();
  }
  RefundIntent refund_intent(const std::string& number, std::int64_t fen) const {
    const auto total = intent().total_fee;
    return {.mch_id = api_merchant().mch_id,
            .out_trade_no = OutTradeNo::parse(order),
            .out_refund_no = OutRefundNo::parse(number),
            .refund_fee = Fen{fen},
            .total_fee = total,
            .reason = "少了一杯",
            .notify_url = "https://pay.example.com/refunds",
            .funds_account = FundsAccount::unsettled};
  }
  RefundOutcome refund(const std::string& number, std::int64_t fen) {
    return client->refund(refund_intent(number, fen));
  }
  RefundOutcome ask(const std::string& number) { return client->query_refund(OutRefundNo::parse(number)); }
  void settle(const std::string& number, const std::string& state) {
    control("/sandbox/refund", R"({"outRefundNo":")" + number + R"(","state":")" + state + "\"}");
  }
};

const RefundEvidence& evidence(const RefundOutcome& outcome) {
  REQUIRE(std::holds_alternative<RefundAnswer>(outcome));
  return std::get<RefundAnswer>(outcome).evidence;
}

std::string code(const RefundOutcome& outcome) {
  if (const auto* refused = std::get_if<Refused>(&outcome)) return refused->said.code;
  return std::holds_alternative<RefundAnswer>(outcome) ? "SUCCESS" : std::get<Unknown>(outcome).code;
}

/// The status of a request that is signed right, with this body.
std::string answer_to(V3SandboxRig& rig, const std::string& body) {
  const auto outcome = rig.client->raw({.method = HttpMethod::post,
                                        .target = "/v3/refund/domestic/refunds",
                                        .headers = {{"Content-Type", "application/json"}},
                                        .body = body});
  if (std::holds_alternative<RawAnswer>(outcome)) return "SUCCESS";
  const auto* refused = std::get_if<Refused>(&outcome);
  return refused == nullptr ? std::get<Unknown>(outcome).code : refused->said.code;
}

}  // namespace

TEST_CASE("a refund of API v3 is accepted, asked about and told of") {
  PaidRig rig;
  const auto accepted = evidence(rig.refund("R@1", 300));
  CHECK((accepted.state == RefundState::processing));
  CHECK(accepted.refund_id.text().size() == 29);
  CHECK((accepted.refund_fee == Fen{300}));
  const auto paid = rig.query();
  CHECK((std::get<QueryAnswer>(paid).evidence.state == OrderState::refund));
  struct Row {
    const char* state;
    RefundState expected;
  };
  for (const auto& row : {Row{"SUCCESS", RefundState::success}, Row{"CLOSED", RefundState::closed},
                          Row{"ABNORMAL", RefundState::abnormal}}) {
    CAPTURE(row.state);
    rig.settle("R@1", row.state);
    const auto answer = rig.ask("R@1");
    CHECK((evidence(answer).state == row.expected));
    CHECK(evidence(answer).success_at.has_value() == (row.expected == RefundState::success));
    CHECK((evidence(answer).refund_id == accepted.refund_id));
  }
  CHECK(code(rig.ask("R@2")) != "SUCCESS");
}

TEST_CASE("one number refunds once, by whichever API it comes") {
  PaidRig rig;
  const auto total = rig.intent().total_fee.count();
  const auto first = evidence(rig.refund("R-1", 300)).refund_id;
  CHECK((evidence(rig.refund("R-1", 300)).refund_id == first));
  CHECK(code(rig.refund("R-1", 301)) != "SUCCESS");
  CHECK(code(rig.refund("R-2", total - 299)) != "SUCCESS");
  CHECK(code(rig.refund("R-2", total - 300)) == "SUCCESS");
}

TEST_CASE("the form of a refund is checked as strictly as an order's") {
  const std::string amount = R"("amount":{"refund":300,"total":1000,"currency":"CNY"})";
  const std::string named = std::string{R"("out_trade_no":")"} + V3SandboxRig::order + "\"";
  const std::string numbered = R"("out_refund_no":"R-1")";
  const std::string bad[] = {
      "{" + named + "," + numbered + "}",
      "{" + named + "," + amount + "}",
      "{" + numbered + "," + amount + "}",
      "{" + named + "," + numbered + "," + amount + R"(,"body":"x"})",
      "{" + named + R"(,"out_refund_no":"R 1",)" + amount + "}",
      "{" + named + R"(,"out_refund_no":1,)" + amount + "}",
      "{" + named + "," + numbered + R"(,"amount":{"refund":300,"total":1000}})",
      "{" + named + "," + numbered + R"(,"amount":{"refund":3.5,"total":1000,"currency":"CNY"}})",
      "{" + named + "," + numbered + R"(,"amount":{"refund":"300","total":1000,"currency":"CNY"}})",
      "{" + named + "," + numbered + R"(,"amount":{"refund":0,"total":1000,"currency":"CNY"}})",
      "{" + named + "," + numbered + R"(,"amount":{"refund":300,"total":1000,"currency":"USD"}})",
      "{" + named + "," + numbered + R"(,"amount":{"refund":300,"total":1000,"currency":"CNY","x":1}})",
      "{" + named + "," + numbered + "," + amount + R"(,"funds_account":"MINE"})",
      "{" + named + "," + numbered + "," + amount + R"(,"notify_url":"https://a.cn/n?x=1"})",
      "{" + named + "," + numbered + "," + amount + R"(,"reason":")" + std::string(81, 'r') + "\"}",
      "{" + numbered + R"(,"transaction_id":"42x",)" + amount + "}",
  };
  for (const auto& body : bad) {
    CAPTURE(body);
    PaidRig rig;
    CHECK(answer_to(rig, body) == "PARAM_ERROR");
  }
  PaidRig rig;
  CHECK(answer_to(rig, "{" + named + "," + numbered + "," + amount + "}") == "SUCCESS");
}

TEST_CASE("answers about another refund are not believed, and a small balance is told") {
  for (const auto* fault : {"other-refund", "other-order", "other-amount", "wrong-sign", "unsigned"}) {
    CAPTURE(fault);
    PaidRig rig;
    rig.spoil(fault);
    const auto outcome = rig.refund("R-1", 300);
    REQUIRE(std::holds_alternative<Unknown>(outcome));
    CHECK((std::get<Unknown>(outcome).kind == ErrorKind::untrusted));
    CHECK(code(rig.ask("R-1")) == "SUCCESS");
  }
  PaidRig rig;
  rig.spoil("not-enough");
  CHECK(code(rig.refund("R-1", 300)) == "NOTENOUGH");
  CHECK(code(rig.ask("R-1")) != "SUCCESS");
  CHECK(code(rig.refund("R-1", 300)) == "SUCCESS");
}

TEST_CASE("a notification of a refund opens by the APIv3 key") {
  PaidRig rig;
  evidence(rig.refund("R-1", 300));
  rig.settle("R-1", "SUCCESS");
  const auto good = rig.refund_notification("R-1");
  CHECK(good.body.find("\"event_type\":\"REFUND.SUCCESS\"") != std::string::npos);
  CHECK((rig.api->notifications().read(good).verdict != NotificationVerdict::bad_signature));
  rig.control("/sandbox/fault", R"({"kind":"bad-cipher","match":"notify"})");
  CHECK((rig.api->notifications().read(rig.refund_notification("R-1")).verdict ==
         NotificationVerdict::bad_signature));
}
