#include <doctest/doctest.h>

#include <array>
#include <set>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "ledger/entry_rows.hpp"
#include "ledger/hash_chain.hpp"
#include "support/ledger_fixture.hpp"

using namespace wxpay;
using namespace wxpay::test::ledger_fixture;

namespace {

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

/// Eight orders in several states: entries 1 to 20.
void fill(Ledger& ledger) {
  for (int i = 1; i <= 8; ++i) create_order(ledger, "T" + std::to_string(i));
  ledger.settle(payment_of("T1"));
  ledger.settle(evidence_of("T2", EvidenceSource::close, OrderState::closed));
  ledger.settle(payment_of("T3"));
  ledger.note(test_merchant(), number_of("T4"), EvidenceSource::close, "closing asked for");
}

CheckReport check(const std::filesystem::path& path, const std::optional<std::string>& head = std::nullopt) {
  return open_read_only(path)->check(head);
}

/// The columns of the history that an entry about an order fills.
constexpr const char* own_columns =
    "number, order_seq, at, from_state, to_state, source, actor, reason, digest, details, order_hash_before, "
    "order_hash, entry_hash";

constexpr const char* lift_guards =
    "DROP TRIGGER history_no_update; DROP TRIGGER history_no_delete; "
    "DROP TRIGGER orders_no_delete; ";

}  // namespace

TEST_CASE("a ledger that nobody touched is whole") {
  const LedgerFolder folder;
  const auto ledger = open_ledger(folder.ledger());
  auto report = ledger->check({});
  CHECK(report.ok);
  CHECK(report.count("orders") == 0);
  CHECK(report.entries == 0);
  CHECK(report.head == std::string(64, '0'));
  fill(*ledger);
  report = ledger->check({});
  CHECK_MESSAGE(report.ok, report.problem);
  CHECK(report.count("orders") == 8);
  CHECK(report.entries == 20);
  CHECK_FALSE(report.bad_entry);
  CHECK(report.head == RawDatabase{folder.ledger()}.text("SELECT lower(hex(entry_hash)) FROM history "
                                                         "WHERE number = 20"));
}

TEST_CASE("a head that was kept elsewhere is found in the chain as long as nothing was cut off") {
  const LedgerFolder folder;
  const auto ledger = open_ledger(folder.ledger());
  std::vector<std::string> heads{ledger->check({}).head};
  fill(*ledger);
  heads.push_back(ledger->check({}).head);
  ledger->settle(payment_of("T5"));
  for (const auto& head : heads) {
    CAPTURE(head);
    CHECK(ledger->check(head).ok);
  }
  for (const auto& head : {std::string(64, 'a'), std::string{"T1"}}) {
    const auto report = ledger->check(head);
    CHECK_FALSE(report.ok);
    CHECK(contains(report.problem, "is not in this chain: its end was cut off or it was rewritten"));
  }
}

TEST_CASE("an end that was cut off, orders and all, is found by a head that was kept") {
  const LedgerFolder folder;
  auto ledger = open_ledger(folder.ledger());
  fill(*ledger);
  create_order(*ledger, "T9");
  const auto head = ledger->check({}).head;
  ledger.reset();
  RawDatabase raw{folder.ledger()};
  const auto guards = raw.text(
      "SELECT group_concat(sql, '; ') FROM sqlite_schema WHERE type = 'trigger' AND tbl_name IN "
      "('history', 'orders')");
  REQUIRE(raw.run(std::string{"PRAGMA foreign_keys = OFF; "} + lift_guards +
                  "DELETE FROM history WHERE number > 20; DELETE FROM orders WHERE out_trade_no = 'T9'; " +
                  guards) == "");
  CHECK(check(folder.ledger()).ok);
  CHECK_FALSE(check(folder.ledger(), head).ok);
}

