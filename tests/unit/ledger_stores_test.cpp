// What every store must give several ledgers at once, and the check: each case runs over all of them.
#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "crypto/digest.hpp"
#include "ledger/entry_rows.hpp"
#include "ledger/history_writer.hpp"
#include "ledger/subject.hpp"
#include "support/ledger_fixture.hpp"
#include "support/store_kinds.hpp"

using namespace wxpay;
using namespace wxpay::test;
using namespace wxpay::test::ledger_fixture;

TEST_CASE("a store says whether others have written since it was asked, and not what its own ledger wrote") {
  over_all([](Opened& opened) {
    const auto other = opened.open_ledger(opened.folder.ledger());
    const auto others_wrote = [&opened] {
      const auto transaction = opened.store->begin_writing();
      const bool answer = opened.store->others_wrote();
      transaction->commit();
      return answer;
    };
    others_wrote();
    CHECK_FALSE(others_wrote());
    create_order(*opened.ledger, "T1");
    CHECK_FALSE(others_wrote());
    create_order(*other, "T2");
    CHECK(others_wrote());
    CHECK_FALSE(others_wrote());
  });
}

TEST_CASE("two ledgers on one store write in turn, and each goes on from what the other wrote") {
  over_all([](Opened& opened) {
    const auto other = opened.open_ledger(opened.folder.ledger());
    opened->begin(intent_of("T1"), {});
    CHECK((other->settle(prepay_of("T1")).settlement.verdict == Verdict::apply));
    CHECK((opened->settle(payment_of("T1")).settlement.verdict == Verdict::apply));
    CHECK(other->find(test_merchant(), number_of("T1"))->prepay == prepay_of("T1").prepay);
    CHECK((other->settle(payment_of("T1")).settlement.verdict == Verdict::already_applied));
    opened->keep(applied("T9", "<xml>1</xml>"));
    CHECK(other->notifications(test_merchant(), number_of("T9")).size() == 1);
    auto refused = applied("T9", "<xml>2</xml>");
    refused.outcome = "UNKNOWN_ORDER";
    other->keep(refused);
    CHECK(opened->notifications(test_merchant(), number_of("T9")).size() == 2);
    CHECK(opened->check({}).head == other->check({}).head);
    CHECK(opened->check({}).notifications == 2);
    create_order(*other, "T9");
    auto payment = payment_of("T9");
    payment.digest = crypto::sha256_hex("<xml>1</xml>");
    other->settle(payment);
  });
}

TEST_CASE("while one ledger writes, another on the same store is refused, and none of its changes is kept") {
  over_all([](Opened& opened) {
    const auto other = opened.open_ledger(opened.folder.ledger());
    opened->transact([&] {
      create_order(*opened.ledger, "T1");
      const auto error = error_of([&] { create_order(*other, "T2"); });
      REQUIRE(error);
      CHECK((error->kind() == ErrorKind::ledger_busy));
    });
    CHECK_FALSE(opened->find(test_merchant(), number_of("T2")));
    create_order(*other, "T2");
    CHECK(opened->check({}).count("orders") == 2);
  });
}

TEST_CASE("a backup on any store is a ledger of its own, and takes nobody's place") {
  over_all([](Opened& opened) {
    create_order(*opened.ledger, "T1");
    const auto head = opened->check({}).head;
    const auto target = opened.folder.path() / "copy.db";
    opened->backup(target);
    create_order(*opened.ledger, "T2");
    const auto error = error_of([&] { opened->backup(target); });
    REQUIRE(error);
    CHECK((error->kind() == ErrorKind::file));
    const auto copy = opened.open_ledger(target);
    const auto report = copy->check({});
    CHECK(report.ok);
    CHECK(report.head == head);
    create_order(*copy, "T3");
    CHECK_FALSE(opened->find(test_merchant(), number_of("T3")));
    CHECK(opened->check(head).ok);
  });
}

namespace {

/// A ledger of one order on every store, with entries that this program would not write: so it is not whole.
/// @param append  void(HistoryWriter&)
/// @param check  void(Opened&)
template <class Append, class Check>
void with_entries_of_another(const Append& append, const Check& check) {
  for (const auto& kind : store_kinds) {
    CAPTURE(std::string{kind.name});
    Opened opened;
    opened.open = kind.opener();
    auto store = opened.open(opened.folder.ledger());
    opened.store = store.get();
    opened.ledger = ledger::make_ledger(std::move(store), "cashier", opened.clock);
    create_order(*opened.ledger, "T1");
    ledger::HistoryWriter history{*opened.store, "cashier"};
    const auto transaction = opened.store->begin_writing();
    history.begin();
    append(history);
    history.flush();
    transaction->commit();
    check(opened);
  }
}

}  // namespace

TEST_CASE("on any store an entry about what the program does not know is found") {
  with_entries_of_another(
      [](ledger::HistoryWriter& history) {
        ledger::StoredEntry entry;
        entry.at = standing_clock().now();
        history.append({"transfer", 1}, crypto::sha256("a transfer"), entry);
      },
      [](Opened& opened) {
        const auto report = opened->check({});
        CHECK(report.entries == 3);
        CHECK(report.problem == "entry 3 is about what this program does not know: transfer");
        CHECK(report.bad_entry == 3);
        CHECK(opened->history(test_merchant(), number_of("T1")).size() == 2);
      });
}

TEST_CASE("a store gives the entries about any kind of subject, by the subject and the number") {
  constexpr ledger::SubjectKind transfers{
      .name = "transfer", .with_article = "a transfer", .table = "transfers"};
  with_entries_of_another(
      [&transfers](ledger::HistoryWriter& history) {
        for (const std::int64_t seq : {2, 1, 2}) {
          history.append({transfers.name, seq}, crypto::sha256("a transfer"),
                         ledger::new_entry(standing_clock().now(), OrderState::notpay, OrderState::refund,
                                           EvidenceSource::refund, {}));
        }
      },
      [&transfers](Opened& opened) {
        auto& rows = *opened.store;
        std::vector<std::pair<std::int64_t, std::int64_t>> found;
        const auto links = rows.links(transfers);
        for (auto row = links->next(); !row.empty(); row = links->next()) {
          found.emplace_back(ledger::number_in(row[1]), ledger::number_in(row[0]));
          CHECK(ledger::number_in(row[static_cast<std::size_t>(ledger::LinkColumn::to_state)]) == 8);
        }
        CHECK(found == std::vector<std::pair<std::int64_t, std::int64_t>>{{1, 4}, {2, 3}, {2, 5}});
        const auto entries = rows.entries_of({transfers.name, 2});
        CHECK(ledger::number_in(entries->next().front()) == 3);
        CHECK(ledger::number_in(entries->next().front()) == 5);
        CHECK(entries->next().empty());
        CHECK(rows.subjects(transfers)->next().empty());
        CHECK_FALSE(rows.subjects(ledger::order_kind())->next().empty());
      });
}
