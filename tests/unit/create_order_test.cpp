#include "app/create_order.hpp"

#include <doctest/doctest.h>

#include "support/use_case_fixture.hpp"

using namespace wxpay;
using namespace wxpay::test;
using app::Outcome;
using app::PrepayOrigin;
using ledger_fixture::evidence_of;
using ledger_fixture::intent_of;
using ledger_fixture::payment_of;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

app::CheckedRequest request_of(OrderIntent intent = intent_of("T1")) { return {std::move(intent), {}, {}}; }

app::CreateResult create(UseCase& use_case, const app::CheckedRequest& request = request_of()) {
  return app::create_order(request, *use_case.ledger, use_case.client, use_case.clock);
}

}  // namespace

TEST_CASE("the intent is on disk before the request leaves") {
  UseCase use_case;
  use_case.gateway.creations.emplace_back(created(intent_of("T1"), use_case.clock));
  bool looked = false;
  use_case.gateway.during_request = [&] {
    // Another connection sees what was committed, and nothing else.
    ledger_fixture::RawDatabase other{use_case.folder.ledger()};
    CHECK(other.number("SELECT count(*) FROM orders WHERE state = 0") == 1);
    CHECK(other.number("SELECT count(*) FROM history") == 1);
    looked = true;
  };
  create(use_case);
  CHECK(looked);
}

TEST_CASE("an accepted order has its prepay_id in the answer and in the ledger") {
  UseCase use_case;
  use_case.gateway.creations.emplace_back(created(intent_of("T1"), use_case.clock));
  const auto result = create(use_case);
  CHECK((result.outcome == Outcome::done));
  CHECK((result.origin == PrepayOrigin::created));
  CHECK((result.reply == app::Reply::accepted));
  CHECK((result.ledger_state == OrderState::notpay));
  REQUIRE(result.prepay);
  CHECK(result.prepay->prepay_id.text() == "wx1");
  CHECK((use_case.order().value().prepay == result.prepay));
  CHECK((use_case.state() == OrderState::notpay));
}

TEST_CASE("the same again: answered from the ledger, or sent again once it has run out") {
  UseCase use_case;
  auto& gateway = use_case.gateway;
  gateway.creations.emplace_back(created(intent_of("T1"), use_case.clock));
  create(use_case);

  const auto reused = create(use_case);
  CHECK((reused.outcome == Outcome::done));
  CHECK((reused.origin == PrepayOrigin::reused));
  CHECK(reused.prepay->prepay_id.text() == "wx1");
  CHECK(reused.said.verified());
  CHECK(gateway.sent.size() == 1);

  use_case.clock.advance(hours{2});
  gateway.creations.emplace_back(created(intent_of("T1"), use_case.clock, "wx2"));
  const auto renewed = create(use_case);
  CHECK((renewed.outcome == Outcome::done));
  CHECK((renewed.origin == PrepayOrigin::renewed));
  CHECK(renewed.prepay->prepay_id.text() == "wx2");
  CHECK((renewed.prepay->expires_at == use_case.clock.now() + hours{2}));
  CHECK((use_case.order().value().prepay == renewed.prepay));
  CHECK(gateway.used_up());
}

TEST_CASE("a creation without an answer is sent again as it was stored, and is CREATED then") {
  UseCase use_case;
  use_case.gateway.creations.emplace_back(unknown(ErrorKind::timeout, "TIMEOUT"));
  create(use_case);
  use_case.clock.advance(minutes{10});
  use_case.gateway.creations.emplace_back(created(intent_of("T1"), use_case.clock));
  auto request = request_of();
  request.intent.body = "a new default of the profile";
  request.defaulted.body = true;
  const auto result = create(use_case, request);
  CHECK((result.outcome == Outcome::done));
  CHECK((result.origin == PrepayOrigin::created));
  CHECK(use_case.gateway.sent.back().body == "goods");
  // The prepay_id may be that of the first sending, whose two hours began then.
  CHECK((result.prepay->expires_at == use_case.clock.now() + hours{2} - minutes{10}));
}

TEST_CASE("a prepay_id's life counts from when its parameters took the number") {
  UseCase use_case;
  use_case.bring_to(OrderState::failed);
  use_case.clock.advance(hours{1});
  use_case.gateway.creations.emplace_back(unknown(ErrorKind::timeout, "TIMEOUT"));
  create(use_case);
  use_case.clock.advance(minutes{10});
  use_case.gateway.creations.emplace_back(created(intent_of("T1"), use_case.clock));
  const auto result = create(use_case);
  REQUIRE(result.prepay);
  CHECK((result.prepay->expires_at == use_case.clock.now() + hours{2} - minutes{10}));
}

