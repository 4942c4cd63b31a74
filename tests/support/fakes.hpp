#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/system.hpp"
#include "wxpay/clock.hpp"
#include "wxpay/gateway.hpp"
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
  bool asked_for = false;
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

/// A gateway that answers as it was told, in order; a request too many throws.
class FakeGateway final : public PaymentGateway {
 public:
  CreateOutcome create(const OrderIntent& intent) override {
    sent.push_back(intent);
    if (during_request) during_request();
    return take(creations);
  }
  QueryOutcome query(const OutTradeNo& out_trade_no) override {
    asked.push_back(out_trade_no.text());
    if (during_request) during_request();
    return take(queries);
  }
  QueryOutcome query(const TransactionId& transaction_id) override {
    asked.push_back(transaction_id.text());
    if (during_request) during_request();
    return take(queries);
  }
  CloseOutcome close(const OutTradeNo& out_trade_no) override {
    closed.push_back(out_trade_no.text());
    if (during_request) during_request();
    return take(closings);
  }
  bool used_up() const { return creations.empty() && queries.empty() && closings.empty(); }

  std::deque<CreateOutcome> creations;
  std::deque<QueryOutcome> queries;
  std::deque<CloseOutcome> closings;
  std::vector<OrderIntent> sent;
  std::vector<std::string> asked;
  std::vector<std::string> closed;
  std::function<void()> during_request;  ///< what the rest of the world does while the answer is awaited

 private:
  template <class Outcome>
  static Outcome take(std::deque<Outcome>& outcomes) {
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
  GatewaySeams seams() { return {transport, clock, random, stop, log}; }
};

}  // namespace wxpay::test
