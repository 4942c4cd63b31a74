#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

#include "support/refund_fixture.hpp"

using namespace wxpay;
using namespace wxpay::test::ledger_fixture;
using namespace wxpay::test::refund_fixture;

namespace {

constexpr std::chrono::sys_seconds now{std::chrono::seconds{1'795'420'800}};
constexpr std::array all_states{RefundState::unknown, RefundState::processing, RefundState::abnormal,
                                RefundState::success, RefundState::closed,     RefundState::failed};

Refund refund_in(RefundState state, std::string_view number = "R1", std::int64_t fee = 300) {
  RefundIntent intent{.mch_id = test_merchant(),
                      .out_trade_no = number_of("T1"),
                      .out_refund_no = refund_number(number),
                      .refund_fee = Fen{fee},
                      .total_fee = Fen{1000}};
  return {.intent = std::move(intent), .state = state, .sent_at = now, .created_at = now, .updated_at = now};
}

Order order_in(OrderState state) {
  Order order{.intent = intent_of("T1"), .state = state, .created_at = now, .updated_at = now};
  if (is_paid(state)) order.paid_at = now;
  return order;
}

/// One letter for each verdict that depends on the states alone.
char letter_of(RefundVerdict verdict) {
  switch (verdict) {
    case RefundVerdict::apply:
      return 'A';
    case RefundVerdict::already_applied:
      return '=';
    case RefundVerdict::no_news:
      return '-';
    case RefundVerdict::state_mismatch:
      return '!';
    default:
      return '?';
  }
}

/// The letters of what evidence of each state does to a refund in this one.
std::string row_of(RefundState state, EvidenceSource source) {
  std::string letters;
  for (const auto said : all_states) {
    auto evidence = said_of("T1", "R1", said);
    evidence.source = source;
    auto refund = refund_in(state);
    if (is_accepted(state) || state == RefundState::closed) refund.refund_id = RefundId{"503R1"};
    const auto settlement = settle(refund, evidence, Fen{1000});
    const bool writes = settlement.verdict == RefundVerdict::apply;
    CHECK((settlement.to == (writes ? said : state)));
    letters += letter_of(settlement.verdict);
  }
  return letters;
}

RefundVerdict verdict_on(const Refund& refund, const RefundEvidence& evidence, Fen free = Fen{1000}) {
  return settle(refund, evidence, free).verdict;
}

}  // namespace

TEST_CASE("every state of a refund meets every state that evidence says") {
  struct Row {
    RefundState state;
    const char* answered;  ///< said: UNKNOWN PROCESSING ABNORMAL SUCCESS REFUNDCLOSE FAILED
    const char* notified;
  };
  const Row rows[] = {
      {RefundState::unknown, "-AAAAA", "-AAAAA"},  {RefundState::processing, "-=AAA-", "-=AAA-"},
      {RefundState::abnormal, "--=AA-", "--=AA-"}, {RefundState::success, "--!=!-", "---=!-"},
      {RefundState::closed, "--!!=-", "---!=-"},   {RefundState::failed, "-AAAA=", "-AAAA="},
  };
  for (const auto& row : rows) {
    CAPTURE(std::string{to_string(row.state)});
    CHECK(row_of(row.state, EvidenceSource::query) == row.answered);
    CHECK(row_of(row.state, EvidenceSource::refund) == row.answered);
    CHECK(row_of(row.state, EvidenceSource::notify) == row.notified);
  }
}

TEST_CASE("evidence about something else never changes a refund") {
  for (const auto state : all_states) {
    CAPTURE(std::string{to_string(state)});
    auto refund = refund_in(state);
    refund.refund_id = RefundId{"50300000002026112300000000001"};
    const auto changed = [&](const auto& change) {
      auto evidence = said_of("T1", "R1", RefundState::success);
      evidence.refund_id = refund.refund_id;
      change(evidence);
      return verdict_on(refund, evidence);
    };
    CHECK((changed([](auto& said) { said.merchant.mch_id = MerchantId{"1900000110"}; }) ==
           RefundVerdict::wrong_merchant));
    CHECK((changed([](auto& said) { said.out_trade_no = number_of("T2"); }) == RefundVerdict::other_order));
    CHECK((changed([](auto& said) { said.refund_fee = Fen{301}; }) == RefundVerdict::amount_mismatch));
    CHECK((changed([](auto& said) { said.total_fee = Fen{999}; }) == RefundVerdict::amount_mismatch));
    CHECK((changed([](auto& said) { said.refund_id = RefundId{"50300000002026112300000000002"}; }) ==
           RefundVerdict::refund_mismatch));
  }
}

TEST_CASE("a refund that would count anew must fit what is left") {
  const auto evidence = said_of("T1", "R1", RefundState::success);
  CHECK((verdict_on(refund_in(RefundState::failed), evidence, Fen{300}) == RefundVerdict::apply));
  CHECK((verdict_on(refund_in(RefundState::failed), evidence, Fen{299}) == RefundVerdict::exceeds));
  CHECK((verdict_on(refund_in(RefundState::unknown), evidence, Fen{0}) == RefundVerdict::apply));
}

TEST_CASE("what refund does with a number follows from the order, its refunds and the number") {
  const auto paid = order_in(OrderState::success);
  auto old = paid;
  old.paid_at = now - refund_deadline - std::chrono::seconds{1};
  const auto unpaid = order_in(OrderState::notpay);
  const auto plan = [](const Order* order, const std::vector<Refund>& refunds, const Refund* known,
                       std::optional<Fen> fee) {
    auto wanted = refund_of("T1", "R1", 1);
    wanted.refund_fee = fee;
    return plan_refund(order, refunds, known, wanted, now);
  };
  CHECK((plan(nullptr, {}, nullptr, Fen{1}).plan == RefundPlan::not_paid));
  CHECK((plan(&unpaid, {}, nullptr, Fen{1}).plan == RefundPlan::not_paid));
  CHECK((plan(&old, {}, nullptr, Fen{1}).plan == RefundPlan::too_old));
  CHECK((plan(&paid, {}, nullptr, Fen{1000}).plan == RefundPlan::first));
  CHECK((plan(&paid, {}, nullptr, Fen{1001}).plan == RefundPlan::exceeds));
  for (const auto state : all_states) {
    CAPTURE(std::string{to_string(state)});
    const auto other = refund_in(state, "R2", 600);
    const auto left = plan(&paid, {other}, nullptr, std::nullopt);
    CHECK((left.plan == RefundPlan::first));
    CHECK(left.refund_fee == (holds_amount(state) ? Fen{400} : Fen{1000}));
    CHECK((plan(&paid, {other}, nullptr, Fen{401}).plan ==
           (holds_amount(state) ? RefundPlan::exceeds : RefundPlan::first)));
    const auto known = refund_in(state);
    const auto expected = is_accepted(state)             ? RefundPlan::known
                          : state == RefundState::closed ? RefundPlan::closed
                                                         : RefundPlan::again;
    CHECK((plan(&paid, {known}, &known, Fen{300}).plan == expected));
    CHECK((plan(&paid, {known}, &known, std::nullopt).plan == expected));
    CHECK((plan(&paid, {known}, &known, Fen{301}).plan == RefundPlan::differs));
    auto of_other_order = known;
    of_other_order.intent.out_trade_no = OutTradeNo::trusted("T2");
    CHECK((plan(&paid, {}, &of_other_order, Fen{300}).plan == RefundPlan::differs));
  }
  const auto failed = refund_in(RefundState::failed);
  CHECK((plan(&paid, {failed, refund_in(RefundState::success, "R2", 701)}, &failed, Fen{300}).plan ==
         RefundPlan::exceeds));
  std::vector<Refund> many(most_refunds, refund_in(RefundState::success, "R2", 1));
  CHECK((plan(&paid, many, nullptr, Fen{1}).plan == RefundPlan::too_many));
  many.push_back(refund_in(RefundState::failed, "R1", 1));
  CHECK((plan(&paid, many, &many.back(), Fen{1}).plan == RefundPlan::too_many));
  many.back().state = RefundState::unknown;
  CHECK((plan(&paid, many, &many.back(), Fen{1}).plan == RefundPlan::again));
  many.pop_back();
  many.back().state = RefundState::failed;
  CHECK((plan(&paid, many, nullptr, Fen{1}).plan == RefundPlan::first));
  auto of_other_app = paid;
  of_other_app.intent.merchant.app_id = AppId{"wx8888888888888888"};
  CHECK((plan(&of_other_app, {}, nullptr, Fen{1}).plan == RefundPlan::other_app));
}

TEST_CASE("a refund waits for the turns of the others of its order") {
  const auto turn = [](const std::vector<Refund>& refunds) {
    return refund_turn(refunds, refund_number("R1"), refund_interval, now) - now;
  };
  auto other = refund_in(RefundState::unknown, "R2");
  CHECK(turn({}) == std::chrono::seconds{0});
  CHECK(turn({refund_in(RefundState::unknown)}) == std::chrono::seconds{0});
  CHECK(turn({other}) == refund_interval);
  other.sent_at = now - refund_interval;
  CHECK(turn({other}) == std::chrono::seconds{0});
  other.sent_at = now + refund_interval;
  CHECK(turn({other}) == 2 * refund_interval);
  CHECK(turn({refund_in(RefundState::failed, "R2")}) == std::chrono::seconds{0});
  other.sent_at = now + std::chrono::days{1};
  CHECK(turn({other}) == std::chrono::seconds{0});
}
