#include "app/query_order.hpp"

#include <doctest/doctest.h>

#include "support/use_case_fixture.hpp"

using namespace wxpay;
using namespace wxpay::test;
using app::Outcome;
using app::WriteBack;
using ledger_fixture::number_of;
using ledger_fixture::payment_of;
using ledger_fixture::test_merchant;

namespace {

app::QueryResult query(UseCase& use_case, WriteBack write_back = WriteBack::yes) {
  return app::query_order(number_of("T1"), test_merchant(), use_case.ledger.get(), write_back,
                          use_case.client);
}

QueryAnswer paid_by(const char* transaction, std::int64_t fee = 1000) {
  auto evidence = payment_of("T1", EvidenceSource::query);
  evidence.transaction_id = TransactionId{transaction};
  evidence.total_fee = Fen{fee};
  return query_answer(evidence);
}

}  // namespace

TEST_CASE("what a query finds is written back, and told") {
  using enum OrderState;
  struct Row {
    OrderState ledger;
    OrderState said;
    const char* message;
    const char* reason;
    OrderState after;
    Outcome outcome;
  };
  const Row rows[] = {
      // A decided state is written.
      {notpay, success, "UPDATE_SUCCESS", "", success, Outcome::done},
      {creating, success, "UPDATE_SUCCESS", "", success, Outcome::done},
      {userpaying, success, "UPDATE_SUCCESS", "", success, Outcome::done},
      {failed, success, "UPDATE_SUCCESS", "", success, Outcome::done},
      {notpay, closed, "UPDATE_SUCCESS", "", closed, Outcome::done},
      {notpay, revoked, "UPDATE_SUCCESS", "", revoked, Outcome::done},
      {notpay, payerror, "UPDATE_SUCCESS", "", payerror, Outcome::done},
      {notpay, refund, "UPDATE_SUCCESS", "", refund, Outcome::done},
      {success, refund, "UPDATE_SUCCESS", "", refund, Outcome::done},
      // Paid already.
      {success, success, "UNABLE_TO_UPDATE", "ALREADY_PAID", success, Outcome::done},
      {refund, refund, "UNABLE_TO_UPDATE", "ALREADY_PAID", refund, Outcome::done},
      {refund, success, "UNABLE_TO_UPDATE", "ALREADY_PAID", refund, Outcome::done},
      // Still open, even where that is news to the ledger.
      {notpay, notpay, "UNABLE_TO_UPDATE", "NOT_PAID", notpay, Outcome::done},
      {creating, notpay, "UNABLE_TO_UPDATE", "NOT_PAID", notpay, Outcome::done},
      {notpay, userpaying, "UNABLE_TO_UPDATE", "NOT_PAID", userpaying, Outcome::done},
      {userpaying, notpay, "UNABLE_TO_UPDATE", "NOT_PAID", userpaying, Outcome::done},
      {closed, notpay, "UNABLE_TO_UPDATE", "NOT_PAID", closed, Outcome::done},
      {closed, closed, "UNABLE_TO_UPDATE", "NOT_PAID", closed, Outcome::done},
      // The ledger has it paid, WeChat Pay has not.
      {success, notpay, "UNABLE_TO_UPDATE", "STATE_MISMATCH", success, Outcome::integrity},
      {success, closed, "UNABLE_TO_UPDATE", "STATE_MISMATCH", success, Outcome::integrity},
      {refund, revoked, "UNABLE_TO_UPDATE", "STATE_MISMATCH", refund, Outcome::integrity},
  };
  for (const auto& row : rows) {
    UseCase use_case;
    use_case.bring_to(row.ledger);
    use_case.gateway.queries.emplace_back(query_says(row.said));
    const auto result = query(use_case);
    CAPTURE(to_string(row.ledger));
    CAPTURE(to_string(row.said));
    CHECK(result.result_msg == row.message);
    CHECK(result.reason == row.reason);
    CHECK((result.outcome == row.outcome));
    CHECK(result.note.empty());
    CHECK(result.trade_state == to_string(row.said));
    REQUIRE(result.ledger_state);
    CHECK(to_string(*result.ledger_state) == to_string(row.after));
    CHECK(to_string(use_case.state()) == to_string(row.after));
    CHECK(result.decided == !is_open(row.said));
  }
}

TEST_CASE("a payment brings its transaction, amount and time") {
  UseCase use_case;
  use_case.bring_to(OrderState::notpay);
  use_case.gateway.queries.emplace_back(query_says(OrderState::success));
  const auto result = query(use_case);
  CHECK(result.out_trade_no == "T1");
  CHECK(result.transaction_id == "42T1");
  CHECK((result.total_fee == Fen{1000}));
  CHECK(result.time_end.has_value());
  CHECK(result.trade_state_desc == "as WeChat Pay words it");
  const auto order = use_case.order().value();
  CHECK(order.transaction_id.text() == "42T1");
  CHECK((order.paid_at == result.time_end));
  CHECK((use_case.history().back().source == EvidenceSource::query));
}