TEST_CASE("an expiry given as a duration counts from the first creation") {
  UseCase use_case;
  auto first = request_of();
  first.intent.expire_in = minutes{30};
  first.intent.time_expire = use_case.clock.now() + minutes{30};
  use_case.gateway.creations.emplace_back(unknown(ErrorKind::network, "NETWORK"));
  create(use_case, first);
  use_case.clock.advance(minutes{5});
  auto second = first;
  second.intent.time_expire = use_case.clock.now() + minutes{30};
  use_case.gateway.creations.emplace_back(unknown(ErrorKind::network, "NETWORK"));
  create(use_case, second);
  REQUIRE(use_case.gateway.sent.size() == 2);
  CHECK((use_case.gateway.sent[1].time_expire == first.intent.time_expire));
}

TEST_CASE("other parameters, and orders that are over, are refused without a request") {
  struct Row {
    OrderState state;
    std::int64_t fee;
    std::string err_code;
    std::vector<std::string> differs;
  };
  using enum OrderState;
  const Row rows[] = {
      {creating, 999, "OUT_TRADE_NO_USED", {"total_fee"}},
      {notpay, 999, "OUT_TRADE_NO_USED", {"total_fee"}},
      {userpaying, 999, "OUT_TRADE_NO_USED", {"total_fee"}},
      {success, 1000, "ORDERPAID", {}},
      {refund, 1000, "ORDERPAID", {}},
      {closed, 1000, "ORDERCLOSED", {}},
      {revoked, 1000, "ORDERCLOSED", {}},
  };
  for (const auto& row : rows) {
    UseCase use_case;
    use_case.bring_to(row.state);
    const auto before = use_case.history().size();
    const auto result = create(use_case, request_of(intent_of("T1", row.fee)));
    CAPTURE(to_string(row.state));
    CHECK((result.outcome == Outcome::refused));
    CHECK((result.reply == app::Reply::refused));
    CHECK(result.said.code == row.err_code);
    CHECK((result.said.trust == Said::Trust::no_answer));
    CHECK(result.differs == row.differs);
    CHECK_FALSE(result.prepay.has_value());
    CHECK(to_string(result.ledger_state) == to_string(row.state));
    CHECK(use_case.gateway.sent.empty());
    CHECK(use_case.history().size() == before);
  }
}

TEST_CASE("a number whose order was refused takes other parameters") {
  UseCase use_case;
  use_case.bring_to(OrderState::failed);
  use_case.gateway.creations.emplace_back(created(intent_of("T1", 5), use_case.clock));
  const auto result = create(use_case, request_of(intent_of("T1", 5)));
  CHECK((result.outcome == Outcome::done));
  CHECK((result.origin == PrepayOrigin::created));
  CHECK((use_case.order().value().intent.total_fee == Fen{5}));
  CHECK(use_case.history().size() == 4);
}

TEST_CASE("what a refusal does to the ledger") {
  struct Row {
    std::string what;
    Refused refusal;
    Outcome outcome;
    OrderState state;
  };
  const Row rows[] = {
      {"signed and final", refused("NOAUTH", Reaction::refuse), Outcome::refused, OrderState::failed},
      {"unsigned, in words known to be final", refused("PARAM_ERROR", Reaction::refuse), Outcome::refused,
       OrderState::failed},
      {"our signature does not hold there", refused("SIGNERROR", Reaction::wrong_key), Outcome::wrong_key,
       OrderState::failed},
      {"closed", refused("ORDERCLOSED", Reaction::order_closed), Outcome::refused, OrderState::closed},
      {"rate limited: not executed", refused("FREQUENCY_LIMITED", Reaction::slow_down), Outcome::unknown,
       OrderState::creating},
  };
  for (const auto& row : rows) {
    UseCase use_case;
    use_case.gateway.creations.emplace_back(row.refusal);
    const auto result = create(use_case);
    CAPTURE(row.what);
    CHECK((result.outcome == row.outcome));
    CHECK((result.reply == app::Reply::refused));
    CHECK(result.said.code == row.refusal.said.code);
    CHECK(result.said.text == "why");
    CHECK(to_string(result.ledger_state) == to_string(row.state));
    CHECK(to_string(use_case.state()) == to_string(row.state));
    CHECK(use_case.gateway.asked.empty());
    if (row.state != OrderState::creating) {
      CHECK(use_case.history().back().reason == row.refusal.said.code);
      CHECK(use_case.history().back().digest == row.refusal.digest);
    }
  }
}

