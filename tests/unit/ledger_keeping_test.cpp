// What comes into the ledger from elsewhere: orders of another system, and notifications as they came.
#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "crypto/digest.hpp"
#include "support/ledger_fixture.hpp"

using namespace wxpay;
using namespace wxpay::test::ledger_fixture;

namespace {

KeptNotification notification_of(const std::string& number, const std::string& outcome = "UNKNOWN_ORDER",
                                 std::string raw = {}) {
  if (raw.empty()) raw = "<xml>" + number + "</xml>";
  return {standing_clock().now(), test_merchant(), number, outcome, crypto::sha256_hex(raw), raw};
}

Order imported_order(const std::string& number, OrderState state) {
  Order order{.intent = OrderIntent{.merchant = MerchantIdentity{test_merchant(), {}, {}, {}},
                                    .out_trade_no = number_of(number),
                                    .total_fee = Fen{500}},
              .state = state};
  order.created_at = standing_clock().now() - std::chrono::hours{48};
  order.updated_at = standing_clock().now() - std::chrono::hours{24};
  return order;
}

struct OpenedLedger {
  LedgerFolder folder;
  std::unique_ptr<Ledger> ledger = open_ledger(folder.ledger());

  std::vector<KeptNotification> kept(std::string_view number) const {
    return ledger->notifications(test_merchant(), number_of(number));
  }
  bool import(const Order& order) const { return ledger->import({&order, 1}) == 1; }
};

}  // namespace

TEST_CASE_FIXTURE(OpenedLedger, "a notification comes back byte for byte, oldest first") {
  const std::string raw{"<xml>\0\xff</xml>", 13};
  ledger->keep(notification_of("T1", "BAD_SIGNATURE", raw));
  ledger->keep(notification_of("T2"));
  ledger->keep(notification_of("T1", "UNKNOWN_ORDER"));
  const auto both = kept("T1");
  REQUIRE(both.size() == 2);
  CHECK(both[0].at == standing_clock().now());
  CHECK(both[0].mch_id.text() == test_merchant().text());
  CHECK(both[0].out_trade_no == "T1");
  CHECK(both[0].outcome == "BAD_SIGNATURE");
  CHECK(both[0].digest == crypto::sha256_hex(raw));
  CHECK((both[0].raw == raw));
  CHECK(both[1].outcome == "UNKNOWN_ORDER");
  CHECK(kept("T3").empty());
}

TEST_CASE_FIXTURE(OpenedLedger, "a notification comes back with what it tells of and its headers") {
  auto refund = notification_of("T1", "IGNORED", "{\"event_type\":\"REFUND.SUCCESS\"}");
  refund.kind = NotificationKind::refund;
  refund.headers = "Wechatpay-Timestamp: 1795420800\nWechatpay-Nonce: 5K8264ILTKCH16CQ2502SI8ZNMTM67VS";
  ledger->keep(refund);
  ledger->keep(notification_of("T1"));
  const auto both = kept("T1");
  REQUIRE(both.size() == 2);
  CHECK((both[0].kind == NotificationKind::refund));
  CHECK(both[0].headers == refund.headers);
  CHECK(both[0].raw == refund.raw);
  CHECK((both[1].kind == NotificationKind::payment));
  CHECK(both[1].headers.empty());
  CHECK(RawDatabase{folder.ledger()}.number(
            "SELECT count(*) FROM notifications WHERE kind IS NULL AND headers IS NULL") == 1);
  const auto report = ledger->check({});
  CHECK_MESSAGE(report.ok, report.problem);
  ledger.reset();
  RawDatabase{folder.ledger()}.run(
      "DROP TRIGGER notifications_no_update; UPDATE notifications SET kind = 'x'");
  CHECK_THROWS_AS(open_read_only(folder.ledger())->notifications(test_merchant(), number_of("T1")), Error);
}

