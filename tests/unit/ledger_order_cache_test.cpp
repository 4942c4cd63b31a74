// A ledger remembers the orders that it began itself, and gathers the entries of a transaction. Nobody may
// notice, whatever happens in between.
#include <doctest/doctest.h>
#include <sys/resource.h>

#include <csignal>
#include <stdexcept>
#include <string>

#include "support/ledger_fixture.hpp"

using namespace wxpay;
using namespace wxpay::test::ledger_fixture;

namespace {

void check_whole(Ledger& ledger) {
  const auto report = ledger.check({});
  CHECK_MESSAGE(report.ok, report.problem);
}

/// That the answer to this creation finds no order, and writes nothing.
void check_unknown(Ledger& ledger, std::string_view number) {
  const auto entries = ledger.check({}).entries;
  CHECK_FALSE(ledger.settle(prepay_of(number)).order);
  const auto report = ledger.check({});
  CHECK_MESSAGE(report.ok, report.problem);
  CHECK(report.entries == entries);
}

}  // namespace

TEST_CASE("an order that was begun and is settled in a later transaction is whole") {
  const LedgerFolder folder;
  const auto ledger = open_ledger(folder.ledger());
  ledger->begin(intent_of("T1"), {});
  SUBCASE("at once") {}
  SUBCASE("after a note") {
    ledger->note(test_merchant(), number_of("T1"), EvidenceSource::close, "closing asked for");
  }
  SUBCASE("after evidence that changed nothing") {
    CHECK(ledger->settle(prepay_of("T1")).settlement.verdict == Verdict::apply);
    CHECK(ledger->settle(prepay_of("T1")).settlement.verdict != Verdict::apply);
  }
  SUBCASE("after it was begun again") { ledger->begin(intent_of("T1"), {}); }
  SUBCASE("after it was refused and took new parameters") {
    ledger->settle(evidence_of("T1", EvidenceSource::create, OrderState::failed));
    const auto again = ledger->begin(intent_of("T1", 2000), {});
    CHECK(again.decision.plan == CreatePlan::replace);
    auto answer = prepay_of("T1");
    answer.sent = std::make_shared<OrderIntent>(intent_of("T1", 2000));
    answer.total_fee = Fen{2000};
    CHECK(ledger->settle(answer).settlement.verdict == Verdict::apply);
    check_whole(*ledger);
    return;
  }
  SUBCASE("after more were begun than are remembered") {
    ledger->transact([&] {
      for (int i = 0; i < 600; ++i) ledger->begin(intent_of("M" + std::to_string(i)), {});
    });
    ledger->transact([&] {
      for (int i = 0; i < 600; ++i) {
        CHECK(ledger->settle(prepay_of("M" + std::to_string(i))).settlement.verdict == Verdict::apply);
      }
    });
  }
  ledger->settle(prepay_of("T1", "wx2"));
  const auto paid = ledger->settle(payment_of("T1"));
  CHECK(paid.settlement.verdict == Verdict::apply);
  CHECK(paid.order->prepay.has_value());
  CHECK(paid.order->intent.openid == intent_of("T1").openid);
  check_whole(*ledger);
}

TEST_CASE("an order that another connection settled meanwhile is settled as it then is") {
  const LedgerFolder folder;
  SUBCASE("in this process") {
    const auto ledger = open_ledger(folder.ledger());
    const auto other = open_ledger(folder.ledger());
    ledger->begin(intent_of("T1"), {});
    ledger->begin(intent_of("T2"), {});
    other->settle(prepay_of("T1", "wx-of-the-other"));
    const auto paid = ledger->settle(payment_of("T1"));
    REQUIRE(paid.order->prepay);
    CHECK(paid.order->prepay->prepay_id.text() == "wx-of-the-other");
    // What the other has written since counts as well, also where it saw to another order.
    ledger->begin(intent_of("T3"), {});
    other->settle(payment_of("T2"));
    CHECK(ledger->settle(prepay_of("T2")).settlement.verdict != Verdict::apply);
    ledger->settle(prepay_of("T3"));
    check_whole(*ledger);
  }
  SUBCASE("in another process") {
    Child child{[&folder](Child& self) {
      self.await_go();
      open_ledger(folder.ledger())->settle(prepay_of("T1", "wx-of-the-other"));
      return 0;
    }};
    const auto ledger = open_ledger(folder.ledger());
    ledger->begin(intent_of("T1"), {});
    child.go();
    REQUIRE(child.wait() == 0);
    const auto paid = ledger->settle(payment_of("T1"));
    REQUIRE(paid.order->prepay);
    CHECK(paid.order->prepay->prepay_id.text() == "wx-of-the-other");
    check_whole(*ledger);
  }
}