TEST_CASE("whatever is changed past this program is found and named") {
  const LedgerFolder folder;
  fill(*open_ledger(folder.ledger()));
  struct Row {
    const char* change;
    std::optional<std::int64_t> bad_entry;
    const char* problem;
  };
  const Row rows[] = {
      {"UPDATE history SET reason = 'another' WHERE number = 17", 17, "entry 17 does not match its hash"},
      {"UPDATE history SET reason = '' WHERE number = 17", 17, "entry 17 does not match its hash"},
      {"UPDATE history SET at = at + 1 WHERE number = 1", 1, "entry 1 does not match its hash"},
      {"UPDATE history SET actor = NULL WHERE number = 5", 5, "entry 5 does not match its hash"},
      {"UPDATE history SET actor = 'CASHIER' WHERE number = 5", 5, "entry 5 does not match its hash"},
      {"UPDATE history SET from_state = 2 WHERE number = 20", 20, "entry 20 does not match its hash"},
      {"UPDATE history SET order_seq = 2 WHERE number = 9", 9, "entry 9 does not match its hash"},
      {"UPDATE history SET source = 'query' WHERE number = 18", 18, "entry 18 does not match its hash"},
      {"UPDATE history SET digest = lower(hex(randomblob(32))) WHERE number = 3", 3,
       "entry 3 does not match its hash"},
      {"UPDATE history SET details = '{}' WHERE number = 3", 3, "entry 3 does not match its hash"},
      {"UPDATE history SET order_hash = randomblob(32) WHERE number = 2", 2,
       "entry 2 does not match its hash"},
      {"UPDATE history SET entry_hash = randomblob(32) WHERE number = 4", 4,
       "entry 4 does not match its hash"},
      {"DELETE FROM history WHERE number = 6", 6, "entry 6 is missing"},
      {"DELETE FROM history WHERE number = 1", 1, "entry 1 is missing"},
      {"UPDATE history SET number = number + 1 WHERE number = 20", 20, "entry 20 is missing"},
      {"DELETE FROM history WHERE number > 18", std::nullopt, "the order T3 was changed outside"},
      {"DELETE FROM history", std::nullopt, "the order T1 has no history"},
      {"UPDATE orders SET total_fee = 1 WHERE out_trade_no = 'T5'", std::nullopt,
       "the order T5 was changed outside this program: it does not match its last entry, 10"},
      {"UPDATE orders SET state = 7, paid_at = 1 WHERE out_trade_no = 'T6'", std::nullopt,
       "the order T6 was changed outside"},
      {"UPDATE orders SET state = 1, proven_state = 1 WHERE out_trade_no = 'T1'", std::nullopt,
       "the order T1 was changed outside"},
      {"UPDATE orders SET transaction_id = '1' WHERE out_trade_no = 'T1'", std::nullopt,
       "the order T1 was changed outside"},
      {"UPDATE orders SET openid = 'o' WHERE out_trade_no = 'T7'", std::nullopt,
       "the order T7 was changed outside"},
      {"UPDATE orders SET out_trade_no = 'U7' WHERE out_trade_no = 'T7'", std::nullopt,
       "the order U7 was changed outside"},
      {"UPDATE orders SET updated_at = 5 WHERE out_trade_no = 'T7'", std::nullopt,
       "the order T7 was changed outside"},
      {"UPDATE orders SET attach = '1' WHERE out_trade_no = 'T7'", std::nullopt,
       "the order T7 was changed outside"},
      {"DELETE FROM orders WHERE out_trade_no = 'T8'", 15, "entry 15 belongs to an order that is missing"},
      {"DELETE FROM orders WHERE out_trade_no = 'T2'", 3, "entry 3 belongs to an order that is missing"},
      {"INSERT INTO orders (mch_id, out_trade_no, created_at, state, proven_state, total_fee, trade_type, "
       "profit_sharing, updated_at) VALUES ('1900000109', 'NEW', 1, 0, 0, 5, 'JSAPI', 0, 1)",
       std::nullopt, "the order NEW has no history"},
      {"SELECT 1", std::nullopt, "the trigger history_no_delete is missing"},
  };
  const auto original = read_bytes(folder.ledger());
  for (const auto& row : rows) {
    CAPTURE(std::string{row.change});
    write_bytes(folder.ledger(), original);
    RawDatabase raw{folder.ledger()};
    // The length of an empty text is against the rules of the table; a forger would not mind.
    REQUIRE(raw.run(std::string{"PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON; "} +
                    lift_guards + row.change) == "");
    const auto report = check(folder.ledger());
    CHECK_FALSE(report.ok);
    CHECK(contains(report.problem, row.problem));
    CHECK(report.bad_entry == row.bad_entry);
  }
}