TEST_CASE("a payment that does not agree is named by the first thing that differs, and not written") {
  struct Row {
    std::string what;
    OrderState ledger;
    QueryAnswer answer;
    const char* reason;
  };
  const Row rows[] = {
      {"another amount", OrderState::notpay, paid_by("42T1", 999), "AMOUNT_MISMATCH"},
      {"another amount of a paid order", OrderState::success, paid_by("42T1", 999), "AMOUNT_MISMATCH"},
      {"another amount and transaction", OrderState::success, paid_by("42X", 999), "AMOUNT_MISMATCH"},
      {"another transaction", OrderState::success, paid_by("42X"), "TRANSACTION_MISMATCH"},
      {"another transaction, refunded", OrderState::refund, paid_by("42X"), "TRANSACTION_MISMATCH"},
  };
  for (const auto& row : rows) {
    for (const auto write_back : {WriteBack::yes, WriteBack::no}) {
      UseCase use_case;
      use_case.bring_to(row.ledger);
      const auto before = use_case.history().size();
      use_case.gateway.queries.emplace_back(row.answer);
      const auto result = query(use_case, write_back);
      CAPTURE(row.what);
      CHECK(result.result_msg == "UNABLE_TO_UPDATE");
      CHECK(result.reason == row.reason);
      CHECK((result.outcome == Outcome::integrity));
      CHECK((result.ledger_state == row.ledger));
      CHECK((use_case.state() == row.ledger));
      CHECK(use_case.history().size() == before);
    }
  }
}

TEST_CASE("an order that the ledger does not know is told, not taken in") {
  UseCase use_case;
  for (const bool with_ledger : {true, false}) {
    use_case.gateway.queries.emplace_back(query_says(OrderState::success));
    const auto result =
        app::query_order(number_of("T1"), test_merchant(), with_ledger ? use_case.ledger.get() : nullptr,
                         with_ledger ? WriteBack::yes : WriteBack::no, use_case.client);
    CHECK(result.result_msg == "UNABLE_TO_UPDATE");
    CHECK(result.reason == "NOT_IN_LEDGER");
    CHECK_FALSE(result.ledger_state.has_value());
    CHECK_FALSE(use_case.order().has_value());
  }
}

TEST_CASE("read-only tells what would be written, and writes nothing") {
  using enum OrderState;
  struct Row {
    OrderState ledger, said;
    const char* reason;
  };
  const Row rows[] = {{notpay, success, "READ_ONLY"},     {notpay, closed, "READ_ONLY"},
                      {success, refund, "READ_ONLY"},     {closed, success, "READ_ONLY"},
                      {creating, notpay, "NOT_PAID"},     {notpay, notpay, "NOT_PAID"},
                      {success, success, "ALREADY_PAID"}, {success, notpay, "STATE_MISMATCH"}};
  for (const auto& row : rows) {
    UseCase use_case;
    use_case.bring_to(row.ledger);
    const auto before = use_case.history().size();
    use_case.gateway.queries.emplace_back(query_says(row.said));
    const auto result = query(use_case, WriteBack::no);
    CAPTURE(to_string(row.ledger));
    CAPTURE(to_string(row.said));
    CHECK(result.result_msg == "UNABLE_TO_UPDATE");
    CHECK(result.reason == row.reason);
    CHECK(to_string(use_case.state()) == to_string(row.ledger));
    CHECK((result.ledger_state == row.ledger));
    CHECK(use_case.history().size() == before);
  }
}

TEST_CASE("an order that was paid after it was closed is paid, with a note") {
  for (const auto end : {OrderState::closed, OrderState::revoked}) {
    UseCase use_case;
    use_case.bring_to(end);
    use_case.gateway.queries.emplace_back(query_says(OrderState::success));
    const auto result = query(use_case);
    CHECK(result.result_msg == "UPDATE_SUCCESS");
    CHECK(result.note == "PAID_AFTER_CLOSE");
    CHECK((result.outcome == Outcome::done));
    CHECK((use_case.state() == OrderState::success));
  }
}

TEST_CASE("a mark by hand is proved by a payment") {
  UseCase use_case;
  use_case.bring_to(OrderState::notpay);
  auto mark = ledger_fixture::evidence_of("T1", EvidenceSource::hand, OrderState::success);
  mark.reason = "seen on the payer's phone";
  use_case.ledger->settle(mark);
  use_case.gateway.queries.emplace_back(query_says(OrderState::success));
  CHECK(query(use_case).result_msg == "UPDATE_SUCCESS");
  CHECK(use_case.order().value().transaction_id.text() == "42T1");
  CHECK((use_case.order().value().proven_state == OrderState::success));
  use_case.gateway.queries.emplace_back(query_says(OrderState::success));
  CHECK(query(use_case).reason == "ALREADY_PAID");
}

