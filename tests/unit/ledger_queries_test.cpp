#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "support/ledger_fixture.hpp"

using namespace wxpay;
using namespace wxpay::test::ledger_fixture;

namespace {

struct Walk {
  LedgerFolder folder;
  LedgerClock clock;
  std::unique_ptr<Ledger> ledger = open_ledger(LedgerAddress{folder.ledger()}, test_options(), clock);
  OrderCursor cursor;

  void create(int from, int to) {
    for (int i = from; i <= to; ++i) {
      ledger->begin(intent_of("T" + std::to_string(i)), {});
      clock.time += std::chrono::seconds{1};
    }
  }
  void close(const std::string& number) {
    ledger->settle(evidence_of(number, EvidenceSource::close, OrderState::closed));
    clock.time += std::chrono::seconds{1};
  }
  void pay(const std::string& number) {
    auto payment = payment_of(number);
    payment.time_end.reset();
    ledger->settle(payment);
  }
  template <class Which>
  std::vector<std::string> page(const Which& which, std::size_t most) {
    std::vector<std::string> numbers;
    for (const auto& order : ledger->page(test_merchant(), which, cursor, most)) {
      numbers.push_back(order.intent.out_trade_no.text());
    }
    return numbers;
  }
  OpenOrders all_open() const { return {{}, clock.time + std::chrono::hours{1}}; }
  ClosedOrders all_closed() const { return {{}, clock.time + std::chrono::hours{1}}; }
};

using Numbers = std::vector<std::string>;

}  // namespace

TEST_CASE_FIXTURE(Walk, "open orders come in pages, oldest first, until an empty one") {
  create(1, 5);
  pay("T2");
  ledger->settle(prepay_of("T3"));
  CHECK(ledger->count(test_merchant(), all_open()) == 4);
  CHECK(page(all_open(), 3) == Numbers{"T1", "T3", "T4"});
  CHECK(page(all_open(), 3) == Numbers{"T5"});
  CHECK(page(all_open(), 3).empty());
  create(6, 6);
  CHECK(page(all_open(), 3) == Numbers{"T6"});
}

TEST_CASE_FIXTURE(Walk, "orders that leave or enter the open ones between pages hide none of the others") {
  create(1, 8);
  CHECK(page(all_open(), 3) == Numbers{"T1", "T2", "T3"});
  for (const auto* number : {"T1", "T2", "T3", "T5"}) pay(number);
  create(9, 9);
  CHECK(page(all_open(), 3) == Numbers{"T4", "T6", "T7"});
  close("T4");
  pay("T7");
  CHECK(page(all_open(), 3) == Numbers{"T8", "T9"});
  CHECK(page(all_open(), 3).empty());
}

TEST_CASE_FIXTURE(Walk, "open orders are chosen by the time they were created and by merchant") {
  const auto start = clock.time;
  create(1, 5);
  auto other = intent_of("OTHER");
  other.merchant.mch_id = MerchantId{"1900000999"};
  ledger->begin(other, {});
  const OpenOrders which{start + std::chrono::seconds{1}, start + std::chrono::seconds{4}};
  CHECK(ledger->count(test_merchant(), which) == 3);
  CHECK(page(which, 10) == Numbers{"T2", "T3", "T4"});
  CHECK(ledger->count(other.merchant.mch_id, all_open()) == 1);
}

TEST_CASE_FIXTURE(Walk, "closed orders come in the order of their closing, chosen by its time") {
  create(1, 6);
  const auto start = clock.time;
  for (const auto* number : {"T4", "T1", "T3", "T6"}) close(number);
  const auto from = [start](int since, int until) {
    return ClosedOrders{start + std::chrono::seconds{since}, start + std::chrono::seconds{until}};
  };
  CHECK(ledger->count(test_merchant(), from(0, 9)) == 4);
  CHECK(page(from(0, 9), 3) == Numbers{"T4", "T1", "T3"});
  CHECK(page(from(0, 9), 3) == Numbers{"T6"});
  CHECK(page(from(0, 9), 3).empty());
  cursor = {};
  CHECK(ledger->count(test_merchant(), from(1, 3)) == 2);
  CHECK(page(from(1, 3), 9) == Numbers{"T1", "T3"});
}

