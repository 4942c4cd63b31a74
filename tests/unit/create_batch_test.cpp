#include "app/create_batch.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "support/use_case_fixture.hpp"

using namespace wxpay;
using namespace wxpay::test;
using ledger_fixture::intent_of;
using Kind = app::BatchResult::Kind;

namespace {

/// Says the same of every order.
class SteadyGateway final : public TellingGateway {
 public:
  std::function<CreateOutcome(const OrderIntent&)> says;
  int told = 0;

 private:
  CreateOutcome tell_create(const OrderIntent& intent) override {
    ++told;
    return says(intent);
  }
  QueryOutcome tell_query(const std::string&) override { throw std::logic_error{"nothing is queried"}; }
  CloseOutcome tell_close(const std::string&) override { throw std::logic_error{"nothing is closed"}; }
};

/// Breaks while it waits for the answers to what it has sent.
class BreakingTransport final : public AsyncTransport {
 public:
  void start(std::size_t, const HttpRequest&) override { ++started; }
  std::vector<Arrival> await(std::chrono::milliseconds) override {
    if (started > 0) throw Error{ErrorKind::internal, "the transport is broken"};
    return {};
  }
  void wake() noexcept override {}
  int started = 0;
};

/// Asks for a stop instead of a turn, after so many.
struct StoppingRateLimiter final : RateLimiter {
  StoppingRateLimiter(FakeStop& button, int most) : stop{button}, turns{most} {}
  std::chrono::nanoseconds try_acquire() override {
    if (turns-- > 0) return {};
    stop.asked_for = true;
    return std::chrono::seconds{1};
  }
  void slow_down() override {}
  FakeStop& stop;
  int turns;
};

/// Six orders, two requests at once.
struct Batch : UseCase {
  SteadyGateway wechat;
  FakeStop stop;
  std::map<std::string, Kind> kinds;
  std::map<std::string, std::string> problems;
  OrderLedger* other_ledger = nullptr;

  void run(AsyncTransport& async_transport, RateLimiter& rate_limiter) {
    std::string text;
    for (int i = 1; i <= 6; ++i) {
      text += R"({"outTradeNo":"T)" + std::to_string(i) + R"(","openId":"o1","totalFee":1000})" + "\n";
    }
    wire::RecordReader reader{[&text](char* buffer, std::size_t size) {
      const auto count = text.copy(buffer, size);
      text.erase(0, count);
      return count;
    }};
    app::BatchInput input{reader,
                          {.merchant = intent_of("T1").merchant,
                           .body = "goods",
                           .notify_url = "https://shop.example/notify",
                           .client_ip = "127.0.0.1"},
                          clock};
    const app::GatewayPool pool{
        .gateway = [this](std::size_t) -> PaymentGateway& { return wechat; },
        .async_transport = [&](std::size_t) -> AsyncTransport& { return async_transport; },
        .rate_limiter = rate_limiter};
    app::CreateBatch batch{input,
                           {.jobs = 2, .rate = 100},
                           {other_ledger == nullptr ? *ledger : *other_ledger, pool, clock, stop}};
    batch.run({.result =
                   [this](const app::BatchResult& result) {
                     kinds[result.out_trade_no] = result.kind;
                     problems[result.out_trade_no] = result.problem;
                   },
               .readable = {},
               .pause = [] {}});
  }
  auto count(Kind kind) const {
    return std::count_if(kinds.begin(), kinds.end(), [kind](const auto& one) { return one.second == kind; });
  }
};

/// Cannot keep the intent of one number.
class PickyLedger final : public FailingLedger {
 public:
  PickyLedger(OrderLedger& real, std::string unkeepable)
      : FailingLedger{real}, unkeepable_{std::move(unkeepable)} {
    fails = false;
  }
  BeginResult begin(const OrderIntent& intent, const DefaultedFields& defaulted) override {
    if (intent.out_trade_no.text() == unkeepable_)
      throw Error{ErrorKind::ledger_value, "the ledger cannot keep a value"};
    return FailingLedger::begin(intent, defaulted);
  }

 private:
  std::string unkeepable_;
};

}  // namespace