TEST_CASE("an entry that was put in past this program is found, which no guard needs to be lifted for") {
  const LedgerFolder folder;
  fill(*open_ledger(folder.ledger()));
  struct Row {
    const char* insertion;
    const char* number;
    const char* reason;
    std::int64_t bad_entry;
    const char* problem;
  };
  const Row rows[] = {
      {"INSERT", "21", "reason", 21, "entry 21 does not match its hash"},
      {"INSERT", "22", "reason", 21, "entry 21 is missing"},
      {"INSERT", "9223372036854775807", "reason", 21, "entry 21 is missing"},
      {"INSERT OR REPLACE", "20", "'another'", 20, "entry 20 does not match its hash"},
      {"INSERT OR REPLACE", "17", "reason", 17, "entry 17 does not match its hash"},
      {"INSERT OR REPLACE", "1", "reason", 1, "entry 1 does not match its hash"},
  };
  const auto original = read_bytes(folder.ledger());
  for (const auto& row : rows) {
    CAPTURE(row.problem);
    write_bytes(folder.ledger(), original);
    REQUIRE(RawDatabase{folder.ledger()}.run(
                std::string{row.insertion} + " INTO history (" + own_columns + ") SELECT " + row.number +
                ", order_seq, at, from_state, to_state, source, actor, " + row.reason +
                ", digest, details, order_hash_before, order_hash, entry_hash FROM history "
                "WHERE number = 20") == "");
    const auto report = check(folder.ledger());
    CHECK_FALSE(report.ok);
    CHECK(report.problem == row.problem);
    CHECK(report.bad_entry == row.bad_entry);
  }
}

TEST_CASE("behind the highest number that somebody put in, nothing is added") {
  const LedgerFolder folder;
  fill(*open_ledger(folder.ledger()));
  const auto original = read_bytes(folder.ledger());
  for (const auto* change :
       {"UPDATE orders SET seq = 9223372036854775807 WHERE seq = (SELECT max(seq) FROM orders)",
        "INSERT INTO history (number, order_seq, at, from_state, to_state, source, actor, reason, digest, "
        "details, "
        "order_hash_before, order_hash, entry_hash) SELECT 9223372036854775807, order_seq, at, from_state, "
        "to_state, "
        "source, actor, reason, digest, details, order_hash_before, order_hash, entry_hash "
        "FROM history WHERE number = 20"}) {
    CAPTURE(change);
    write_bytes(folder.ledger(), original);
    REQUIRE(RawDatabase{folder.ledger()}.run("PRAGMA foreign_keys = OFF; " + std::string{change}) == "");
    const auto before = RawDatabase{folder.ledger()}.dump();
    CHECK_THROWS_AS(open_ledger(folder.ledger())->begin(intent_of("NEW"), {}), Error);
    CHECK(RawDatabase{folder.ledger()}.dump() == before);
  }
}

TEST_CASE("guards and indexes that were changed are found") {
  const LedgerFolder folder;
  fill(*open_ledger(folder.ledger()));
  struct Row {
    const char* change;
    const char* problem;
  };
  const Row rows[] = {
      {"DROP TRIGGER orders_no_delete", "the trigger orders_no_delete is missing"},
      {"DROP TRIGGER history_no_update; CREATE TRIGGER history_no_update BEFORE UPDATE ON history BEGIN "
       "SELECT 1; "
       "END",
       "the trigger history_no_update was changed"},
      {"CREATE TRIGGER own AFTER UPDATE ON orders BEGIN SELECT 1; END", "the trigger own was added"},
      {"DROP INDEX orders_open", "the index orders_open is missing"},
      {"CREATE UNIQUE INDEX own ON orders (seq, openid)", "the index own was added"},
      {"CREATE TABLE own (a INTEGER)", "the table own was added"},
      {"CREATE VIEW own AS SELECT 1", "the view own was added"},
      {"CREATE TRIGGER orders BEFORE UPDATE ON orders BEGIN SELECT RAISE(IGNORE); END",
       "the trigger orders was added"},
      {"CREATE TRIGGER history_of_order BEFORE INSERT ON history BEGIN SELECT RAISE(IGNORE); END",
       "the trigger history_of_order was added"},
      {"PRAGMA writable_schema = ON; INSERT INTO sqlite_schema VALUES ('trigger', 'sqlite_x', 'orders', 0, "
       "'CREATE TRIGGER sqlite_x BEFORE UPDATE ON orders BEGIN SELECT RAISE(IGNORE); END')",
       "the trigger sqlite_x was added"},
  };
  const auto original = read_bytes(folder.ledger());
  for (const auto& row : rows) {
    CAPTURE(std::string{row.change});
    write_bytes(folder.ledger(), original);
    REQUIRE(RawDatabase{folder.ledger()}.run(row.change) == "");
    const auto report = check(folder.ledger());
    CHECK_FALSE(report.ok);
    CHECK(contains(report.problem, row.problem));
  }
  SUBCASE("SQLite's own statistics are nobody's business") {
    write_bytes(folder.ledger(), original);
    RawDatabase{folder.ledger()}.run("ANALYZE");
    CHECK(check(folder.ledger()).ok);
  }
}

