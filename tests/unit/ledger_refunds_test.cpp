// Refunds in the ledger: each case that says so runs over all stores.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "crypto/digest.hpp"
#include "support/ledger_fixture.hpp"
#include "support/refund_fixture.hpp"
#include "support/store_kinds.hpp"

using namespace wxpay;
using namespace wxpay::test;
using namespace wxpay::test::ledger_fixture;
using namespace wxpay::test::refund_fixture;

namespace {

using Numbers = std::vector<std::string>;

std::string path_of(const std::vector<HistoryEntry>& history) {
  std::string path;
  for (const auto& entry : history) {
    if (!path.empty()) path += ' ';
    if (entry.refund) {
      const auto& [number, from, to] = *entry.refund;
      path +=
          number.text() + ":" + std::string{from ? to_string(*from) : "-"} + ">" + std::string{to_string(to)};
    } else {
      path += std::string{entry.from ? to_string(*entry.from) : "-"} + ">" + std::string{to_string(entry.to)};
    }
    path += ":" + std::string{to_string(entry.source)};
  }
  return path;
}

Numbers numbers_in(const std::vector<Refund>& refunds) {
  Numbers numbers;
  for (const auto& refund : refunds) numbers.push_back(refund.intent.out_refund_no.text());
  return numbers;
}

Numbers listed(Ledger& ledger, const RefundFilter& filter) {
  Numbers numbers;
  ledger.list_refunds(test_merchant(), filter, [&numbers](const Refund& refund) {
    numbers.push_back(refund.intent.out_refund_no.text());
    return true;
  });
  return numbers;
}

std::int64_t entries_of(Ledger& ledger) { return ledger.check({}).entries; }

}  // namespace

TEST_CASE("a refund comes back from the ledger with every field") {
  over_all([](Opened& opened) {
    pay_order(*opened.ledger, "T1");
    auto wanted = refund_of("T1", "R1", 300);
    wanted.reason = "商品已售完 \"250g\"";
    wanted.notify_url = "https://shop.example/wxpay/refunded";
    wanted.funds_account = FundsAccount::available;
    const auto begun = opened->begin_refund(wanted, refund_interval);
    CHECK((begun.decision.plan == RefundPlan::first));
    CHECK_FALSE(begun.was_unknown);
    const auto found = opened->find_refund(test_merchant(), refund_number("R1"));
    REQUIRE(found);
    CHECK(found->intent.mch_id == test_merchant());
    CHECK(found->intent.out_trade_no == number_of("T1"));
    CHECK(found->intent.refund_fee == Fen{300});
    CHECK(found->intent.total_fee == Fen{1000});
    CHECK(found->intent.reason == wanted.reason);
    CHECK(found->intent.notify_url == wanted.notify_url);
    CHECK((found->intent.funds_account == FundsAccount::available));
    CHECK((found->state == RefundState::unknown));
    CHECK(found->sent_at == opened.clock.time);
    CHECK(found->created_at == opened.clock.time);
    CHECK(found->updated_at == opened.clock.time);
    CHECK_FALSE(found->success_at);
    CHECK_FALSE(opened->find_refund(test_merchant(), refund_number("R2")));
    CHECK_FALSE(opened->find_refund(MerchantId{"1900000110"}, refund_number("R1")));
  });
}

