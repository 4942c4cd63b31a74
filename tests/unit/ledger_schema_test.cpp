#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "crypto/digest.hpp"
#include "ledger/sqlite/schema.hpp"
#include "support/ledger_fixture.hpp"
#include "support/refund_fixture.hpp"

using namespace wxpay;
using namespace wxpay::test::ledger_fixture;
using namespace wxpay::test::refund_fixture;

namespace {

/// The columns of the history that all schemas have.
const std::string history_columns{
    "number, order_seq, at, from_state, to_state, source, actor, reason, digest, details, "
    "order_hash_before, order_hash, entry_hash"};

/// An empty ledger of this schema, as the program of its time made it.
void make_ledger(const std::filesystem::path& path, std::int64_t version) {
  write_bytes(path, "");
  const ledger::Database database{path, ledger::Access::read_write, std::chrono::milliseconds{0}};
  ledger::migrate(database, version);
}

/// A ledger of this older schema with the orders T1, paid, and T2, closed.
void make_older(const std::filesystem::path& path, std::int64_t version) {
  const LedgerFolder folder;
  {
    const auto ledger = open_ledger(folder.ledger());
    create_order(*ledger, "T1");
    ledger->settle(payment_of("T1"));
    create_order(*ledger, "T2");
    ledger->settle(evidence_of("T2", EvidenceSource::close, OrderState::closed));
  }
  make_ledger(path, version);
  // The rows are the same in all.
  REQUIRE(RawDatabase{path}.run("PRAGMA journal_mode = WAL; ATTACH '" + folder.ledger().string() +
                                "' AS newer; INSERT INTO orders SELECT * FROM newer.orders; "
                                "INSERT INTO history (" +
                                history_columns + ") SELECT " + history_columns +
                                " FROM newer.history ORDER BY number") == "");
}

std::string schema_of(const std::filesystem::path& path) {
  return RawDatabase{path}.text("SELECT name, type, sql FROM sqlite_schema ORDER BY name");
}

}  // namespace

TEST_CASE("a schema that was given out is never edited") {
  const LedgerFolder folder;
  const char* const digests[] = {"d4ea996bce62c3e14ee6f087c4fda51b0f6b017de10cb9d8c3519e0001564422",
                                 "a1d59577bb3f948600335602153f9c20c6005c03baafaf456adee7697bb09ba7"};
  std::int64_t version = 0;
  for (const auto* digest : digests) {
    ++version;
    CAPTURE(version);
    const auto path = folder.path() / (std::to_string(version) + ".db");
    make_ledger(path, version);
    CHECK(crypto::sha256_hex(schema_of(path)) == digest);
  }
}

TEST_CASE("a ledger of an older schema is migrated when it is opened, and keeps every row") {
  const LedgerFolder folder;
  SUBCASE("of version 1") { make_older(folder.ledger(), 1); }
  SUBCASE("of version 2") { make_older(folder.ledger(), 2); }
  SUBCASE("of version 3") { make_older(folder.ledger(), 3); }
  SUBCASE("of version 4") { make_older(folder.ledger(), 4); }
  SUBCASE("empty, of version 1") { make_ledger(folder.ledger(), 1); }
  SUBCASE("empty, of version 2") { make_ledger(folder.ledger(), 2); }
  SUBCASE("empty, of version 3") { make_ledger(folder.ledger(), 3); }
  SUBCASE("in the middle of which a process died") {
    make_older(folder.ledger(), 1);
    Child child{[&folder](Child& self) {
      RawDatabase raw{folder.ledger()};
      raw.run("PRAGMA cache_size = 1; BEGIN IMMEDIATE; CREATE TABLE notifications (no TEXT)");
      raw.run("INSERT INTO notifications SELECT hex(randomblob(4000)) FROM pragma_function_list");
      self.tell('r');
      self.await_go();
      return 0;
    }};
    REQUIRE(child.hear());
    child.kill();
    child.wait();
  }
  const auto before = RawDatabase{folder.ledger()}.dump();
  const auto ledger = open_ledger(folder.ledger());
  RawDatabase raw{folder.ledger()};
  CHECK(raw.number("PRAGMA user_version") == 5);
  CHECK(raw.dump() == before);
  create_order(*ledger, "T3");
  ledger->keep({standing_clock().now(), test_merchant(), "T3", "AMOUNT_MISMATCH",
                crypto::sha256_hex("<xml/>"), "<xml/>"});
  CHECK(ledger->notifications(test_merchant(), number_of("T3")).size() == 1);
  pay_order(*ledger, "T4");
  CHECK(
      (ledger->begin_refund(refund_of("T4", "R4", 300), refund_interval).decision.plan == RefundPlan::first));
  CHECK((ledger->settle_refund(said_of("T4", "R4", RefundState::success)).settlement.verdict ==
         RefundVerdict::apply));
  CHECK((ledger->find(test_merchant(), number_of("T4"))->state == OrderState::refund));
  const auto report = ledger->check({});
  CHECK_MESSAGE(report.ok, report.problem);
  make_ledger(folder.path() / "new.db", 5);
  CHECK(schema_of(folder.ledger()) == schema_of(folder.path() / "new.db"));
}

