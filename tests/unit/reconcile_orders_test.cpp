#include "app/reconcile_orders.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <map>
#include <utility>

#include "support/use_case_fixture.hpp"

using namespace wxpay;
using namespace wxpay::test;
using Kind = app::ReconcileResult::Kind;
using ledger_fixture::create_order;
using ledger_fixture::evidence_of;
using ledger_fixture::intent_of;
using ledger_fixture::number_of;
using ledger_fixture::payment_of;

namespace {

/// Answers each question by the number of the order.
class AnsweringGateway final : public TellingGateway {
 public:
  std::function<QueryOutcome(const std::string& number)> says;
  std::vector<std::string> asked, closed;

 private:
  CreateOutcome tell_create(const OrderIntent&) override {
    throw std::logic_error{"reconcile creates nothing"};
  }
  QueryOutcome tell_query(const std::string& number) override {
    asked.push_back(number);
    return says(number);
  }
  CloseOutcome tell_close(const std::string& number) override {
    closed.push_back(number);
    return Closed{said_success(), evidence_of(number, EvidenceSource::close, OrderState::closed)};
  }
};

/// Orders named OLD0, OLD1 and so on, then NEW0 and so on, an hour old.
struct Reconciliation : UseCase {
  AnsweringGateway wechat;
  app::ReconcileOptions options;
  MerchantIdentity merchant = intent_of("T1").merchant;
  std::map<std::string, app::ReconcileResult> results;
  bool gave_up = false;
  std::int64_t of_other_apps = 0;
  bool complete = false;
  ClockAhead clock_error;
  Clock* clock_of_run = &clock;
  std::function<void()> on_result = [] {};

  Reconciliation(int old_ones, int new_ones) {
    ledger->transact([&] {
      for (int i = 0; i < old_ones; ++i) create_order(*ledger, "OLD" + std::to_string(i));
      for (int i = 0; i < new_ones; ++i) create_order(*ledger, "NEW" + std::to_string(i));
    });
    clock.advance(std::chrono::hours{1});
  }
  /// WeChat Pay says this of the old ones, and that the new ones are paid.
  void run(const QueryOutcome& of_old) {
    run([&](const std::string& number) -> QueryOutcome {
      return number.starts_with("NEW") ? query_answer(payment_of(number, EvidenceSource::query)) : of_old;
    });
  }
  void run(std::function<QueryOutcome(const std::string&)> says) {
    wechat.says = std::move(says);
    NoRateLimit rate_limiter;
    FakeAsyncTransport async_transport;
    FakeStop stop;
    const app::GatewayPool pool{
        .gateway = [this](std::size_t) -> PaymentGateway& { return wechat; },
        .async_transport = [&](std::size_t) -> AsyncTransport& { return async_transport; },
        .rate_limiter = rate_limiter};
    app::ReconcileOrders reconcile{options, {*ledger, *ledger, merchant, pool, *clock_of_run, stop}};
    reconcile.run({.result =
                       [this](const app::ReconcileResult& result) {
                         results[result.query.out_trade_no] = result;
                         on_result();
                       },
                   .pause = [] {}});
    gave_up = reconcile.gave_up();
    of_other_apps = reconcile.of_other_apps();
    complete = reconcile.is_complete();
    clock_error = reconcile.clock_error();
  }
};

/// Goes on by a second whenever somebody looks.
class RunningClock final : public Clock {
 public:
  explicit RunningClock(std::chrono::sys_seconds start) : start_{start} {}
  std::chrono::sys_seconds now() const override { return start_ + std::chrono::seconds{++looks_}; }
  std::chrono::steady_clock::time_point steady_now() const override { return {}; }
  void sleep_for(std::chrono::milliseconds) override {}

 private:
  std::chrono::sys_seconds start_;
  mutable std::atomic<int> looks_ = 0;
};

struct Row {
  const char* name;
  QueryOutcome outcome;
};

Refused unsigned_refusal() {
  auto answer = refused("SIGNERROR", Reaction::wrong_key);
  answer.said.trust = Said::Trust::unverified;
  return answer;
}

Unknown verified_but(bool repeatable, const char* code) {
  auto answer = unknown(ErrorKind::gateway, code);
  answer.said = said_success();
  answer.repeatable = repeatable;
  return answer;
}

}  // namespace

