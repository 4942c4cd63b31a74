#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/system.hpp"
#include "gateway/clock_check.hpp"
#include "wxpay/clock.hpp"
#include "wxpay/gateway.hpp"
#include "wxpay/gateway_client.hpp"
#include "wxpay/transport.hpp"
#include "wxpay/v2_gateway.hpp"

namespace wxpay::test {

/// Time that passes only in pauses and where the test says so: 2026-11-23 16:00:00 in Beijing at first.
class FakeClock final : public Clock {
 public:
  std::chrono::sys_seconds now() const override {
    return start_ + std::chrono::floor<std::chrono::seconds>(passed_);
  }
  std::chrono::steady_clock::time_point steady_now() const override {
    return std::chrono::steady_clock::time_point{passed_};
  }
  void sleep_for(std::chrono::milliseconds pause) override {
    pauses.push_back(pause);
    passed_ += pause;
    if (on_pause) on_pause();
  }

  void advance(std::chrono::milliseconds by) { passed_ += by; }

  std::vector<std::chrono::milliseconds> pauses;
  std::function<void()> on_pause;

 private:
  std::chrono::sys_seconds start_{std::chrono::seconds{1'795'420'800}};
  std::chrono::milliseconds passed_{0};
};

/// The same bytes in every run, each different from the one before.
class FakeRandom final : public Random {
 public:
  void fill(std::span<std::byte> bytes) override {
    for (auto& byte : bytes) {
      state_ = state_ * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
      byte = constant.value_or(std::byte{static_cast<unsigned char>(state_ >> 56U)});
    }
  }

  std::optional<std::byte> constant;

 private:
  std::uint64_t state_ = 1;
};

class FakeStop final : public Stop {
 public:
  bool requested() const noexcept override { return asked_for; }
  std::atomic<bool> asked_for = false;
};

/// Gives the answers it was given, in their order, and keeps every request. A request too many is a failure
/// of the test, and so is an answer left over: ask `used_up`.
class FakeTransport final : public Transport {
 public:
  using Answer = std::function<HttpResult(const HttpRequest&)>;

  HttpResult send(const HttpRequest& request) override {
    requests.push_back(request);
    if (answers.empty()) throw std::logic_error{"a request too many: " + request.url};
    const auto answer = std::move(answers.front());
    answers.pop_front();
    return answer(request);
  }

  FakeTransport& then(const HttpResult& result, int times = 1) {
    for (int i = 0; i < times; ++i) answers.emplace_back([result](const HttpRequest&) { return result; });
    return *this;
  }
  FakeTransport& then_by(Answer answer) {
    answers.push_back(std::move(answer));
    return *this;
  }
  bool used_up() const { return answers.empty(); }

  std::vector<HttpRequest> requests;
  std::deque<Answer> answers;
};

/// Answers every request with nothing.
struct EmptyTransport final : Transport {
  HttpResult send(const HttpRequest&) override { return HttpResponse{}; }
};

/// Carries nothing: every request has its result at once, the one that the test gives.
class FakeAsyncTransport final : public AsyncTransport {
 public:
  void start(std::size_t slot, const HttpRequest& request) override {
    requests.push_back(request);
    arrived_.push_back({slot, answer(request)});
  }
  std::vector<Arrival> await(std::chrono::milliseconds longest) override {
    waits.push_back(longest);
    return std::exchange(arrived_, {});
  }
  void wake() noexcept override {}

  std::function<HttpResult(const HttpRequest&)> answer = [](const HttpRequest&) { return HttpResponse{}; };
  std::vector<HttpRequest> requests;
  std::vector<std::chrono::milliseconds> waits;

 private:
  std::vector<Arrival> arrived_;
};

struct NoRateLimit final : RateLimiter {
  std::chrono::nanoseconds try_acquire() override { return {}; }
  void slow_down() override { ++times_slowed; }
  int times_slowed = 0;
};

/// A call of one try whose outcome is known to the test, whatever the result of the try.
template <class Outcome>
class KnownExchange final : public CallOf<Outcome> {
 public:
  explicit KnownExchange(std::function<Outcome()> answer) : answer_{std::move(answer)} {}
  const HttpRequest& next_attempt() override { return request_; }
  std::optional<std::chrono::milliseconds> on_result(HttpResult) override {
    outcome_ = answer_();
    return std::nullopt;
  }
  void interrupt() override { outcome_ = Unknown{ErrorKind::interrupted, "INTERRUPTED", {}, {}, false}; }
  Outcome outcome() override { return std::move(outcome_); }

 private:
  std::function<Outcome()> answer_;
  HttpRequest request_;
  Outcome outcome_ = Unknown{};
};

/// A gateway that tells what it is asked as soon as the call is driven.
class TellingGateway : public PaymentGateway {
 public:
  std::unique_ptr<CallOf<CreateOutcome>> start_create(std::shared_ptr<const OrderIntent> intent) override {
    return known<CreateOutcome>([this, intent = std::move(intent)] { return tell_create(*intent); });
  }
  std::unique_ptr<CallOf<QueryOutcome>> start_query(const OutTradeNo& out_trade_no) override {
    return known<QueryOutcome>([this, number = out_trade_no.text()] { return tell_query(number); });
  }
  std::unique_ptr<CallOf<QueryOutcome>> start_query(const TransactionId& transaction_id) override {
    return known<QueryOutcome>([this, id = transaction_id.text()] { return tell_query(id); });
  }
  std::unique_ptr<CallOf<CloseOutcome>> start_close(const OutTradeNo& out_trade_no) override {
    return known<CloseOutcome>([this, number = out_trade_no.text()] { return tell_close(number); });
  }
  std::unique_ptr<CallOf<RefundOutcome>> start_refund(std::shared_ptr<const RefundIntent> intent) override {
    return known<RefundOutcome>([this, intent = std::move(intent)] { return tell_refund(*intent); });
  }
  std::unique_ptr<CallOf<RefundOutcome>> start_query_refund(const OutRefundNo& out_refund_no) override {
    return known<RefundOutcome>([this, number = out_refund_no.text()] { return tell_query_refund(number); });
  }
  std::unique_ptr<CallOf<RawOutcome>> start_raw(RawRequest) override {
    return known<RawOutcome>([] { return RawOutcome{Unknown{}}; });
  }
  std::unique_ptr<CallOf<ClockReading>> start_clock_check() override {
    return std::make_unique<gateway::ClockCheck>(HttpRequest{}, clock_);
  }

 private:
  template <class Outcome>
  static std::unique_ptr<CallOf<Outcome>> known(std::function<Outcome()> answer) {
    return std::make_unique<KnownExchange<Outcome>>(std::move(answer));
  }
  virtual CreateOutcome tell_create(const OrderIntent& intent) = 0;
  virtual QueryOutcome tell_query(const std::string& id) = 0;
  virtual CloseOutcome tell_close(const std::string& number) = 0;
  virtual RefundOutcome tell_refund(const RefundIntent&) { throw std::logic_error{"a refund too many"}; }
  virtual RefundOutcome tell_query_refund(const std::string&) {
    throw std::logic_error{"a query for a refund too many"};
  }

  FakeClock clock_;
};

/// A gateway that answers as it was told, in order; a request too many throws.
class FakeGateway final : public TellingGateway {
 public:
  bool used_up() const {
    return creations.empty() && queries.empty() && closings.empty() && refunds.empty() &&
           refund_queries.empty();
  }

  std::deque<CreateOutcome> creations;
  std::deque<QueryOutcome> queries;
  std::deque<CloseOutcome> closings;
  std::deque<RefundOutcome> refunds;
  std::deque<RefundOutcome> refund_queries;
  std::vector<RefundIntent> refunded;
  std::vector<std::string> asked_refunds;
  std::vector<OrderIntent> sent;
  std::vector<std::string> asked;
  std::vector<std::string> closed;
  std::function<void()> during_request;  ///< what the rest of the world does while the answer is awaited

 private:
  CreateOutcome tell_create(const OrderIntent& intent) override {
    sent.push_back(intent);
    return take(creations);
  }
  QueryOutcome tell_query(const std::string& id) override {
    asked.push_back(id);
    return take(queries);
  }
  CloseOutcome tell_close(const std::string& number) override {
    closed.push_back(number);
    return take(closings);
  }

  RefundOutcome tell_refund(const RefundIntent& intent) override {
    refunded.push_back(intent);
    return take(refunds);
  }
  RefundOutcome tell_query_refund(const std::string& number) override {
    asked_refunds.push_back(number);
    return take(refund_queries);
  }

  template <class Outcome>
  Outcome take(std::deque<Outcome>& outcomes) {
    if (during_request) during_request();
    if (outcomes.empty()) throw std::logic_error{"a request too many"};
    auto outcome = std::move(outcomes.front());
    outcomes.pop_front();
    return outcome;
  }
};

/// What a v2 gateway needs from outside, all of it fake.
struct FakeWorld {
  FakeTransport transport;
  FakeClock clock;
  FakeRandom random;
  FakeStop stop;
  NullLog log;
  GatewayDeps deps() { return {clock, random, stop, log}; }
  GatewayClient client(PaymentGateway& gateway) { return {gateway, transport, clock, stop}; }
};

}  // namespace wxpay::test