TEST_CASE("a write that fails is UPDATE_FAIL, with what WeChat Pay said") {
  UseCase use_case;
  use_case.bring_to(OrderState::notpay);
  FailingLedger failing{*use_case.ledger};
  use_case.gateway.queries.emplace_back(query_says(OrderState::success));
  const auto result =
      app::query_order(number_of("T1"), test_merchant(), &failing, WriteBack::yes, use_case.client);
  CHECK(result.result_msg == "UPDATE_FAIL");
  CHECK((result.outcome == Outcome::ledger_failed));
  CHECK(result.trade_state == "SUCCESS");
  CHECK(result.update_error == "database or disk is full");
  CHECK((use_case.state() == OrderState::notpay));
}

TEST_CASE("an order that WeChat Pay does not know stays as it is") {
  UseCase use_case;
  use_case.bring_to(OrderState::creating);
  use_case.gateway.queries.emplace_back(refused("ORDERNOTEXIST", Reaction::order_unknown));
  const auto result = query(use_case);
  CHECK(result.result_msg == "NO_SUCH_PAYMENT_ORDER_IN_WECHAT");
  CHECK((result.outcome == Outcome::refused));
  CHECK(result.out_trade_no == "T1");
  CHECK((result.ledger_state == OrderState::creating));
  CHECK(use_case.history().size() == 1);

  use_case.gateway.queries.emplace_back(refused("ORDERNOTEXIST", Reaction::order_unknown));
  const auto by_transaction =
      app::query_transaction(TransactionId{"42X"}, use_case.ledger.get(), WriteBack::yes, use_case.client);
  CHECK(by_transaction.result_msg == "NO_SUCH_PAYMENT_ORDER_IN_WECHAT");
  CHECK(by_transaction.transaction_id == "42X");
}

TEST_CASE("by its transaction an order is found and written back alike") {
  UseCase use_case;
  use_case.bring_to(OrderState::notpay);
  use_case.gateway.queries.emplace_back(query_says(OrderState::success));
  const auto result =
      app::query_transaction(TransactionId{"42T1"}, use_case.ledger.get(), WriteBack::yes, use_case.client);
  CHECK(result.out_trade_no == "T1");
  CHECK(result.result_msg == "UPDATE_SUCCESS");
  CHECK((use_case.state() == OrderState::success));
  CHECK(use_case.gateway.asked == std::vector<std::string>{"42T1"});
}

TEST_CASE("a refused query says who refused it, and what to do about a wrong key") {
  auto no = refused("SIGNERROR", Reaction::wrong_key);
  const auto of_wechat = app::query_failure(no);
  CHECK(std::string{of_wechat.what()} == "WeChat Pay says that the signature is wrong: why");
  CHECK(of_wechat.hint().find("'wxpayctl doctor'") != std::string::npos);
  no.reaction = Reaction::refuse;
  no.speaker = "127.0.0.1:8971";
  CHECK(std::string{app::query_failure(no).what()} == "127.0.0.1:8971 refused the query: why");

  auto in_words = unknown(ErrorKind::gateway, "GATEWAY");
  CHECK(app::query_failure(in_words).hint().empty());
  in_words.said.trust = Said::Trust::unverified;
  CHECK_FALSE(app::query_failure(in_words).hint().empty());
}

TEST_CASE("no answer, or none that settles anything, is an error of its kind") {
  struct Row {
    QueryOutcome answer;
    ErrorKind kind;
    std::string code;
  };
  const Row rows[] = {
      {unknown(ErrorKind::timeout, "TIMEOUT"), ErrorKind::timeout, "TIMEOUT"},
      {unknown(ErrorKind::network, "NETWORK"), ErrorKind::network, "NETWORK"},
      {unknown(ErrorKind::gateway, "SYSTEMERROR"), ErrorKind::gateway, "SYSTEMERROR"},
      {unknown(ErrorKind::untrusted, "UNTRUSTED"), ErrorKind::untrusted, "UNTRUSTED"},
      {unknown(ErrorKind::interrupted, "INTERRUPTED"), ErrorKind::interrupted, "INTERRUPTED"},
      {refused("NOAUTH", Reaction::refuse), ErrorKind::refused, "NOAUTH"},
      {refused("SIGNERROR", Reaction::wrong_key), ErrorKind::key, "SIGNERROR"},
      {refused("FREQUENCY_LIMITED", Reaction::slow_down), ErrorKind::gateway, "FREQUENCY_LIMITED"},
  };
  for (const auto& row : rows) {
    UseCase use_case;
    use_case.bring_to(OrderState::notpay);
    const auto before = use_case.history().size();
    use_case.gateway.queries.push_back(row.answer);
    const auto error = ledger_fixture::error_of([&] { query(use_case); });
    CAPTURE(row.code);
    REQUIRE(error);
    CHECK((error->kind() == row.kind));
    CHECK(error->code() == row.code);
    CHECK(use_case.history().size() == before);
  }
}