TEST_CASE("an answer that was verified is no failure of WeChat Pay, whatever it says of its order") {
  const Row rows[] = {{"a refusal", refused("INVALID_REQUEST", Reaction::refuse)},
                      {"a code nobody knows", refused("NEW_CODE", Reaction::ask_by_query)},
                      {"no such order", refused("ORDERNOTEXIST", Reaction::order_unknown)},
                      {"a trade_state nobody knows", verified_but(false, "GATEWAY")}};
  for (const auto& row : rows) {
    CAPTURE(row.name);
    Reconciliation trial{30, 1};
    trial.run(row.outcome);
    CHECK_FALSE(trial.gave_up);
    CHECK(trial.wechat.asked.size() == 31);
    CHECK((trial.state("NEW0") == OrderState::success));
  }
}

TEST_CASE("20 orders in a row without a usable answer, and none about the newest either, end the run") {
  const Row rows[] = {{"no network", unknown(ErrorKind::network, "NETWORK")},
                      {"no answer in time", unknown(ErrorKind::timeout, "TIMEOUT")},
                      {"a web page", unknown(ErrorKind::gateway, "GATEWAY")},
                      {"a signature that does not hold", unknown(ErrorKind::untrusted, "UNTRUSTED")},
                      {"a wrong key", unsigned_refusal()},
                      {"a wrong key, signed", refused("SIGNERROR", Reaction::wrong_key)},
                      {"too many requests", refused("FREQUENCY_LIMITED", Reaction::slow_down)},
                      {"SYSTEMERROR", verified_but(true, "SYSTEMERROR")}};
  for (const auto& row : rows) {
    CAPTURE(row.name);
    Reconciliation trial{60, 0};
    trial.run(row.outcome);
    CHECK(trial.gave_up);
    CHECK(trial.results.size() == 20);
    CHECK(trial.wechat.asked.back() == "OLD59");
  }
}

TEST_CASE("one verified answer ends the row of failures") {
  Reconciliation trial{60, 0};
  trial.run([](const std::string& number) -> QueryOutcome {
    if (number == "OLD19" || number == "OLD39" || number == "OLD59")
      return refused("INVALID_REQUEST", Reaction::refuse);
    return unknown(ErrorKind::network, "NETWORK");
  });
  CHECK_FALSE(trial.gave_up);
  CHECK(trial.wechat.asked.size() == 60);
}

TEST_CASE("old orders that never have a usable answer do not keep the newer ones from being asked about") {
  for (const auto kind : {ErrorKind::untrusted, ErrorKind::timeout}) {
    Reconciliation trial{50, 5};
    trial.run(unknown(kind, "NONE"));
    CHECK_FALSE(trial.gave_up);
    CHECK(trial.results.size() == 55);
    for (int i = 0; i < 5; ++i) CHECK((trial.state("NEW" + std::to_string(i)) == OrderState::success));
    CHECK((trial.state("OLD0") == OrderState::notpay));
  }
}

TEST_CASE("orders of another app or sub-merchant are left alone; one that does not say whose it is, is not") {
  struct Owner {
    const char* number;
    const char* app_id;
    const char* sub_mch_id;
  };
  for (const auto& owner :
       {Owner{"OTHER-APP", "wx0000000000000000", ""}, Owner{"OTHER-SUB", "wxd678efh567hg6787", "1900000999"},
        Owner{"SUB-ALONE", "", "1900000999"}, Owner{"NOBODY", "", ""}}) {
    CAPTURE(owner.number);
    Reconciliation trial{1, 0};
    auto intent = intent_of(owner.number);
    intent.merchant.app_id = AppId{owner.app_id};
    intent.merchant.sub_mch_id = MerchantId{owner.sub_mch_id};
    trial.ledger->begin(intent, {});
    trial.options.older_than = {};
    trial.options.close_expired = true;
    trial.options.expire_after = {};
    trial.clock.advance(std::chrono::hours{1});
    trial.run([](const std::string& number) -> QueryOutcome {
      if (number == "OLD0") return query_answer(payment_of(number, EvidenceSource::query));
      return refused("ORDERNOTEXIST", Reaction::order_unknown);
    });
    const bool ours = std::string_view{owner.number} == "NOBODY";
    CHECK(trial.of_other_apps == (ours ? 0 : 1));
    CHECK(trial.results.contains(owner.number) == ours);
    CHECK((trial.state(owner.number) == (ours ? OrderState::closed : OrderState::creating)));
    CHECK((trial.state("OLD0") == OrderState::success));
  }
}

