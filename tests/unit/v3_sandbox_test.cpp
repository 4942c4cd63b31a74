#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <memory>
#include <string>

#include "support/v3_sandbox_rig.hpp"

// The gateway of API v3 against the sandbox's, without a network: each is written by the reference alone.

using namespace wxpay;
using namespace wxpay::test;
using Rig = V3SandboxRig;

namespace {
constexpr const char* order = V3SandboxRig::order;
}  // namespace

TEST_CASE("an order of API v3 is placed, paid, asked about and notified of") {
  Rig rig;
  const auto created = rig.client->create(rig.intent());
  REQUIRE(std::holds_alternative<Created>(created));
  const auto& prepay = std::get<Created>(created).evidence.prepay.value();
  CHECK_FALSE(prepay.prepay_id.empty());
  CHECK((prepay.scheme == PayScheme::rsa));
  // One request for the certificates, one for the order.
  CHECK(rig.transport.requests == 2);
  const auto again = rig.client->create(rig.intent());
  CHECK(std::holds_alternative<Created>(again));

  const auto open = rig.query();
  REQUIRE(std::holds_alternative<QueryAnswer>(open));
  CHECK((std::get<QueryAnswer>(open).evidence.state == OrderState::notpay));
  rig.pay();
  const auto paid = rig.query();
  REQUIRE(std::holds_alternative<QueryAnswer>(paid));
  const auto& evidence = std::get<QueryAnswer>(paid).evidence;
  CHECK((evidence.state == OrderState::success));
  CHECK((evidence.total_fee == rig.intent().total_fee));
  CHECK(std::holds_alternative<QueryAnswer>(rig.client->query(evidence.transaction_id)));

  const auto notification = rig.api->notifications().read(rig.notification());
  CHECK((notification.verdict == NotificationVerdict::paid));
  CHECK(notification.evidence.value().transaction_id == evidence.transaction_id);

  const auto closing = rig.client->close(OutTradeNo::parse(order));
  REQUIRE(std::holds_alternative<Refused>(closing));
  CHECK(std::get<Refused>(closing).said.code == "ORDERPAID");
  CHECK((std::get<Refused>(closing).reaction == Reaction::ask_by_query));
}

TEST_CASE("each product gives what it is paid with, and an order is closed") {
  for (const auto type : {TradeType::jsapi, TradeType::native, TradeType::app, TradeType::mweb}) {
    CAPTURE(to_string(type));
    Rig rig;
    const auto created = rig.client->create(rig.intent(type));
    REQUIRE(std::holds_alternative<Created>(created));
    const auto& prepay = std::get<Created>(created).evidence.prepay.value();
    CHECK(prepay.prepay_id.empty() == (type == TradeType::native || type == TradeType::mweb));
    CHECK(prepay.code_url.empty() == (type != TradeType::native));
    CHECK(prepay.mweb_url.empty() == (type != TradeType::mweb));
    CHECK(std::holds_alternative<Closed>(rig.client->close(OutTradeNo::parse(order))));
    CHECK(std::holds_alternative<Closed>(rig.client->close(OutTradeNo::parse(order))));
    const auto after = rig.client->create(rig.intent(type));
    REQUIRE(std::holds_alternative<Refused>(after));
    CHECK((std::get<Refused>(after).reaction == Reaction::order_closed));
  }
}

TEST_CASE("an order that differs from the first is refused, and one that nobody placed is unknown") {
  Rig rig;
  CHECK(std::holds_alternative<Created>(rig.client->create(rig.intent())));
  auto other = rig.intent();
  other.total_fee = Fen{other.total_fee.count() + 1};
  const auto refused = rig.client->create(other);
  REQUIRE(std::holds_alternative<Refused>(refused));
  CHECK((std::get<Refused>(refused).reaction == Reaction::ask_by_query));
  const auto unknown = rig.client->query(OutTradeNo::parse("ORDER-20261123999"));
  REQUIRE(std::holds_alternative<Refused>(unknown));
  CHECK((std::get<Refused>(unknown).reaction == Reaction::order_unknown));
  CHECK(std::get<Refused>(unknown).said.code == "ORDERNOTEXIST");
}

