#include "app/reconcile_orders.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <map>

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
    NoPace pace;
    FakeCarrier carrier;
    FakeStop stop;
    const app::GatewayCrew crew{.gateway = [this](std::size_t) -> PaymentGateway& { return wechat; },
                                .carrier = [&](std::size_t) -> Carrier& { return carrier; },
                                .pace = pace};
    app::ReconcileOrders reconcile{options, {ledger.get(), merchant, crew, clock, stop}};
    reconcile.run(
        {.result =
             [this](const app::ReconcileResult& result) { results[result.query.out_trade_no] = result; },
         .pause = [] {}});
    gave_up = reconcile.gave_up();
    of_other_apps = reconcile.of_other_apps();
  }
};

struct Row {
  const char* name;
  QueryOutcome outcome;
};

Refused unsigned_refusal() {
  auto answer = refused("SIGNERROR", Reaction::wrong_key);
  answer.said.return_code = "FAIL";
  answer.said.result_code.clear();
  return answer;
}

Unknown verified_but(const char* result_code, const char* code) {
  auto answer = unknown(ErrorKind::gateway, code);
  answer.said = said_success();
  answer.said.result_code = result_code;
  return answer;
}

}  // namespace

TEST_CASE("an answer that was verified is no failure of WeChat Pay, whatever it says of its order") {
  const Row rows[] = {{"a refusal", refused("INVALID_REQUEST", Reaction::refuse)},
                      {"a code nobody knows", refused("NEW_CODE", Reaction::ask_by_query)},
                      {"no such order", refused("ORDERNOTEXIST", Reaction::order_unknown)},
                      {"a trade_state nobody knows", verified_but("SUCCESS", "GATEWAY")}};
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
                      {"SYSTEMERROR", verified_but("FAIL", "SYSTEMERROR")}};
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
