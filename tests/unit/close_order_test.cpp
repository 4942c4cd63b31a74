#include "app/close_order.hpp"

#include <doctest/doctest.h>

#include "support/use_case_fixture.hpp"

using namespace wxpay;
using namespace wxpay::test;
using app::Outcome;
using ledger_fixture::evidence_of;
using ledger_fixture::number_of;
using ledger_fixture::payment_of;
using ledger_fixture::test_merchant;

namespace {

app::CloseResult close(UseCase& use_case) {
  return app::close_order(number_of("T1"), ledger_fixture::intent_of("T1").merchant, *use_case.ledger,
                          use_case.client);
}

Closed closed_now() { return {said_success(), evidence_of("T1", EvidenceSource::close, OrderState::closed)}; }

}  // namespace

TEST_CASE("the intent to close is in the history before the request leaves") {
  UseCase use_case;
  use_case.bring_to(OrderState::notpay);
  use_case.gateway.closings.emplace_back(closed_now());
  use_case.gateway.during_request = [&] {
    const auto last = use_case.history().back();
    CHECK((last.source == EvidenceSource::close));
    CHECK((last.to == OrderState::notpay));
  };
  const auto result = close(use_case);
  CHECK((result.outcome == Outcome::done));
  CHECK((result.reply == app::Reply::accepted));
  CHECK((result.ledger_state == OrderState::closed));
  CHECK((use_case.state() == OrderState::closed));
  CHECK(use_case.gateway.closed == std::vector<std::string>{"T1"});
}

TEST_CASE("a paid order is not closed, and nobody is asked to") {
  for (const auto state : {OrderState::success, OrderState::refund}) {
    UseCase use_case;
    use_case.bring_to(state);
    const auto before = use_case.history().size();
    const auto result = close(use_case);
    CHECK((result.outcome == Outcome::refused));
    CHECK(result.said.code == "ORDERPAID");
    CHECK((result.ledger_state == state));
    CHECK(use_case.gateway.closed.empty());
    CHECK(use_case.history().size() == before);
  }
}

TEST_CASE("an order of another app or sub-merchant is not closed, and nobody is asked to") {
  for (const bool other_sub_merchant : {false, true}) {
    UseCase use_case;
    use_case.bring_to(OrderState::notpay);
    auto merchant = ledger_fixture::intent_of("T1").merchant;
    merchant.app_id = AppId{other_sub_merchant ? merchant.app_id.text() : "wxbbbbbbbbbbbbbbbb"};
    if (other_sub_merchant) merchant.sub_mch_id = MerchantId{"1900000777"};
    const auto before = use_case.history().size();
    const auto result = app::close_order(number_of("T1"), merchant, *use_case.ledger, use_case.client);
    CHECK((result.outcome == Outcome::refused));
    CHECK(result.said.code == "OTHER_APP");
    CHECK((use_case.state() == OrderState::notpay));
    CHECK(use_case.gateway.closed.empty());
    CHECK(use_case.history().size() == before);
  }
}

TEST_CASE("an order that the ledger does not know can be closed too") {
  UseCase use_case;
  use_case.gateway.closings.emplace_back(closed_now());
  const auto result = close(use_case);
  CHECK((result.outcome == Outcome::done));
  CHECK_FALSE(result.ledger_state.has_value());
  CHECK_FALSE(use_case.order().has_value());

  use_case.gateway.closings.emplace_back(refused("ORDERNOTEXIST", Reaction::order_unknown));
  CHECK((close(use_case).outcome == Outcome::refused));
}

