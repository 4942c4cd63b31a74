#include <doctest/doctest.h>

#include <algorithm>
#include <memory>

#include "support/fakes.hpp"
#include "support/ledger_fixture.hpp"
#include "support/signed_answer.hpp"
#include "support/v3_certificates.hpp"
#include "support/v3_wire.hpp"

// Whole calls of API v3: what is repeated, what waits, and what is told of an answer's Request-ID.

using namespace wxpay;
using namespace wxpay::test;
using namespace std::chrono_literals;
using ledger_fixture::intent_of;

namespace {

struct KeptLog final : Log {
  bool enabled(LogLevel) const noexcept override { return true; }
  void write(LogLevel, std::string_view line) override { lines.emplace_back(line); }
  bool has(std::string_view part) const {
    return std::any_of(lines.begin(), lines.end(),
                       [part](const std::string& line) { return line.find(part) != std::string::npos; });
  }
  std::vector<std::string> lines;
};

const OutTradeNo number = OutTradeNo::parse("T1");

/// The shop's API over a network that the test plays.
struct Shop {
  explicit Shop(V3Account account = v3_account())
      : api{make_v3_api(std::move(account), {.transport = &world.transport,
                                             .clock = world.clock,
                                             .random = world.random,
                                             .stop = world.stop,
                                             .log = log})},
        gateway{api->make_gateway({world.clock, world.random, world.stop, log})} {}

  CreateOutcome create() { return client().create(intent_of("T1")); }
  QueryOutcome query() { return client().query(number); }
  GatewayClient client() { return world.client(*gateway); }
  std::chrono::sys_seconds now() const { return world.clock.now(); }

  FakeWorld world;
  KeptLog log;
  std::unique_ptr<PaymentApi> api;
  std::unique_ptr<PaymentGateway> gateway;
};

V3Account account_with_certificates() {
  auto account = v3_account();
  account.public_key_id.clear();
  account.public_key.reset();
  account.timeout = 60s;
  return account;
}

HttpResponse with_header(HttpResponse response, const std::string& name, const std::string& value) {
  response.header_lines += name + ": " + value + "\r\n";
  return response;
}

HttpResponse refusal(int status, const std::string& code, std::chrono::sys_seconds at) {
  return v3_answer(status, R"({"code":")" + code + R"(","message":"why"})", at, by_public_key);
}

const TransportFailure no_network{ErrorKind::network, false, "api.mch.weixin.qq.com cannot be reached"};

}  // namespace

TEST_CASE("the Request-ID of a refusal is kept in the log, and its number is told where it is known") {
  Shop shop;
  shop.world.transport.then(with_header(refusal(400, "PARAM_ERROR", shop.now()), "request-id",
                                        "08F78BBF9E0610EF0218D9CDAA8D0120-268435461"));
  auto outcome = shop.create();
  CHECK(std::get<Refused>(outcome).said.text == "why (268435461: illegal parameter)");
  CHECK(
      shop.log.has("HTTP 400 PARAM_ERROR, Request-ID 08F78BBF9E0610EF0218D9CDAA8D0120-268435461 (268435461: "
                   "illegal parameter)"));
  shop.world.transport.then(with_header(refusal(403, "NO_AUTH", shop.now()), "Request-ID", "08F7-1\x1b[2J"));
  outcome = shop.create();
  CHECK(std::get<Refused>(outcome).said.text == "why");
  CHECK(shop.log.has("HTTP 403 NOAUTH, Request-ID 08F7-1"));
  CHECK_FALSE(shop.log.has("\x1b"));
  const auto lines = shop.log.lines.size();
  shop.world.transport.then(
      with_header(v3_answer(200, v3_payment({}), shop.now(), by_public_key), "Request-ID", "08F7-268435461"));
  CHECK(std::holds_alternative<QueryAnswer>(shop.query()));
  CHECK(shop.log.lines.size() == lines);
  // An answer that cannot be believed has a name, too.
  shop.world.transport.then(
      with_header(v3_answer(200, v3_payment({}), shop.now() - 1h, by_public_key), "Request-ID", "08F7-9"));
  CHECK(std::get<Unknown>(shop.query()).kind == ErrorKind::untrusted);
  CHECK(shop.log.has("HTTP 200 UNTRUSTED, Request-ID 08F7-9"));
}

