#include "app/replay_notifications.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <mutex>

#include "gateway/v2/notifications.hpp"
#include "support/refund_messages.hpp"
#include "support/signed_answer.hpp"
#include "support/use_case_fixture.hpp"

using namespace wxpay;
using namespace wxpay::test;
using namespace wxpay::test::ledger_fixture;
using app::NotificationOutcome;
using app::ReplayResult;
using app::SavedNotification;

namespace {

Fields payment_fields(std::string_view number, FieldChanges changes = {}) {
  const auto transaction = "42" + std::string{number};
  const auto fields = answer_fields({{"out_trade_no", number},
                                     {"transaction_id", transaction},
                                     {"total_fee", "1000"},
                                     {"fee_type", "CNY"},
                                     {"time_end", "20261123100000"}});
  return with_changes(fields, changes);
}

std::string payment(std::string_view number, FieldChanges changes = {}) {
  return signed_answer(payment_fields(number, changes));
}

/// Answers every notification alike, and keeps what was sent.
class BackEnd final : public Transport {
 public:
  explicit BackEnd(HttpResult answer) : answer_{std::move(answer)} {}
  HttpResult send(const HttpRequest& request) override {
    const std::lock_guard lock{mutex_};
    requests.push_back(request);
    return answer_;
  }
  std::vector<HttpRequest> requests;

 private:
  std::mutex mutex_;
  HttpResult answer_;
};

struct Replay {
  UseCase world;
  std::unique_ptr<NotificationReader> reader = v2::make_notification_reader(shop_account());
  NeverStop stop;
  app::ReplayOptions options{.workers = 2};
  Transport* back_end = nullptr;

  std::vector<ReplayResult> run(OrderLedger* ledger, const std::vector<std::string>& documents) {
    app::NotificationReplay replay{options,
                                   {.reader = *reader,
                                    .mch_id = test_merchant(),
                                    .ledger = ledger,
                                    .refunds = world.ledger.get(),
                                    .notifications = world.ledger.get(),
                                    .clock = world.clock,
                                    .stop = stop,
                                    .transport = [this](std::size_t) -> Transport& { return *back_end; }}};
    std::vector<ReplayResult> results;
    std::size_t next = 0;
    replay.run({.read = [&]() -> std::optional<SavedNotification> {
                  if (next == documents.size()) return std::nullopt;
                  const auto& bytes = documents[next++];
                  return SavedNotification{.source = "a.xml:" + std::to_string(next),
                                           .message = {.headers = {}, .body = bytes},
                                           .unreadable = bytes == "?" ? "no such file" : ""};
                },
                .readable = {}},
               {.result = [&](const ReplayResult& result) { results.push_back(result); }, .pause = [] {}});
    return results;
  }
  std::vector<ReplayResult> run(const std::vector<std::string>& documents) {
    return run(world.ledger.get(), documents);
  }
  ReplayResult run_one(const std::string& document) {
    const auto results = run(std::vector<std::string>{document});
    REQUIRE(results.size() == 1);
    return results.front();
  }
  /// Of 300 fen of order T1.
  void begin_refund() const {
    world.ledger->begin_refund({.merchant = intent_of("T1").merchant,
                                .out_trade_no = number_of("T1"),
                                .out_refund_no = OutRefundNo::trusted("R-T1"),
                                .refund_fee = Fen{300}},
                               std::chrono::seconds{0});
  }
  std::vector<std::string> kept(std::string_view number) const {
    std::vector<std::string> outcomes;
    for (const auto& one : world.ledger->notifications(test_merchant(), number_of(number))) {
      outcomes.push_back(one.outcome);
    }
    return outcomes;
  }
};

using Names = std::vector<std::string>;

Names outcomes_of(const std::vector<ReplayResult>& results) {
  Names names;
  for (const auto& result : results) names.emplace_back(to_string(result.outcome));
  return names;
}

HttpResponse says(const std::string& return_code, int status = 200) {
  return {status, wire::to_xml({{"return_code", return_code}, {"return_msg", "why"}}), {}};
}

}  // namespace