TEST_CASE(
    "an order that is closed here and open at WeChat Pay is told, and closed there when it has expired") {
  Reconciliation trial{1, 0};
  trial.ledger->settle(evidence_of("OLD0", EvidenceSource::hand, OrderState::closed));
  trial.clock.advance(std::chrono::hours{3});
  auto answer = query_says(OrderState::notpay);
  answer.evidence.out_trade_no = number_of("OLD0");
  trial.run(answer);
  CHECK(trial.results.at("OLD0").payable_though_closed);
  CHECK((trial.results.at("OLD0").kind == Kind::unchanged));
  CHECK(trial.wechat.closed.empty());

  trial.options.close_expired = true;
  trial.options.dry_run = true;
  trial.run(answer);
  CHECK((trial.results.at("OLD0").kind == Kind::closed));
  CHECK(trial.wechat.closed.empty());
  trial.options.dry_run = false;
  trial.run(answer);
  CHECK_FALSE(trial.results.at("OLD0").payable_though_closed);
  CHECK((trial.results.at("OLD0").kind == Kind::closed));
  CHECK(trial.wechat.closed == std::vector<std::string>{"OLD0"});
  CHECK((trial.order("OLD0")->proven_state == OrderState::closed));
}

TEST_CASE("where others are served while the newest is asked about, its answer alone ends nothing") {
  Reconciliation trial{20, 10};
  trial.options.jobs = 8;
  trial.run([](const std::string& number) -> QueryOutcome {
    if (number.starts_with("OLD") || number == "NEW9")
      return Unknown{ErrorKind::network, "NETWORK", "gone", {}};
    return query_answer(payment_of(number, EvidenceSource::query));
  });
  CHECK_FALSE(trial.gave_up);
  CHECK(trial.results.size() == 30);
  CHECK(trial.results.at("NEW8").kind == Kind::updated);
}

TEST_CASE("an order whose time lies in the future is asked about and counted, whatever the filters say") {
  const std::chrono::seconds aheads[] = {std::chrono::minutes{10}, std::chrono::hours{8},
                                         std::chrono::hours{9'600}, std::chrono::hours{300'000}};
  for (const auto ahead : aheads) {
    for (const bool filtered : {false, true}) {
      CAPTURE(ahead.count());
      CAPTURE(filtered);
      Reconciliation trial{1, 0};
      trial.clock.advance(ahead);
      create_order(*trial.ledger, "NEW-OPEN");
      create_order(*trial.ledger, "NEW-CLOSED");
      trial.ledger->settle(evidence_of("NEW-CLOSED", EvidenceSource::hand, OrderState::closed));
      trial.clock.advance(-ahead);
      create_order(*trial.ledger, "YOUNG");
      if (filtered) trial.options.until = trial.clock.now() - std::chrono::minutes{1};
      if (filtered) trial.options.since = trial.clock.now() - std::chrono::hours{2};
      auto open = query_says(OrderState::notpay);
      open.evidence.out_trade_no = number_of("OLD0");
      trial.run(open);
      CHECK(trial.results.size() == 3);
      CHECK_FALSE(trial.results.contains("YOUNG"));
      CHECK_FALSE(trial.results.at("OLD0").time_lies_ahead);
      CHECK(trial.results.at("NEW-OPEN").time_lies_ahead);
      CHECK(trial.results.at("NEW-CLOSED").time_lies_ahead);
      CHECK(trial.results.at("NEW-CLOSED").paid_after_close);
      CHECK((trial.state("NEW-OPEN") == OrderState::success));
      // Paid now, and no longer in the future.
      trial.run(open);
      CHECK(trial.results.size() == 3);
      CHECK(trial.wechat.asked.size() == 4);
    }
  }
}

