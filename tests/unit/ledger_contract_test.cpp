// What every store must give a ledger: each case runs over all of them.
#include <doctest/doctest.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "crypto/digest.hpp"
#include "support/ledger_fixture.hpp"
#include "support/store_kinds.hpp"

using namespace wxpay;
using namespace wxpay::test;
using namespace wxpay::test::ledger_fixture;

namespace {

std::vector<std::string> numbers_in(const std::vector<Order>& orders) {
  std::vector<std::string> numbers;
  for (const auto& order : orders) numbers.push_back(order.intent.out_trade_no.text());
  return numbers;
}

std::vector<std::string> listed(const Opened& opened, const OrderFilter& filter) {
  std::vector<Order> orders;
  opened->list(test_merchant(), filter, [&orders](const Order& order) {
    orders.push_back(order);
    return true;
  });
  return numbers_in(orders);
}

using Numbers = std::vector<std::string>;

Order to_import(std::string_view number, OrderState state) {
  const auto now = standing_clock().now();
  return {intent_of(number), state, state, {}, {}, {}, now, now};
}

}  // namespace

TEST_CASE("a ledger on any store begins an order once and settles what is said of it") {
  over_all([](Opened& opened) {
    CHECK_FALSE(opened->find(test_merchant(), number_of("T1")));
    CHECK((opened->begin(intent_of("T1"), {}).decision.plan == CreatePlan::first));
    CHECK((opened->begin(intent_of("T1"), {}).decision.plan == CreatePlan::again));
    CHECK((opened->begin(intent_of("T1", 2000), {}).decision.plan == CreatePlan::differs));
    CHECK((opened->settle(prepay_of("T1")).settlement.verdict == Verdict::apply));
    CHECK((opened->begin(intent_of("T1"), {}).decision.plan == CreatePlan::reuse));
    CHECK((opened->preview(payment_of("T1")).settlement.verdict == Verdict::apply));
    CHECK((opened->settle(payment_of("T1")).settlement.verdict == Verdict::apply));
    CHECK((opened->settle(payment_of("T1")).settlement.verdict == Verdict::already_applied));
    CHECK_FALSE(opened->settle(payment_of("T2")).order);
    const auto order = opened->find(test_merchant(), number_of("T1"));
    REQUIRE(order);
    CHECK((order->state == OrderState::success));
    CHECK(order->transaction_id.text() == "42T1");
    CHECK(order->prepay == prepay_of("T1").prepay);
    CHECK(differing_fields(order->intent, intent_of("T1"), {}).empty());
  });
}

TEST_CASE("a ledger on any store tells the history of an order, oldest first") {
  over_all([](Opened& opened) {
    create_order(*opened.ledger, "T1");
    create_order(*opened.ledger, "T2");
    opened->note(test_merchant(), number_of("T1"), EvidenceSource::close, "asked to close");
    const auto entries = opened->history(test_merchant(), number_of("T1"));
    REQUIRE(entries.size() == 3);
    CHECK(entries[0].number == 1);
    CHECK_FALSE(entries[0].from);
    CHECK(entries[1].number == 2);
    CHECK((entries[1].to == OrderState::notpay));
    CHECK(entries[2].number == 5);
    CHECK(entries[2].reason == "asked to close");
    CHECK(entries[2].actor == "cashier");
    CHECK(opened->history(test_merchant(), number_of("T3")).empty());
    CHECK(error_of([&] {
            opened->note(test_merchant(), number_of("T3"), EvidenceSource::close, "x");
          })->code() == "NOT_IN_LEDGER");
  });
}

TEST_CASE("a ledger on any store keeps the parameters that a new try takes the place of") {
  over_all([](Opened& opened) {
    opened->begin(intent_of("T1"), {});
    opened->settle(evidence_of("T1", EvidenceSource::create, OrderState::failed));
    auto other = intent_of("T1", 2000);
    other.body = "other goods";
    const auto begun = opened->begin(other, {});
    CHECK((begun.decision.plan == CreatePlan::replace));
    const auto order = opened->find(test_merchant(), number_of("T1"));
    REQUIRE(order);
    CHECK(order->intent.total_fee == Fen{2000});
    CHECK(order->intent.body == "other goods");
    CHECK((order->state == OrderState::creating));
    const auto replaced = opened->history(test_merchant(), number_of("T1")).back().replaced;
    CHECK(replaced.find("\"total_fee\":1000") != std::string::npos);
  });
}