TEST_CASE("a payment is applied once, with its history entry and its raw bytes kept") {
  Replay replay;
  replay.world.bring_to(OrderState::notpay);
  const auto document = payment("T1");
  const auto first = replay.run_one(document);
  CHECK(first.source == "a.xml:1");
  CHECK((first.outcome == NotificationOutcome::applied));
  CHECK(first.out_trade_no == "T1");
  CHECK(first.transaction_id == "42T1");
  CHECK(first.reason.empty());
  CHECK((replay.world.state() == OrderState::success));
  const auto entry = replay.world.history().back();
  CHECK((entry.source == EvidenceSource::notify));
  const auto kept = replay.world.ledger->notifications(test_merchant(), number_of("T1"));
  REQUIRE(kept.size() == 1);
  CHECK(kept.front().digest == entry.digest);

  const auto entries = replay.world.history().size();
  CHECK((replay.run_one(document).outcome == NotificationOutcome::already_applied));
  CHECK(replay.world.history().size() == entries);
  CHECK(replay.kept("T1") == Names{"APPLIED"});
}

TEST_CASE("what becomes of a notification follows from the order's state, for every one") {
  struct Row {
    OrderState state;
    NotificationOutcome outcome;
    OrderState after;
    const char* note;
  };
  const Row rows[] = {
      {OrderState::creating, NotificationOutcome::applied, OrderState::success, ""},
      {OrderState::notpay, NotificationOutcome::applied, OrderState::success, ""},
      {OrderState::userpaying, NotificationOutcome::applied, OrderState::success, ""},
      {OrderState::failed, NotificationOutcome::applied, OrderState::success, ""},
      {OrderState::payerror, NotificationOutcome::applied, OrderState::success, ""},
      {OrderState::closed, NotificationOutcome::applied, OrderState::success, "PAID_AFTER_CLOSE"},
      {OrderState::revoked, NotificationOutcome::applied, OrderState::success, "PAID_AFTER_CLOSE"},
      {OrderState::success, NotificationOutcome::already_applied, OrderState::success, ""},
      {OrderState::refund, NotificationOutcome::already_applied, OrderState::refund, ""},
  };
  for (const auto& row : rows) {
    CAPTURE(to_string(row.state));
    Replay replay;
    replay.world.bring_to(row.state);
    const auto result = replay.run_one(payment("T1"));
    CHECK((result.outcome == row.outcome));
    CHECK(result.note == row.note);
    CHECK((replay.world.state() == row.after));
  }
}