TEST_CASE("an order that was changed past the program after it was begun stays to be found") {
  const LedgerFolder folder;
  const auto ledger = open_ledger(folder.ledger());
  ledger->begin(intent_of("T1"), {});
  REQUIRE(RawDatabase{folder.ledger()}.run("UPDATE orders SET openid = 'o' WHERE out_trade_no = 'T1'") == "");
  CHECK(ledger->settle(prepay_of("T1")).order->intent.openid == "o");
  const auto report = ledger->check({});
  CHECK_FALSE(report.ok);
  CHECK(report.problem == "the order of entry 2 was changed outside this program before it");
}

TEST_CASE("an order whose transaction was not kept is not remembered") {
  const LedgerFolder folder;
  const auto ledger = open_ledger(folder.ledger());
  SUBCASE("because the work threw") {
    CHECK_THROWS_AS(ledger->transact([&] {
      ledger->begin(intent_of("T1"), {});
      throw std::runtime_error{"stopped"};
    }),
                    std::runtime_error);
  }
  SUBCASE("because another change failed and the work went on") {
    CHECK(error_of([&] {
      ledger->transact([&] {
        ledger->begin(intent_of("T1"), {});
        CHECK(error_of([&] { ledger->begin(intent_of("T2", 0), {}); }));
        CHECK(error_of([&] { ledger->settle(prepay_of("T1")); }));
      });
    }));
  }
  check_unknown(*ledger, "T1");
  // Its key in the ledger is another order's now.
  ledger->begin(intent_of("T3"), {});
  check_unknown(*ledger, "T1");
  CHECK(ledger->settle(prepay_of("T3")).settlement.verdict == Verdict::apply);
  check_whole(*ledger);
}

TEST_CASE("an order that the system did not let be written is not remembered") {
  const LedgerFolder folder;
  Child child{[&folder](Child&) {
    std::signal(SIGXFSZ, SIG_IGN);
    const auto ledger = open_ledger(folder.ledger());
    rlimit limit{};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = 4096;
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const auto error = error_of([&] { ledger->begin(intent_of("T1"), {}); });
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_FSIZE, &limit);
    if (!error) return 1;
    if (ledger->settle(prepay_of("T1")).order) return 2;
    create_order(*ledger, "T2");
    return ledger->check({}).ok ? 0 : 3;
  }};
  CHECK(child.wait() == 0);
}

TEST_CASE("the entries of a transaction are in the history, however many") {
  for (const int orders : {1, 7, 8, 9, 40}) {
    CAPTURE(orders);
    const LedgerFolder folder;
    const auto ledger = open_ledger(folder.ledger());
    ledger->transact([&] {
      for (int i = 0; i < orders; ++i) {
        const auto number = "T" + std::to_string(i);
        create_order(*ledger, number);
        if (i % 3 == 0) CHECK(ledger->history(test_merchant(), number_of(number)).size() == 2);
      }
    });
    const auto report = ledger->check({});
    CHECK_MESSAGE(report.ok, report.problem);
    CHECK(report.entries == 2 * orders);
    CHECK(RawDatabase{folder.ledger()}.number("SELECT max(number) FROM history") == 2 * orders);
  }
}

TEST_CASE("no entry of a transaction that was not kept stays behind") {
  const LedgerFolder folder;
  const auto ledger = open_ledger(folder.ledger());
  create_order(*ledger, "T1");
  SUBCASE("because the work threw") {
    CHECK_THROWS_AS(ledger->transact([&] {
      ledger->settle(payment_of("T1"));
      throw std::runtime_error{"stopped"};
    }),
                    std::runtime_error);
  }
  SUBCASE("because an entry is not one") {
    CHECK(error_of([&] {
      ledger->transact([&] {
        ledger->settle(payment_of("T1"));
        ledger->note(test_merchant(), number_of("T1"), EvidenceSource::close, std::string(70'000, 'x'));
      });
    }));
  }
  CHECK(ledger->history(test_merchant(), number_of("T1")).size() == 2);
  ledger->settle(evidence_of("T1", EvidenceSource::close, OrderState::closed));
  CHECK(ledger->history(test_merchant(), number_of("T1")).size() == 3);
  check_whole(*ledger);
}