TEST_CASE("an edit that the program then builds on stays to be found") {
  const LedgerFolder folder;
  fill(*open_ledger(folder.ledger()));
  RawDatabase{folder.ledger()}.run("UPDATE orders SET openid = 'o' WHERE out_trade_no = 'T5'");
  open_ledger(folder.ledger())->settle(payment_of("T5"));
  const auto report = check(folder.ledger());
  CHECK_FALSE(report.ok);
  CHECK(report.bad_entry == 21);
  CHECK(contains(report.problem, "the order of entry 21 was changed outside this program before it"));
}

TEST_CASE("an entry that was forged with a hash to fit breaks the entry after it") {
  const LedgerFolder folder;
  fill(*open_ledger(folder.ledger()));
  RawDatabase raw{folder.ledger()};
  const auto previous = raw.text("SELECT entry_hash FROM history WHERE number = 16");
  const auto order_hash = raw.text("SELECT order_hash FROM history WHERE number = 17");
  const auto hash_before = raw.text("SELECT order_hash_before FROM history WHERE number = 17");
  const auto digest = payment_of("T1").digest;
  const auto at = standing_clock().now().time_since_epoch().count();
  using ledger::Blob;
  using ledger::Value;
  const auto hash_with = [&](std::string_view actor) {
    const Value values[] = {
        17, 1, at, 1, 7, "notify", actor, {}, digest, {}, Blob{hash_before}, Blob{order_hash}, {}, {}};
    return ledger::hash_entry(previous, ledger::entry_columns, values);
  };
  REQUIRE(hash_with("cashier") == raw.text("SELECT entry_hash FROM history WHERE number = 17"));
  const auto guard = raw.text("SELECT sql FROM sqlite_schema WHERE name = 'history_no_update'");
  REQUIRE(raw.run("DROP TRIGGER history_no_update; UPDATE history SET actor = 'nobody', entry_hash = x'" +
                  to_hex(hash_with("nobody")) + "' WHERE number = 17; " + guard) == "");
  const auto report = check(folder.ledger());
  CHECK_FALSE(report.ok);
  CHECK(report.problem == "entry 18 does not match its hash");
}

TEST_CASE("no two rows that differ have the same hash") {
  using ledger::Blob;
  using ledger::Value;
  constexpr std::array<std::string_view, 2> columns{"a", "b"};
  constexpr std::array<std::string_view, 2> other_columns{"a", "c"};
  const auto number = [](std::int64_t count) { return Value{count}; };
  const auto text = [](std::string_view bytes) { return Value{bytes}; };
  const auto blob = [](std::string_view bytes) { return Value{Blob{bytes}}; };
  const Value none;
  const std::vector<std::vector<Value>> rows{
      {none, none},
      {text(""), none},
      {none, text("")},
      {text(""), text("")},
      {blob(""), none},
      {text("x"), none},
      {none, text("x")},
      {text("x"), text("y")},
      {text("xy"), text("")},
      {text(""), text("xy")},
      {text({"x\0y", 3}), none},
      {number(0), none},
      {number(1), none},
      {number(-1), none},
      {number(256), none},
      {number(1), number(2)},
      {text("1"), none},
      {blob("1"), none},
      {text({"\0\0\0\0\0\0\0\1", 8}), none},
  };
  std::set<std::string> hashes;
  for (const auto& row : rows) {
    hashes.insert(ledger::hash_subject("order", columns, row));
    hashes.insert(ledger::hash_entry(ledger::chain_start(), columns, row));
    hashes.insert(ledger::hash_entry(std::string(32, '1'), columns, row));
  }
  CHECK(hashes.size() == 3 * rows.size());
  CHECK(ledger::hash_subject("order", columns, rows.at(7)) !=
        ledger::hash_subject("order", other_columns, rows.at(7)));
}