TEST_CASE("a refund is begun once, and begun again where it may not have arrived") {
  over_all([](Opened& opened) {
    auto& ledger = *opened.ledger;
    pay_order(ledger, "T1");
    const auto begin = [&](const RefundRequest& wanted) {
      return ledger.begin_refund(wanted, refund_interval);
    };
    begin(refund_of("T1", "R1", 300));
    const auto entries = entries_of(ledger);
    auto again = begin(refund_of("T1", "R1", 300));
    CHECK((again.decision.plan == RefundPlan::again));
    CHECK(again.was_unknown);
    CHECK(entries_of(ledger) == entries);
    opened.clock.time += std::chrono::seconds{5};
    again = begin(refund_of("T1", "R1", 300));
    CHECK(again.refund->sent_at == opened.clock.time);
    CHECK(entries_of(ledger) == entries + 1);
    CHECK((begin(refund_of("T1", "R1", 301)).decision.plan == RefundPlan::differs));
    CHECK((begin(refund_of("T1", "R2", 701)).decision.plan == RefundPlan::exceeds));
    CHECK((begin(refund_of("T9", "R9", 1)).decision.plan == RefundPlan::not_paid));
    CHECK(entries_of(ledger) == entries + 1);
    ledger.settle_refund(said_of("T1", "R1", RefundState::failed));
    again = begin(refund_of("T1", "R1", 300));
    CHECK((again.decision.plan == RefundPlan::again));
    CHECK_FALSE(again.was_unknown);
    CHECK((again.refund->state == RefundState::unknown));
    CHECK(path_of(ledger.history(test_merchant(), number_of("T1"))) ==
          "->CREATING:create CREATING>NOTPAY:create NOTPAY>SUCCESS:notify R1:->UNKNOWN:refund "
          "R1:UNKNOWN>UNKNOWN:refund R1:UNKNOWN>FAILED:refund R1:FAILED>UNKNOWN:refund");
  });
}

TEST_CASE("refunds of one order take turns") {
  over_all([](Opened& opened) {
    pay_order(*opened.ledger, "T1");
    pay_order(*opened.ledger, "T2");
    const auto now = opened.clock.time;
    const auto turn = [&](std::string_view order, std::string_view number) {
      return opened->begin_refund(refund_of(order, number, 100), refund_interval).refund->sent_at - now;
    };
    CHECK(turn("T1", "R1") == std::chrono::seconds{0});
    CHECK(turn("T1", "R2") == refund_interval);
    CHECK(turn("T1", "R3") == 2 * refund_interval);
    CHECK(turn("T2", "R4") == std::chrono::seconds{0});
    CHECK(turn("T1", "R2") == 3 * refund_interval);
  });
}

TEST_CASE("an accepted refund makes its order REFUND in the same change") {
  over_all([](Opened& opened) {
    auto& ledger = *opened.ledger;
    pay_order(ledger, "T1");
    ledger.begin_refund(refund_of("T1", "R1", 300), refund_interval);
    auto evidence = said_of("T1", "R1", RefundState::processing);
    CHECK((ledger.preview_refund(evidence).settlement.verdict == RefundVerdict::apply));
    CHECK((ledger.find(test_merchant(), number_of("T1"))->state == OrderState::success));
    const auto result = ledger.settle_refund(evidence);
    CHECK((result.settlement.verdict == RefundVerdict::apply));
    CHECK((result.refund->state == RefundState::processing));
    CHECK((result.order->state == OrderState::refund));
    CHECK((ledger.find(test_merchant(), number_of("T1"))->state == OrderState::refund));
    evidence.source = EvidenceSource::query;
    evidence.state = RefundState::success;
    evidence.success_at = opened.clock.time;
    CHECK((ledger.settle_refund(evidence).settlement.verdict == RefundVerdict::apply));
    CHECK((ledger.settle_refund(evidence).settlement.verdict == RefundVerdict::already_applied));
    CHECK(ledger.find_refund(test_merchant(), refund_number("R1"))->success_at == opened.clock.time);
    CHECK(path_of(ledger.history(test_merchant(), number_of("T1"))) ==
          "->CREATING:create CREATING>NOTPAY:create NOTPAY>SUCCESS:notify R1:->UNKNOWN:refund "
          "R1:UNKNOWN>PROCESSING:refund SUCCESS>REFUND:refund R1:PROCESSING>SUCCESS:query");
    // The order that the ledger holds is the one that it wrote.
    ledger.begin_refund(refund_of("T1", "R2", 700), refund_interval);
    CHECK((ledger.settle_refund(said_of("T1", "R2", RefundState::processing, 700)).settlement.verdict ==
           RefundVerdict::apply));
    CHECK((ledger.begin_refund(refund_of("T1", "R3", 1), refund_interval).decision.plan ==
           RefundPlan::exceeds));
  });
}