TEST_CASE_FIXTURE(Walk, "a walk can also give those whose time lies in the future, and none in between") {
  create(1, 2);
  const auto right = clock.time;
  clock.time = right + std::chrono::hours{8};
  create(3, 4);
  clock.time = right + std::chrono::seconds{30};
  create(5, 5);
  const OpenOrders open{{}, right, right + std::chrono::minutes{1}};
  CHECK(ledger->count(test_merchant(), open) == 4);
  CHECK(page(open, 3) == Numbers{"T1", "T2", "T3"});
  CHECK(page(open, 3) == Numbers{"T4"});
  CHECK(page(open, 3).empty());
  const OpenOrders since{right - std::chrono::seconds{1}, right, right + std::chrono::minutes{1}};
  CHECK(ledger->count(test_merchant(), since) == 3);

  clock.time = right - std::chrono::hours{1};
  for (const auto* number : {"T1", "T3"}) close(number);
  clock.time = right + std::chrono::hours{9'600};
  for (const auto* number : {"T2", "T4"}) close(number);
  clock.time = right + std::chrono::seconds{30};
  close("T5");
  const ClosedOrders closed{right - std::chrono::hours{24}, right, right + std::chrono::minutes{1}};
  cursor = {};
  CHECK(ledger->count(test_merchant(), closed) == 4);
  CHECK(page(closed, 3) == Numbers{"T1", "T3", "T2"});
  CHECK(page(closed, 3) == Numbers{"T4"});
  CHECK(page(closed, 3).empty());
}

TEST_CASE_FIXTURE(Walk, "closed orders that are paid, or closed meanwhile, hide none of the others") {
  create(1, 7);
  for (const auto* number : {"T1", "T2", "T3", "T4", "T5"}) close(number);
  CHECK(page(all_closed(), 2) == Numbers{"T1", "T2"});
  for (const auto* number : {"T1", "T2", "T4"}) pay(number);
  close("T7");
  CHECK(page(all_closed(), 2) == Numbers{"T3", "T5"});
  CHECK(page(all_closed(), 2) == Numbers{"T7"});
  CHECK(page(all_closed(), 2).empty());
}

TEST_CASE_FIXTURE(Walk, "many orders closed in one second are given once each") {
  create(1, 9);
  for (int i = 9; i >= 1; --i) {
    ledger->settle(evidence_of("T" + std::to_string(i), EvidenceSource::close, OrderState::closed));
  }
  Numbers seen;
  for (auto some = page(all_closed(), 2); !some.empty(); some = page(all_closed(), 2)) {
    seen.insert(seen.end(), some.begin(), some.end());
  }
  CHECK(seen == Numbers{"T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8", "T9"});
}

TEST_CASE_FIXTURE(Walk, "both walks go by their index instead of sorting") {
  RawDatabase raw{folder.ledger()};
  const auto plan = [&raw](const std::string& sql) { return raw.text("EXPLAIN QUERY PLAN " + sql); };
  const auto open = plan(
      "SELECT * FROM orders INDEXED BY orders_open WHERE state < 3 AND +mch_id = '1' AND "
      "(created_at < 9 OR created_at > 19) AND seq > 4 ORDER BY seq LIMIT 3");
  CAPTURE(open);
  CHECK(open.find("orders_open (seq>?)") != std::string::npos);
  CHECK(open.find("TEMP B-TREE") == std::string::npos);
  const auto closed = plan(
      "SELECT * FROM orders WHERE state = 5 AND +mch_id = '1' AND updated_at >= 1 AND "
      "(updated_at < 9 OR updated_at > 19) AND (updated_at, seq) > (2, 3) ORDER BY updated_at, seq LIMIT 3");
  CAPTURE(closed);
  CHECK(closed.find("orders_closed (updated_at>?") != std::string::npos);
  CHECK(closed.find("TEMP B-TREE") == std::string::npos);
}