TEST_CASE("what others create during a run is young, not of the future; with 0s it is for the next run") {
  for (const auto older_than : {std::chrono::seconds{0}, std::chrono::seconds{300}}) {
    CAPTURE(older_than.count());
    // More than are read ahead, so that the last page is taken after the first results.
    Reconciliation trial{1'200, 0};
    RunningClock clock{trial.clock.now()};
    trial.clock_of_run = &clock;
    trial.options.older_than = older_than;
    const auto others =
        open_ledger(LedgerAddress{trial.folder.ledger()}, ledger_fixture::test_options(), clock);
    bool made = false;
    trial.on_result = [&] {
      if (!std::exchange(made, true)) others->begin(intent_of("MADE-MEANWHILE"), {});
    };
    trial.run(refused("ORDERNOTEXIST", Reaction::order_unknown));
    CHECK(trial.results.size() == 1'200);
    CHECK_FALSE(trial.results.contains("MADE-MEANWHILE"));
    CHECK((trial.order("MADE-MEANWHILE")->created_at > trial.clock.now() + std::chrono::minutes{1}));
    CHECK(trial.complete);
  }
}

TEST_CASE("a closed order is asked about until a complete run began a day after it was closed") {
  using std::chrono::hours;
  struct Row {
    const char* what;
    hours closed_ago;
    std::optional<hours> last_ago;
    bool asked;
  };
  const Row rows[] = {{"lately", hours{23}, {}, true},
                      {"long ago, no run known", hours{25}, {}, false},
                      {"long ago, as the last run was a moment ago", hours{25}, hours{0}, false},
                      {"cron stood still over a weekend", hours{60}, hours{62}, true},
                      {"closed before that, and not asked about for a day", hours{80}, hours{62}, true},
                      {"asked about for a day before that", hours{87}, hours{62}, false},
                      {"cron stood still for a month", hours{24 * 30}, hours{24 * 31}, true},
                      {"as far back as it goes", hours{24 * 90}, hours{24 * 365}, true},
                      {"farther", hours{24 * 90 + 1}, hours{24 * 365}, false},
                      {"a last run in the future", hours{23}, -hours{8}, true},
                      {"a last run in the future, long ago", hours{25}, -hours{8}, false}};
  for (const auto& row : rows) {
    CAPTURE(row.what);
    Reconciliation trial{1, 0};
    trial.ledger->settle(evidence_of("OLD0", EvidenceSource::hand, OrderState::closed));
    trial.clock.advance(row.closed_ago);
    if (row.last_ago) trial.options.last_complete = trial.clock.now() - *row.last_ago;
    trial.run(query_answer(payment_of("OLD0", EvidenceSource::query)));
    CHECK(trial.results.size() == (row.asked ? 1 : 0));
    CHECK((trial.state("OLD0") == (row.asked ? OrderState::success : OrderState::closed)));
    CHECK(trial.complete);
  }
}

TEST_CASE("a run is complete that left none out, had an answer about each closed one, and a right clock") {
  struct Row {
    const char* what;
    std::function<void(Reconciliation&)> arrange;
    QueryOutcome says;
    bool complete;
  };
  const auto nothing = [](Reconciliation&) {};
  const auto close = [](Reconciliation& trial) {
    trial.ledger->settle(evidence_of("OLD0", EvidenceSource::hand, OrderState::closed));
    trial.clock.advance(std::chrono::hours{1});
  };
  auto ahead = query_answer(payment_of("OLD0", EvidenceSource::query));
  ahead.clock_ahead = std::chrono::hours{3};
  const auto paid = query_answer(payment_of("OLD0", EvidenceSource::query));
  const Row rows[] = {
      {"an answer", nothing, paid, true},
      {"no answer about an open one", nothing, unknown(ErrorKind::network, "NETWORK"), true},
      {"no answer about a closed one", close, unknown(ErrorKind::network, "NETWORK"), false},
      {"one about a closed one that is not to be trusted", close, unknown(ErrorKind::untrusted, "UNTRUSTED"),
       false},
      {"a wrong key", close, unsigned_refusal(), false},
      {"a refusal about a closed one", close, refused("INVALID_REQUEST", Reaction::refuse), true},
      {"a limit that was reached", [](Reconciliation& trial) { trial.options.limit = 1; }, paid, false},
      {"a limit that was not", [](Reconciliation& trial) { trial.options.limit = 2; }, paid, true},
      {"--since", [](Reconciliation& trial) { trial.options.since = trial.clock.now(); }, paid, false},
      {"--until", [](Reconciliation& trial) { trial.options.until = trial.clock.now(); }, paid, false},
      {"--dry-run", [](Reconciliation& trial) { trial.options.dry_run = true; }, paid, false},
      {"a wrong clock", nothing, ahead, false}};
  for (const auto& row : rows) {
    CAPTURE(row.what);
    Reconciliation trial{1, 0};
    row.arrange(trial);
    trial.run(row.says);
    CHECK(trial.complete == row.complete);
    CHECK(trial.clock_error.has_value() == (std::string_view{row.what} == "a wrong clock"));
  }
  Reconciliation outage{60, 0};
  outage.run(unknown(ErrorKind::network, "NETWORK"));
  CHECK_FALSE(outage.complete);
}

TEST_CASE(
    "a payment by code that nobody made is reversed as long as WeChat Pay takes a reversal: for seven days") {
  struct Row {
    std::chrono::hours age;
    Kind kind;
  };
  for (const auto& row : {Row{std::chrono::hours{7 * 24 - 1}, Kind::reversed},
                          Row{std::chrono::hours{7 * 24}, Kind::still_open}}) {
    CAPTURE(row.age.count());
    Reconciliation trial{0, 0};
    auto intent = intent_of("CODE");
    intent.trade_type = TradeType::micropay;
    trial.ledger->begin(intent, {});
    trial.clock.advance(row.age);
    trial.options.dry_run = true;
    auto open = query_says(OrderState::notpay);
    open.evidence.out_trade_no = number_of("CODE");
    trial.run(open);
    CHECK((trial.results.at("CODE").kind == row.kind));
  }
}

TEST_CASE("nothing is closed on the word of a clock that the gateway's Date does not bear out") {
  for (const ClockAhead ahead : {ClockAhead{std::chrono::hours{3}}, ClockAhead{-std::chrono::hours{3}},
                                 ClockAhead{std::chrono::seconds{301}}, ClockAhead{}}) {
    for (const bool known : {true, false}) {
      CAPTURE(known);
      Reconciliation trial{1, 0};
      trial.clock.advance(std::chrono::hours{3});
      trial.options.close_expired = true;
      auto open = query_says(OrderState::notpay);
      open.evidence.out_trade_no = number_of("OLD0");
      open.clock_ahead = ahead;
      auto no_such_order = refused("ORDERNOTEXIST", Reaction::order_unknown);
      no_such_order.clock_ahead = ahead;
      const auto says = known ? QueryOutcome{open} : QueryOutcome{no_such_order};
      trial.run(says);
      CHECK(trial.wechat.closed.empty());
      CHECK((trial.results.at("OLD0").kind == Kind::still_open));
      CHECK((trial.results.at("OLD0").closing == app::Closing::clock_not_believed));
      CHECK((trial.clock_error == ahead));
      CHECK((trial.state("OLD0") == OrderState::notpay));
      CHECK(trial.history("OLD0").size() == 2);
    }
  }
}

TEST_CASE("an order that was closed in the future is noted once, and asked about for a day from then on") {
  Reconciliation trial{1, 0};
  trial.clock.advance(std::chrono::hours{9'600});
  trial.ledger->settle(evidence_of("OLD0", EvidenceSource::hand, OrderState::closed));
  trial.clock.advance(-std::chrono::hours{9'600});
  auto closed = query_says(OrderState::closed);
  closed.evidence.out_trade_no = number_of("OLD0");
  trial.options.dry_run = true;
  trial.run(closed);
  CHECK(trial.history("OLD0").size() == 3);
  trial.options.dry_run = false;
  for (int hour = 0; hour < 30; ++hour) {
    trial.results.clear();
    trial.options.last_complete = trial.clock.now() - std::chrono::hours{1};
    trial.run(closed);
    CHECK(trial.results.size() == (hour <= 25 ? 1 : 0));
    CHECK(trial.history("OLD0").size() == 4);
    trial.clock.advance(std::chrono::hours{1});
  }
  CHECK(trial.history("OLD0").back().at < trial.clock.now());
  CHECK(trial.ledger->check({}).ok);
}

TEST_CASE("an answer that the ledger cannot keep is the trouble of its order alone, also beside a closing") {
  Reconciliation trial{6, 0};
  trial.options.close_expired = true;
  trial.options.expire_after = std::chrono::minutes{1};
  trial.run([](const std::string& number) -> QueryOutcome {
    if (number == "OLD5") {
      return query_answer(evidence_of(number, EvidenceSource::query, OrderState::notpay));
    }
    auto payment = payment_of(number, EvidenceSource::query);
    if (number == "OLD2") payment.transaction_id = TransactionId{std::string(300, '4')};
    return query_answer(payment);
  });
  CHECK((trial.results.at("OLD2").kind == Kind::failed));
  CHECK((trial.results.at("OLD2").error->kind() == ErrorKind::ledger_value));
  CHECK((trial.state("OLD2") == OrderState::notpay));
  for (const auto* number : {"OLD0", "OLD1", "OLD3", "OLD4"}) {
    CAPTURE(std::string{number});
    CHECK((trial.results.at(number).kind == Kind::updated));
    CHECK((trial.state(number) == OrderState::success));
  }
  CHECK((trial.results.at("OLD5").kind == Kind::closed));
  CHECK((trial.state("OLD5") == OrderState::closed));
  CHECK(trial.wechat.closed == std::vector<std::string>{"OLD5"});
  CHECK(trial.ledger->check({}).ok);
}
