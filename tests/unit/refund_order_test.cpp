#include "app/refund_order.hpp"

#include <doctest/doctest.h>

#include "app/query_refund.hpp"
#include "support/use_case_fixture.hpp"

using namespace wxpay;
using namespace wxpay::test;
using app::Outcome;

namespace {

const OutRefundNo number = OutRefundNo::trusted("R-T1-1");

RefundRequest request(std::optional<Fen> fee = Fen{300}) {
  return {.merchant = ledger_fixture::intent_of("T1").merchant,
          .out_trade_no = ledger_fixture::number_of("T1"),
          .out_refund_no = number,
          .refund_fee = fee};
}

RefundAnswer answer(RefundState state, Fen fee = Fen{300}) {
  const auto intent = ledger_fixture::intent_of("T1");
  return {.said = said_success(),
          .evidence = {.source = EvidenceSource::refund,
                       .merchant = intent.merchant,
                       .out_trade_no = intent.out_trade_no,
                       .out_refund_no = number,
                       .state = state,
                       .refund_id = RefundId{"50300000000000000000000000001"},
                       .refund_fee = fee,
                       .total_fee = intent.total_fee,
                       .digest = std::string(64, 'e')},
          .clock_ahead = std::chrono::seconds{0}};
}

struct RefundCase : UseCase {
  RefundCase() { bring_to(OrderState::success); }

  app::RefundResult refund(const RefundRequest& wanted = request(),
                           std::chrono::seconds interval = refund_interval) {
    app::Refunding refunding{wanted, interval};
    return app::refund_order(refunding, {*ledger, *ledger}, client, clock, never,
                             [this](std::chrono::seconds wait) { waits.push_back(wait); });
  }
  std::optional<RefundState> refund_state() const {
    const auto refund = ledger->find_refund(ledger_fixture::test_merchant(), number);
    return refund ? std::optional{refund->state} : std::nullopt;
  }

  std::vector<std::chrono::seconds> waits;
};

}  // namespace

TEST_CASE("the intent to refund is in the ledger before the request leaves") {
  RefundCase shop;
  shop.gateway.refunds.emplace_back(answer(RefundState::processing));
  shop.gateway.during_request = [&] {
    CHECK((shop.refund_state() == RefundState::unknown));
    CHECK((shop.state() == OrderState::success));
  };
  const auto result = shop.refund();
  CHECK((result.outcome == Outcome::done));
  REQUIRE(result.refund);
  CHECK((result.refund->state == RefundState::processing));
  CHECK((shop.state() == OrderState::refund));
  CHECK(shop.gateway.refunded.size() == 1);
}

TEST_CASE("no answer leaves it UNKNOWN, and the same refund again sends the same number") {
  RefundCase shop;
  shop.gateway.refunds.emplace_back(unknown(ErrorKind::timeout, "TIMEOUT"));
  const auto lost = shop.refund();
  CHECK((lost.outcome == Outcome::unknown));
  CHECK((shop.refund_state() == RefundState::unknown));
  shop.gateway.refunds.emplace_back(answer(RefundState::success));
  const auto again = shop.refund();
  CHECK((again.outcome == Outcome::done));
  CHECK(shop.gateway.refunded.back().out_refund_no == number);
  CHECK((shop.refund_state() == RefundState::success));
}

TEST_CASE("a refusal after an unanswered sending is held against a query") {
  struct Row {
    RefundOutcome asked;
    Outcome outcome;
    RefundState state;
  };
  const std::vector<Row> rows{
      {answer(RefundState::processing), Outcome::done, RefundState::processing},
      {refused("REFUNDNOTEXIST", Reaction::order_unknown), Outcome::refused, RefundState::failed},
      {unknown(ErrorKind::network, "NETWORK"), Outcome::unknown, RefundState::unknown},
      {refused("SYSTEMERROR", Reaction::repeat), Outcome::unknown, RefundState::unknown}};
  for (const auto& row : rows) {
    RefundCase shop;
    shop.gateway.refunds.emplace_back(unknown(ErrorKind::timeout, "TIMEOUT"));
    shop.refund();
    shop.gateway.refunds.emplace_back(refused("NOTENOUGH", Reaction::refuse));
    shop.gateway.refund_queries.emplace_back(row.asked);
    CHECK((shop.refund().outcome == row.outcome));
    CHECK((shop.refund_state() == row.state));
    CHECK(shop.gateway.used_up());
  }
}