TEST_CASE_FIXTURE(OpenedLedger, "a notification is kept once for each outcome, however often it comes") {
  for (int i = 0; i < 3; ++i) {
    ledger->keep(notification_of("T1"));
    ledger->keep(notification_of("T1", "ALREADY_APPLIED"));
    ledger->keep(notification_of("", "MALFORMED", "nonsense"));
    ledger->transact([&] {
      ledger->keep(notification_of("T1"));
      ledger->keep(notification_of("T1"));
    });
  }
  auto of_another = notification_of("T1");
  of_another.mch_id = MerchantId{"1900000999"};
  ledger->keep(of_another);
  CHECK(kept("T1").size() == 2);
  CHECK(RawDatabase{folder.ledger()}.number("SELECT count(*) FROM notifications") == 4);
  const auto report = ledger->check({});
  CHECK_MESSAGE(report.ok, report.problem);
}

TEST_CASE("of many notifications in one transaction each is kept once") {
  for (const int count : {1, 15, 16, 17, 50}) {
    CAPTURE(count);
    const LedgerFolder folder;
    const auto ledger = open_ledger(folder.ledger());
    ledger->keep(notification_of("T5"));
    ledger->keep(notification_of("T31"));
    ledger->transact([&] {
      for (int i = 0; i < count; ++i) {
        const auto number = "T" + std::to_string(i);
        ledger->keep(notification_of(number));
        if (i % 20 == 7) ledger->keep(notification_of(number));
        if (i % 20 == 8) CHECK(ledger->notifications(test_merchant(), number_of(number)).size() == 1);
      }
    });
    ledger->keep(notification_of("U1"));
    const int fresh = count - (count > 5 ? 1 : 0) - (count > 31 ? 1 : 0);
    CHECK(RawDatabase{folder.ledger()}.number("SELECT count(*) FROM notifications") == fresh + 3);
    const auto report = ledger->check({});
    CHECK_MESSAGE(report.ok, report.problem);
  }
}

