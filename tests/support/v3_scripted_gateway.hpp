#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <utility>

#include "support/raw_server.hpp"
#include "support/shop.hpp"
#include "support/v3_signing.hpp"

namespace wxpay::test {

/// An answer of API v3 before it goes over the wire.
struct V3Reply {
  int status = 200;
  std::string body;
  HeaderLines headers = {};

  V3Reply signed_now() const { return {status, body, v3_signature(body)}; }
  std::string bytes() const {
    std::string lines{"Connection: close\r\n"};
    for (const auto& [name, value] : headers) lines += name + ": " + value + "\r\n";
    return http_answer(body, status, lines);
  }
};

/// What a query says of an order of the shop that was paid with 1000 fen.
inline Json v3_paid(const std::string& number) {
  return {
      {"appid", shop_app_id},
      {"mchid", shop_mch_id},
      {"out_trade_no", number},
      {"transaction_id", "4200000001202611230000000001"},
      {"trade_type", "JSAPI"},
      {"trade_state", "SUCCESS"},
      {"trade_state_desc", "支付成功"},
      {"bank_type", "OTHERS"},
      {"success_time", "2026-11-23T10:00:00+08:00"},
      {"payer", {{"openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"}}},
      {"amount", {{"total", 1000}, {"payer_total", 1000}, {"currency", "CNY"}, {"payer_currency", "CNY"}}}};
}

inline V3Reply v3_error(int status, const std::string& code, const std::string& message = "原因") {
  return {status, Json{{"code", code}, {"message", message}}.dump()};
}

/// What WeChat Pay would answer to this request, not signed yet: a creation is accepted, an order that is
/// asked about is paid, one that is to be closed is closed; there are no platform certificates.
inline V3Reply v3_right_reply(const std::string& request) {
  const auto& api = api_named("v3");
  if (api.asks(Operation::create, request))
    return {200, R"({"prepay_id":"wx26112209580621e9b071c00d9e093b0000"})"};
  if (api.asks(Operation::query, request)) return {200, v3_paid(api.order_of(request)).dump()};
  if (api.asks(Operation::close, request)) return {204, ""};
  return v3_error(404, "RESOURCE_NOT_EXISTS", "无可用的平台证书");
}

/// A gateway of API v3 of the merchant of Shop::configure that answers well until it is told to spoil its
/// answers.
class V3ScriptedGateway {
 public:
  using Spoil = std::function<void(Peer&, const std::string& request)>;
  using Change = std::function<V3Reply(const V3Reply& right)>;

  /// Answers every request like this; nothing: well again. The connection is closed after each such answer.
  void spoil(Spoil how) {
    const std::lock_guard lock{mutex_};
    spoil_ = std::move(how);
  }
  /// Answers every request about orders by what this makes of the right reply, which is signed.
  void change(Change how) {
    spoil([how = std::move(how)](Peer& peer, const std::string& request) {
      const auto right = v3_right_reply(request).signed_now();
      peer.send((about_certificates(request) ? right : how(right)).bytes());
    });
  }
  RawServer& server() { return server_; }
  /// How many requests for platform certificates there were.
  int fetches() const { return fetches_; }

 private:
  static bool about_certificates(const std::string& request) {
    return request.starts_with("GET /v3/certificates");
  }
  void serve(Peer& peer) {
    while (const auto request = peer.read_request()) {
      if (about_certificates(*request)) ++fetches_;
      Spoil how;
      {
        const std::lock_guard lock{mutex_};
        how = spoil_;
      }
      if (how) return how(peer, *request);
      if (!peer.send(v3_right_reply(*request).signed_now().bytes())) return;
    }
  }

  std::mutex mutex_;
  Spoil spoil_;
  std::atomic<int> fetches_ = 0;
  RawServer server_{[this](Peer& peer) { serve(peer); }};
};

/// A shop on API v3 with one open order, OPEN-1, at a gateway of whose answers the test decides.
struct V3Case {
  explicit V3Case(const std::string& more_of_the_profile = {}) {
    shop.configure(gateway.server().url(""), more_of_the_profile, api_named("v3"));
    REQUIRE(shop.run(create("OPEN-1")).code == 0);
  }
  std::string head() const { return json_line(shop.run({"ledger", "check", "--json"}).out).dump(); }
  std::string shown(const std::string& number) const {
    return json_line(shop.run({"orders", "show", number, "--json"}).out).at("state");
  }
  /// Nothing was spoilt: the right answer settles the order.
  void check_unspoilt() {
    gateway.spoil({});
    auto settled = json_line(shop.run({"query", "OPEN-1", "--json"}).out);
    CHECK(settled["resultMsg"] == "UPDATE_SUCCESS");
    CHECK(settled["ledgerState"] == "SUCCESS");
    CHECK(shop.run({"ledger", "check"}).code == 0);
  }

  V3ScriptedGateway gateway;
  Shop shop;
};

constexpr long v3_most_memory_kib = 64L * 1024;

/// query gets no further than an error of this code, create-order no further than CREATING, and close leaves
/// the order open.
inline void check_not_believed(const V3Case& at, int code, const std::string& error_code) {
  const auto before = at.head();
  const auto asked = at.shop.run({"query", "OPEN-1", "--json", "--timeout", "2"});
  CAPTURE(asked.out);
  CAPTURE(asked.err);
  CHECK(asked.code == code);
  CHECK(asked.out.empty());
  CHECK(json_line(asked.err)["error"]["code"] == error_code);
  CHECK(at.head() == before);
  CHECK(at.shown("OPEN-1") == "NOTPAY");

  static std::atomic<int> number = 0;
  const auto fresh = "FRESH-" + std::to_string(++number);
  const auto created = at.shop.run(create(fresh, {"--json", "--timeout", "2"}));
  CAPTURE(created.out);
  CHECK(created.code == code);
  auto order = json_line(created.out);
  CHECK(order["ledgerState"] == "CREATING");
  CHECK_FALSE(order.contains("prepayId"));
  CHECK(at.shown(fresh) == "CREATING");

  const auto closed = at.shop.run({"close", "OPEN-1", "--json", "--timeout", "2"});
  CAPTURE(closed.out);
  CHECK(closed.code == code);
  CHECK(json_line(closed.out)["ledgerState"] == "NOTPAY");
  CHECK(at.shown("OPEN-1") == "NOTPAY");
  if (measures_memory) {
    CHECK(asked.peak_rss_kib < v3_most_memory_kib);
    CHECK(created.peak_rss_kib < v3_most_memory_kib);
    CHECK(closed.peak_rss_kib < v3_most_memory_kib);
  }
}

}  // namespace wxpay::test