TEST_CASE("a refund that the ledger does not know is taken over from a query's answer alone") {
  struct Row {
    const char* what;
    EvidenceSource source;
    const char* order;
    RefundState state;
    std::int64_t fee;
    RefundVerdict verdict;
    bool is_taken;
  };
  const Row rows[] = {
      {"accepted", EvidenceSource::query, "T1", RefundState::success, 600, RefundVerdict::apply, true},
      {"closed", EvidenceSource::query, "T1", RefundState::closed, 600, RefundVerdict::apply, true},
      {"notified", EvidenceSource::notify, "T1", RefundState::success, 600, RefundVerdict::no_news, false},
      {"of no order", EvidenceSource::query, "T9", RefundState::success, 600, RefundVerdict::no_news, false},
      {"of an unpaid order", EvidenceSource::query, "T2", RefundState::success, 600, RefundVerdict::no_news,
       false},
      {"refused", EvidenceSource::query, "T1", RefundState::failed, 600, RefundVerdict::no_news, false},
      {"more than is left", EvidenceSource::query, "T1", RefundState::success, 601, RefundVerdict::exceeds,
       false},
  };
  over_all([&rows](Opened& opened) {
    for (const auto& row : rows) {
      CAPTURE(std::string{row.what});
      const LedgerFolder folder;
      const auto ledger = opened.open_ledger(folder.ledger());
      pay_order(*ledger, "T1");
      create_order(*ledger, "T2");
      ledger->begin_refund(refund_of("T1", "R1", 400), refund_interval);
      auto evidence = said_of(row.order, "R9", row.state, row.fee);
      evidence.source = row.source;
      CHECK((ledger->preview_refund(evidence).settlement.verdict == row.verdict));
      const auto result = ledger->settle_refund(evidence);
      CHECK((result.settlement.verdict == row.verdict));
      CHECK(result.refund.has_value() == row.is_taken);
      CHECK(ledger->find_refund(test_merchant(), refund_number("R9")).has_value() == row.is_taken);
      if (row.is_taken) CHECK((result.refund->state == row.state));
      const bool is_refunded = row.is_taken && row.state == RefundState::success;
      CHECK((ledger->find(test_merchant(), number_of("T1"))->state ==
             (is_refunded ? OrderState::refund : OrderState::success)));
      const auto report = ledger->check({});
      CHECK_MESSAGE(report.ok, report.problem);
    }
  });
}

TEST_CASE("evidence of another payment, order, amount or refund changes nothing") {
  over_all([](Opened& opened) {
    auto& ledger = *opened.ledger;
    pay_order(ledger, "T1");
    pay_order(ledger, "T2");
    ledger.begin_refund(refund_of("T1", "R1", 300), refund_interval);
    const auto entries = entries_of(ledger);
    const auto verdict = [&](const RefundEvidence& evidence) {
      return ledger.settle_refund(evidence).settlement.verdict;
    };
    auto evidence = said_of("T1", "R1", RefundState::success);
    evidence.transaction_id = TransactionId{"4200000001202611230000000001"};
    CHECK((verdict(evidence) == RefundVerdict::other_order));
    CHECK((verdict(said_of("T2", "R1", RefundState::success)) == RefundVerdict::other_order));
    CHECK((verdict(said_of("T1", "R1", RefundState::success, 301)) == RefundVerdict::amount_mismatch));
    CHECK(entries_of(ledger) == entries);
    CHECK((ledger.find(test_merchant(), number_of("T1"))->state == OrderState::success));
  });
}