TEST_CASE_FIXTURE(OpenedLedger, "of many notifications none is kept where one is not to be kept") {
  const auto error = error_of([&] {
    ledger->transact([&] {
      for (int i = 0; i < 40; ++i) {
        ledger->keep(notification_of("T" + std::to_string(i), "UNKNOWN_ORDER",
                                     i == 20 ? std::string(70'000, 'x') : std::string{}));
      }
    });
  });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::ledger_value);
  ledger->keep(notification_of("T1"));
  CHECK(RawDatabase{folder.ledger()}.number("SELECT count(*) FROM notifications") == 1);
  CHECK(ledger->check({}).ok);
}

TEST_CASE_FIXTURE(OpenedLedger, "keeping joins a transaction, and goes with it") {
  create_order(*ledger, "T1");
  ledger->transact([&] {
    ledger->settle(payment_of("T1"));
    ledger->keep(notification_of("T1"));
    CHECK(open_read_only(folder.ledger())->notifications(test_merchant(), number_of("T1")).empty());
  });
  CHECK(kept("T1").size() == 1);
  CHECK_THROWS_AS(ledger->transact([&] {
    ledger->keep(notification_of("T2"));
    throw std::runtime_error{"stopped"};
  }),
                  std::runtime_error);
  CHECK(kept("T2").empty());
  ledger->keep(notification_of("T3"));
  CHECK(ledger->check({}).ok);
}

TEST_CASE_FIXTURE(OpenedLedger, "two connections add in turn to the same orders, history and notifications") {
  const auto other = open_ledger(folder.ledger());
  for (int i = 0; i < 4; ++i) {
    ledger->keep(notification_of("A" + std::to_string(i)));
    other->keep(notification_of("B" + std::to_string(i)));
    create_order(*ledger, "A" + std::to_string(i));
    create_order(*other, "B" + std::to_string(i));
  }
  CHECK(RawDatabase{folder.ledger()}.number("SELECT max(number) FROM notifications") == 8);
  const auto report = ledger->check({});
  CHECK_MESSAGE(report.ok, report.problem);
  CHECK(report.count("orders") == 8);
}

TEST_CASE_FIXTURE(OpenedLedger, "kept notifications are only added to") {
  ledger->keep(notification_of("T1"));
  RawDatabase raw{folder.ledger()};
  for (const auto* change : {"UPDATE notifications SET raw = x''", "DELETE FROM notifications",
                             "INSERT INTO notifications SELECT * FROM notifications"}) {
    CAPTURE(std::string{change});
    CHECK_FALSE(raw.run(change).empty());
  }
}

TEST_CASE_FIXTURE(OpenedLedger, "a notification that was put in past this program is found and named") {
  for (int i = 1; i <= 3; ++i) ledger->keep(notification_of("T" + std::to_string(i)));
  ledger.reset();
  struct Row {
    const char* insertion;
    const char* selection;
    const char* problem;
  };
  const Row rows[] = {
      {"INSERT", "SELECT 4, at, mch_id, 'T4'", "the kept notification 4 does not match its hash"},
      {"INSERT", "SELECT 5, at, mch_id, 'T4'", "the kept notification 4 is missing"},
      {"INSERT OR REPLACE", "SELECT 3, at, mch_id, 'T4'", "the kept notification 3 does not match its hash"},
      {"INSERT OR REPLACE", "SELECT 2, at, mch_id, 'T4'", "the kept notification 2 does not match its hash"},
  };
  const auto original = read_bytes(folder.ledger());
  for (const auto& row : rows) {
    CAPTURE(std::string{row.problem});
    write_bytes(folder.ledger(), original);
    REQUIRE(RawDatabase{folder.ledger()}.run(std::string{row.insertion} +
                                             " INTO notifications (number, at, mch_id, out_trade_no, "
                                             "outcome, digest, hash, raw) " +
                                             row.selection +
                                             ", outcome, digest, hash, raw FROM notifications "
                                             "WHERE number = 3") == "");
    CHECK(open_read_only(folder.ledger())->check({}).problem == row.problem);
  }
}

TEST_CASE_FIXTURE(OpenedLedger, "a kept notification that was changed past this program is found and named") {
  for (int i = 1; i <= 3; ++i) ledger->keep(notification_of("T" + std::to_string(i)));
  ledger.reset();
  struct Row {
    const char* change;
    const char* problem;
  };
  const Row rows[] = {
      {"UPDATE notifications SET raw = x'00' WHERE number = 2",
       "the kept notification 2 does not match its digest"},
      {"UPDATE notifications SET kind = 'refund' WHERE number = 2",
       "the kept notification 2 does not match its hash"},
      {"UPDATE notifications SET headers = 'Wechatpay-Nonce: 1' WHERE number = 2",
       "the kept notification 2 does not match its hash"},
      {"UPDATE notifications SET outcome = 'BAD_SIGNATURE' WHERE number = 2",
       "the kept notification 2 does not match its hash"},
      {"UPDATE notifications SET at = at + 1 WHERE number = 1",
       "the kept notification 1 does not match its hash"},
      {"UPDATE notifications SET out_trade_no = 'T9' WHERE number = 3",
       "the kept notification 3 does not match its hash"},
      {"DELETE FROM notifications WHERE number = 2", "the kept notification 2 is missing"},
      {"DELETE FROM notifications WHERE number = 1", "the kept notification 1 is missing"},
      {"SELECT 1", "the trigger notifications_no_delete is missing"},
  };
  const auto original = read_bytes(folder.ledger());
  for (const auto& row : rows) {
    CAPTURE(std::string{row.change});
    write_bytes(folder.ledger(), original);
    REQUIRE(RawDatabase{folder.ledger()}.run(
                std::string{"DROP TRIGGER notifications_no_update; DROP TRIGGER notifications_no_delete; "} +
                row.change) == "");
    CHECK(open_read_only(folder.ledger())->check({}).problem == row.problem);
  }
}

TEST_CASE_FIXTURE(OpenedLedger, "an imported order stands as it was given, with one entry in its history") {
  auto order = imported_order("T1", OrderState::success);
  order.transaction_id = TransactionId{"4200001"};
  order.paid_at = standing_clock().now() - std::chrono::hours{30};
  order.prepay = Prepay{PrepayId{"wx1"}, {}, {}, PayScheme::md5, standing_clock().now()};
  CHECK(import(order));
  const auto found = ledger->find(test_merchant(), number_of("T1")).value();
  CHECK(found.state == OrderState::success);
  CHECK(found.proven_state == OrderState::creating);
  CHECK(found.transaction_id.text() == "4200001");
  CHECK(found.paid_at == order.paid_at);
  CHECK(found.created_at == order.created_at);
  CHECK(found.updated_at == order.updated_at);
  CHECK(found.prepay == order.prepay);
  const auto history = ledger->history(test_merchant(), number_of("T1"));
  REQUIRE(history.size() == 1);
  CHECK_FALSE(history[0].from);
  CHECK(history[0].to == OrderState::success);
  CHECK(history[0].source == EvidenceSource::import);
  CHECK(history[0].actor == "cashier");
  CHECK(history[0].at == standing_clock().now());
  CHECK(ledger->check({}).ok);
}

TEST_CASE_FIXTURE(OpenedLedger, "importing what is there leaves it alone") {
  create_order(*ledger, "T1");
  const auto before = RawDatabase{folder.ledger()}.dump();
  CHECK_FALSE(import(imported_order("T1", OrderState::closed)));
  CHECK(RawDatabase{folder.ledger()}.dump() == before);
  CHECK(import(imported_order("T2", OrderState::notpay)));
  CHECK_FALSE(import(imported_order("T2", OrderState::success)));
  CHECK(ledger->find(test_merchant(), number_of("T2"))->state == OrderState::notpay);
}

TEST_CASE("of many orders those are imported that are new, each once") {
  for (const int count : {0, 1, 15, 16, 17, 50}) {
    CAPTURE(count);
    const LedgerFolder folder;
    const auto ledger = open_ledger(folder.ledger());
    create_order(*ledger, "T5");
    create_order(*ledger, "T31");
    std::vector<Order> orders;
    for (int i = 0; i < count; ++i) {
      orders.push_back(imported_order("T" + std::to_string(i), OrderState::success));
      if (i % 20 == 7) orders.push_back(imported_order("T" + std::to_string(i - 1), OrderState::closed));
    }
    const int fresh = count - (count > 5 ? 1 : 0) - (count > 31 ? 1 : 0);
    CHECK(ledger->import(orders) == static_cast<std::size_t>(fresh));
    CHECK(ledger->import(orders) == 0);
    create_order(*ledger, "U1");
    int paid = 0;
    ledger->list(test_merchant(), {}, [&paid](const Order& order) {
      paid += order.state == OrderState::success ? 1 : 0;
      return true;
    });
    CHECK(paid == fresh);
    const auto report = ledger->check({});
    CHECK_MESSAGE(report.ok, report.problem);
    CHECK(report.entries == fresh + 6);
  }
}

TEST_CASE_FIXTURE(OpenedLedger, "of many orders none is imported where one is not to be kept") {
  std::vector<Order> orders;
  for (int i = 0; i < 40; ++i) orders.push_back(imported_order("T" + std::to_string(i), OrderState::notpay));
  orders[20].intent.total_fee = Fen{0};
  CHECK(error_of([&] { ledger->import(orders); }));
  CHECK(ledger->check({}).count("orders") == 0);
  orders[20].intent.total_fee = Fen{1};
  CHECK(ledger->import(orders) == 40);
  CHECK(ledger->check({}).ok);
}

TEST_CASE_FIXTURE(OpenedLedger, "an imported order goes on like any other, in one transaction with others") {
  ledger->transact([&] {
    for (int i = 1; i <= 3; ++i) CHECK(import(imported_order("T" + std::to_string(i), OrderState::notpay)));
    CHECK_FALSE(import(imported_order("T1", OrderState::notpay)));
    auto payment = payment_of("T2");
    payment.total_fee = Fen{500};
    CHECK(ledger->settle(payment).settlement.verdict == Verdict::apply);
  });
  CHECK(ledger->find(test_merchant(), number_of("T2"))->state == OrderState::success);
  const auto report = ledger->check({});
  CHECK_MESSAGE(report.ok, report.problem);
  CHECK(report.entries == 4);
}

TEST_CASE_FIXTURE(OpenedLedger, "an imported order that is paid has an instant of payment, known or not") {
  import(imported_order("T1", OrderState::refund));
  import(imported_order("T2", OrderState::closed));
  CHECK(ledger->find(test_merchant(), number_of("T1"))->paid_at == standing_clock().now());
  CHECK_FALSE(ledger->find(test_merchant(), number_of("T2"))->paid_at);
}

namespace {

/// An import that says SUCCESS of T1, with a transaction as long as a real one.
Order imported_payment() {
  auto order = imported_order("T1", OrderState::success);
  order.intent.total_fee = Fen{1000};
  order.transaction_id = TransactionId{"4200450009202611282403241591"};
  order.paid_at = standing_clock().now() - std::chrono::hours{30};
  return order;
}

PaymentEvidence undoing() {
  auto evidence = evidence_of("T1", EvidenceSource::hand, OrderState::notpay);
  evidence.reason = "the other system was wrong";
  return evidence;
}

}  // namespace

TEST_CASE_FIXTURE(OpenedLedger,
                  "an imported payment that is wrong is undone by hand, and the true one applied") {
  import(imported_payment());
  CHECK(ledger->settle(payment_of("T1")).settlement.verdict == Verdict::transaction_mismatch);
  CHECK(ledger->settle(undoing()).settlement.verdict == Verdict::apply);
  const auto undone = ledger->find(test_merchant(), number_of("T1")).value();
  CHECK(undone.state == OrderState::notpay);
  CHECK_FALSE(undone.paid_at);
  CHECK(undone.transaction_id.empty());
  CHECK(ledger->settle(payment_of("T1")).settlement.verdict == Verdict::apply);
  CHECK(ledger->find(test_merchant(), number_of("T1"))->transaction_id == TransactionId{"42T1"});
  CHECK(ledger->settle(undoing()).settlement.verdict == Verdict::state_proven);
  CHECK(ledger->check({}).ok);
}

TEST_CASE_FIXTURE(OpenedLedger,
                  "the first proof of an imported payment is no news, and is kept: no hand undoes it then") {
  import(imported_payment());
  auto payment = payment_of("T1");
  payment.transaction_id = imported_payment().transaction_id;
  const auto first = ledger->settle(payment);
  CHECK(first.settlement.verdict == Verdict::apply);
  CHECK(first.settlement.adds_proof);
  const auto proven = ledger->find(test_merchant(), number_of("T1")).value();
  CHECK(proven.state == OrderState::success);
  CHECK(proven.proven_state == OrderState::success);
  CHECK(proven.paid_at == payment.time_end);
  const auto history = ledger->history(test_merchant(), number_of("T1"));
  REQUIRE(history.size() == 2);
  CHECK(history[1].from == OrderState::success);
  CHECK(history[1].digest == payment.digest);

  const auto second = ledger->settle(payment);
  CHECK(second.settlement.verdict == Verdict::already_applied);
  CHECK_FALSE(second.settlement.adds_proof);
  CHECK(ledger->history(test_merchant(), number_of("T1")).size() == 2);
  CHECK(ledger->settle(undoing()).settlement.verdict == Verdict::state_proven);
}

TEST_CASE_FIXTURE(OpenedLedger, "any state that nobody but an import has said can be undone by hand") {
  for (const auto state :
       {OrderState::closed, OrderState::revoked, OrderState::payerror, OrderState::refund}) {
    CAPTURE(to_string(state));
    const auto number = "T" + std::string{to_string(state)};
    import(imported_order(number, state));
    auto undo = undoing();
    undo.out_trade_no = number_of(number);
    CHECK(ledger->settle(undo).settlement.verdict == Verdict::apply);
    CHECK(ledger->find(test_merchant(), number_of(number))->state == OrderState::notpay);
  }
  // What WeChat Pay has said since is proved, whoever brought the order here.
  import(imported_order("T2", OrderState::notpay));
  ledger->settle(evidence_of("T2", EvidenceSource::query, OrderState::closed));
  auto closed = evidence_of("T2", EvidenceSource::query, OrderState::closed);
  closed.total_fee = Fen{500};
  ledger->settle(closed);
  auto undo = undoing();
  undo.out_trade_no = number_of("T2");
  CHECK(ledger->settle(undo).settlement.verdict == Verdict::state_proven);
  // An order that was created here was never imported.
  create_order(*ledger, "T3");
  undo.out_trade_no = number_of("T3");
  undo.state = OrderState::creating;
  CHECK(ledger->settle(undo).settlement.verdict == Verdict::state_proven);
  CHECK(ledger->check({}).ok);
}