TEST_CASE("heads that were kept elsewhere outlive a migration") {
  for (const std::int64_t version : {1, 2, 3, 4}) {
    CAPTURE(version);
    const LedgerFolder folder;
    make_older(folder.ledger(), version);
    if (version > 1) {
      RawDatabase raw{folder.ledger()};
      const KeptNotification kept{standing_clock().now(),       test_merchant(), "T9", "UNKNOWN_ORDER",
                                  crypto::sha256_hex("<xml/>"), "<xml/>"};
      const LedgerFolder newer;
      open_ledger(newer.ledger())->keep(kept);
      REQUIRE(raw.run("ATTACH '" + newer.ledger().string() +
                      "' AS newer; INSERT INTO notifications (number, at, mch_id, out_trade_no, "
                      "outcome, digest, hash, raw) SELECT number, at, mch_id, out_trade_no, "
                      "outcome, digest, hash, raw FROM newer.notifications") == "");
    }
    const auto before = open_read_only(folder.ledger())->check({});
    CHECK_MESSAGE(before.ok, before.problem);
    const auto ledger = open_ledger(folder.ledger());
    create_order(*ledger, "T3");
    for (const auto& head : {before.head, before.notifications_head}) {
      const auto report = ledger->check(head);
      CHECK_MESSAGE(report.ok, report.problem);
    }
    CHECK(before.notifications == (version > 1 ? 1 : 0));
  }
}

TEST_CASE("the tables take words that a later program may know") {
  const LedgerFolder folder;
  {
    const auto ledger = open_ledger(folder.ledger());
    create_order(*ledger, "T1");
  }
  RawDatabase raw{folder.ledger()};
  for (const auto* change :
       {"UPDATE orders SET prepay_sign_type = 'RSA'", "UPDATE orders SET trade_type = 'PAPAY'",
        "UPDATE orders SET state = 9, paid_at = 1",
        "INSERT INTO history (number, at, to_state, source, order_hash, entry_hash, subject_kind, "
        "subject_seq) "
        "SELECT 3, at, 20, 'abnormal', order_hash, entry_hash, 'refund', 1 FROM history WHERE number = 2"}) {
    CAPTURE(std::string{change});
    CHECK(raw.run(change) == "");
  }
  for (const auto* change :
       {"INSERT INTO history (number, at, to_state, source, order_hash, entry_hash, subject_kind) "
        "SELECT 4, at, 20, 'abnormal', order_hash, entry_hash, 'refund' FROM history WHERE number = 2",
        "INSERT INTO history (number, at, to_state, source, order_hash, entry_hash) "
        "SELECT 4, at, 20, 'abnormal', order_hash, entry_hash FROM history WHERE number = 2",
        "INSERT INTO history (number, at, to_state, source, order_hash, entry_hash, subject_kind, "
        "subject_seq, "
        "order_seq) SELECT 4, at, 20, 'abnormal', order_hash, entry_hash, 'refund', 1, 1 FROM history WHERE "
        "number = 2"}) {
    CAPTURE(std::string{change});
    CHECK(raw.run(change) != "");
  }
}

TEST_CASE("processes that migrate the same ledger at once all succeed") {
  const LedgerFolder folder;
  make_older(folder.ledger(), 1);
  std::vector<std::unique_ptr<Child>> children;
  for (int i = 0; i < 4; ++i) {
    children.push_back(std::make_unique<Child>([&folder, i](Child& self) {
      self.tell('r');
      self.await_go();
      create_order(*open_ledger(folder.ledger()), "N" + std::to_string(i));
      return 0;
    }));
  }
  for (const auto& child : children) REQUIRE(child->hear());
  for (const auto& child : children) child->go();
  for (const auto& child : children) CHECK(child->wait() == 0);
  const auto report = open_ledger(folder.ledger())->check({});
  CHECK_MESSAGE(report.ok, report.problem);
  CHECK(report.count("orders") == 6);
}

TEST_CASE("a ledger of an older schema is read as it is, without writing") {
  const LedgerFolder folder;
  SUBCASE("of version 1") { make_older(folder.ledger(), 1); }
  SUBCASE("of version 2") { make_older(folder.ledger(), 2); }
  SUBCASE("of version 3") { make_older(folder.ledger(), 3); }
  SUBCASE("of version 4") { make_older(folder.ledger(), 4); }
  const auto before = read_bytes(folder.ledger());
  {
    const auto ledger = open_read_only(folder.ledger());
    CHECK(ledger->find(test_merchant(), number_of("T1"))->state == OrderState::success);
    CHECK(ledger->history(test_merchant(), number_of("T1")).size() == 3);
    CHECK(ledger->notifications(test_merchant(), number_of("T1")).empty());
    const auto now = standing_clock().now();
    OrderCursor cursor;
    CHECK(
        ledger->page(test_merchant(), ClosedOrders{now, now + std::chrono::seconds{1}}, cursor, 10).size() ==
        1);
    CHECK_FALSE(ledger->find_refund(test_merchant(), OutRefundNo::trusted("R1")));
    CHECK(ledger->refunds_of(test_merchant(), number_of("T1")).empty());
    CHECK(ledger->page_refunds(test_merchant(), {now}, cursor, 10).empty());
    CHECK(ledger->count_refunds(test_merchant(), {now}) == 0);
    ledger->list_refunds(test_merchant(), {}, [](const Refund&) {
      FAIL("there is no refund");
      return false;
    });
    const auto report = ledger->check({});
    CHECK_MESSAGE(report.ok, report.problem);
    CHECK(report.count("refunds") == 0);
    ledger->backup(folder.path() / "copy.db");
  }
  CHECK((read_bytes(folder.ledger()) == before));
  CHECK(open_ledger(folder.path() / "copy.db")->check({}).ok);
}

TEST_CASE("what was taken out of an older schema is found") {
  for (const std::int64_t version : {1, 2}) {
    CAPTURE(version);
    const LedgerFolder folder;
    make_older(folder.ledger(), version);
    RawDatabase{folder.ledger()}.run("DROP TRIGGER history_at_end");
    CHECK(open_read_only(folder.ledger())->check({}).problem == "the trigger history_at_end is missing");
  }
}