TEST_CASE("the word that our signature is wrong says nothing of a sending before it") {
  RefundCase shop;
  shop.gateway.refunds.emplace_back(refused("SIGNERROR", Reaction::wrong_key));
  CHECK((shop.refund().outcome == Outcome::wrong_key));
  CHECK((shop.refund_state() == RefundState::failed));
  shop.gateway.refunds.emplace_back(unknown(ErrorKind::timeout, "TIMEOUT"));
  CHECK((shop.refund().outcome == Outcome::unknown));
  shop.gateway.refunds.emplace_back(refused("SIGNERROR", Reaction::wrong_key));
  CHECK((shop.refund().outcome == Outcome::wrong_key));
  CHECK((shop.refund_state() == RefundState::unknown));
}

TEST_CASE("a refund that was begun while the clock was ahead is sent at once when the clock is right") {
  RefundCase shop;
  shop.clock.advance(std::chrono::days{30});
  shop.gateway.refunds.emplace_back(unknown(ErrorKind::timeout, "TIMEOUT"));
  shop.refund();
  shop.clock.advance(-std::chrono::days{30});
  shop.gateway.refunds.emplace_back(answer(RefundState::processing));
  CHECK((shop.refund().outcome == Outcome::done));
  CHECK(shop.waits.empty());
}

TEST_CASE("a first refusal is final, makes it FAILED, and frees the number for the same refund") {
  RefundCase shop;
  shop.gateway.refunds.emplace_back(refused("NOTENOUGH", Reaction::refuse));
  const auto result = shop.refund();
  CHECK((result.outcome == Outcome::refused));
  CHECK(result.said.code == "NOTENOUGH");
  CHECK((shop.refund_state() == RefundState::failed));
  CHECK((shop.state() == OrderState::success));
  shop.gateway.refunds.emplace_back(answer(RefundState::processing));
  CHECK((shop.refund().outcome == Outcome::done));
}

TEST_CASE("a rate limit leaves it to be sent again") {
  RefundCase shop;
  shop.gateway.refunds.emplace_back(refused("FREQUENCY_LIMITED", Reaction::slow_down));
  CHECK((shop.refund().outcome == Outcome::unknown));
  CHECK((shop.refund_state() == RefundState::unknown));
}

TEST_CASE("an answer about another amount is a mismatch: nothing is written") {
  RefundCase shop;
  shop.gateway.refunds.emplace_back(answer(RefundState::success, Fen{301}));
  const auto result = shop.refund();
  CHECK((result.outcome == Outcome::integrity));
  CHECK(result.said.code == "AMOUNT_MISMATCH");
  CHECK((shop.refund_state() == RefundState::unknown));
}

TEST_CASE("SUCCESS by a notification before the reply: the reply is no news") {
  RefundCase shop;
  shop.gateway.refunds.emplace_back(answer(RefundState::processing));
  shop.gateway.during_request = [&] {
    auto told = answer(RefundState::success).evidence;
    told.source = EvidenceSource::notify;
    CHECK((shop.ledger->settle_refund(told).settlement.verdict == RefundVerdict::apply));
  };
  const auto result = shop.refund();
  CHECK((result.outcome == Outcome::done));
  CHECK((shop.refund_state() == RefundState::success));
}