TEST_CASE("what does not agree is refused, said and kept, and changes nothing") {
  struct Row {
    const char* what;
    std::string document;
    const char* outcome;
    const char* reason;
    bool kept;
  };
  const Row rows[] = {
      {"another amount", payment("T1", {{"total_fee", "999"}}), "AMOUNT_MISMATCH",
       "it says 999 CNY, the ledger 1000", true},
      {"another currency", payment("T1", {{"fee_type", "USD"}}), "AMOUNT_MISMATCH", "1000 USD", true},
      {"another merchant", payment("T1", {{"mch_id", "1900000999"}}), "WRONG_MERCHANT", "another mch_id",
       true},
      {"a forged one", signed_answer(payment_fields("T1"), SignType::md5, "another key"), "BAD_SIGNATURE",
       "does not hold", true},
      {"one that failed", payment("T1", {{"result_code", "FAIL"}, {"err_code", "NOTENOUGH"}}), "NOT_PAID",
       "NOTENOUGH", false},
      {"a refund's", wire::to_xml(answer_fields({{"req_info", "c2VjcmV0"}})), "BAD_SIGNATURE",
       "cannot be opened", false},
      {"no notification", "<xml>", "MALFORMED", "cut off", false},
      {"one that is cut off", payment("T1").substr(0, payment("T1").size() - 6), "MALFORMED", "cut off",
       true},
      {"one without an amount", payment("T1", {{"total_fee", ""}}), "MALFORMED", "total_fee", true},
      {"an error message about it", wire::to_xml({{"return_code", "FAIL"}, {"out_trade_no", "T1"}}),
       "MALFORMED", "error message", true},
      {"a file that is not there", "?", "UNREADABLE", "no such file", false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    Replay replay;
    replay.world.bring_to(OrderState::notpay);
    const auto entries = replay.world.history().size();
    for (int i = 0; i < 2; ++i) {
      const auto result = replay.run_one(row.document);
      CHECK(to_string(result.outcome) == row.outcome);
      CAPTURE(result.reason);
      CHECK(result.reason.find(row.reason) != std::string::npos);
    }
    CHECK(replay.world.history().size() == entries);
    CHECK(replay.kept("T1") == (row.kept ? Names{row.outcome} : Names{}));
  }
}

TEST_CASE("what is of a kind that is not known here is ignored, and not kept") {
  Replay replay;
  const auto other = signed_answer(answer_fields({{"plan_id", "1"}}));
  for (int i = 0; i < 2; ++i) CHECK((replay.run_one(other).outcome == NotificationOutcome::ignored));
  CHECK(replay.world.ledger->check({}).notifications == 0);
}

TEST_CASE(
    "a refund's notification is applied once, and never about anything else than the refund as it was sent") {
  struct Row {
    std::string_view field;
    std::string_view value;
    const char* outcome;
    RefundState state;
  };
  using enum RefundState;
  const std::vector<Row> rows{
      {"refund_status", "SUCCESS", "APPLIED", success},    {"refund_status", "CHANGE", "APPLIED", abnormal},
      {"refund_status", "REFUNDCLOSE", "APPLIED", closed}, {"refund_fee", "301", "AMOUNT_MISMATCH", unknown},
      {"total_fee", "1001", "AMOUNT_MISMATCH", unknown},   {"out_trade_no", "T9", "REFUND_MISMATCH", unknown},
      {"out_refund_no", "R-T9", "UNKNOWN_REFUND", unknown}};
  for (const auto& row : rows) {
    CAPTURE(row.outcome);
    Replay replay;
    replay.world.bring_to(OrderState::success);
    replay.begin_refund();
    const auto ours = told_of_refund({{"out_trade_no", "T1"},
                                      {"out_refund_no", "R-T1"},
                                      {"transaction_id", "42T1"},
                                      {"total_fee", "1000"},
                                      {"refund_fee", "300"}});
    const auto document = enveloped(sealed(root_document(with_changes(ours, {{row.field, row.value}}))));
    const auto result = replay.run_one(document);
    CAPTURE(result.reason);
    CHECK(to_string(result.outcome) == row.outcome);
    CHECK((result.kind == NotificationKind::refund));
    CHECK((replay.world.ledger->find_refund(test_merchant(), OutRefundNo::trusted("R-T1"))->state ==
           row.state));
    const bool is_applied = result.outcome == NotificationOutcome::applied;
    CHECK(to_string(replay.run_one(document).outcome) == (is_applied ? "ALREADY_APPLIED" : row.outcome));
    const auto report = replay.world.ledger->check({});
    CHECK(report.ok);
    CHECK(report.notifications == 1);
  }
}

TEST_CASE(
    "REFUNDCLOSE of a refund that the ledger has as SUCCESS is a mismatch, an older CHANGE is no news") {
  Replay replay;
  replay.world.bring_to(OrderState::success);
  replay.begin_refund();
  const auto told = [](std::string_view status) {
    return refund_notification({{"out_trade_no", "T1"},
                                {"out_refund_no", "R-T1"},
                                {"transaction_id", "42T1"},
                                {"total_fee", "1000"},
                                {"refund_fee", "300"},
                                {"refund_status", status}});
  };
  CHECK(to_string(replay.run_one(told("SUCCESS")).outcome) == "APPLIED");
  CHECK(to_string(replay.run_one(told("REFUNDCLOSE")).outcome) == "STATE_MISMATCH");
  CHECK(to_string(replay.run_one(told("CHANGE")).outcome) == "ALREADY_APPLIED");
  CHECK((replay.world.state() == OrderState::refund));
}

TEST_CASE("an unknown order is refused and kept, and another transaction never takes a paid order over") {
  Replay replay;
  replay.world.bring_to(OrderState::success);
  CHECK((replay.run_one(payment("T9")).outcome == NotificationOutcome::unknown_order));
  CHECK(replay.kept("T9") == Names{"UNKNOWN_ORDER"});
  const auto second = replay.run_one(payment("T1", {{"transaction_id", "43T1"}}));
  CHECK((second.outcome == NotificationOutcome::transaction_mismatch));
  CHECK(second.reason.find("42T1") != std::string::npos);
  CHECK(replay.world.order()->transaction_id.text() == "42T1");
}

TEST_CASE("many are applied in the order of the input, and repeated ones once") {
  Replay replay;
  std::vector<std::string> documents;
  for (int i = 0; i < 300; ++i) {
    const auto number = "M" + std::to_string(i);
    create_order(*replay.world.ledger, number);
    documents.push_back(payment(number));
    documents.push_back(payment(number));
    documents.push_back(payment(number, {{"transaction_id", "43"}}));
  }
  const auto results = replay.run(documents);
  REQUIRE(results.size() == documents.size());
  for (std::size_t i = 0; i < results.size(); i += 3) {
    CHECK(results[i].source == "a.xml:" + std::to_string(i + 1));
    CHECK((results[i].outcome == NotificationOutcome::applied));
    CHECK((results[i + 1].outcome == NotificationOutcome::already_applied));
    CHECK((results[i + 2].outcome == NotificationOutcome::transaction_mismatch));
  }
  CHECK(replay.world.ledger->check({}).ok);
}

TEST_CASE("a dry run says the same and writes nothing") {
  Replay replay;
  replay.world.bring_to(OrderState::notpay);
  const std::vector<std::string> documents{payment("T1"),
                                           payment("T1"),
                                           payment("T1", {{"transaction_id", "43T1"}}),
                                           payment("T9"),
                                           payment("T1", {{"total_fee", "1"}}),
                                           wire::to_xml(payment_fields("T1"))};
  const Names expected{"APPLIED",       "ALREADY_APPLIED", "TRANSACTION_MISMATCH",
                       "UNKNOWN_ORDER", "AMOUNT_MISMATCH", "BAD_SIGNATURE"};
  const auto before = replay.world.ledger->check({}).head;
  replay.options.dry_run = true;
  CHECK(outcomes_of(replay.run(documents)) == expected);
  CHECK(outcomes_of(replay.run(nullptr, {payment("T1"), "<xml>"})) == Names{"UNKNOWN_ORDER", "MALFORMED"});
  CHECK(replay.world.ledger->check({}).head == before);
  CHECK(replay.kept("T1").empty());
  CHECK((replay.world.state() == OrderState::notpay));
  replay.options.dry_run = false;
  CHECK(outcomes_of(replay.run(documents)) == expected);
}

TEST_CASE("when the ledger fails, its notifications are FAILED and the run goes on") {
  Replay replay;
  replay.world.bring_to(OrderState::notpay);
  FailingLedger failing{*replay.world.ledger};
  const auto results = replay.run(&failing, {payment("T1"), "<xml>"});
  CHECK(outcomes_of(results) == Names{"FAILED", "MALFORMED"});
  CHECK(results.front().reason == "database or disk is full");
  CHECK(replay.kept("T1").empty());
  failing.fails = false;
  CHECK(outcomes_of(replay.run(&failing, {payment("T1")})) == Names{"APPLIED"});
}

TEST_CASE("what was applied is sent on byte for byte, what was refused is not") {
  BackEnd back_end{says("SUCCESS")};
  Replay replay;
  replay.back_end = &back_end;
  replay.options.forward_to = "http://back.example/notify";
  replay.options.workers = 1;
  replay.world.bring_to(OrderState::notpay);
  const auto document = payment("T1");
  const auto results =
      replay.run({document, document, payment("T9"), payment("T1", {{"total_fee", "1"}}), "<xml>"});
  REQUIRE(results.size() == 5);
  for (std::size_t i = 0; i < results.size(); ++i) {
    CAPTURE(i);
    CHECK(results[i].forwarded.has_value() == (i < 2));
    CHECK(results[i].forward_error.empty());
  }
  REQUIRE(back_end.requests.size() == 2);
  CHECK(back_end.requests.front().url == "http://back.example/notify");
  CHECK((back_end.requests.front().headers == std::vector<HttpHeader>{{"Content-Type", "text/xml"}}));
  CHECK(back_end.requests.front().body == document);
}

TEST_CASE("the back end has taken a notification when it says SUCCESS as WeChat Pay wants it") {
  struct Row {
    HttpResult answer;
    std::optional<int> status;
    const char* problem;
  };
  const Row rows[] = {
      {says("SUCCESS"), 200, ""},
      {says("FAIL"), 200, "not SUCCESS: why"},
      {says("SUCCESS", 500), 500, "HTTP 500"},
      {says("SUCCESS", 302), 302, "HTTP 302"},
      {HttpResponse{200, "success", {}}, 200, "no XML"},
      {HttpResponse{200, "", {}}, 200, "empty"},
      {TransportFailure{ErrorKind::network, false, "cannot connect"}, {}, "cannot connect"},
  };
  for (const auto& row : rows) {
    BackEnd back_end{row.answer};
    Replay replay;
    replay.back_end = &back_end;
    replay.options.forward_to = "http://back.example/notify";
    replay.world.bring_to(OrderState::notpay);
    const auto result = replay.run_one(payment("T1"));
    CAPTURE(result.forward_error);
    CHECK((result.outcome == NotificationOutcome::applied));
    CHECK((result.forwarded == row.status));
    CHECK(result.forward_error.empty() == (row.problem[0] == '\0'));
    CHECK(result.forward_error.find(row.problem) != std::string::npos);
  }
}

TEST_CASE("WeChat Pay would be told SUCCESS for what needs no further delivery, and FAIL else") {
  using enum NotificationOutcome;
  const auto reader = v2::make_notification_reader(shop_account());
  for (const auto outcome : {applied, already_applied, not_paid, ignored}) {
    const auto reply = app::notification_reply(*reader, outcome);
    CHECK(reply.content_type == "text/xml");
    CHECK(reply.body ==
          "<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>");
  }
  for (const auto outcome : {bad_signature, wrong_merchant, amount_mismatch, transaction_mismatch,
                             unknown_order, malformed, unreadable, failed}) {
    const auto reply = app::notification_reply(*reader, outcome).body;
    CHECK(reply.starts_with("<xml><return_code><![CDATA[FAIL]]></return_code><return_msg><![CDATA["));
    CHECK(reply.find("<![CDATA[]]>") == std::string::npos);
  }
}

TEST_CASE("the first notification of an imported payment is no news, and is kept as its proof") {
  Replay replay;
  Order order{.intent = OrderIntent{.merchant = MerchantIdentity{.mch_id = test_merchant()},
                                    .out_trade_no = number_of("IMPORTED1"),
                                    .total_fee = Fen{1000}},
              .state = OrderState::success,
              .transaction_id = TransactionId{"42IMPORTED1"}};
  order.created_at = order.updated_at = replay.world.clock.now();
  replay.world.ledger->import(std::span{&order, 1});
  const auto document = payment("IMPORTED1");
  for (int time = 0; time < 2; ++time) {
    CHECK((replay.run_one(document).outcome == NotificationOutcome::already_applied));
    CHECK(replay.kept("IMPORTED1") == Names{"APPLIED"});
    CHECK(replay.world.ledger->history(test_merchant(), number_of("IMPORTED1")).size() == 2);
  }
  CHECK(replay.world.ledger->check({}).ok);
}

TEST_CASE("a notification whose value the ledger cannot keep fails alone, and the others are applied") {
  Replay replay;
  for (const auto* number : {"T1", "T2", "T3"}) create_order(*replay.world.ledger, number);
  class PickyLedger final : public FailingLedger {
   public:
    explicit PickyLedger(OrderLedger& real) : FailingLedger{real} {}
    SettleResult settle(const PaymentEvidence& evidence) override {
      fails = false;
      if (evidence.out_trade_no.text() == "T2") throw Error{ErrorKind::ledger_value, "too long"};
      return FailingLedger::settle(evidence);
    }
  };
  PickyLedger picky{*replay.world.ledger};
  const auto results = replay.run(&picky, {payment("T1"), payment("T2"), payment("T3")});
  CHECK(outcomes_of(results) == Names{"APPLIED", "FAILED", "APPLIED"});
  CHECK(results[1].reason == "too long");
  CHECK(replay.world.ledger->check({}).ok);
}
