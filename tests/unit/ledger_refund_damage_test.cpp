// What others do to refunds: people with the sqlite3 shell, processes at the same time, and kill -9.
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "ledger/refund_book.hpp"
#include "support/ledger_fixture.hpp"
#include "support/refund_fixture.hpp"
#include "support/store_kinds.hpp"

using namespace wxpay;
using namespace wxpay::test::ledger_fixture;
using namespace wxpay::test::refund_fixture;

TEST_CASE("a refund that was changed, removed or forged past the program is found") {
  struct Row {
    const char* change;
    const char* problem;
  };
  const Row rows[] = {
      {"UPDATE refunds SET refund_fee = 301", "the refund R1 was changed outside this program"},
      {"UPDATE refunds SET reason = NULL", "the refund R1 was changed outside this program"},
      {"UPDATE refunds SET state = 5", "the refund R1 was changed outside this program"},
      {"UPDATE refunds SET sent_at = sent_at + 1", "the refund R1 was changed outside this program"},
      {"DELETE FROM refunds", "belongs to a refund that is missing"},
      {"INSERT INTO refunds SELECT seq + 1, mch_id, 'R2', out_trade_no, state, refund_fee, total_fee, NULL, "
       "reason, notify_url, funds_account, sent_at, success_at, created_at, updated_at FROM refunds",
       "the refund R2 has no history"},
      {"UPDATE history SET subject_seq = 2 WHERE subject_seq = 1", "does not match its hash"},
      {"UPDATE refunds SET state = 77", "the refund R1 was changed outside this program"},
  };
  for (const auto& row : rows) {
    CAPTURE(std::string{row.change});
    const LedgerFolder folder;
    {
      const auto ledger = open_ledger(folder.ledger());
      pay_order(*ledger, "T1");
      auto wanted = refund_of("T1", "R1", 300);
      wanted.reason = "商品已售完";
      ledger->begin_refund(wanted, refund_interval);
      ledger->settle_refund(said_of("T1", "R1", RefundState::processing));
      REQUIRE(ledger->check({}).ok);
    }
    RawDatabase raw{folder.ledger()};
    const auto guards = raw.text(
        "SELECT group_concat(sql, '; ') FROM sqlite_schema WHERE type = 'trigger' AND tbl_name IN "
        "('history', 'refunds')");
    REQUIRE(raw.run(std::string{"DROP TRIGGER history_no_update; DROP TRIGGER history_no_delete; "
                                "DROP TRIGGER refunds_no_delete; "} +
                    row.change + "; " + guards) == "");
    const auto report = open_read_only(folder.ledger())->check({});
    CHECK_FALSE(report.ok);
    CHECK_MESSAGE(report.problem.find(row.problem) != std::string::npos, report.problem);
  }
}

TEST_CASE("refunds beyond what was paid are found, although each matches its entry") {
  for (const auto& kind : test::store_kinds) {
    CAPTURE(std::string{kind.name});
    const LedgerFolder folder;
    const LedgerClock clock;
    auto opened = kind.opener()(folder.ledger());
    auto& store = *opened;
    const auto ledger = ledger::make_ledger(std::move(opened), "cashier", clock);
    pay_order(*ledger, "T1");
    ledger->begin_refund(refund_of("T1", "R1", 600), refund_interval);
    const auto order = ledger->find(test_merchant(), number_of("T1"));
    // Past the rules, as a program would that does not keep them.
    const auto write = [&](std::int64_t fee, const char* number) {
      ledger::HistoryWriter history{store, "somebody"};
      ledger::RefundBook book{store, history};
      const auto transaction = store.begin_writing();
      history.begin();
      book.begin();
      book.begin_refund({RefundPlan::first, Fen{fee}}, refund_of("T1", number, fee), &*order, std::nullopt,
                        clock.now(), clock.now());
      history.flush();
      transaction->commit();
    };
    write(400, "R2");
    CHECK(ledger->check({}).ok);
    write(1, "R3");
    const auto report = ledger->check({});
    CHECK_FALSE(report.ok);
    CHECK(report.problem == "the refunds of the order T1 are more than was paid for it");
  }
}

