#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <memory>
#include <string>

#include "sandbox/service.hpp"
#include "support/fakes.hpp"
#include "support/ledger_fixture.hpp"
#include "support/signed_answer.hpp"
#include "support/v3_wire.hpp"
#include "wire/json.hpp"

// The gateway of API v3 against the sandbox's, without a network: each is written by the reference alone.

using namespace wxpay;
using namespace wxpay::test;
using ledger_fixture::intent_of;

namespace {

constexpr const char* order = "ORDER-20261123001";

/// Carries requests into the sandbox's service.
class ServiceTransport final : public Transport {
 public:
  ServiceTransport(sandbox::Service& service, const Clock& clock) : service_{service}, clock_{clock} {}

  HttpResult send(const HttpRequest& request) override {
    ++requests;
    const auto path = request.url.substr(request.url.find('/', 8));
    Fields headers{{"User-Agent", "test"}};
    for (const auto& header : request.headers) headers.add(header.name, header.value);
    Fields query;
    auto rest = path.find('?') == std::string::npos ? std::string{} : path.substr(path.find('?') + 1);
    while (!rest.empty()) {
      const auto pair = rest.substr(0, rest.find('&'));
      rest = pair.size() < rest.size() ? rest.substr(pair.size() + 1) : std::string{};
      query.add(pair.substr(0, pair.find('=')), pair.substr(pair.find('=') + 1));
    }
    const auto path_alone = path.substr(0, path.find('?'));
    const auto reply = service_.handle({.method = request.method == HttpMethod::get ? "GET" : "POST",
                                        .path = path_alone,
                                        .body = request.body,
                                        .headers = headers,
                                        .query = query,
                                        .target = path});
    HttpResponse response{.status = reply.status, .body = reply.body, .date = clock_.now()};
    for (const auto& [name, value] : reply.headers) response.header_lines += name + ": " + value + "\r\n";
    return response;
  }

  int requests = 0;

 private:
  sandbox::Service& service_;
  const Clock& clock_;
};

/// A sandbox, and a client of API v3 that speaks to it.
struct Rig {
  explicit Rig(sandbox::Trust trust = sandbox::Trust::certificate,
               const MerchantIdentity& merchant = shop_merchant())
      : service{account(trust, merchant), world.clock, world.random, world.log, journal},
        transport{service, world.clock} {
    auto mine = v3_account();
    mine.merchant = merchant;
    mine.public_key_id.clear();
    mine.public_key.reset();
    mine.base_urls = {"http://127.0.0.1:8971"};
    api = make_v3_api(std::move(mine), {&transport, world.clock, world.random, world.stop, world.log});
    gateway = api->make_gateway(world.deps());
    client = std::make_unique<GatewayClient>(*gateway, transport, world.clock, world.stop);
  }

  static sandbox::GatewayAccount account(sandbox::Trust trust, const MerchantIdentity& merchant) {
    return {.merchant = merchant,
            .v2_key = Secret{shop_key},
            .v3 = sandbox::V3AccountKeys{.serial_no = merchant_serial,
                                         .key = private_key("merchant_key.pem").public_key(),
                                         .apiv3_key = Secret{apiv3_key},
                                         .trust = trust}};
  }

  OrderIntent intent(TradeType type = TradeType::jsapi) const {
    auto intent = intent_of(order);
    intent.merchant = api_merchant();
    intent.trade_type = type;
    intent.body = "咖啡 \"大杯\"";
    intent.client_ip = "10.1.2.3";
    if (type == TradeType::mweb)
      intent.scene_info = R"({"h5_info":{"wap_url":"https://a.cn","wap_name":"a"}})";
    return intent;
  }
  MerchantIdentity api_merchant() const { return merchant_; }

  wire::JsonObject control(const std::string& path, const std::string& body) {
    const auto reply = service.handle({.method = "POST",
                                       .path = path,
                                       .body = body,
                                       .headers = {{"Content-Type", "application/json"}},
                                       .target = path});
    REQUIRE(reply.status == 200);
    return std::get<wire::JsonObject>(wire::parse_json_object(reply.body));
  }
  void pay() { control("/sandbox/pay", std::string{R"({"outTradeNo":")"} + order + "\"}"); }
  void spoil(const std::string& kind) { control("/sandbox/fault", R"({"kind":")" + kind + "\"}"); }
  NotificationMessage notification() {
    const auto told = control("/sandbox/notify", std::string{R"({"outTradeNo":")"} + order + "\"}");
    NotificationMessage message{.body = wire::text_of(told, "notification").value()};
    for (const auto& [name, value] : wire::find(told, "headers")->members)
      message.headers.push_back({name, value.text});
    return message;
  }
  QueryOutcome query() { return client->query(OutTradeNo::parse(order)); }

  FakeWorld world;
  sandbox::NoJournal journal;
  MerchantIdentity merchant_ = shop_merchant();
  sandbox::Service service;
  ServiceTransport transport;
  std::unique_ptr<PaymentApi> api;
  std::unique_ptr<PaymentGateway> gateway;
  std::unique_ptr<GatewayClient> client;
};

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