TEST_CASE("what a broken transport had under way is not said to be unsent") {
  Batch batch;
  BreakingTransport async_transport;
  NoRateLimit rate_limiter;
  CHECK_THROWS_WITH_AS(batch.run(async_transport, rate_limiter), "the transport is broken", Error);
  CHECK(async_transport.started == 2);
  CHECK(batch.kinds.size() == 6);
  CHECK(batch.count(Kind::not_recorded) == 2);
  CHECK(batch.count(Kind::not_sent) == 4);
  CHECK(batch.kinds.at("T1") == Kind::not_recorded);
  CHECK(batch.state("T1") == OrderState::creating);
}

TEST_CASE("what waits for its turn at a stop is not sent, and what was answered is recorded") {
  Batch batch;
  FakeAsyncTransport async_transport;
  StoppingRateLimiter rate_limiter{batch.stop, 3};
  batch.wechat.says = [&](const OrderIntent& intent) { return created(intent, batch.clock); };
  batch.run(async_transport, rate_limiter);
  CHECK(async_transport.requests.size() == 3);
  CHECK(batch.kinds.size() == 6);
  CHECK(batch.count(Kind::created) == 3);
  CHECK(batch.count(Kind::not_sent) == 3);
  CHECK(batch.state("T3") == OrderState::notpay);
}

TEST_CASE("an order that is asked for again more slowly is not said to be unsent when that is stopped") {
  Batch batch;
  FakeAsyncTransport async_transport;
  StoppingRateLimiter rate_limiter{batch.stop, 2};
  batch.wechat.says = [](const OrderIntent&) { return refused("FREQUENCY_LIMITED", Reaction::slow_down); };
  batch.run(async_transport, rate_limiter);
  CHECK(batch.wechat.told == 2);
  CHECK(batch.count(Kind::created) == 2);
  CHECK(batch.count(Kind::not_sent) == 4);
  CHECK(batch.state("T1") == OrderState::creating);
}

TEST_CASE("what is too much for WeChat Pay is asked again five times, each time more slowly") {
  Batch batch;
  FakeAsyncTransport async_transport;
  NoRateLimit rate_limiter;
  batch.wechat.says = [](const OrderIntent&) { return refused("FREQUENCY_LIMITED", Reaction::slow_down); };
  batch.run(async_transport, rate_limiter);
  CHECK(batch.wechat.told == 6 * 6);
  CHECK(rate_limiter.times_slowed == 6 * 5);
  CHECK(batch.count(Kind::created) == 6);
}

TEST_CASE("an answer that the ledger cannot keep is the trouble of its order alone") {
  Batch batch;
  FakeAsyncTransport async_transport;
  NoRateLimit rate_limiter;
  batch.wechat.says = [&](const OrderIntent& intent) {
    auto answer = created(intent, batch.clock);
    if (intent.out_trade_no.text() == "T3") answer.evidence.prepay->code_url = std::string(5'000, 'u');
    return answer;
  };
  batch.run(async_transport, rate_limiter);
  CHECK(batch.count(Kind::created) == 5);
  CHECK(batch.kinds.at("T3") == Kind::not_recorded);
  CHECK(batch.problems.at("T3").find("cannot keep a value") != std::string::npos);
  for (const auto* number : {"T1", "T2", "T4", "T5", "T6"}) {
    CAPTURE(std::string{number});
    CHECK(batch.problems.at(number).empty());
    CHECK(batch.state(number) == OrderState::notpay);
    CHECK(batch.order(number)->prepay->prepay_id == PrepayId{"wx1"});
  }
  CHECK(batch.state("T3") == OrderState::creating);
  CHECK(batch.ledger->check({}).ok);
  // Each order was sent once: what is recorded again is not asked again.
  CHECK(async_transport.requests.size() == 6);
}

TEST_CASE("a record whose order the ledger cannot keep is a bad one, and is not sent") {
  Batch batch;
  PickyLedger picky{*batch.ledger, "T3"};
  batch.other_ledger = &picky;
  FakeAsyncTransport async_transport;
  NoRateLimit rate_limiter;
  batch.wechat.says = [&](const OrderIntent& intent) { return created(intent, batch.clock); };
  batch.run(async_transport, rate_limiter);
  CHECK(batch.count(Kind::created) == 5);
  CHECK(batch.kinds.at("T3") == Kind::bad);
  CHECK(batch.problems.at("T3") == "the ledger cannot keep a value");
  CHECK(async_transport.requests.size() == 5);
  CHECK(batch.ledger->check({}).count("orders") == 5);
}
