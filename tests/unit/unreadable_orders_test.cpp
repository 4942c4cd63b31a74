// Orders whose rows hold what no order can hold: what is written can always be read, and what an older
// program wrote otherwise is in the way of no other order.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "support/ledger_fixture.hpp"
#include "wxpay/time.hpp"

using namespace wxpay;
using namespace wxpay::test::ledger_fixture;

namespace {

using Numbers = std::vector<std::string>;

const std::string first_number = "T202611230000000000000000000001";
const std::string second_number = "T202611230000000000000000000002";
const std::string third_number = "T202611230000000000000000000003";

struct Shelf {
  LedgerFolder folder;
  LedgerClock clock;
  std::unique_ptr<Ledger> ledger = open_ledger(LedgerAddress{folder.ledger()}, test_options(), clock);

  Shelf() {
    for (const auto& number : {first_number, second_number, third_number})
      ledger->begin(intent_of(number), {});
  }
  void spoil(const std::string& number, const std::string& change) const {
    REQUIRE(RawDatabase{folder.ledger()}.run("UPDATE orders SET " + change + " WHERE out_trade_no = '" +
                                             number + "'") == "");
  }
  /// The numbers that a list gives; what it says at its end comes last.
  Numbers list(std::size_t most = 9) const {
    Numbers numbers;
    const auto error = error_of([&] {
      ledger->list(test_merchant(), {}, [&](const Order& order) {
        numbers.push_back(order.intent.out_trade_no.text());
        return numbers.size() < most;
      });
    });
    if (error) numbers.emplace_back(error->what());
    return numbers;
  }
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a time is written only where it can be read again") {
  struct Row {
    std::int64_t seconds;
    bool is_written;
  };
  const auto last = latest_time.time_since_epoch().count();
  for (const auto& row :
       {Row{-28'800, false}, Row{-1, false}, Row{0, true}, Row{last, true}, Row{last + 1, false}}) {
    CAPTURE(row.seconds);
    const Shelf at;
    const std::chrono::sys_seconds instant{std::chrono::seconds{row.seconds}};
    const auto tried = [&](const auto& work) {
      const auto error = error_of(work);
      CHECK(error.has_value() == !row.is_written);
      if (error) {
        CHECK((error->kind() == ErrorKind::ledger));
        CHECK(contains(error->what(), "outside the years 1970 to 9999"));
      }
    };
    auto payment = payment_of(first_number);
    payment.time_end = instant;
    tried([&] { at.ledger->settle(payment); });
    auto intent = intent_of("T202611230000000000000000000004");
    intent.time_expire = instant;
    tried([&] { at.ledger->begin(intent, {}); });
    LedgerClock wrong;
    wrong.time = instant;
    const auto ledger = open_ledger(LedgerAddress{at.folder.ledger()}, test_options(), wrong);
    tried([&] { ledger->begin(intent_of("T202611230000000000000000000005"), {}); });
    tried([&] {
      ledger->note(test_merchant(), number_of(second_number), EvidenceSource::close, "closing is asked for");
    });
    CHECK(at.list().size() == (row.is_written ? 5 : 3));
    for (const auto& number : {first_number, second_number})
      CHECK_FALSE(error_of([&] { at.ledger->history(test_merchant(), number_of(number)); }));
    CHECK(at.ledger->check({}).ok);
  }
}

TEST_CASE("a duration is written only where it can be read again") {
  const Shelf at;
  auto intent = intent_of("T202611230000000000000000000004");
  intent.expire_in = std::chrono::seconds{-1};
  CHECK(error_of([&] { at.ledger->begin(intent, {}); }));
  intent.expire_in = std::chrono::hours{24 * 365 * 9000};
  CHECK(error_of([&] { at.ledger->begin(intent, {}); }));
  CHECK(at.list().size() == 3);
}

TEST_CASE("an order that cannot be read hides none of the others in a list, and is told at its end") {
  struct Row {
    std::string change;
    std::string told;
  };
  const Row rows[] = {
      {"created_at = -28800", "its created_at is -28800, which is no time"},
      {"updated_at = 253402300800", "its updated_at is 253402300800, which is no time"},
      {"paid_at = -1", "its paid_at is -1, which is no time"},
      {"time_expire = -1", "its time_expire is -1, which is no time"},
      {"expire_in = 999999999999999", "its expire_in is 999999999999999, which is no duration"}};
  for (const auto& row : rows) {
    CAPTURE(row.change);
    const Shelf at;
    at.spoil(second_number, row.change);
    const auto told = at.list();
    REQUIRE(told.size() == 3);
    CHECK(told[0] == third_number);
    CHECK(told[1] == first_number);
    CHECK(contains(told[2], "order " + second_number + " in the ledger "));
    CHECK(contains(told[2], "cannot be read: " + row.told));
    const auto found = error_of([&] { at.ledger->find(test_merchant(), number_of(second_number)); });
    REQUIRE(found);
    CHECK((found->kind() == ErrorKind::ledger));
    CHECK(std::string{found->what()} == told[2]);
    CHECK(contains(found->hint(), "other orders"));
    // Whoever stops before the end has not asked for the rest.
    CHECK(at.list(1) == Numbers{third_number});
  }
}

TEST_CASE("all orders that cannot be read are named, as far as a line can hold them") {
  const Shelf at;
  for (int i = 10; i < 22; ++i)
    at.ledger->begin(intent_of("T2026112300000000000000000000" + std::to_string(i)), {});
  REQUIRE(RawDatabase{at.folder.ledger()}.run("UPDATE orders SET paid_at = -1 WHERE seq > 3") == "");
  const auto told = at.list();
  REQUIRE(told.size() == 4);
  for (int i = 12; i < 22; ++i) CHECK(contains(told[3], "T2026112300000000000000000000" + std::to_string(i)));
  CHECK(told[3].ends_with("; and 2 more"));
}

TEST_CASE("a walk goes past the orders that cannot be read, and notes them") {
  Shelf at;
  at.spoil(first_number, "updated_at = -5");
  at.spoil(second_number, "expire_in = 999999999999999");
  const auto walk = [&](const auto& which) {
    Numbers numbers;
    OrderCursor cursor;
    while (true) {
      const auto page = at.ledger->page(test_merchant(), which, cursor, 1);
      if (page.empty()) break;
      for (const auto& order : page) numbers.push_back(order.intent.out_trade_no.text());
    }
    numbers.push_back(cursor.unreadable.empty() ? "" : cursor.unreadable.together().what());
    return numbers;
  };
  const auto until = at.clock.time + std::chrono::hours{1};
  auto open = walk(OpenOrders{{}, until});
  REQUIRE(open.size() == 2);
  CHECK(open[0] == third_number);
  CHECK(contains(open[1], first_number));
  CHECK(contains(open[1], second_number));
  REQUIRE(RawDatabase{at.folder.ledger()}.run("UPDATE orders SET state = 5") == "");
  auto closed = walk(ClosedOrders{{}, until});
  REQUIRE(closed.size() == 2);
  CHECK(closed[0] == third_number);
  CHECK(contains(closed[1], second_number));
}

TEST_CASE("in a transaction an order that cannot be read is no other order's trouble") {
  const Shelf at;
  at.spoil(second_number, "paid_at = -28800");
  int unreadable = 0;
  at.ledger->transact([&] {
    for (const auto& number : {first_number, second_number, third_number}) {
      try {
        at.ledger->settle(payment_of(number));
      } catch (const UnreadableOrder&) {
        ++unreadable;
      }
    }
    try {
      at.ledger->begin(intent_of(second_number), {});
    } catch (const UnreadableOrder&) {
      ++unreadable;
    }
  });
  CHECK(unreadable == 2);
  for (const auto& number : {first_number, third_number})
    CHECK((at.ledger->find(test_merchant(), number_of(number))->state == OrderState::success));
  // Alone it fails as a whole, and the next change is not concerned.
  CHECK(error_of([&] { at.ledger->settle(payment_of(second_number)); }));
  CHECK_FALSE(error_of([&] {
    at.ledger->note(test_merchant(), number_of(first_number), EvidenceSource::query, "still there");
  }));
}

TEST_CASE("an entry of the history that cannot be read is named") {
  const Shelf at;
  RawDatabase raw{at.folder.ledger()};
  REQUIRE(raw.run("DROP TRIGGER history_no_update; UPDATE history SET at = -1 WHERE number = 2") == "");
  const auto error = error_of([&] { at.ledger->history(test_merchant(), number_of(second_number)); });
  REQUIRE(error);
  CHECK(contains(error->what(), "history entry 2 in the ledger "));
  CHECK(contains(error->what(), "its at is -1, which is no time"));
}