TEST_CASE("too many requests wait as Retry-After says, as far as the time for the call allows") {
  struct Row {
    std::string retry_after;
    std::chrono::milliseconds pause;
  };
  for (const auto& row : {Row{"7", 7s}, Row{"Mon, 23 Nov 2026 08:00:09 GMT", 9s}}) {
    CAPTURE(row.retry_after);
    Shop shop;
    const auto too_many = refusal(429, "FREQUENCY_LIMITED", shop.now());
    shop.world.transport.then(with_header(too_many, "Retry-After", row.retry_after));
    shop.world.transport.then(
        v3_answer(200, v3_payment({}), shop.now() + row.pause / 1s * 1s, by_public_key));
    CHECK(std::holds_alternative<QueryAnswer>(shop.query()));
    CHECK((shop.world.clock.pauses == std::vector{row.pause}));
  }
  for (const char* longer : {"31", "86400", "99999999999999999999", "Mon, 23 Nov 2026 09:00:00 GMT"}) {
    CAPTURE(longer);
    Shop shop;
    shop.world.transport.then(
        with_header(refusal(429, "FREQUENCY_LIMITED", shop.now()), "Retry-After", longer));
    const auto outcome = shop.query();
    CHECK((std::get<Refused>(outcome).reaction == Reaction::slow_down));
    CHECK(shop.world.clock.pauses.empty());
  }
  for (const char* nothing : {"", "soon", "-5", "1.5"}) {
    CAPTURE(nothing);
    Shop shop;
    shop.world.transport.then(
        with_header(refusal(429, "FREQUENCY_LIMITED", shop.now()), "Retry-After", nothing));
    CHECK((std::get<Refused>(shop.query()).reaction == Reaction::slow_down));
  }
}

TEST_CASE("a probe and a 5xx are repeated with the same body and a new signature") {
  Shop shop;
  auto probe = v3_answer(200, R"({"prepay_id":"wx1"})", shop.now(), by_public_key);
  probe.header_lines.replace(probe.header_lines.find("Wechatpay-Signature: ") + 21, 19,
                             "WECHATPAY/SIGNTEST/");
  shop.world.transport.then(probe).then(HttpResponse{.status = 502, .body = "<html>"});
  shop.world.transport.then_by([&shop](const HttpRequest&) {
    return v3_answer(200, R"({"prepay_id":"wx1"})", shop.now(), by_public_key);
  });
  CHECK(std::holds_alternative<Created>(shop.create()));
  const auto& requests = shop.world.transport.requests;
  REQUIRE(requests.size() == 3);
  for (const auto& request : requests) {
    CHECK(request.body == requests.front().body);
    CHECK((request.headers.back() == HttpHeader{"Wechatpay-Serial", public_key_id}));
  }
  CHECK(requests[0].headers.front().value != requests[1].headers.front().value);
}

TEST_CASE("an answer whose certificate cannot be had now is no answer yet, and is no forged one") {
  Shop shop{account_with_certificates()};
  auto& transport = shop.world.transport;
  const auto paid = v3_answer(200, v3_payment({}), shop.now());
  transport.then(paid);
  transport.then(no_network, 1);
  transport.then(HttpResponse{.status = 503}, 4);
  auto outcome = shop.query();
  CHECK((std::get<Unknown>(outcome).kind == ErrorKind::gateway));
  CHECK(std::get<Unknown>(outcome).sent);
  CHECK(std::get<Unknown>(outcome).message.find("platform certificates could not be fetched") !=
        std::string::npos);
  REQUIRE(transport.used_up());
  // Not in a loop, and not too late either.
  transport.then_by([&shop](const HttpRequest&) { return v3_answer(200, v3_payment({}), shop.now()); });
  CHECK(std::holds_alternative<Unknown>(shop.query()));
  REQUIRE(transport.used_up());
  shop.world.clock.advance(61s);
  transport.then_by([&shop](const HttpRequest&) { return v3_answer(200, v3_payment({}), shop.now()); });
  transport.then_by([&shop](const HttpRequest& request) {
    CHECK(request.url == "https://api.mch.weixin.qq.com/v3/certificates");
    return v3_answer(200, certificates_body({platform_certificate}, shop.now()), shop.now());
  });
  CHECK(std::holds_alternative<QueryAnswer>(shop.query()));
}

