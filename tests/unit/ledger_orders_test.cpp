#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "support/ledger_fixture.hpp"

using namespace wxpay;
using namespace wxpay::test::ledger_fixture;

namespace {

OrderIntent full_intent() {
  auto intent = intent_of("FULL1", 9'999'999'999);
  intent.merchant.sub_mch_id = MerchantId{"1900000200"};
  intent.merchant.sub_app_id = AppId{"wxsub"};
  intent.trade_type = TradeType::mweb;
  intent.body = "茶叶 \"250g\"\n";
  intent.sub_openid = "oSub";
  intent.attach = "a";
  intent.detail = "{\"goods\":[]}";
  intent.goods_tag = "WXG";
  intent.product_id = "12";
  intent.device_info = "013";
  intent.limit_pay = "no_credit";
  intent.scene_info = "{\"h5_info\":{}}";
  intent.profit_sharing = true;
  intent.time_expire = standing_clock().now() + std::chrono::minutes{30};
  intent.expire_in = std::chrono::minutes{30};
  return intent;
}

std::string path_of(const std::vector<HistoryEntry>& history) {
  std::string path;
  for (const auto& entry : history) {
    if (!path.empty()) path += ' ';
    path += std::string{entry.from ? to_string(*entry.from) : "-"} + ">" + std::string{to_string(entry.to)} +
            ":" + std::string{to_string(entry.source)};
  }
  return path;
}

std::vector<std::string> numbers_of(Ledger& ledger, const OrderFilter& filter) {
  std::vector<std::string> numbers;
  ledger.list(test_merchant(), filter, [&numbers](const Order& order) {
    numbers.push_back(order.intent.out_trade_no.text());
    return true;
  });
  return numbers;
}

}  // namespace

TEST_CASE("an intent comes back from the ledger with every field") {
  const LedgerFolder folder;
  const auto intent = full_intent();
  open_ledger(folder.ledger())->begin(intent, {});
  const auto found = open_ledger(folder.ledger())->find(test_merchant(), number_of("FULL1"));
  REQUIRE(found);
  CHECK(differing_fields(found->intent, intent, {}).empty());
  CHECK(found->intent.merchant == intent.merchant);
  CHECK(found->intent.time_expire == intent.time_expire);
  CHECK(found->intent.expire_in == intent.expire_in);
  CHECK(found->state == OrderState::creating);
  CHECK(found->proven_state == OrderState::creating);
  CHECK_FALSE(found->prepay);
  CHECK_FALSE(found->paid_at);
  CHECK(found->created_at == standing_clock().now());
  CHECK(found->updated_at == standing_clock().now());
}

TEST_CASE("a text comes back from the ledger whole, also with a NUL in it") {
  const LedgerFolder folder;
  const auto ledger = open_ledger(folder.ledger());
  auto intent = intent_of("T1");
  intent.attach = std::string{"a\0b", 3};
  intent.detail = std::string{"a\0", 2};
  ledger->begin(intent, {});
  const auto order = ledger->find(test_merchant(), number_of("T1"));
  CHECK(order->intent.attach == intent.attach);
  CHECK(order->intent.detail == intent.detail);
  CHECK(ledger->check({}).ok);
}

TEST_CASE("the answer to a creation comes back from the ledger with every field") {
  const LedgerFolder folder;
  const auto ledger = open_ledger(folder.ledger());
  ledger->begin(intent_of("T1"), {});
  auto evidence = prepay_of("T1", "wx2014");
  evidence.prepay->code_url = "weixin://wxpay/s/1";
  evidence.prepay->mweb_url = "https://wx.tenpay.com/1";
  const auto result = ledger->settle(evidence);
  CHECK(result.settlement.verdict == Verdict::apply);
  const auto found = ledger->find(test_merchant(), number_of("T1"));
  REQUIRE(found);
  CHECK(found->prepay == evidence.prepay);
  CHECK(found->state == OrderState::notpay);
  CHECK(found->proven_state == OrderState::notpay);
}

TEST_CASE("the same number of another merchant is another order") {
  const LedgerFolder folder;
  const auto ledger = open_ledger(folder.ledger());
  auto other = intent_of("T1", 5);
  other.merchant.mch_id = MerchantId{"1900000110"};
  CHECK(ledger->begin(intent_of("T1"), {}).decision.plan == CreatePlan::first);
  CHECK(ledger->begin(other, {}).decision.plan == CreatePlan::first);
  CHECK(ledger->find(other.merchant.mch_id, number_of("T1"))->intent.total_fee == Fen{5});
  CHECK(ledger->find(test_merchant(), number_of("T1"))->intent.total_fee == Fen{1000});
  CHECK(numbers_of(*ledger, {}).size() == 1);
  CHECK_FALSE(ledger->find(test_merchant(), number_of("T2")));
}

TEST_CASE("begin carries out each plan, and writes only where there is something to keep") {
  const LedgerFolder folder;
  const auto ledger = open_ledger(folder.ledger());
  const auto history = [&ledger](std::string_view number) {
    return path_of(ledger->history(test_merchant(), number_of(number)));
  };

  SUBCASE("first makes the order") {
    const auto result = ledger->begin(intent_of("T1"), {});
    CHECK(result.decision.plan == CreatePlan::first);
    CHECK_FALSE(result.renews);
    CHECK(history("T1") == "->CREATING:create");
    const auto entries = ledger->history(test_merchant(), number_of("T1"));
    CHECK(entries.at(0).number == 1);
    CHECK(entries.at(0).actor == "cashier");
    CHECK(entries.at(0).at == standing_clock().now());
  }
  SUBCASE("again leaves what is stored, also where a default of the profile changed") {
    ledger->begin(intent_of("T1"), {});
    auto wanted = intent_of("T1");
    wanted.body = "another default";
    const auto result = ledger->begin(wanted, {.body = true});
    CHECK(result.decision.plan == CreatePlan::again);
    CHECK(result.order.intent.body == "goods");
    CHECK_FALSE(result.renews);
    CHECK(history("T1") == "->CREATING:create");
  }
  SUBCASE("again renews where there was a prepay_id that has run out") {
    create_order(*ledger, "T1");
    LedgerClock later;
    later.time += std::chrono::hours{3};
    const auto result =
        open_ledger(LedgerAddress{folder.ledger()}, test_options(), later)->begin(intent_of("T1"), {});
    CHECK(result.decision.plan == CreatePlan::again);
    CHECK(result.renews);
    CHECK(history("T1") == "->CREATING:create CREATING>NOTPAY:create");
  }
  SUBCASE("reuse answers with the prepay_id that is stored") {
    create_order(*ledger, "T1");
    const auto result = ledger->begin(intent_of("T1"), {});
    CHECK(result.decision.plan == CreatePlan::reuse);
    CHECK(result.order.prepay == prepay_of("T1").prepay);
    CHECK(history("T1") == "->CREATING:create CREATING>NOTPAY:create");
  }
  SUBCASE("differs names the parameters and keeps the stored ones") {
    create_order(*ledger, "T1");
    const auto result = ledger->begin(intent_of("T1", 2000), {});
    CHECK(result.decision.plan == CreatePlan::differs);
    CHECK(result.decision.differs == std::vector<std::string>{"total_fee"});
    CHECK(result.order.intent.total_fee == Fen{1000});
    CHECK(ledger->find(test_merchant(), number_of("T1"))->intent.total_fee == Fen{1000});
  }
  SUBCASE("paid and closed write nothing") {
    create_order(*ledger, "T1");
    create_order(*ledger, "T2");
    ledger->settle(payment_of("T1"));
    ledger->settle(evidence_of("T2", EvidenceSource::close, OrderState::closed));
    const auto before = RawDatabase{folder.ledger()}.dump();
    CHECK(ledger->begin(intent_of("T1"), {}).decision.plan == CreatePlan::paid);
    CHECK(ledger->begin(intent_of("T2"), {}).decision.plan == CreatePlan::closed);
    CHECK(RawDatabase{folder.ledger()}.dump() == before);
  }
  SUBCASE("replace takes the new parameters, and the history keeps the old") {
    auto first = intent_of("T1");
    first.body = "say \"hi\"\\";
    first.detail = "详情";
    ledger->begin(first, {});
    ledger->settle(evidence_of("T1", EvidenceSource::create, OrderState::failed));
    auto second = intent_of("T1", 2000);
    second.trade_type = TradeType::native;
    const auto result = ledger->begin(second, {});
    CHECK(result.decision.plan == CreatePlan::replace);
    CHECK(result.order.state == OrderState::creating);
    CHECK(result.order.proven_state == OrderState::creating);
    const auto found = ledger->find(test_merchant(), number_of("T1"));
    CHECK(differing_fields(found->intent, second, {}).empty());
    CHECK(found->created_at == standing_clock().now());
    CHECK(history("T1") == "->CREATING:create CREATING>FAILED:create FAILED>CREATING:create");
    RawDatabase raw{folder.ledger()};
    const std::string details = "SELECT json_extract(details, '$.";
    CHECK(raw.text(details + "total_fee') FROM history WHERE number = 3") == "1000");
    CHECK(raw.text(details + "body') FROM history WHERE number = 3") == first.body);
    CHECK(raw.text(details + "detail') FROM history WHERE number = 3") == "详情");
    CHECK(raw.text(details + "trade_type') FROM history WHERE number = 3") == "JSAPI");
    CHECK(raw.number("SELECT details LIKE '%attach%' FROM history WHERE number = 3") == 0);
    CHECK(raw.number("SELECT count(details) FROM history") == 1);
  }
  CHECK(ledger->check({}).ok);
}

TEST_CASE("settle writes the order and its history when it applies") {
  const LedgerFolder folder;
  const auto ledger = open_ledger(folder.ledger());
  create_order(*ledger, "T1");
  LedgerClock later;
  later.time += std::chrono::seconds{90};
  const auto at_work = open_ledger(LedgerAddress{folder.ledger()}, test_options(), later);
  const auto result = at_work->settle(payment_of("T1"));
  CHECK(result.settlement.verdict == Verdict::apply);
  const auto found = ledger->find(test_merchant(), number_of("T1"));
  CHECK(found->state == OrderState::success);
  CHECK(found->proven_state == OrderState::success);
  CHECK(found->transaction_id == TransactionId{"42T1"});
  CHECK(found->paid_at == payment_of("T1").time_end);
  CHECK(found->updated_at == later.time);
  CHECK(found->created_at == standing_clock().now());
  const auto last = ledger->history(test_merchant(), number_of("T1")).back();
  CHECK(last.number == 3);
  CHECK(last.at == later.time);
  CHECK(last.from == OrderState::notpay);
  CHECK(last.to == OrderState::success);
  CHECK(last.source == EvidenceSource::notify);
  CHECK(last.digest == payment_of("T1").digest);
  CHECK(ledger->check({}).ok);
}

TEST_CASE("settle writes nothing on any other verdict, and preview says the same") {
  const LedgerFolder folder;
  const auto ledger = open_ledger(folder.ledger());
  create_order(*ledger, "OPEN");
  create_order(*ledger, "PAID");
  ledger->settle(payment_of("PAID"));
  struct Row {
    const char* what;
    PaymentEvidence evidence;
    Verdict expected;
  };
  std::vector<Row> rows{
      {"a payment twice", payment_of("PAID"), Verdict::already_applied},
      {"still open", evidence_of("OPEN", EvidenceSource::query, OrderState::notpay), Verdict::no_news},
      {"another amount", payment_of("OPEN"), Verdict::amount_mismatch},
      {"another transaction", payment_of("PAID"), Verdict::transaction_mismatch},
      {"another app", payment_of("OPEN"), Verdict::wrong_merchant},
      {"not paid after all", evidence_of("PAID", EvidenceSource::query, OrderState::notpay),
       Verdict::state_mismatch},
      {"an answer to other parameters", prepay_of("OPEN", "wx2"), Verdict::stale},
      {"a hand against the proof", evidence_of("PAID", EvidenceSource::hand, OrderState::notpay),
       Verdict::state_proven},
  };
  rows[2].evidence.total_fee = Fen{999};
  rows[3].evidence.transaction_id = TransactionId{"43"};
  rows[4].evidence.merchant.app_id = AppId{"wxother"};
  rows[6].evidence.sent = std::make_shared<OrderIntent>(intent_of("OPEN", 5));
  const auto before = RawDatabase{folder.ledger()}.dump();
  for (const auto& row : rows) {
    CAPTURE(std::string{row.what});
    const auto result = ledger->settle(row.evidence);
    CHECK(result.settlement.verdict == row.expected);
    CHECK(result.order);
    CHECK(ledger->preview(row.evidence).settlement.verdict == row.expected);
    CHECK((RawDatabase{folder.ledger()}.dump() == before));
  }
}

TEST_CASE("an unknown order is no order, and nothing is written for it") {
  const LedgerFolder folder;
  const auto ledger = open_ledger(folder.ledger());
  CHECK_FALSE(ledger->settle(payment_of("T1")).order);
  CHECK_FALSE(ledger->preview(payment_of("T1")).order);
  CHECK(ledger->history(test_merchant(), number_of("T1")).empty());
  const auto error =
      error_of([&] { ledger->note(test_merchant(), number_of("T1"), EvidenceSource::close, "asked"); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::refused);
  CHECK(error->code() == "NOT_IN_LEDGER");
  CHECK(ledger->check({}).entries == 0);
}

TEST_CASE("preview tells what settle would do and leaves the ledger alone, also when it may only read") {
  const LedgerFolder folder;
  create_order(*open_ledger(folder.ledger()), "T1");
  const auto before = RawDatabase{folder.ledger()}.dump();
  const auto reader = open_read_only(folder.ledger());
  const auto result = reader->preview(payment_of("T1"));
  CHECK(result.settlement.verdict == Verdict::apply);
  CHECK(result.settlement.to == OrderState::success);
  CHECK(RawDatabase{folder.ledger()}.dump() == before);
  const auto error = error_of([&] { reader->settle(payment_of("T1")); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::ledger);
}

TEST_CASE("an order paid after it was closed says so in its history") {
  const LedgerFolder folder;
  const auto ledger = open_ledger(folder.ledger());
  create_order(*ledger, "T1");
  ledger->settle(evidence_of("T1", EvidenceSource::close, OrderState::closed));
  auto payment = payment_of("T1");
  payment.reason = "found by hand";
  CHECK(ledger->settle(payment).settlement.paid_after_close);
  CHECK(ledger->history(test_merchant(), number_of("T1")).back().reason == "found by hand; PAID_AFTER_CLOSE");
}

TEST_CASE("a mark by hand leaves what is proved, is kept with its reason, and can be undone") {
  const LedgerFolder folder;
  const auto ledger = open_ledger(folder.ledger());
  create_order(*ledger, "T1");
  auto mark = evidence_of("T1", EvidenceSource::hand, OrderState::success);
  mark.reason = "paid at the desk";
  CHECK(ledger->settle(mark).settlement.verdict == Verdict::apply);
  auto found = ledger->find(test_merchant(), number_of("T1"));
  CHECK(found->state == OrderState::success);
  CHECK(found->proven_state == OrderState::notpay);
  CHECK(found->paid_at == standing_clock().now());
  CHECK(ledger->history(test_merchant(), number_of("T1")).back().reason == "paid at the desk");
  CHECK(ledger->history(test_merchant(), number_of("T1")).back().digest.empty());

  SUBCASE("undone, it is no longer paid") {
    auto undo = evidence_of("T1", EvidenceSource::hand, OrderState::notpay);
    undo.reason = "mistaken";
    CHECK(ledger->settle(undo).settlement.verdict == Verdict::apply);
    found = ledger->find(test_merchant(), number_of("T1"));
    CHECK(found->state == OrderState::notpay);
    CHECK_FALSE(found->paid_at);
  }
  SUBCASE("proved, it takes the time and transaction of the proof") {
    CHECK(ledger->settle(payment_of("T1")).settlement.verdict == Verdict::apply);
    found = ledger->find(test_merchant(), number_of("T1"));
    CHECK(found->proven_state == OrderState::success);
    CHECK(found->paid_at == payment_of("T1").time_end);
    CHECK(found->transaction_id == TransactionId{"42T1"});
  }
  CHECK(ledger->check({}).ok);
}

TEST_CASE("a note is an entry that changes no state") {
  const LedgerFolder folder;
  const auto ledger = open_ledger(folder.ledger());
  create_order(*ledger, "T1");
  ledger->note(test_merchant(), number_of("T1"), EvidenceSource::close, "closing asked for");
  const auto last = ledger->history(test_merchant(), number_of("T1")).back();
  CHECK(last.from == OrderState::notpay);
  CHECK(last.to == OrderState::notpay);
  CHECK(last.source == EvidenceSource::close);
  CHECK(last.reason == "closing asked for");
  CHECK(ledger->check({}).ok);
}

TEST_CASE("list streams the newest first and filters") {
  const LedgerFolder folder;
  LedgerClock clock;
  const auto ledger = open_ledger(LedgerAddress{folder.ledger()}, test_options(), clock);
  const auto start = clock.time;
  for (int i = 1; i <= 5; ++i) {
    ledger->begin(intent_of("T" + std::to_string(i), std::int64_t{100} * i), {});
    clock.time += std::chrono::seconds{10};
  }
  auto paid = payment_of("T3");
  paid.total_fee = Fen{300};
  ledger->settle(paid);
  struct Row {
    const char* what;
    OrderFilter filter;
    std::vector<std::string> expected;
  };
  const auto at = [start](int seconds) { return start + std::chrono::seconds{seconds}; };
  const Row rows[] = {
      {"all", {}, {"T5", "T4", "T3", "T2", "T1"}},
      {"paid", {OrderState::success, {}, {}, {}, {}, {}}, {"T3"}},
      {"creating", {OrderState::creating, {}, {}, {}, {}, {}}, {"T5", "T4", "T2", "T1"}},
      {"creating, two", {OrderState::creating, {}, {}, {}, {}, 2}, {"T5", "T4"}},
      {"notpay", {OrderState::notpay, {}, {}, {}, {}, {}}, {}},
      {"since is at or after", {{}, at(20), {}, {}, {}, {}}, {"T5", "T4", "T3"}},
      {"until is before", {{}, {}, at(20), {}, {}, {}}, {"T2", "T1"}},
      {"fees are inclusive", {{}, {}, {}, Fen{200}, Fen{400}, {}}, {"T4", "T3", "T2"}},
      {"limit", {{}, {}, {}, {}, {}, 2}, {"T5", "T4"}},
      {"limit of none", {{}, {}, {}, {}, {}, 0}, {}},
  };
  for (const auto& row : rows) {
    CAPTURE(std::string{row.what});
    CHECK(numbers_of(*ledger, row.filter) == row.expected);
  }
  SUBCASE("the visitor ends it") {
    int seen = 0;
    ledger->list(test_merchant(), {}, [&seen](const Order&) { return ++seen < 2; });
    CHECK(seen == 2);
  }
  SUBCASE("it may look up other orders meanwhile, and others may write") {
    const auto writer = open_ledger(folder.ledger());
    std::vector<std::string> seen;
    ledger->list(test_merchant(), {}, [&](const Order& order) {
      writer->begin(intent_of("NEW" + order.intent.out_trade_no.text()), {});
      if (ledger->find(test_merchant(), order.intent.out_trade_no)) {
        seen.push_back(order.intent.out_trade_no.text());
      }
      return true;
    });
    CHECK(seen == std::vector<std::string>{"T5", "T4", "T3", "T2", "T1"});
    CHECK(numbers_of(*ledger, {}).size() == 10);
  }
}

TEST_CASE("transact keeps all of its changes or none") {
  const LedgerFolder folder;
  const auto ledger = open_ledger(folder.ledger());
  create_order(*ledger, "OLD");

  SUBCASE("all, and together") {
    ledger->transact([&] {
      for (int i = 0; i < 10; ++i) create_order(*ledger, "T" + std::to_string(i));
      ledger->transact([&] { ledger->settle(payment_of("T3")); });
      CHECK(ledger->find(test_merchant(), number_of("T3"))->state == OrderState::success);
      CHECK_FALSE(open_read_only(folder.ledger())->find(test_merchant(), number_of("T3")));
    });
    CHECK(numbers_of(*ledger, {}).size() == 11);
    CHECK(ledger->check({}).entries == 23);
  }
  SUBCASE("none when the work throws") {
    CHECK_THROWS_AS(ledger->transact([&] {
      create_order(*ledger, "T1");
      throw std::runtime_error{"stopped"};
    }),
                    std::runtime_error);
    CHECK(numbers_of(*ledger, {}) == std::vector<std::string>{"OLD"});
  }
  SUBCASE("none when one change failed and the work went on") {
    const auto error = error_of([&] {
      ledger->transact([&] {
        create_order(*ledger, "T1");
        CHECK(error_of([&] { ledger->begin(intent_of("T2", 0), {}); }));
        CHECK(error_of([&] { ledger->begin(intent_of("T3"), {}); }));
      });
    });
    REQUIRE(error);
    CHECK(error->kind() == ErrorKind::ledger);
    CHECK(numbers_of(*ledger, {}) == std::vector<std::string>{"OLD"});
  }
  SUBCASE("a note on an unknown order spoils nothing") {
    ledger->transact([&] {
      create_order(*ledger, "T1");
      CHECK(error_of([&] { ledger->note(test_merchant(), number_of("NO"), EvidenceSource::close, "x"); }));
    });
    CHECK(numbers_of(*ledger, {}).size() == 2);
  }
  SUBCASE("the whole ledger is not looked at from within") {
    ledger->transact([&] {
      CHECK_THROWS_AS(ledger->check({}), std::logic_error);
      CHECK_THROWS_AS(ledger->backup(folder.path() / "copy"), std::logic_error);
    });
  }
  ledger->begin(intent_of("AFTER"), {});
  CHECK(ledger->check({}).ok);
}

TEST_CASE("the tables refuse what no order can be, whoever writes it") {
  const LedgerFolder folder;
  const auto ledger = open_ledger(folder.ledger());
  for (const auto fee : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{10'000'000'000}}) {
    CAPTURE(fee);
    const auto error = error_of([&] { ledger->begin(intent_of("T1", fee), {}); });
    REQUIRE(error);
    CHECK(error->kind() == ErrorKind::ledger_value);
  }
  CHECK(error_of([&] { ledger->begin(intent_of(""), {}); }));
  create_order(*ledger, "T1");
  RawDatabase raw{folder.ledger()};
  for (const auto* change :
       {"UPDATE orders SET state = -1", "UPDATE orders SET state = 7", "UPDATE orders SET total_fee = 'much'",
        "UPDATE orders SET trade_type = ''", "UPDATE orders SET prepay_id = NULL",
        "UPDATE orders SET mch_id = ''", "DELETE FROM orders", "UPDATE history SET reason = 'other'",
        "DELETE FROM history", "INSERT INTO history SELECT * FROM history WHERE number = 1"}) {
    CAPTURE(std::string{change});
    CHECK_FALSE(raw.run(change).empty());
  }
  CHECK(ledger->check({}).ok);
}

TEST_CASE("what one value is to blame for is told apart from what is the ledger's own trouble") {
  const LedgerFolder folder;
  const auto ledger = open_ledger(folder.ledger());
  create_order(*ledger, "T1");
  const auto kind_of = [&](const std::function<void()>& work) {
    const auto error = error_of(work);
    REQUIRE(error);
    return error->kind();
  };
  auto payment = payment_of("T1");
  payment.transaction_id = TransactionId{std::string(257, '4')};
  CHECK(kind_of([&] { ledger->settle(payment); }) == ErrorKind::ledger_value);
  auto closing = evidence_of("T1", EvidenceSource::close, OrderState::closed);
  closing.reason = std::string(65'537, 'r');
  CHECK(kind_of([&] { ledger->settle(closing); }) == ErrorKind::ledger_value);
  // More than any value may have: it cannot even be given to a statement.
  auto huge = intent_of("T2");
  huge.attach = "left behind";
  huge.detail = std::string(2'000'000, 'd');
  CHECK(kind_of([&] { ledger->begin(huge, {}); }) == ErrorKind::ledger_value);
  // What was given before it is not left for the next order.
  ledger->begin(intent_of("T3"), {});
  CHECK(ledger->find(test_merchant(), number_of("T3"))->intent.attach.empty());
  CHECK(ledger->check({}).ok);

  RawDatabase raw{folder.ledger()};
  REQUIRE(
      raw.run("CREATE TRIGGER strange BEFORE UPDATE ON orders BEGIN SELECT RAISE(ABORT, 'no'); END").empty());
  CHECK(kind_of([&] { ledger->settle(payment_of("T1")); }) == ErrorKind::ledger);
}

TEST_CASE("a text with a NUL in it is kept whole, and one without its own end too") {
  const LedgerFolder folder;
  const auto ledger = open_ledger(folder.ledger());
  auto intent = intent_of("T1");
  intent.attach = std::string{"a\0b", 3};
  intent.detail = std::string(100, 'd');
  ledger->begin(intent, {});
  const auto kept = ledger->find(test_merchant(), number_of("T1")).value();
  CHECK(kept.intent.attach == intent.attach);
  CHECK(kept.intent.detail == intent.detail);
  CHECK(ledger->check({}).ok);
}