TEST_CASE("a refused renewal leaves an order that WeChat Pay has as it is") {
  UseCase use_case;
  use_case.bring_to(OrderState::notpay);
  use_case.clock.advance(hours{3});
  use_case.gateway.creations.emplace_back(refused("INVALID_REQUEST", Reaction::refuse));
  const auto result = create(use_case);
  CHECK((result.outcome == Outcome::refused));
  CHECK((result.ledger_state == OrderState::notpay));
  CHECK((use_case.state() == OrderState::notpay));
}

TEST_CASE("where only WeChat Pay knows, it is asked by query and the answer settled") {
  auto other_amount = payment_of("T1", EvidenceSource::query);
  other_amount.total_fee = Fen{999};
  struct Row {
    std::string what;
    std::string err_code;
    QueryOutcome answer;
    Outcome outcome;
    OrderState state;
  };
  const Row rows[] = {
      {"paid", "ORDERPAID", query_says(OrderState::success), Outcome::refused, OrderState::success},
      {"paid and refunded", "ORDERPAID", query_says(OrderState::refund), Outcome::refused,
       OrderState::refund},
      {"paid, another amount", "ORDERPAID", query_answer(other_amount), Outcome::integrity,
       OrderState::creating},
      {"used and paid", "OUT_TRADE_NO_USED", query_says(OrderState::success), Outcome::refused,
       OrderState::success},
      {"used, another amount", "OUT_TRADE_NO_USED", query_answer(other_amount), Outcome::integrity,
       OrderState::creating},
      {"used and open", "OUT_TRADE_NO_USED", query_says(OrderState::notpay), Outcome::refused,
       OrderState::notpay},
      {"used and closed", "OUT_TRADE_NO_USED", query_says(OrderState::closed), Outcome::refused,
       OrderState::closed},
      {"paid, but the query has no answer", "ORDERPAID", unknown(ErrorKind::timeout, "TIMEOUT"),
       Outcome::unknown, OrderState::creating},
      {"paid, but the answer is not to be trusted", "ORDERPAID", unknown(ErrorKind::untrusted, "UNTRUSTED"),
       Outcome::integrity, OrderState::creating},
      {"interrupted", "ORDERPAID", unknown(ErrorKind::interrupted, "INTERRUPTED"), Outcome::interrupted,
       OrderState::creating},
      {"used, but unknown to the query", "OUT_TRADE_NO_USED",
       refused("ORDERNOTEXIST", Reaction::order_unknown), Outcome::unknown, OrderState::creating},
      {"a code of next year, and no such order", "NEW_CODE",
       refused("ORDERNOTEXIST", Reaction::order_unknown), Outcome::refused, OrderState::failed},
      {"a code of next year, and the order is there", "NEW_CODE", query_says(OrderState::notpay),
       Outcome::refused, OrderState::notpay},
      {"a code of next year, and the query is limited", "NEW_CODE",
       refused("FREQUENCY_LIMITED", Reaction::slow_down), Outcome::unknown, OrderState::creating},
  };
  for (const auto& row : rows) {
    UseCase use_case;
    use_case.gateway.creations.emplace_back(refused(row.err_code, Reaction::ask_by_query));
    use_case.gateway.queries.push_back(row.answer);
    const auto result = create(use_case);
    CAPTURE(row.what);
    CHECK((result.outcome == row.outcome));
    CHECK(result.said.code == row.err_code);
    CHECK(to_string(result.ledger_state) == to_string(row.state));
    CHECK(to_string(use_case.state()) == to_string(row.state));
    CHECK(use_case.gateway.asked == std::vector<std::string>{"T1"});
  }
}

