#include <benchmark/benchmark.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "sample_order.hpp"
#include "wxpay/gateway.hpp"
#include "wxpay/payment_api.hpp"
#include "wxpay/v2_gateway.hpp"
#include "wxpay/v3_gateway.hpp"

// What one request costs this side: over API v2, which hashes, and over API v3, which signs by RSA.

namespace wxpay::bench {
namespace {

using Json = nlohmann::json;

std::string data_file(const std::string& name) {
  std::ifstream file{WXPAY_BENCH_DATA "/" + name};
  std::string text{std::istreambuf_iterator<char>{file}, {}};
  if (text.empty()) throw std::runtime_error{"no test data: " + name};
  return text;
}

/// It stands at the moment when the sample answer came.
class StandingClock final : public Clock {
 public:
  std::chrono::sys_seconds now() const override {
    return std::chrono::sys_seconds{std::chrono::seconds{1'795'428'012}};
  }
  std::chrono::steady_clock::time_point steady_now() const override { return {}; }
  void sleep_for(std::chrono::milliseconds) override {}
};

class CountingRandom final : public Random {
 public:
  void fill(std::span<std::byte> bytes) override {
    for (auto& byte : bytes) byte = std::byte{static_cast<unsigned char>(++state_ * 151U)};
  }

 private:
  unsigned state_ = 0;
};

class NeverStop final : public Stop {
 public:
  bool requested() const noexcept override { return false; }
};

class NoTransport final : public Transport {
 public:
  HttpResult send(const HttpRequest&) override { return TransportFailure{}; }
};

class NoLog final : public Log {
 public:
  bool enabled(LogLevel) const noexcept override { return false; }
  void write(LogLevel, std::string_view) override {}
};

MerchantIdentity merchant() {
  MerchantIdentity merchant;
  merchant.mch_id = MerchantId{"1900000109"};
  merchant.app_id = AppId{"wxd678efh567hg6787"};
  return merchant;
}

/// One API of the sample merchant, with its gateway.
class Side {
 public:
  explicit Side(bool v3) : api_{v3 ? make_v3() : make_v2()}, gateway_{api_->make_gateway(deps())} {}

  std::string request_of(const std::shared_ptr<const OrderIntent>& intent) {
    return gateway_->start_create(intent)->next_attempt().body;
  }
  QueryOutcome query(const OutTradeNo& number, const HttpResponse& answer) {
    const auto call = gateway_->start_query(number);
    benchmark::DoNotOptimize(call->next_attempt().url.data());
    call->on_result(answer);
    return call->outcome();
  }
  const PaySigner& pay_signer() const { return api_->pay_signer(); }

 private:
  GatewayDeps deps() { return {clock_, random_, stop_, log_}; }

  static std::unique_ptr<PaymentApi> make_v2() {
    return make_v2_api(
        {.merchant = merchant(), .key = sample_key(), .base_urls = {"https://gateway.example"}});
  }
  std::unique_ptr<PaymentApi> make_v3() {
    V3Account account;
    account.merchant = merchant();
    account.private_key = NamedSecret{Secret{data_file("keys-v3/merchant_key.pem")}, "the sample key"};
    account.serial_no = "3C6F1A52E7B04D98A1C2D3E4F5061728394A5B6C";
    account.public_key_id = "PUB_KEY_ID_0119000001092026112300000000000001";
    account.public_key = NamedText{data_file("keys-v3/wxpay_pubkey_mode_pub.pem"), "the sample public key"};
    account.base_urls = {"https://gateway.example"};
    return make_v3_api(
        std::move(account),
        {.transport = &transport_, .clock = clock_, .random = random_, .stop = stop_, .log = log_});
  }

  StandingClock clock_;
  CountingRandom random_;
  NeverStop stop_;
  NoLog log_;
  NoTransport transport_;
  std::unique_ptr<PaymentApi> api_;
  std::unique_ptr<PaymentGateway> gateway_;
};

std::shared_ptr<const OrderIntent> sample_order() {
  auto intent = sample_intent(42);
  intent.merchant = merchant();
  return std::make_shared<const OrderIntent>(std::move(intent));
}

void creation_request(benchmark::State& state, bool v3) {
  Side side{v3};
  const auto intent = sample_order();
  while (state.KeepRunning()) benchmark::DoNotOptimize(side.request_of(intent));
}
BENCHMARK_CAPTURE(creation_request, v2, false);
BENCHMARK_CAPTURE(creation_request, v3, true);

/// What a mini program pays with.
void pay_parameters(benchmark::State& state, bool v3) {
  const Side side{v3};
  const PrepayId prepay_id{"wx23100000a1b2c3d4e5f60718293a4b5c6d7e"};
  while (state.KeepRunning()) {
    benchmark::DoNotOptimize(side.pay_signer().parameters(TradeType::jsapi, merchant(), prepay_id,
                                                          v3 ? PayScheme::rsa : PayScheme::md5, "1795399200",
                                                          "5K8264ILTKCH16CQ2502SI8ZNMTM67VS"));
  }
}
BENCHMARK_CAPTURE(pay_parameters, v2, false);
BENCHMARK_CAPTURE(pay_parameters, v3, true);

/// A query's request and its answer, verified and read.
void query_v3(benchmark::State& state) {
  Side side{true};
  HttpResponse answer{.status = 200};
  for (const auto& vector : Json::parse(data_file("vectors-v3.json")).at("response_verification")) {
    if (vector.at("id") != "valid-200-pubkey-mode") continue;
    answer.body = vector.at("body_utf8").get<std::string>();
    for (const auto& header : vector.at("headers").items())
      answer.header_lines += header.key() + ": " + header.value().get<std::string>() + "\r\n";
  }
  const auto number = OutTradeNo::parse(Json::parse(answer.body).at("out_trade_no").get<std::string>());
  while (state.KeepRunning()) {
    if (!std::holds_alternative<QueryAnswer>(side.query(number, answer)))
      state.SkipWithError("the sample's own signature does not hold");
  }
}
BENCHMARK(query_v3);

}  // namespace
}  // namespace wxpay::bench