TEST_CASE("bytes that differ anywhere in the file are found, or make no difference to what is read") {
  const LedgerFolder folder;
  const auto path = folder.ledger();
  fill(*open_ledger(path));
  const auto original = read_bytes(path);
  const auto dump = RawDatabase{path}.dump();
  constexpr std::size_t stride = 37;
  constexpr char flips[] = {1, 64, '\xff'};
  std::size_t found = 0;
  std::size_t tried = 0;
  for (std::size_t offset = 0; offset < original.size(); offset += stride) {
    auto bytes = original;
    bytes[offset] = static_cast<char>(bytes[offset] ^ flips[tried++ % 3]);
    write_bytes(path, bytes);
    CheckReport report;
    const auto error = error_of([&] { report = check(path); });
    if (error) {
      CHECK(error->kind() == ErrorKind::ledger);
      ++found;
    } else if (!report.ok) {
      CHECK_FALSE(report.problem.empty());
      ++found;
    } else {
      CAPTURE(offset);
      CHECK((RawDatabase{path}.dump() == dump));
    }
  }
  // Most of a small ledger's pages is unused space.
  CHECK(found > tried / 20);
  CHECK(found < tried);
}

TEST_CASE("an index that no longer finds its order is damage") {
  const LedgerFolder folder;
  const auto path = folder.ledger();
  fill(*open_ledger(path));
  const auto page =
      RawDatabase{path}.number("SELECT rootpage FROM sqlite_schema WHERE name = 'sqlite_autoindex_orders_1'");
  constexpr std::size_t page_size = 4096;
  auto bytes = read_bytes(path);
  const auto place = bytes.find("1900000109T5", (static_cast<std::size_t>(page) - 1) * page_size);
  REQUIRE(place < static_cast<std::size_t>(page) * page_size);
  bytes[place + 11] = '9';
  write_bytes(path, bytes);
  CHECK_FALSE(open_read_only(path)->find(test_merchant(), number_of("T5")));
  const auto report = check(path);
  CHECK_FALSE(report.ok);
  CHECK(contains(report.problem, "the file is damaged"));
}

TEST_CASE("bytes that differ in an entry name the entry") {
  const LedgerFolder folder;
  const auto path = folder.ledger();
  fill(*open_ledger(path));
  const auto original = read_bytes(path);
  const auto place = original.find("closing asked for");
  REQUIRE(place != std::string::npos);
  auto bytes = original;
  bytes[place] = 'C';
  write_bytes(path, bytes);
  const auto report = check(path);
  CHECK_FALSE(report.ok);
  CHECK(report.bad_entry == 20);
  CHECK(report.problem == "entry 20 does not match its hash");
}

TEST_CASE("nothing is written into a ledger whose triggers could drop it") {
  for (const auto* trigger :
       {"CREATE TRIGGER orders BEFORE UPDATE ON orders WHEN NEW.state = 7 BEGIN SELECT RAISE(IGNORE); END",
        "CREATE TRIGGER history BEFORE INSERT ON history WHEN NEW.to_state = 7 BEGIN SELECT RAISE(IGNORE); "
        "END",
        "DROP TRIGGER history_no_update; CREATE TRIGGER history_no_update BEFORE UPDATE ON orders BEGIN "
        "SELECT "
        "RAISE(IGNORE); END"}) {
    CAPTURE(std::string{trigger});
    const LedgerFolder folder;
    create_order(*open_ledger(folder.ledger()), "T20261127180001");
    const auto ledger = open_ledger(folder.ledger());
    REQUIRE(RawDatabase{folder.ledger()}.run(trigger) == "");
    // One that is open already finds that a row was not changed; one that is opened now sees the trigger.
    const auto late = error_of([&] { ledger->settle(payment_of("T20261127180001")); });
    const bool is_harmless_for_rows = std::string{trigger}.starts_with("DROP");
    CHECK((late.has_value() || is_harmless_for_rows));
    const auto error = error_of([&] { open_ledger(folder.ledger()); });
    REQUIRE(error);
    CHECK((error->kind() == ErrorKind::ledger));
    CHECK(contains(error->what(), "was changed outside this program"));
    CHECK_FALSE(check(folder.ledger()).ok);
  }
}