TEST_CASE("what is spoilt on its way is not believed") {
  struct Row {
    const char* fault;
    ErrorKind kind;
  };
  for (const auto& row : {Row{"wrong-sign", ErrorKind::untrusted}, Row{"wrong-serial", ErrorKind::untrusted},
                          Row{"stale", ErrorKind::untrusted}, Row{"other-order", ErrorKind::untrusted},
                          Row{"other-merchant", ErrorKind::untrusted}, Row{"other-app", ErrorKind::untrusted},
                          Row{"unsigned", ErrorKind::untrusted}, Row{"html", ErrorKind::gateway},
                          Row{"refusal", ErrorKind::gateway}, Row{"redirect", ErrorKind::gateway}}) {
    CAPTURE(row.fault);
    Rig rig;
    CHECK(std::holds_alternative<Created>(rig.client->create(rig.intent())));
    rig.spoil(row.fault);
    const auto outcome = rig.query();
    REQUIRE(std::holds_alternative<Unknown>(outcome));
    CHECK((std::get<Unknown>(outcome).kind == row.kind));
    CHECK(std::holds_alternative<QueryAnswer>(rig.query()));
  }
  // The same again is what these ask for.
  for (const auto* fault : {"probe", "5xx", "system-error"}) {
    CAPTURE(fault);
    Rig rig;
    CHECK(std::holds_alternative<Created>(rig.client->create(rig.intent())));
    rig.spoil(fault);
    const auto before = rig.transport.requests;
    CHECK(std::holds_alternative<QueryAnswer>(rig.query()));
    CHECK(rig.transport.requests == before + 2);
  }
}

TEST_CASE("notifications that are spoilt are told apart") {
  struct Row {
    const char* fault;
    NotificationVerdict verdict;
    const char* reason;
    const char* note = "";
  };
  for (const auto& row : {Row{"wrong-sign", NotificationVerdict::bad_signature, "does not hold"},
                          Row{"unsigned", NotificationVerdict::bad_signature, "is not signed"},
                          Row{"wrong-serial", NotificationVerdict::bad_signature, "not trusted here"},
                          Row{"probe", NotificationVerdict::bad_signature, "on purpose", "PROBE"},
                          Row{"bad-cipher", NotificationVerdict::bad_signature, "APIv3 key is not the one"},
                          Row{"stale", NotificationVerdict::paid, ""}}) {
    CAPTURE(row.fault);
    Rig rig;
    CHECK(std::holds_alternative<Created>(rig.client->create(rig.intent())));
    rig.pay();
    rig.control("/sandbox/fault", std::string{R"({"kind":")"} + row.fault + R"(","match":"notify"})");
    const auto notification = rig.api->notifications().read(rig.notification());
    CAPTURE(notification.reason);
    CHECK((notification.verdict == row.verdict));
    CHECK(notification.reason.find(row.reason) != std::string::npos);
    CHECK(notification.note == row.note);
  }
}

TEST_CASE("certificates change under way, and a public key may take their place") {
  Rig rig;
  CHECK(std::holds_alternative<Created>(rig.client->create(rig.intent())));
  rig.control("/sandbox/rotate", "{}");
  rig.world.clock.advance(std::chrono::minutes{11});
  const auto before = rig.transport.requests;
  CHECK(std::holds_alternative<QueryAnswer>(rig.query()));
  // The query, and one fetch of the certificates.
  CHECK(rig.transport.requests == before + 2);

  Rig without{sandbox::Trust::public_key};
  const auto outcome = without.query();
  REQUIRE(std::holds_alternative<Unknown>(outcome));
  CHECK((std::get<Unknown>(outcome).kind == ErrorKind::untrusted));
}

TEST_CASE("a request that is signed wrongly is refused, and that is said of the key") {
  Rig rig;
  rig.world.clock.advance(std::chrono::minutes{6});
  auto account = v3_account();
  account.serial_no = platform_serial;
  account.base_urls = {"http://127.0.0.1:8971"};
  const auto api = make_v3_api(
      std::move(account), {&rig.transport, rig.world.clock, rig.world.random, rig.world.stop, rig.world.log});
  const auto gateway = api->make_gateway(rig.world.deps());
  GatewayClient client{*gateway, rig.transport, rig.world.clock, rig.world.stop};
  const auto outcome = client.query(OutTradeNo::parse(order));
  REQUIRE(std::holds_alternative<Refused>(outcome));
  CHECK((std::get<Refused>(outcome).reaction == Reaction::wrong_key));
  CHECK(std::get<Refused>(outcome).said.code == "SIGNERROR");
}

TEST_CASE("the serial number of the merchant's certificate is taken in lower case, too") {
  Rig rig;
  rig.client->create(rig.intent());
  auto account = v3_account();
  std::transform(account.serial_no.begin(), account.serial_no.end(), account.serial_no.begin(), ::tolower);
  REQUIRE(account.serial_no != merchant_serial);
  account.public_key_id.clear();
  account.public_key.reset();
  account.base_urls = {"http://127.0.0.1:8971"};
  const auto api = make_v3_api(
      std::move(account), {&rig.transport, rig.world.clock, rig.world.random, rig.world.stop, rig.world.log});
  const auto gateway = api->make_gateway(rig.world.deps());
  GatewayClient client{*gateway, rig.transport, rig.world.clock, rig.world.stop};
  CHECK(std::holds_alternative<QueryAnswer>(client.query(OutTradeNo::parse(order))));
}