TEST_CASE("a program that is asked to stop while it fetches certificates was interrupted") {
  Shop shop{account_with_certificates()};
  shop.world.transport.then(v3_answer(200, v3_payment({}), shop.now()));
  shop.world.transport.then_by([&shop](const HttpRequest&) -> HttpResult {
    shop.world.stop.asked_for = true;
    return TransportFailure{ErrorKind::interrupted, true, "interrupted"};
  });
  CHECK((std::get<Unknown>(shop.query()).kind == ErrorKind::interrupted));
}

TEST_CASE("it is told which trust is missing") {
  const auto told = [](Shop& shop) {
    const auto outcome = shop.query();
    REQUIRE(std::holds_alternative<Unknown>(outcome));
    CHECK((std::get<Unknown>(outcome).kind == ErrorKind::untrusted));
    return std::get<Unknown>(outcome).message;
  };
  const auto holds = [](const std::string& text, std::string_view part) {
    CAPTURE(text);
    return text.find(part) != std::string::npos;
  };
  SUBCASE("the account has no platform certificates") {
    Shop shop{account_with_certificates()};
    shop.world.transport.then(v3_answer(200, v3_payment({}), shop.now()));
    shop.world.transport.then(HttpResponse{
        .status = 404, .body = R"({"code":"RESOURCE_NOT_EXISTS","message":"无可用的平台证书"})"});
    CHECK(holds(told(shop), "set public_key_id and public_key_file"));
  }
  SUBCASE("the public key is not in the profile") {
    Shop shop{account_with_certificates()};
    shop.world.transport.then(v3_answer(200, v3_payment({}), shop.now(), by_public_key));
    CHECK(holds(told(shop), "which the profile does not have: set public_key_id"));
  }
  SUBCASE("the public key of the profile is another") {
    Shop shop;
    const SignedBy other{"wxpay_pubkey_mode_key.pem", "PUB_KEY_ID_0119000001092026112300000000000002"};
    shop.world.transport.then(v3_answer(200, v3_payment({}), shop.now(), other));
    CHECK(holds(told(shop), std::string{"and public_key_id is "} + public_key_id));
  }
  SUBCASE("there is no APIv3 key to fetch a certificate with") {
    auto account = v3_account();
    account.apiv3_key.reset();
    Shop shop{std::move(account)};
    shop.world.transport.then(v3_answer(200, v3_payment({}), shop.now()));
    CHECK(holds(told(shop), "set apiv3_key_file"));
  }
  SUBCASE("the APIv3 key is another merchant's") {
    auto account = account_with_certificates();
    account.apiv3_key = NamedSecret{Secret{"THROWAWAYapiV3key0123456789ABCDF"}, "apiv3_key_file"};
    Shop shop{std::move(account)};
    shop.world.transport.then(v3_answer(200, v3_payment({}), shop.now()));
    shop.world.transport.then(
        v3_answer(200, certificates_body({platform_certificate}, shop.now()), shop.now()));
    CHECK(holds(told(shop), "cannot be opened with the APIv3 key"));
  }
}

TEST_CASE("a header of the caller's takes the place of the call's own, and what is signed is not endless") {
  Shop shop;
  shop.world.transport.then(v3_answer(200, "{}", shop.now(), by_public_key));
  RawRequest raw{.target = "/v3/x", .headers = {{"wechatpay-serial", "ABC"}}};
  raw.largest_response = std::size_t{1} << 40U;
  CHECK(std::holds_alternative<RawAnswer>(shop.client().raw(raw)));
  const auto& sent = shop.world.transport.requests.back();
  std::vector<std::string> serials;
  for (const auto& header : sent.headers) {
    if (header.name == "Wechatpay-Serial" || header.name == "wechatpay-serial")
      serials.push_back(header.value);
  }
  CHECK(serials == std::vector<std::string>{"ABC"});
  CHECK(sent.largest_response == std::size_t{16} << 20U);
}
