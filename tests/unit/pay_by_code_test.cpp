#include "app/pay_by_code.hpp"

#include <doctest/doctest.h>

#include "app/reverse_order.hpp"
#include "support/use_case_fixture.hpp"

using namespace wxpay;
using namespace wxpay::test;
using app::Outcome;

namespace {

/// A counter whose WeChat Pay answers as it is told, in order.
class CounterGateway final : public TellingGateway {
 public:
  std::unique_ptr<CallOf<QueryOutcome>> start_code_payment(
      const std::shared_ptr<const CodePayment>&) override {
    return std::make_unique<KnownExchange<QueryOutcome>>([this] { return take(payments); });
  }
  std::unique_ptr<CallOf<ReverseOutcome>> start_reverse(const OutTradeNo&) override {
    return std::make_unique<KnownExchange<ReverseOutcome>>([this] { return take(reversals); });
  }

  std::deque<QueryOutcome> payments;
  std::deque<QueryOutcome> queries;
  std::deque<ReverseOutcome> reversals;

 private:
  template <class T>
  static T take(std::deque<T>& outcomes) {
    if (outcomes.empty()) throw std::logic_error{"a request too many"};
    auto outcome = std::move(outcomes.front());
    outcomes.pop_front();
    return outcome;
  }
  CreateOutcome tell_create(const OrderIntent&) override { throw std::logic_error{"no creation"}; }
  QueryOutcome tell_query(const std::string&) override { return take(queries); }
  CloseOutcome tell_close(const std::string&) override { throw std::logic_error{"no closing"}; }
};

struct CodeCounter : UseCase {
  CounterGateway till;
  GatewayClient till_client{till, transport, clock, never};

  OrderIntent wanted(Fen fee = Fen{1000}) const {
    auto intent = ledger_fixture::intent_of("T1");
    intent.trade_type = TradeType::micropay;
    intent.total_fee = fee;
    return intent;
  }
  app::CodePaymentResult pay(const OrderIntent& intent,
                             std::chrono::seconds longest = std::chrono::seconds{5}) {
    return app::pay_by_code(intent, Secret{"134567890123456700"}, longest,
                            {*ledger, till_client, clock, never});
  }
};

}  // namespace

TEST_CASE("a number that was paid is never taken for another payment") {
  CodeCounter counter;
  counter.till.payments.emplace_back(query_says(OrderState::success));
  CHECK((counter.pay(counter.wanted()).outcome == Outcome::done));
  const auto again = counter.pay(counter.wanted());
  CHECK((again.outcome == Outcome::done));
  CHECK(again.paid);
  CHECK(again.hint == "it was paid before: nothing was taken with this code");
  const auto other = counter.pay(counter.wanted(Fen{9900}));
  CHECK((other.outcome == Outcome::refused));
  CHECK(other.said.code == "ORDERPAID");
  CHECK_FALSE(other.paid);
}

TEST_CASE("what is paid by another amount when it is to be reversed is no payment") {
  CodeCounter counter;
  counter.till.payments.emplace_back(unknown(ErrorKind::timeout, "TIMEOUT"));
  counter.till.queries.emplace_back(unknown(ErrorKind::timeout, "TIMEOUT"));
  counter.till.reversals.emplace_back(refused("SYSTEMERROR", Reaction::ask_by_query));
  auto paid = query_says(OrderState::success);
  paid.evidence.total_fee = Fen{1};
  counter.till.queries.emplace_back(paid);
  const auto result = counter.pay(counter.wanted());
  CHECK((result.outcome == Outcome::integrity));
  CHECK_FALSE(result.paid);
  CHECK((counter.state() == OrderState::creating));
}

TEST_CASE("a number that WeChat Pay has as reversed is not free for another try") {
  CodeCounter counter;
  counter.till.payments.emplace_back(refused("ORDERREVERSED", Reaction::order_closed));
  counter.till.queries.emplace_back(query_says(OrderState::revoked));
  const auto result = counter.pay(counter.wanted());
  CHECK((result.outcome == Outcome::refused));
  CHECK(result.said.code == "ORDERREVERSED");
  CHECK((counter.state() == OrderState::revoked));
}

TEST_CASE("what nobody pays is reversed, and not in the first 15 s") {
  CodeCounter counter;
  counter.till.payments.emplace_back(query_says(OrderState::userpaying));
  counter.till.queries.emplace_back(query_says(OrderState::userpaying));
  auto reversed = ledger_fixture::evidence_of("T1", EvidenceSource::reverse, OrderState::revoked);
  counter.till.reversals.emplace_back(Reversed{said_success(), reversed});
  const auto begun = counter.clock.steady_now();
  const auto result = counter.pay(counter.wanted());
  CHECK((result.outcome == Outcome::refused));
  CHECK(result.reversed);
  CHECK((counter.state() == OrderState::revoked));
  CHECK(counter.clock.steady_now() - begun >= std::chrono::seconds{15});
}

TEST_CASE("a payment that never arrived is as good as reversed, where the query says so too") {
  for (const bool is_there : {false, true}) {
    CodeCounter counter;
    const auto no_order = refused("ORDERNOTEXIST", Reaction::order_unknown);
    counter.till.payments.emplace_back(unknown(ErrorKind::timeout, "TIMEOUT"));
    counter.till.queries.emplace_back(no_order);
    counter.till.reversals.emplace_back(no_order);
    if (is_there) {
      counter.till.queries.emplace_back(query_says(OrderState::userpaying));
    } else {
      counter.till.queries.emplace_back(no_order);
    }
    const auto result = counter.pay(counter.wanted());
    CAPTURE(is_there);
    CHECK((result.outcome == (is_there ? Outcome::unknown : Outcome::refused)));
    CHECK(result.reversed != is_there);
    CHECK((counter.state() == (is_there ? OrderState::userpaying : OrderState::revoked)));
  }
}

TEST_CASE("a payment by code is reversed 15 s after it at the earliest, and again at once") {
  constexpr std::chrono::sys_seconds paid{std::chrono::seconds{1'795'420'800}};
  Order order{.intent = CodeCounter{}.wanted(), .state = OrderState::success, .updated_at = paid};
  const auto wait = [&order](std::chrono::seconds later) {
    return app::time_to_reversal(order, order.updated_at + later).count();
  };
  CHECK(wait(std::chrono::seconds{0}) == 15);
  CHECK(wait(std::chrono::seconds{14}) == 1);
  CHECK(wait(std::chrono::seconds{15}) == 0);
  // The clock was ahead.
  CHECK(wait(std::chrono::seconds{-1}) == 0);
  // A mark made by hand proves nothing.
  order.state = OrderState::revoked;
  CHECK(wait(std::chrono::seconds{0}) == 15);
  order.proven_state = OrderState::revoked;
  CHECK(wait(std::chrono::seconds{0}) == 0);
}