TEST_CASE("a ledger on any store takes over what it does not know, and leaves the rest alone") {
  over_all([](Opened& opened) {
    create_order(*opened.ledger, "T2");
    create_order(*opened.ledger, "T39");
    std::vector<Order> orders;
    for (int i = 1; i <= 40; ++i) orders.push_back(to_import("T" + std::to_string(i), OrderState::notpay));
    CHECK(opened->import(orders) == 38);
    CHECK(opened->import(orders) == 0);
    create_order(*opened.ledger, "T41");
    CHECK(listed(opened, {}).size() == 41);
    CHECK(opened->history(test_merchant(), number_of("T2")).size() == 2);
    const auto imported = opened->history(test_merchant(), number_of("T40"));
    REQUIRE(imported.size() == 1);
    CHECK((imported[0].source == EvidenceSource::import));
  });
}

TEST_CASE("on any store a hand may undo what only an import said") {
  over_all([](Opened& opened) {
    opened->import(std::vector{to_import("T1", OrderState::success), to_import("T2", OrderState::success)});
    opened->note(test_merchant(), number_of("T1"), EvidenceSource::query, "not reached");
    opened->settle(payment_of("T2"));
    const auto by_hand = [&](std::string_view number) {
      auto evidence = evidence_of(number, EvidenceSource::hand, OrderState::closed);
      evidence.reason = "never paid";
      return opened->settle(evidence).settlement.verdict;
    };
    CHECK((by_hand("T1") == Verdict::apply));
    CHECK((by_hand("T2") == Verdict::state_proven));
  });
}

TEST_CASE("a ledger on any store keeps each notification once, and ties it to its entry") {
  over_all([](Opened& opened) {
    opened->transact([&] {
      for (int i = 1; i <= 40; ++i) {
        const auto number = "T" + std::to_string(i);
        create_order(*opened.ledger, number);
        const auto raw = "<xml>" + number + "</xml>";
        auto payment = payment_of(number);
        payment.digest = crypto::sha256_hex(raw);
        payment.kept = true;
        opened->settle(payment);
        opened->keep(applied(number, raw));
        if (i % 5 == 0) opened->keep(applied(number, raw));
      }
    });
    auto refund = applied("T1", R"({"event_type":"REFUND.SUCCESS"})");
    refund.kind = NotificationKind::refund;
    refund.outcome = "IGNORED";
    refund.headers = "Wechatpay-Nonce: 5K8264ILTKCH16CQ2502SI8ZNMTM67VS";
    opened->keep(refund);
    const auto kept = opened->notifications(test_merchant(), number_of("T1"));
    REQUIRE(kept.size() == 2);
    CHECK(kept[0].raw == "<xml>T1</xml>");
    CHECK((kept[1].kind == NotificationKind::refund));
    CHECK(kept[1].headers == refund.headers);
    const auto report = opened->check({});
    CHECK(report.notifications == 41);
    CHECK(opened->check(report.notifications_head).ok);
  });
}

TEST_CASE("on any store a notification that says it was applied is missed in the history") {
  over_all([](Opened& opened) {
    create_order(*opened.ledger, "T1");
    opened->keep(applied("T1", "<xml/>"));
    CHECK(opened->check({}).problem == "the kept notification 1 is in no entry of its order");
    auto payment = payment_of("T1");
    payment.digest = crypto::sha256_hex("<xml/>");
    opened->settle(payment);
  });
}

TEST_CASE("a transaction on any store is kept as a whole or not at all") {
  over_all([](Opened& opened) {
    create_order(*opened.ledger, "T1");
    const auto before = opened->check({});
    CHECK_THROWS_AS(opened->transact([&] {
      create_order(*opened.ledger, "T2");
      opened->settle(payment_of("T1"));
      opened->keep(applied("T1", "<xml/>"));
      throw std::runtime_error{"stop"};
    }),
                    std::runtime_error);
    CHECK(opened->check({}).head == before.head);
    CHECK(opened->check({}).notifications == 0);
    CHECK_FALSE(opened->find(test_merchant(), number_of("T2")));
    CHECK((opened->find(test_merchant(), number_of("T1"))->state == OrderState::notpay));
    opened->transact([&] {
      create_order(*opened.ledger, "T2");
      CHECK(opened->history(test_merchant(), number_of("T2")).size() == 2);
    });
    const auto after = opened->check({});
    CHECK(after.entries == 4);
    CHECK(after.count("orders") == 2);
    CHECK(opened->check(before.head).ok);
    CHECK(opened->check(std::string(64, 'a')).problem.find("is not in this chain") != std::string::npos);
  });
}