TEST_CASE("kept notifications hang on the history and have a head of their own") {
  const LedgerFolder folder;
  const auto fill_one = [&](const char* number) {
    const auto ledger = open_ledger(folder.ledger());
    create_order(*ledger, number);
    auto payment = payment_of(number);
    payment.digest = crypto::sha256_hex(number);
    ledger->settle(payment);
    ledger->keep({standing_clock().now(), test_merchant(), number, "APPLIED", payment.digest, number});
  };
  fill_one("T20261127180001");
  const auto first = check(folder.ledger());
  REQUIRE(first.ok);
  CHECK(first.notifications == 1);
  fill_one("T20261127180002");
  const auto both = check(folder.ledger());
  REQUIRE(both.ok);
  CHECK(both.notifications == 2);
  CHECK(both.notifications_head != first.notifications_head);
  // Either head may be kept elsewhere, and an earlier one stays good.
  CHECK(check(folder.ledger(), first.notifications_head).ok);
  CHECK(check(folder.ledger(), both.notifications_head).ok);
  CHECK(check(folder.ledger(), first.head).ok);
  CHECK_FALSE(check(folder.ledger(), std::string(64, 'a')).ok);
  const auto original = read_bytes(folder.ledger());
  REQUIRE(RawDatabase{folder.ledger()}.run(
              "DROP TRIGGER notifications_no_delete; DELETE FROM notifications WHERE "
              "number = 2") == "");
  CHECK_FALSE(check(folder.ledger(), both.notifications_head).ok);
  const auto cut = check(folder.ledger());
  CHECK_FALSE(cut.ok);
  CHECK(contains(cut.problem, "is not kept any more"));
}

TEST_CASE("a marked entry misses its notification even where none is left, and none is added unseen") {
  const LedgerFolder folder;
  const std::string number{"T20261128180001"};
  const auto digest = crypto::sha256_hex(number);
  {
    const auto ledger = open_ledger(folder.ledger());
    create_order(*ledger, number);
    create_order(*ledger, "T20261128180002");
    auto payment = payment_of(number);
    payment.digest = digest;
    payment.kept = true;
    ledger->settle(payment);
    ledger->keep({standing_clock().now(), test_merchant(), number, "APPLIED", digest, number});
    CHECK(ledger->history(test_merchant(), OutTradeNo::parse(number)).back().replaced.empty());
  }
  REQUIRE(check(folder.ledger()).ok);
  const auto emptied = folder.ledger().parent_path() / "emptied.db";
  std::filesystem::copy_file(folder.ledger(), emptied);
  REQUIRE(RawDatabase{emptied}.run("DROP TRIGGER notifications_no_delete; DELETE FROM notifications") == "");
  CHECK(contains(check(emptied).problem, "is not kept any more"));

  const auto ledger = open_ledger(folder.ledger());
  ledger->keep({standing_clock().now(), test_merchant(), "T20261128180002", "APPLIED",
                crypto::sha256_hex("forged"), "forged"});
  CHECK(contains(ledger->check({}).problem, "the kept notification 2 is in no entry of its order"));
}

TEST_CASE("a notification of a refund counts as applied only with an entry") {
  const LedgerFolder folder;
  const auto ledger = open_ledger(folder.ledger());
  create_order(*ledger, "T20261128180001");
  const auto refund = [](const char* outcome, const std::string& raw) {
    KeptNotification notification{
        standing_clock().now(), test_merchant(), "T20261128180001", outcome, crypto::sha256_hex(raw), raw};
    notification.kind = NotificationKind::refund;
    return notification;
  };
  ledger->keep(refund("IGNORED", "refunded"));
  CHECK(ledger->check({}).ok);
  ledger->keep(refund("APPLIED", "forged"));
  CHECK(contains(ledger->check({}).problem, "the kept notification 2 is in no entry of its order"));
}