TEST_CASE("a second refund of an order waits for its turn, a minute after the one before it") {
  RefundCase shop;
  shop.gateway.refunds.emplace_back(answer(RefundState::processing));
  shop.refund();
  CHECK(shop.waits.empty());
  auto second = request(Fen{100});
  second.out_refund_no = OutRefundNo::trusted("R-T1-2");
  auto says = answer(RefundState::processing, Fen{100});
  says.evidence.out_refund_no = second.out_refund_no;
  shop.gateway.refunds.emplace_back(says);
  const auto begun = shop.clock.now();
  CHECK((shop.refund(second).outcome == Outcome::done));
  REQUIRE(shop.waits.size() == 1);
  CHECK((shop.waits.front() == std::chrono::seconds{60}));
  CHECK((shop.clock.now() - begun >= std::chrono::seconds{60}));
}

TEST_CASE("an order that the ledger does not have is asked about and taken over") {
  RefundCase shop;
  auto wanted = request();
  wanted.out_trade_no = ledger_fixture::number_of("T2");
  auto payment = ledger_fixture::payment_of("T2", EvidenceSource::query);
  auto paid = query_answer(payment);
  paid.trade_type = TradeType::native;
  shop.gateway.queries.emplace_back(paid);
  auto says = answer(RefundState::processing);
  says.evidence.out_trade_no = wanted.out_trade_no;
  shop.gateway.refunds.emplace_back(says);
  CHECK((shop.refund(wanted).outcome == Outcome::done));
  CHECK((shop.state("T2") == OrderState::refund));
  CHECK((shop.order("T2")->intent.trade_type == TradeType::native));
}

TEST_CASE("where WeChat Pay cannot be asked about the order, nothing is sent") {
  UseCase use_case;
  use_case.bring_to(OrderState::notpay);
  use_case.gateway.queries.emplace_back(unknown(ErrorKind::timeout, "TIMEOUT"));
  app::Refunding refunding{request(), refund_interval};
  const auto result = app::refund_order(refunding, {*use_case.ledger, *use_case.ledger}, use_case.client,
                                        use_case.clock, use_case.never, [](std::chrono::seconds) {});
  CHECK((result.outcome == Outcome::unknown));
  CHECK(use_case.gateway.refunded.empty());
  CHECK_FALSE(use_case.ledger->find_refund(ledger_fixture::test_merchant(), number));
}

TEST_CASE("no such refund: with the profile of another app or sub-merchant it proves nothing") {
  RefundCase shop;
  shop.gateway.refunds.emplace_back(unknown(ErrorKind::timeout, "TIMEOUT"));
  shop.refund();
  shop.clock.advance(std::chrono::minutes{2});
  auto merchant = request().merchant;
  const auto ask = [&] {
    shop.gateway.refund_queries.emplace_back(refused("REFUNDNOTEXIST", Reaction::order_unknown));
    return app::query_refund(number, merchant, shop.ledger.get(), app::WriteBack::yes, shop.client,
                             shop.clock);
  };
  merchant.sub_mch_id = MerchantId{"1900000110"};
  const auto other = ask();
  CHECK((other.outcome == Outcome::refused));
  CHECK(other.reason == "OTHER_APP");
  CHECK((shop.refund_state() == RefundState::unknown));
  merchant = request().merchant;
  ask();
  CHECK((shop.refund_state() == RefundState::failed));
}

TEST_CASE("no such refund: FAILED only where it was sent a while ago; an accepted one does not agree") {
  RefundCase shop;
  shop.gateway.refunds.emplace_back(unknown(ErrorKind::timeout, "TIMEOUT"));
  shop.refund();
  const auto ask = [&] {
    shop.gateway.refund_queries.emplace_back(refused("REFUNDNOTEXIST", Reaction::order_unknown));
    return app::query_refund(number, request().merchant, shop.ledger.get(), app::WriteBack::yes, shop.client,
                             shop.clock);
  };
  CHECK((ask().outcome == Outcome::refused));
  CHECK((shop.refund_state() == RefundState::unknown));
  shop.clock.advance(std::chrono::minutes{2});
  CHECK((ask().outcome == Outcome::refused));
  CHECK((shop.refund_state() == RefundState::failed));
  shop.gateway.refunds.emplace_back(answer(RefundState::success));
  shop.refund();
  CHECK((ask().outcome == Outcome::integrity));
  CHECK((shop.refund_state() == RefundState::success));
}
