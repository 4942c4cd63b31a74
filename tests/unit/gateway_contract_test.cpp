#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "support/fake_payment_api.hpp"
#include "support/fakes.hpp"
#include "support/ledger_fixture.hpp"
#include "support/signed_answer.hpp"
#include "support/v3_wire.hpp"

// What the gateway of every API of WeChat Pay is held to: each case runs over all APIs.

using namespace wxpay;
using namespace wxpay::test;
using ledger_fixture::intent_of;

namespace {

constexpr const char* prepay_id = "wx201411101639507cbf6ffd8b0779950874";
constexpr const char* transaction = "4200000001202611230000000001";
constexpr const char* other_merchant = "1900000999";

const OutTradeNo number = OutTradeNo::parse("T1");

/// An API, and how WeChat Pay speaks it.
struct ApiCase {
  std::string name;
  std::unique_ptr<PaymentApi> (*make)();
  HttpResponse created;
  HttpResponse paid;
  HttpResponse unpaid;
  HttpResponse closed;
  HttpResponse refused;
  HttpResponse no_such_order;
  HttpResponse too_many;
  HttpResponse unsigned_payment;
  HttpResponse payment_of_another;
};

HttpResponse v2_answer(const Fields& fields, const char* key = shop_key) {
  return {200, signed_answer(fields, SignType::md5, key)};
}

ApiCase v2_case() {
  const auto paid = paid_order("T1");
  return {.name = "v2",
          .make = [] { return make_v2_api(shop_account()); },
          .created = v2_answer(accepted_order({{"prepay_id", prepay_id}})),
          .paid = v2_answer(paid),
          .unpaid = v2_answer(answer_fields({{"out_trade_no", "T1"}, {"trade_state", "NOTPAY"}})),
          .closed = v2_answer(answer_fields()),
          .refused = HttpResponse{200, signed_refusal("NOAUTH")},
          .no_such_order = HttpResponse{200, signed_refusal("ORDERNOTEXIST")},
          .too_many = HttpResponse{200, signed_refusal("FREQUENCY_LIMITED")},
          .unsigned_payment = HttpResponse{200, wire::to_xml(paid)},
          .payment_of_another = v2_answer(with_changes(paid, {{"mch_id", other_merchant}}))};
}

std::unique_ptr<PaymentApi> make_v3() {
  // What is fetched belongs to a test of its own (v3_trust_test); here both certificates are at hand.
  static FakeWorld network;
  return make_v3_api(v3_account(),
                     {&network.transport, network.clock, network.random, network.stop, network.log});
}

HttpResponse v3_refusal(int status, const char* code) {
  return v3_answer(status, std::string{R"({"code":")"} + code + R"(","message":"why"})", FakeClock{}.now(),
                   by_public_key);
}

ApiCase v3_case() {
  const auto now = FakeClock{}.now();
  const auto answer = [&](const std::string& body) { return v3_answer(200, body, now, by_public_key); };
  const auto paid = v3_payment({});
  auto unsigned_payment = answer(paid);
  unsigned_payment.header_lines.clear();
  return {.name = "v3",
          .make = make_v3,
          .created = answer(std::string{R"({"prepay_id":")"} + prepay_id + R"("})"),
          .paid = answer(paid),
          .unpaid = answer(v3_payment({.state = "NOTPAY"})),
          .closed = v3_answer(204, "", now, by_public_key),
          .refused = v3_refusal(403, "NO_AUTH"),
          .no_such_order = v3_refusal(404, "ORDER_NOT_EXIST"),
          .too_many = v3_refusal(429, "FREQUENCY_LIMITED"),
          .unsigned_payment = std::move(unsigned_payment),
          .payment_of_another = answer(v3_payment({.merchant = other_merchant}))};
}

ApiCase fake_case() {
  const Fields unpaid{{"merchant", "1900000109"}, {"order", "T1"}, {"state", "OPEN"}};
  const Fields paid{{"merchant", "1900000109"},   {"order", "T1"}, {"state", "PAID"}, {"kind", "payment"},
                    {"transaction", transaction}, {"fee", "1000"}};
  const auto refusal = [](const char* code) {
    return fake_api::answer({{"merchant", "1900000109"}, {"code", code}, {"text", "why"}});
  };
  auto unsigned_payment = fake_api::answer(paid);
  unsigned_payment.header_lines.clear();
  return {.name = "an API that does not exist",
          .make = fake_api::make,
          .created = fake_api::answer(with_changes(unpaid, {{"prepay", prepay_id}})),
          .paid = fake_api::answer(paid),
          .unpaid = fake_api::answer(unpaid),
          .closed = fake_api::answer(unpaid),
          .refused = refusal("NO_RIGHT"),
          .no_such_order = refusal("NO_ORDER"),
          .too_many = refusal("TOO_MANY"),
          .unsigned_payment = std::move(unsigned_payment),
          .payment_of_another = fake_api::answer(with_changes(paid, {{"merchant", other_merchant}}))};
}

/// A gateway of the API in a fake world.
struct Rig {
  explicit Rig(const ApiCase& api_case)
      : api{api_case.make()}, gateway{api->make_gateway(world.deps())}, client{world.client(*gateway)} {}

  CreateOutcome create() { return client.create(intent_of("T1")); }
  std::size_t requests() const { return world.transport.requests.size(); }

  FakeWorld world;
  std::unique_ptr<PaymentApi> api;
  std::unique_ptr<PaymentGateway> gateway;
  GatewayClient client;
};

template <class Check>
void for_each_api(Check check) {
  for (const auto& api_case : {v2_case(), v3_case(), fake_case()}) {
    CAPTURE(api_case.name);
    check(api_case);
  }
}

/// The outcome of one query that is answered so.
QueryOutcome queried(const ApiCase& api_case, const HttpResponse& answer) {
  Rig rig{api_case};
  rig.world.transport.then(answer);
  return rig.client.query(number);
}

}  // namespace

TEST_CASE("an accepted order has its prepay_id, and the scheme by which it is signed") {
  for_each_api([](const ApiCase& api_case) {
    Rig rig{api_case};
    rig.world.transport.then(api_case.created);
    const auto outcome = rig.create();
    const auto* created = std::get_if<Created>(&outcome);
    REQUIRE(created != nullptr);
    CHECK(created->said.verified());
    CHECK(created->said.code.empty());
    CHECK((created->evidence.source == EvidenceSource::create));
    CHECK((created->evidence.state == OrderState::notpay));
    CHECK(created->evidence.out_trade_no.text() == "T1");
    CHECK(created->evidence.digest.size() == 64);
    REQUIRE(created->evidence.sent != nullptr);
    const auto& prepay = created->evidence.prepay.value();
    CHECK(prepay.prepay_id.text() == prepay_id);
    CHECK((prepay.scheme == rig.api->pay_signer().scheme()));
    CHECK((prepay.expires_at > rig.world.clock.now()));
  });
}

TEST_CASE("a query and a closing give evidence about the order that was asked for") {
  for_each_api([](const ApiCase& api_case) {
    const auto found = queried(api_case, api_case.paid);
    const auto* paid = std::get_if<QueryAnswer>(&found);
    REQUIRE(paid != nullptr);
    CHECK((paid->evidence.source == EvidenceSource::query));
    CHECK((paid->evidence.state == OrderState::success));
    CHECK(paid->evidence.transaction_id.text() == transaction);
    CHECK((paid->evidence.total_fee == Fen{1000}));
    CHECK((paid->evidence.merchant.mch_id == shop_merchant().mch_id));
    const auto open = queried(api_case, api_case.unpaid);
    REQUIRE(std::get_if<QueryAnswer>(&open) != nullptr);
    CHECK((std::get<QueryAnswer>(open).evidence.state == OrderState::notpay));

    Rig rig{api_case};
    rig.world.transport.then(api_case.closed);
    const auto outcome = rig.client.close(number);
    REQUIRE(std::get_if<Closed>(&outcome) != nullptr);
    CHECK((std::get<Closed>(outcome).evidence.state == OrderState::closed));
  });
}

TEST_CASE("a signed refusal says what may be done about it") {
  for_each_api([](const ApiCase& api_case) {
    const auto reaction_to = [&](const HttpResponse& answer) {
      const auto outcome = queried(api_case, answer);
      const auto* refused = std::get_if<Refused>(&outcome);
      REQUIRE(refused != nullptr);
      CHECK(refused->said.verified());
      CHECK_FALSE(refused->said.code.empty());
      CHECK(refused->said.text == "why");
      CHECK(refused->digest.size() == 64);
      return refused->reaction;
    };
    CHECK((reaction_to(api_case.refused) == Reaction::refuse));
    CHECK((reaction_to(api_case.no_such_order) == Reaction::order_unknown));
    CHECK((reaction_to(api_case.too_many) == Reaction::slow_down));
  });
}

TEST_CASE("what is not signed, or about another merchant, proves nothing") {
  for_each_api([](const ApiCase& api_case) {
    for (const auto& answer : {api_case.unsigned_payment, api_case.payment_of_another}) {
      const auto outcome = queried(api_case, answer);
      const auto* unknown = std::get_if<Unknown>(&outcome);
      REQUIRE(unknown != nullptr);
      CHECK((unknown->kind == ErrorKind::untrusted));
      CHECK(unknown->sent);
    }
  });
}

TEST_CASE("a server's error is tried again, a request that broke off is not") {
  for_each_api([](const ApiCase& api_case) {
    Rig failing{api_case};
    failing.world.transport.then(HttpResponse{502, "bad gateway"}).then(api_case.created);
    const auto created = failing.create();
    CHECK(std::get_if<Created>(&created) != nullptr);
    CHECK(failing.requests() == 2);

    Rig breaking{api_case};
    breaking.world.transport.then(TransportFailure{ErrorKind::network, true, "the connection broke"});
    const auto outcome = breaking.create();
    const auto* unknown = std::get_if<Unknown>(&outcome);
    REQUIRE(unknown != nullptr);
    CHECK((unknown->kind == ErrorKind::network));
    CHECK(unknown->sent);
    CHECK(breaking.requests() == 1);
  });
}

TEST_CASE("a check of the clock is one try, and takes the Date of any answer") {
  for_each_api([](const ApiCase& api_case) {
    Rig rig{api_case};
    const auto date = rig.world.clock.now() - std::chrono::minutes{3};
    rig.world.transport.then(HttpResponse{502, "", date});
    const auto reading = rig.client.read_clock();
    CHECK(reading.answered);
    CHECK((reading.date == date));
    CHECK(rig.requests() == 1);
  });
}