TEST_CASE("what a refusal to close means") {
  struct Row {
    std::string what;
    Refused refusal;
    Outcome outcome;
    app::Reply reply;
    OrderState state;
  };
  const Row rows[] = {
      {"no such order: nothing can be paid any more", refused("ORDERNOTEXIST", Reaction::order_unknown),
       Outcome::done, app::Reply::accepted, OrderState::closed},
      {"final", refused("NOAUTH", Reaction::refuse), Outcome::refused, app::Reply::refused,
       OrderState::notpay},
      {"our signature does not hold there", refused("SIGNERROR", Reaction::wrong_key), Outcome::wrong_key,
       app::Reply::refused, OrderState::notpay},
      {"rate limited", refused("FREQUENCY_LIMITED", Reaction::slow_down), Outcome::unknown,
       app::Reply::refused, OrderState::notpay},
  };
  for (const auto& row : rows) {
    UseCase use_case;
    use_case.bring_to(OrderState::notpay);
    use_case.gateway.closings.emplace_back(row.refusal);
    const auto result = close(use_case);
    CAPTURE(row.what);
    CHECK((result.outcome == row.outcome));
    CHECK((result.reply == row.reply));
    CHECK(result.said.code == row.refusal.said.code);
    CHECK((result.ledger_state == row.state));
    CHECK((use_case.state() == row.state));
    CHECK(result.hint.empty() == (row.outcome != Outcome::wrong_key));
  }
}

TEST_CASE("when the payer was faster, a query settles it") {
  auto other_amount = payment_of("T1", EvidenceSource::query);
  other_amount.total_fee = Fen{999};
  struct Row {
    std::string what;
    QueryOutcome answer;
    Outcome outcome;
    OrderState state;
  };
  const Row rows[] = {
      {"paid", query_says(OrderState::success), Outcome::refused, OrderState::success},
      {"paid, another amount", query_answer(other_amount), Outcome::integrity, OrderState::notpay},
      {"not paid after all", query_says(OrderState::notpay), Outcome::refused, OrderState::notpay},
      {"no answer", unknown(ErrorKind::timeout, "TIMEOUT"), Outcome::unknown, OrderState::notpay},
      {"not to be trusted", unknown(ErrorKind::untrusted, "UNTRUSTED"), Outcome::integrity,
       OrderState::notpay},
      {"interrupted", unknown(ErrorKind::interrupted, "INTERRUPTED"), Outcome::interrupted,
       OrderState::notpay},
  };
  for (const auto& row : rows) {
    UseCase use_case;
    use_case.bring_to(OrderState::notpay);
    use_case.gateway.closings.emplace_back(refused("ORDERPAID", Reaction::ask_by_query));
    use_case.gateway.queries.push_back(row.answer);
    const auto result = close(use_case);
    CAPTURE(row.what);
    CHECK((result.outcome == row.outcome));
    CHECK((result.reply == app::Reply::refused));
    CHECK(result.said.code == "ORDERPAID");
    CHECK((result.ledger_state == row.state));
    CHECK((use_case.state() == row.state));
  }
}

TEST_CASE("without an answer to a closing nothing is known, and nothing is written") {
  struct Row {
    ErrorKind kind;
    std::string code;
    Outcome outcome;
  };
  const Row rows[] = {{ErrorKind::timeout, "TIMEOUT", Outcome::unknown},
                      {ErrorKind::network, "NETWORK", Outcome::unknown},
                      {ErrorKind::untrusted, "UNTRUSTED", Outcome::integrity},
                      {ErrorKind::interrupted, "INTERRUPTED", Outcome::interrupted}};
  for (const auto& row : rows) {
    UseCase use_case;
    use_case.bring_to(OrderState::notpay);
    use_case.gateway.closings.emplace_back(unknown(row.kind, row.code));
    const auto result = close(use_case);
    CAPTURE(row.code);
    CHECK((result.outcome == row.outcome));
    CHECK((result.reply == app::Reply::unknown));
    CHECK(result.said.code == row.code);
    CHECK((use_case.state() == OrderState::notpay));
  }
}

TEST_CASE("a closing that is confirmed while the payment arrives does not unpay the order") {
  UseCase use_case;
  use_case.bring_to(OrderState::notpay);
  use_case.gateway.closings.emplace_back(closed_now());
  use_case.gateway.during_request = [&] { use_case.ledger->settle(payment_of("T1")); };
  const auto result = close(use_case);
  CHECK((result.outcome == Outcome::integrity));
  CHECK((result.ledger_state == OrderState::success));
  CHECK((use_case.state() == OrderState::success));
}
