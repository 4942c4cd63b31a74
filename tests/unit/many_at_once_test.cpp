#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <future>
#include <map>
#include <memory>
#include <string>

#include "app/create_batch.hpp"
#include "app/reconcile_orders.hpp"
#include "base/system.hpp"
#include "net/http_transport.hpp"
#include "net/rate_limit.hpp"
#include "sandbox/sandbox.hpp"
#include "support/ledger_fixture.hpp"
#include "wxpay/v2_gateway.hpp"

using namespace wxpay;
using namespace wxpay::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* key = "Syn7heticTestKey0123456789abcdef";
constexpr int orders = 300;
constexpr std::size_t jobs = 24;
constexpr std::int64_t rate = 5'000;

struct StopFlag final : Stop {
  bool requested() const noexcept override { return flag; }
  std::atomic<bool> flag{false};
};

MerchantIdentity merchant() { return ledger_fixture::intent_of("T1").merchant; }

/// The sandbox, in a thread of its own.
class Served {
 public:
  Served() {
    std::promise<int> listening;
    auto port = listening.get_future();
    ended_ = std::async(std::launch::async, [this, &listening] {
      SystemClock clock{stop_};
      SystemRandom random;
      NullLog log;
      const sandbox::ServerOptions options{
          0, {}, sandbox::GatewayAccount{.merchant = merchant(), .v2_key = Secret{key}}};
      sandbox::serve(options, clock, random, stop_, log, [&](int at) { listening.set_value(at); });
    });
    url_ = "http://127.0.0.1:" + std::to_string(port.get());
  }
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;
  ~Served() { stop_.flag = true; }
  const std::string& url() const { return url_; }

 private:
  StopFlag stop_;
  std::string url_;
  std::future<void> ended_;  // waits for the thread before the others go
};

/// What commands that ask about many orders work with: a thread each with a gateway and an async transport,
/// one rate.
struct GatewayThreads {
  explicit GatewayThreads(const std::string& url) {
    for (auto& line : lines) {
      line.async_transport = net::make_http_async_transport({{}, "wxpayctl/test"}, jobs, stop, log);
      line.gateway = make_v2_gateway({.merchant = merchant(), .key = Secret{key}, .base_urls = {url}},
                                     {clock, line.random, stop, log});
    }
  }
  app::GatewayPool pool() {
    return {
        .drivers = lines.size(),
        .gateway = [this](std::size_t i) -> PaymentGateway& { return *lines.at(i).gateway; },
        .async_transport = [this](std::size_t i) -> AsyncTransport& { return *lines.at(i).async_transport; },
        .rate_limiter = rate_limiter};
  }

  struct Line {
    SystemRandom random;
    std::unique_ptr<AsyncTransport> async_transport;
    std::unique_ptr<PaymentGateway> gateway;
  };
  NeverStop stop;
  NullLog log;
  SystemClock clock{stop};
  net::RateLimit rate_limiter{rate, clock};
  std::array<Line, 3> lines;
};

std::string records() {
  std::string text;
  for (int i = 0; i < orders; ++i) {
    text += R"({"outTradeNo":"202611230)" + std::to_string(100'000 + i) +
            R"(","openId":"oUpF8uMuAJO_M2pxb1Q9zNjWeS6o","totalFee":1000})" + "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("several drivers create and ask about many orders at once, over sockets and with a ledger") {
  const ledger_fixture::LedgerFolder folder;
  const Served served;
  GatewayThreads threads{served.url()};
  const auto ledger =
      open_ledger(LedgerAddress{folder.ledger()}, ledger_fixture::test_options(), threads.clock);

  std::string text = records();
  wire::RecordReader reader{[&text](char* buffer, std::size_t size) {
    const auto count = text.copy(buffer, size);
    text.erase(0, count);
    return count;
  }};
  app::BatchInput input{reader,
                        {.merchant = merchant(),
                         .body = "goods",
                         .notify_url = "https://shop.example/notify",
                         .client_ip = "127.0.0.1"},
                        threads.clock};
  std::map<app::BatchResult::Kind, int> created;
  app::CreateBatch batch{
      input, {.jobs = jobs, .rate = rate}, {*ledger, threads.pool(), threads.clock, threads.stop}};
  batch.run({.result = [&](const app::BatchResult& result) { ++created[result.kind]; },
             .readable = {},
             .pause = [] {}});
  CHECK(batch.finished());
  CHECK(created[app::BatchResult::Kind::created] == orders);

  std::map<app::ReconcileResult::Kind, int> asked;
  app::ReconcileOrders reconcile{{.jobs = jobs, .older_than = 0s},
                                 {*ledger, *ledger, merchant(), threads.pool(), threads.clock, threads.stop}};
  reconcile.run(
      {.result = [&](const app::ReconcileResult& result) { ++asked[result.kind]; }, .pause = [] {}});
  CHECK(reconcile.finished());
  CHECK(asked[app::ReconcileResult::Kind::still_open] == orders);
  CHECK(ledger->check({}).problem.empty());
}