TEST_CASE("a part that fails dooms the transaction on any store, even where its error is swallowed") {
  over_all([](Opened& opened) {
    create_order(*opened.ledger, "T1");
    auto payment = payment_of("T1");
    payment.time_end = std::chrono::sys_seconds{std::chrono::seconds{-1}};
    const auto error = error_of([&] {
      opened->transact([&] {
        create_order(*opened.ledger, "T2");
        CHECK_THROWS_AS(opened->settle(payment), Error);
      });
    });
    REQUIRE(error);
    CHECK((error->kind() == ErrorKind::ledger));
    CHECK_FALSE(opened->find(test_merchant(), number_of("T2")));
  });
}

TEST_CASE("a ledger on any store lists by its filter") {
  over_all([](Opened& opened) {
    const auto start = opened.clock.time;
    for (int i = 1; i <= 5; ++i) {
      opened->begin(intent_of("T" + std::to_string(i), std::int64_t{i} * 100), {});
      opened.clock.time += std::chrono::minutes{1};
    }
    auto accepted = prepay_of("T2");
    accepted.total_fee = Fen{200};
    opened->settle(accepted);
    CHECK(listed(opened, {}) == Numbers{"T5", "T4", "T3", "T2", "T1"});
    CHECK(listed(opened, {.limit = 2, .oldest_first = true}) == Numbers{"T1", "T2"});
    CHECK(listed(opened, {.min_fee = Fen{200}, .max_fee = Fen{400}}) == Numbers{"T4", "T3", "T2"});
    CHECK(listed(opened, {.since = start + std::chrono::minutes{1},
                          .until = start + std::chrono::minutes{3}}) == Numbers{"T3", "T2"});
    CHECK(listed(opened, {.state = OrderState::creating}) == Numbers{"T5", "T4", "T3", "T1"});
    int visited = 0;
    opened->list(test_merchant(), {}, [&visited](const Order&) { return ++visited < 2; });
    CHECK(visited == 2);
  });
}

TEST_CASE("a ledger on any store walks open and closed orders by pages") {
  over_all([](Opened& opened) {
    for (int i = 1; i <= 7; ++i) {
      create_order(*opened.ledger, "T" + std::to_string(i));
      opened.clock.time += std::chrono::minutes{1};
    }
    const auto close = [&](std::string_view number) {
      opened->settle(evidence_of(number, EvidenceSource::close, OrderState::closed));
      opened.clock.time += std::chrono::minutes{1};
    };
    close("T6");
    close("T2");
    close("T4");
    const OpenOrders open{.since = {}, .until = opened.clock.time};
    CHECK(opened->count(test_merchant(), open) == 4);
    OrderCursor cursor;
    CHECK(numbers_in(opened->page(test_merchant(), open, cursor, 3)) == Numbers{"T1", "T3", "T5"});
    CHECK(numbers_in(opened->page(test_merchant(), open, cursor, 3)) == Numbers{"T7"});
    CHECK(opened->page(test_merchant(), open, cursor, 3).empty());
    const ClosedOrders closed{.since = opened.clock.time - std::chrono::hours{1}, .until = opened.clock.time};
    CHECK(opened->count(test_merchant(), closed) == 3);
    OrderCursor later;
    CHECK(numbers_in(opened->page(test_merchant(), closed, later, 2)) == Numbers{"T6", "T2"});
    CHECK(numbers_in(opened->page(test_merchant(), closed, later, 2)) == Numbers{"T4"});
    CHECK(opened->page(test_merchant(), closed, later, 2).empty());
  });
}

TEST_CASE("a job on any store is one run's at a time, and its complete runs are known") {
  over_all([](Opened& opened) {
    const auto merchant = intent_of("T1").merchant;
    const auto lock = opened->lock(LedgerJob::reconcile);
    CHECK((error_of([&] { (void)opened->lock(LedgerJob::reconcile); })->kind() == ErrorKind::lock_held));
    CHECK_FALSE(opened->last_complete(LedgerJob::reconcile, merchant));
    lock->set_complete(merchant, opened.clock.time);
    CHECK(opened->last_complete(LedgerJob::reconcile, merchant) == opened.clock.time);
  });
}