TEST_CASE("refunds are listed by filter and come in pages") {
  over_all([](Opened& opened) {
    auto& ledger = *opened.ledger;
    pay_order(ledger, "T1");
    pay_order(ledger, "T2");
    for (const auto* number : {"R1", "R2", "R3", "R4"}) {
      ledger.begin_refund(
          refund_of(number[1] == '4' ? "T2" : "T1", number, std::int64_t{100} * (number[1] - '0')),
          std::chrono::seconds{1});
      opened.clock.time += std::chrono::seconds{10};
    }
    ledger.settle_refund(said_of("T1", "R2", RefundState::success, 200));
    const auto start = standing_clock().now();
    CHECK(numbers_in(ledger.refunds_of(test_merchant(), number_of("T1"))) == Numbers{"R1", "R2", "R3"});
    CHECK(listed(ledger, {}) == Numbers{"R4", "R3", "R2", "R1"});
    CHECK(listed(ledger, {.oldest_first = true}) == Numbers{"R1", "R2", "R3", "R4"});
    CHECK(listed(ledger, {.state = RefundState::success}) == Numbers{"R2"});
    CHECK(listed(ledger, {.out_trade_no = number_of("T1")}) == Numbers{"R3", "R2", "R1"});
    CHECK(listed(ledger, {.since = start + std::chrono::seconds{10},
                          .until = start + std::chrono::seconds{30}}) == Numbers{"R3", "R2"});
    CHECK(listed(ledger, {.min_fee = Fen{200}, .max_fee = Fen{300}}) == Numbers{"R3", "R2"});
    CHECK(listed(ledger, {.limit = 1}) == Numbers{"R4"});
    const OpenRefunds which{start + std::chrono::seconds{30}};
    CHECK(ledger.count_refunds(test_merchant(), which) == 2);
    OrderCursor cursor;
    CHECK(numbers_in(ledger.page_refunds(test_merchant(), which, cursor, 1)) == Numbers{"R1"});
    CHECK(numbers_in(ledger.page_refunds(test_merchant(), which, cursor, 1)) == Numbers{"R3"});
    CHECK(ledger.page_refunds(test_merchant(), which, cursor, 1).empty());
  });
}

TEST_CASE("refunds join a group of changes, which is kept whole or not at all") {
  over_all([](Opened& opened) {
    auto& ledger = *opened.ledger;
    for (int i = 0; i < 40; ++i) pay_order(ledger, "T" + std::to_string(i));
    const auto refund_all = [&](bool fails) {
      ledger.transact([&] {
        for (int i = 0; i < 40; ++i) {
          const auto number = std::to_string(i);
          ledger.begin_refund(refund_of("T" + number, "R" + number, 300), refund_interval);
          ledger.settle_refund(said_of("T" + number, "R" + number, RefundState::processing));
        }
        if (fails) throw Error{ErrorKind::refused, "enough"};
      });
    };
    const auto entries = entries_of(ledger);
    CHECK(error_of([&] { refund_all(true); }));
    CHECK(entries_of(ledger) == entries);
    CHECK_FALSE(ledger.find_refund(test_merchant(), refund_number("R1")));
    refund_all(false);
    CHECK(entries_of(ledger) == entries + std::int64_t{3} * 40);
    CHECK((ledger.find(test_merchant(), number_of("T39"))->state == OrderState::refund));
  });
}

TEST_CASE("a kept notification of a refund is tied to its entries") {
  over_all([](Opened& opened) {
    auto& ledger = *opened.ledger;
    pay_order(ledger, "T1");
    ledger.begin_refund(refund_of("T1", "R1", 300), refund_interval);
    ledger.settle_refund(said_of("T1", "R1", RefundState::processing));
    auto notification = applied("T1", "<xml>refund</xml>");
    notification.kind = NotificationKind::refund;
    auto evidence = said_of("T1", "R1", RefundState::success);
    evidence.source = EvidenceSource::notify;
    evidence.digest = notification.digest;
    evidence.kept = true;
    ledger.transact([&] {
      ledger.settle_refund(evidence);
      ledger.keep(notification);
    });
    CHECK(ledger.check({}).ok);
  });
  const LedgerFolder folder;
  const auto ledger = open_ledger(folder.ledger());
  pay_order(*ledger, "T1");
  ledger->begin_refund(refund_of("T1", "R1", 300), refund_interval);
  auto evidence = said_of("T1", "R1", RefundState::success);
  evidence.source = EvidenceSource::notify;
  evidence.digest = crypto::sha256_hex("<xml>refund</xml>");
  evidence.kept = true;
  ledger->settle_refund(evidence);
  CHECK(ledger->check({}).problem == "the notification that entry 5 names is not kept any more");
}
