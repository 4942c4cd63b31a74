#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "crypto/digest.hpp"
#include "ledger/schema.hpp"
#include "support/ledger_fixture.hpp"

using namespace wxpay;
using namespace wxpay::test::ledger_fixture;

namespace {

/// An empty ledger of this schema, as the program of its time made it.
void make_ledger(const std::filesystem::path& path, std::int64_t version) {
  write_bytes(path, "");
  const ledger::Database database{path, ledger::Access::read_write, std::chrono::milliseconds{0}};
  ledger::migrate(database, version);
}

/// A ledger of schema 1 with the orders T1, paid, and T2, closed.
void make_version_1(const std::filesystem::path& path) {
  const LedgerFolder folder;
  {
    const auto ledger = open_ledger(folder.ledger());
    create_order(*ledger, "T1");
    ledger->settle(payment_of("T1"));
    create_order(*ledger, "T2");
    ledger->settle(evidence_of("T2", EvidenceSource::close, OrderState::closed));
  }
  make_ledger(path, 1);
  // The rows are the same in both.
  REQUIRE(RawDatabase{path}.run("PRAGMA journal_mode = WAL; ATTACH '" + folder.ledger().string() +
                                "' AS newer; INSERT INTO orders SELECT * FROM newer.orders; "
                                "INSERT INTO history SELECT * FROM newer.history ORDER BY number") == "");
}

std::string schema_of(const std::filesystem::path& path) {
  return RawDatabase{path}.text("SELECT name, type, sql FROM sqlite_schema ORDER BY name");
}

}  // namespace

TEST_CASE("a schema that was given out is never edited") {
  const LedgerFolder folder;
  make_ledger(folder.path() / "1.db", 1);
  CHECK(crypto::sha256_hex(schema_of(folder.path() / "1.db")) ==
        "d4ea996bce62c3e14ee6f087c4fda51b0f6b017de10cb9d8c3519e0001564422");
}

TEST_CASE("a ledger of an older schema is migrated when it is opened, and keeps every row") {
  const LedgerFolder folder;
  SUBCASE("with orders") { make_version_1(folder.ledger()); }
  SUBCASE("empty") { make_ledger(folder.ledger(), 1); }
  SUBCASE("in the middle of which a process died") {
    make_version_1(folder.ledger());
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
  CHECK(raw.number("PRAGMA user_version") == 2);
  CHECK(raw.dump() == before);
  create_order(*ledger, "T3");
  ledger->keep(
      {standing_clock().now(), test_merchant(), "T3", "APPLIED", crypto::sha256_hex("<xml/>"), "<xml/>"});
  CHECK(ledger->notifications(test_merchant(), number_of("T3")).size() == 1);
  const auto report = ledger->check({});
  CHECK_MESSAGE(report.ok, report.problem);
  make_ledger(folder.path() / "new.db", 2);
  CHECK(schema_of(folder.ledger()) == schema_of(folder.path() / "new.db"));
}

TEST_CASE("processes that migrate the same ledger at once all succeed") {
  const LedgerFolder folder;
  make_version_1(folder.ledger());
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
  CHECK(report.orders == 6);
}

TEST_CASE("a ledger of an older schema is read as it is, without writing") {
  const LedgerFolder folder;
  make_version_1(folder.ledger());
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
    const auto report = ledger->check({});
    CHECK_MESSAGE(report.ok, report.problem);
    ledger->backup(folder.path() / "copy.db");
  }
  CHECK((read_bytes(folder.ledger()) == before));
  CHECK(open_ledger(folder.path() / "copy.db")->check({}).ok);
}

TEST_CASE("what was taken out of an older schema is found") {
  const LedgerFolder folder;
  make_version_1(folder.ledger());
  RawDatabase{folder.ledger()}.run("DROP TRIGGER history_no_update");
  CHECK(open_read_only(folder.ledger())->check({}).problem == "the trigger history_no_update is missing");
}