TEST_CASE("a refund cannot be deleted") {
  const LedgerFolder folder;
  const auto ledger = open_ledger(folder.ledger());
  pay_order(*ledger, "T1");
  ledger->begin_refund(refund_of("T1", "R1", 300), refund_interval);
  CHECK(RawDatabase{folder.ledger()}.run("DELETE FROM refunds") == "a refund is never deleted");
}

TEST_CASE("a refund that cannot be read is named, and the other refunds are given") {
  const LedgerFolder folder;
  const auto ledger = open_ledger(folder.ledger());
  pay_order(*ledger, "T1");
  pay_order(*ledger, "T2");
  ledger->begin_refund(refund_of("T1", "R1", 300), refund_interval);
  ledger->begin_refund(refund_of("T2", "R2", 300), refund_interval);
  REQUIRE(RawDatabase{folder.ledger()}.run("UPDATE refunds SET state = 77 WHERE out_refund_no = 'R1'") == "");
  std::vector<std::string> given;
  const auto error = error_of([&] {
    ledger->list_refunds(test_merchant(), {}, [&given](const Refund& refund) {
      given.push_back(refund.intent.out_refund_no.text());
      return true;
    });
  });
  REQUIRE(error);
  CHECK(std::string{error->what()}.find("refund R1") != std::string::npos);
  CHECK(given == std::vector<std::string>{"R2"});
  ledger->transact([&] {
    CHECK(error_of([&] { ledger->settle_refund(said_of("T1", "R1", RefundState::success)); }));
    CHECK((ledger->settle_refund(said_of("T2", "R2", RefundState::success)).settlement.verdict ==
           RefundVerdict::apply));
  });
}

TEST_CASE("of ten processes that refund what is left of an order, as many succeed as it has room for") {
  const LedgerFolder folder;
  {
    const auto ledger = open_ledger(folder.ledger());
    pay_order(*ledger, "T1");
    ledger->begin_refund(refund_of("T1", "R0", 600), refund_interval);
  }
  std::vector<std::unique_ptr<Child>> children;
  for (int i = 1; i <= 10; ++i) {
    children.push_back(std::make_unique<Child>([&folder, i](Child& self) {
      self.tell('r');
      self.await_go();
      const auto begun = open_ledger(folder.ledger())
                             ->begin_refund(refund_of("T1", "R" + std::to_string(i), 100), refund_interval);
      return begun.decision.plan == RefundPlan::first ? 1 : 0;
    }));
  }
  for (const auto& child : children) REQUIRE(child->hear());
  for (const auto& child : children) child->go();
  int begun = 0;
  for (const auto& child : children) {
    const auto status = child->wait();
    CHECK(status <= 1);
    begun += status;
  }
  CHECK(begun == 4);
  const auto ledger = open_ledger(folder.ledger());
  CHECK(refundable(Fen{1000}, ledger->refunds_of(test_merchant(), number_of("T1"))) == Fen{0});
  const auto report = ledger->check({});
  CHECK_MESSAGE(report.ok, report.problem);
}

TEST_CASE("a process that is killed among refunds leaves the chain whole") {
  const LedgerFolder folder;
  for (int i = 0; i < 50; ++i) pay_order(*open_ledger(folder.ledger()), "T" + std::to_string(i));
  Child child{[&folder](Child& self) {
    const auto ledger = open_ledger(folder.ledger());
    for (int i = 0; i < 50; ++i) {
      const auto number = std::to_string(i);
      ledger->begin_refund(refund_of("T" + number, "R" + number, 300), refund_interval);
      if (i == 10) self.tell('r');
      ledger->settle_refund(said_of("T" + number, "R" + number, RefundState::processing));
    }
    return 0;
  }};
  REQUIRE(child.hear());
  child.kill();
  child.wait();
  const auto ledger = open_ledger(folder.ledger());
  CHECK(ledger->find_refund(test_merchant(), refund_number("R10")));
  const auto report = ledger->check({});
  CHECK_MESSAGE(report.ok, report.problem);
}