TEST_CASE("after a refusal in words that nobody knows WeChat Pay is asked, and only its signed word counts") {
  struct Row {
    std::string what;
    QueryOutcome answer;
    Outcome outcome;
    OrderState state;
    app::Reply reply;
    std::string err_code;
    bool names_query = false;
  };
  const auto in_words = [] {
    auto answer = unknown(ErrorKind::gateway, "GATEWAY");
    answer.said.trust = Said::Trust::unverified;
    return answer;
  };
  const Row rows[] = {
      {"no such order", refused("ORDERNOTEXIST", Reaction::order_unknown), Outcome::refused,
       OrderState::failed, app::Reply::refused, "REFUSED"},
      {"it is there", query_says(OrderState::notpay), Outcome::refused, OrderState::notpay,
       app::Reply::refused, "REFUSED"},
      {"it is paid", query_says(OrderState::success), Outcome::refused, OrderState::success,
       app::Reply::refused, "REFUSED"},
      {"no answer", unknown(ErrorKind::timeout, "TIMEOUT"), Outcome::unknown, OrderState::creating,
       app::Reply::unknown, "GATEWAY", true},
      {"the same words", in_words(), Outcome::unknown, OrderState::creating, app::Reply::unknown, "GATEWAY",
       true},
      {"too many", refused("FREQUENCY_LIMITED", Reaction::slow_down), Outcome::unknown, OrderState::creating,
       app::Reply::unknown, "GATEWAY", true},
      {"no permission to ask", refused("NOAUTH", Reaction::refuse), Outcome::unknown, OrderState::creating,
       app::Reply::unknown, "GATEWAY", true},
      {"a wrong key", refused("SIGNERROR", Reaction::wrong_key), Outcome::wrong_key, OrderState::creating,
       app::Reply::refused, "SIGNERROR"},
      {"not to be trusted", unknown(ErrorKind::untrusted, "UNTRUSTED"), Outcome::integrity,
       OrderState::creating, app::Reply::unknown, "GATEWAY"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    Refused refusal;
    refusal.said = {.trust = Said::Trust::unverified, .text = "请求失败", .remark = "请求失败"};
    refusal.reaction = Reaction::ask_by_query;
    refusal.digest = std::string(64, 'd');
    UseCase use_case;
    use_case.gateway.creations.emplace_back(refusal);
    use_case.gateway.queries.push_back(row.answer);
    const auto result = create(use_case);
    CHECK((result.outcome == row.outcome));
    CHECK((result.reply == row.reply));
    CHECK(result.said.code == row.err_code);
    if (row.outcome != Outcome::wrong_key) CHECK(result.said.text == "请求失败");
    CHECK(to_string(use_case.state()) == to_string(row.state));
    CHECK(to_string(result.ledger_state) == to_string(row.state));
    CHECK((result.hint.find("wxpayctl query T1") != std::string::npos) == row.names_query);
    CHECK(use_case.gateway.used_up());
    if (row.state == OrderState::failed) CHECK(use_case.history().back().reason == "请求失败");
  }
}

TEST_CASE("a final refusal after a try that may have been carried out is asked about") {
  struct Row {
    QueryOutcome answer;
    OrderState state;
  };
  const Row rows[] = {{refused("ORDERNOTEXIST", Reaction::order_unknown), OrderState::failed},
                      {query_says(OrderState::notpay), OrderState::notpay},
                      {unknown(ErrorKind::timeout, "TIMEOUT"), OrderState::creating}};
  for (const auto& row : rows) {
    CAPTURE(to_string(row.state));
    auto refusal = refused("NOAUTH", Reaction::refuse);
    refusal.doubtful_before = true;
    UseCase use_case;
    use_case.gateway.creations.emplace_back(refusal);
    use_case.gateway.queries.push_back(row.answer);
    create(use_case);
    CHECK(to_string(use_case.state()) == to_string(row.state));
    CHECK(use_case.gateway.used_up());
  }
}

TEST_CASE("without an answer the order stays CREATING and the outcome is unknown") {
  auto not_final = unknown(ErrorKind::gateway, "GATEWAY");
  not_final.said.trust = Said::Trust::unverified;
  not_final.said.remark = "system error";
  struct Row {
    Unknown answer;
    Outcome outcome;
  };
  const Row rows[] = {{unknown(ErrorKind::timeout, "TIMEOUT"), Outcome::unknown},
                      {unknown(ErrorKind::network, "NETWORK"), Outcome::unknown},
                      {unknown(ErrorKind::gateway, "GATEWAY"), Outcome::unknown},
                      {unknown(ErrorKind::gateway, "SYSTEMERROR"), Outcome::unknown},
                      {not_final, Outcome::unknown},
                      {unknown(ErrorKind::untrusted, "UNTRUSTED"), Outcome::integrity},
                      {unknown(ErrorKind::interrupted, "INTERRUPTED"), Outcome::interrupted}};
  for (const auto& row : rows) {
    UseCase use_case;
    use_case.gateway.creations.emplace_back(row.answer);
    const auto result = create(use_case);
    CAPTURE(row.answer.code);
    CHECK((result.outcome == row.outcome));
    CHECK((result.reply == app::Reply::unknown));
    CHECK(result.said.code == row.answer.code);
    CHECK((result.said.trust == row.answer.said.trust));
    CHECK((result.ledger_state == OrderState::creating));
    CHECK((use_case.state() == OrderState::creating));
    CHECK(use_case.history().size() == 1);
  }
}

TEST_CASE("what happened while the answer was awaited counts more than the answer") {
  struct Row {
    std::string what;
    PaymentEvidence meanwhile;
    std::string err_code;
    OrderState state;
  };
  const Row rows[] = {
      {"paid", payment_of("T1"), "ORDERPAID", OrderState::success},
      {"closed", evidence_of("T1", EvidenceSource::close, OrderState::closed), "ORDERCLOSED",
       OrderState::closed},
  };
  for (const auto& row : rows) {
    UseCase use_case;
    use_case.gateway.creations.emplace_back(created(intent_of("T1"), use_case.clock));
    use_case.gateway.during_request = [&] { use_case.ledger->settle(row.meanwhile); };
    const auto result = create(use_case);
    CAPTURE(row.what);
    CHECK((result.outcome == Outcome::refused));
    CHECK(result.said.code == row.err_code);
    CHECK_FALSE(result.prepay.has_value());
    CHECK(to_string(result.ledger_state) == to_string(row.state));
    CHECK(to_string(use_case.state()) == to_string(row.state));
  }
}

TEST_CASE("a late answer to parameters that were replaced meanwhile is not given to the new order") {
  const auto take_the_number = [](const UseCase& use_case) {
    use_case.ledger->settle(evidence_of("T1", EvidenceSource::create, OrderState::failed));
    use_case.ledger->begin(intent_of("T1", 5), {});
  };
  SUBCASE("an acceptance") {
    UseCase use_case;
    use_case.gateway.creations.emplace_back(created(intent_of("T1"), use_case.clock));
    use_case.gateway.during_request = [&] { take_the_number(use_case); };
    const auto result = create(use_case);
    CHECK((result.outcome == Outcome::refused));
    CHECK(result.said.code == "OUT_TRADE_NO_USED");
    CHECK_FALSE(result.prepay.has_value());
    CHECK((use_case.state() == OrderState::creating));
    CHECK_FALSE(use_case.order().value().prepay.has_value());
    CHECK((use_case.order().value().intent.total_fee == Fen{5}));
  }
  SUBCASE("a refusal") {
    UseCase use_case;
    use_case.gateway.creations.emplace_back(refused("NOAUTH", Reaction::refuse));
    use_case.gateway.during_request = [&] { take_the_number(use_case); };
    const auto result = create(use_case);
    CHECK((result.outcome == Outcome::refused));
    CHECK((result.ledger_state == OrderState::creating));
    CHECK((use_case.state() == OrderState::creating));
  }
}

TEST_CASE("when the answer cannot be written, the error is the ledger's, and the same again finishes it") {
  UseCase use_case;
  FailingLedger failing{*use_case.ledger};
  use_case.gateway.creations.emplace_back(created(intent_of("T1"), use_case.clock));
  const auto error = ledger_fixture::error_of(
      [&] { app::create_order(request_of(), failing, use_case.client, use_case.clock); });
  REQUIRE(error);
  CHECK((error->kind() == ErrorKind::ledger));
  CHECK((use_case.state() == OrderState::creating));
  failing.fails = false;
  use_case.gateway.creations.emplace_back(created(intent_of("T1"), use_case.clock));
  CHECK((app::create_order(request_of(), failing, use_case.client, use_case.clock).outcome == Outcome::done));
}

TEST_CASE("a refusal after a lost answer frees the number only where WeChat Pay has no such order") {
  struct Row {
    std::string what;
    QueryOutcome answer;
    Outcome outcome;
    OrderState state;
  };
  const Row rows[] = {
      {"the lost one was accepted", query_says(OrderState::notpay), Outcome::refused, OrderState::notpay},
      {"it was paid meanwhile", query_says(OrderState::success), Outcome::refused, OrderState::success},
      {"it never arrived", refused("ORDERNOTEXIST", Reaction::order_unknown), Outcome::refused,
       OrderState::failed},
      {"the query is refused too", refused("NOAUTH", Reaction::refuse), Outcome::refused,
       OrderState::creating},
      {"the key is wrong", refused("SIGNERROR", Reaction::wrong_key), Outcome::wrong_key,
       OrderState::creating},
      {"the query has no answer", unknown(ErrorKind::timeout, "TIMEOUT"), Outcome::unknown,
       OrderState::creating},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    UseCase use_case;
    use_case.gateway.creations.emplace_back(unknown(ErrorKind::timeout, "TIMEOUT"));
    create(use_case);
    use_case.gateway.creations.emplace_back(refused("NOAUTH", Reaction::refuse));
    use_case.gateway.queries.emplace_back(row.answer);
    const auto result = create(use_case);
    CHECK((result.outcome == row.outcome));
    CHECK((use_case.state() == row.state));
    CHECK(use_case.gateway.used_up());
  }
}

TEST_CASE("an order whose own expiry has passed is not sent again") {
  UseCase use_case;
  auto request = request_of();
  request.intent.expire_in = minutes{30};
  request.intent.time_expire = use_case.clock.now() + minutes{30};
  use_case.gateway.creations.emplace_back(unknown(ErrorKind::network, "NETWORK"));
  create(use_case, request);
  use_case.clock.advance(minutes{30});
  request.intent.time_expire = use_case.clock.now() + minutes{30};
  CHECK_THROWS_AS(create(use_case, request), wxpay::Error);
  CHECK(use_case.gateway.sent.size() == 1);
  CHECK((use_case.state() == OrderState::creating));
}

TEST_CASE("a prepay_id that was made with a clock 8 hours fast is asked for anew once the clock is right") {
  UseCase use_case;
  const auto right = use_case.clock.now();
  use_case.clock.advance(hours{8});
  auto fast = created(intent_of("T1"), use_case.clock);
  fast.clock_ahead = hours{8};
  use_case.gateway.creations.emplace_back(fast);
  const auto first = create(use_case);
  CHECK((first.clock_ahead == hours{8}));
  CHECK((first.origin == PrepayOrigin::created));

  use_case.clock.advance(-hours{5});
  CHECK((use_case.clock.now() == right + hours{3}));
  use_case.gateway.creations.emplace_back(created(intent_of("T1"), use_case.clock, "wx2"));
  const auto second = create(use_case);
  CHECK((second.origin == PrepayOrigin::renewed));
  CHECK(second.prepay->prepay_id.text() == "wx2");
  CHECK(use_case.gateway.used_up());
}

TEST_CASE("on a wrong clock, too, a prepay_id may be that of a first sending without an answer") {
  for (const auto error : {hours{8}, -hours{8}}) {
    CAPTURE(error.count());
    UseCase use_case;
    use_case.gateway.creations.emplace_back(unknown(ErrorKind::timeout, "TIMEOUT"));
    create(use_case);
    use_case.clock.advance(minutes{30});
    auto answer = created(intent_of("T1"), use_case.clock);
    // As the gateway's clock counts it.
    const auto there = use_case.clock.now() - error;
    answer.evidence.prepay->expires_at = there + hours{2};
    answer.clock_ahead = error;
    use_case.gateway.creations.emplace_back(answer);
    CHECK((create(use_case).prepay->expires_at == there + hours{2} - minutes{30}));
  }
}

TEST_CASE(
    "an order that was stored with a text for two documents is answered from the ledger, never sent again") {
  // As a version before the check of texts stored it; what is asked for now does not say the text itself.
  auto stored = intent_of("T1");
  stored.body = "x&out_trade_no=VICTIM0001&z=";
  auto request = request_of();
  request.defaulted.body = true;
  for (const bool had_an_answer : {false, true}) {
    CAPTURE(had_an_answer);
    UseCase use_case;
    use_case.ledger->begin(stored, {});
    if (had_an_answer) {
      use_case.ledger->settle(created(stored, use_case.clock).evidence);
      CHECK((create(use_case, request).origin == PrepayOrigin::reused));
      use_case.clock.advance(hours{2});
    }
    const auto entries = use_case.history().size();
    const auto result = create(use_case, request);
    CHECK((result.outcome == Outcome::refused));
    CHECK(result.said.code == "PARAM_ERROR");
    CHECK(result.said.text.starts_with("body holds &out_trade_no="));
    CHECK((result.ledger_state == (had_an_answer ? OrderState::notpay : OrderState::creating)));
    CHECK(use_case.gateway.sent.empty());
    CHECK(use_case.history().size() == entries);
  }
}
