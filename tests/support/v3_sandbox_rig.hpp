#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "sandbox/service.hpp"
#include "support/fakes.hpp"
#include "support/ledger_fixture.hpp"
#include "support/signed_answer.hpp"
#include "support/v3_wire.hpp"
#include "wire/json.hpp"

namespace wxpay::test {

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
struct V3SandboxRig {
  static constexpr const char* order = "ORDER-20261123001";

  explicit V3SandboxRig(sandbox::Trust trust = sandbox::Trust::certificate,
                        const MerchantIdentity& merchant = shop_merchant())
      : service{account(trust, merchant),
                world.clock,
                world.random,
                world.log,
                journal,
                {.refund_interval = std::chrono::seconds{0}}},
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
    auto intent = ledger_fixture::intent_of(order);
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
    return notification(std::string{R"({"outTradeNo":")"} + order + "\"}");
  }
  NotificationMessage refund_notification(const std::string& out_refund_no) {
    return notification(R"({"outRefundNo":")" + out_refund_no + "\"}");
  }
  NotificationMessage notification(const std::string& about) {
    const auto told = control("/sandbox/notify", about);
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

}  // namespace wxpay::test
