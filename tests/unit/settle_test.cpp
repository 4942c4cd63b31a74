#include <doctest/doctest.h>

#include <array>
#include <functional>
#include <random>
#include <string>

#include "support/ledger_fixture.hpp"
#include "wxpay/settle.hpp"

using namespace wxpay;
using namespace wxpay::test::ledger_fixture;

namespace {

constexpr std::array all_states{OrderState::creating,   OrderState::failed,   OrderState::notpay,
                                OrderState::userpaying, OrderState::payerror, OrderState::closed,
                                OrderState::revoked,    OrderState::success,  OrderState::refund};

/// An order in a state that WeChat Pay proved.
Order order_in(OrderState state) {
  Order order{.intent = intent_of("T1")};
  order.state = state;
  order.proven_state = state;
  if (state != OrderState::creating && state != OrderState::failed) {
    order.prepay = Prepay{PrepayId{"wx0"}, {}, {}, PayScheme::md5, standing_clock().now()};
  }
  if (is_paid(state)) order.transaction_id = TransactionId{"42T1"};
  return order;
}

/// An order that a hand marked, where WeChat Pay had proved `proven`.
Order marked(OrderState proven, OrderState mark) {
  auto order = order_in(proven);
  order.state = mark;
  return order;
}

PaymentEvidence said(EvidenceSource source, OrderState state) {
  auto evidence = evidence_of("T1", source, state);
  if (is_paid(state) && source != EvidenceSource::hand) evidence.transaction_id = TransactionId{"42T1"};
  return evidence;
}

PaymentEvidence by_query(OrderState state) { return said(EvidenceSource::query, state); }
PaymentEvidence by_hand(OrderState state) { return said(EvidenceSource::hand, state); }

PaymentEvidence accepted(const char* prepay_id = "wx1") {
  auto evidence = prepay_of("T1", prepay_id);
  evidence.sent = std::make_shared<OrderIntent>(intent_of("T1"));
  return evidence;
}

enum class Cell {
  go,        ///< applied: the order is in the state that was said
  kept,      ///< applied, and the order stays in its state
  late,      ///< applied, and it was paid after it was closed
  had,       ///< already_applied
  none,      ///< no_news
  mismatch,  ///< state_mismatch
  proven,    ///< state_proven
};

Verdict verdict_of(Cell cell) {
  switch (cell) {
    case Cell::go:
    case Cell::kept:
    case Cell::late:
      return Verdict::apply;
    case Cell::had:
      return Verdict::already_applied;
    case Cell::none:
      return Verdict::no_news;
    case Cell::mismatch:
      return Verdict::state_mismatch;
    case Cell::proven:
      return Verdict::state_proven;
  }
  return Verdict::no_news;
}

struct Row {
  std::string what;
  PaymentEvidence evidence;
  std::array<Cell, 9> cells;  ///< by ledger state, in the order of all_states
};

void check_rows(const std::vector<Row>& rows) {
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < all_states.size(); ++i) {
      const auto order = order_in(all_states.at(i));
      const auto cell = row.cells.at(i);
      const bool moves = cell == Cell::go || cell == Cell::late;
      const auto settlement = settle(order, row.evidence);
      CAPTURE(row.what);
      CAPTURE(to_string(order.state));
      CHECK((settlement.verdict == verdict_of(cell)));
      CHECK(to_string(settlement.to) == to_string(moves ? row.evidence.state : order.state));
      const bool proves = moves && row.evidence.source != EvidenceSource::hand;
      CHECK(to_string(settlement.proven) == to_string(proves ? row.evidence.state : order.proven_state));
      CHECK(settlement.paid_after_close == (cell == Cell::late));
    }
  }
}

}  // namespace

TEST_CASE("every state of the ledger meets everything that WeChat Pay may say") {
  using enum Cell;
  constexpr auto query = EvidenceSource::query;
  constexpr auto notify = EvidenceSource::notify;
  constexpr auto bill = EvidenceSource::bill;
  constexpr auto create = EvidenceSource::create;
  constexpr auto close = EvidenceSource::close;
  using enum OrderState;
  // clang-format off
  check_rows({
      //                                               CREATING FAILED NOTPAY USERPAYING PAYERROR CLOSED REVOKED SUCCESS REFUND
      {"query: NOTPAY",       said(query, notpay),     {go,     none,   none,  none,      none,    none,  none,   mismatch, mismatch}},
      {"query: USERPAYING",   said(query, userpaying), {go,     none,   go,    none,      none,    none,  none,   mismatch, mismatch}},
      {"query: PAYERROR",     said(query, payerror),   {go,     go,    go,    go,        none,    none,  none,   mismatch, mismatch}},
      {"query: CLOSED",       said(query, closed),     {go,     go,    go,    go,        go,      none,  none,   mismatch, mismatch}},
      {"query: REVOKED",      said(query, revoked),    {go,     go,    go,    go,        go,      none,  none,   mismatch, mismatch}},
      {"query: SUCCESS",      said(query, success),    {go,     go,    go,    go,        go,      late,  late,   had,      had}},
      {"query: REFUND",       said(query, refund),     {go,     go,    go,    go,        go,      late,  late,   go,       had}},
      {"notification: paid",  said(notify, success),   {go,     go,    go,    go,        go,      late,  late,   had,      had}},
      {"bill: paid",          said(bill, success),     {go,     go,    go,    go,        go,      late,  late,   had,      had}},
      {"creation accepted",   accepted(),              {go,     go,    kept,  kept,      none,    none,  none,   none,     none}},
      {"creation refused",    said(create, failed),    {go,     none,  none,  none,      none,    none,  none,   none,     none}},
      {"creation: closed",    said(create, closed),    {go,     go,    go,    go,        go,      none,  none,   mismatch, mismatch}},
      {"closed on request",   said(close, closed),     {go,     go,    go,    go,        go,      none,  none,   mismatch, mismatch}},
  });
  // clang-format on
}

TEST_CASE("a hand moves an order forward, and not back from what WeChat Pay proved") {
  using enum Cell;
  using enum OrderState;
  // clang-format off
  check_rows({
      //                              CREATING FAILED  NOTPAY  USERPAYING PAYERROR CLOSED  REVOKED SUCCESS REFUND
      {"CREATING",   by_hand(creating),   {had, proven, proven, proven,    proven,  proven, proven, proven, proven}},
      {"FAILED",     by_hand(failed),     {go,  had,    proven, proven,    proven,  proven, proven, proven, proven}},
      {"NOTPAY",     by_hand(notpay),     {go,  go,     had,    proven,    proven,  proven, proven, proven, proven}},
      {"USERPAYING", by_hand(userpaying), {go,  go,     go,     had,       proven,  proven, proven, proven, proven}},
      {"PAYERROR",   by_hand(payerror),   {go,  go,     go,     go,        had,     proven, proven, proven, proven}},
      {"CLOSED",     by_hand(closed),     {go,  go,     go,     go,        go,      had,    proven, proven, proven}},
      {"REVOKED",    by_hand(revoked),    {go,  go,     go,     go,        go,      proven, had,    proven, proven}},
      {"SUCCESS",    by_hand(success),    {go,  go,     go,     go,        go,      go,     go,     had,    proven}},
      {"REFUND",     by_hand(refund),     {go,  go,     go,     go,        go,      go,     go,     go,     had}},
  });
  // clang-format on
}

TEST_CASE("a hand undoes an earlier mark, down to what was proved and no further") {
  using enum OrderState;
  struct Undo {
    OrderState proven, mark, back_to;
    Verdict expected;
  };
  const Undo rows[] = {
      {notpay, success, notpay, Verdict::apply},
      {notpay, success, closed, Verdict::apply},
      {notpay, success, creating, Verdict::state_proven},
      {notpay, success, failed, Verdict::state_proven},
      {creating, failed, creating, Verdict::apply},
      {creating, closed, revoked, Verdict::apply},
      {closed, success, closed, Verdict::apply},
      {closed, success, notpay, Verdict::state_proven},
      {success, refund, success, Verdict::apply},
      {success, refund, closed, Verdict::state_proven},
      {notpay, closed, success, Verdict::apply},
      {notpay, success, success, Verdict::already_applied},
  };
  for (const auto& row : rows) {
    const auto settlement = settle(marked(row.proven, row.mark), by_hand(row.back_to));
    CAPTURE(to_string(row.proven));
    CAPTURE(to_string(row.mark));
    CAPTURE(to_string(row.back_to));
    CHECK((settlement.verdict == row.expected));
    CHECK(to_string(settlement.to) == to_string(row.expected == Verdict::apply ? row.back_to : row.mark));
    CHECK(to_string(settlement.proven) == to_string(row.proven));
    CHECK_FALSE(settlement.paid_after_close);
  }
}

TEST_CASE("what a hand marked is judged by what WeChat Pay says later") {
  using enum OrderState;
  struct Proof {
    OrderState proven, mark, said;
    Verdict verdict;
    OrderState to, proven_after;
  };
  const Proof rows[] = {
      // A mark that WeChat Pay confirms is proved by it, and so can no longer be undone.
      {notpay, closed, closed, Verdict::apply, closed, closed},
      {creating, notpay, notpay, Verdict::apply, notpay, notpay},
      {notpay, success, success, Verdict::apply, success, success},
      {notpay, refund, refund, Verdict::apply, refund, refund},
      {notpay, refund, success, Verdict::apply, refund, success},
      // The two names of one end: WeChat Pay's own word counts.
      {notpay, closed, revoked, Verdict::apply, revoked, revoked},
      {notpay, revoked, closed, Verdict::apply, closed, closed},
      // A mark does not stand in the way of what comes after it.
      {notpay, userpaying, success, Verdict::apply, success, success},
      {notpay, success, refund, Verdict::apply, refund, refund},
      // Marked as paid where WeChat Pay has it unpaid.
      {notpay, success, notpay, Verdict::state_mismatch, success, notpay},
      {notpay, success, closed, Verdict::state_mismatch, success, notpay},
      {notpay, closed, notpay, Verdict::no_news, closed, notpay},
  };
  for (const auto& row : rows) {
    const auto settlement = settle(marked(row.proven, row.mark), by_query(row.said));
    CAPTURE(to_string(row.proven));
    CAPTURE(to_string(row.mark));
    CAPTURE(to_string(row.said));
    CHECK((settlement.verdict == row.verdict));
    CHECK(to_string(settlement.to) == to_string(row.to));
    CHECK(to_string(settlement.proven) == to_string(row.proven_after));
  }
  CHECK(settle(marked(notpay, closed), by_query(success)).paid_after_close);
}

TEST_CASE("the payment that an import named is no news, and its proof is added, once") {
  using enum OrderState;
  struct Row {
    OrderState imported, said, proven_after;
  };
  for (const auto& row :
       {Row{success, success, success}, Row{refund, success, success}, Row{refund, refund, refund}}) {
    CAPTURE(to_string(row.imported));
    CAPTURE(to_string(row.said));
    auto order = marked(creating, row.imported);
    const auto evidence = said(EvidenceSource::notify, row.said);
    order.transaction_id = evidence.transaction_id;
    const auto settlement = settle(order, evidence);
    CHECK((settlement.verdict == Verdict::apply));
    CHECK(settlement.adds_proof);
    CHECK(to_string(settlement.to) == to_string(row.imported));
    CHECK(to_string(settlement.proven) == to_string(row.proven_after));
    order.proven_state = settlement.proven;
    CHECK((settle(order, evidence).verdict == Verdict::already_applied));
    CHECK_FALSE(settle(order, evidence).adds_proof);
  }
  // Without the transaction it says less than the proof.
  const auto completed = settle(marked(creating, success), said(EvidenceSource::notify, success));
  CHECK((completed.verdict == Verdict::apply));
  CHECK_FALSE(completed.adds_proof);
}

TEST_CASE("a payment completes an order that was marked as paid, with its transaction, once") {
  auto order = marked(OrderState::notpay, OrderState::success);
  REQUIRE(order.transaction_id.empty());
  const auto evidence = said(EvidenceSource::notify, OrderState::success);
  const auto settlement = settle(order, evidence);
  CHECK((settlement.verdict == Verdict::apply));
  CHECK((settlement.to == OrderState::success));
  CHECK((settlement.proven == OrderState::success));
  order.proven_state = settlement.proven;
  order.transaction_id = evidence.transaction_id;
  CHECK((settle(order, evidence).verdict == Verdict::already_applied));
  CHECK((settle(order, by_hand(OrderState::notpay)).verdict == Verdict::state_proven));
}

TEST_CASE("evidence about another amount or currency changes nothing") {
  struct Amount {
    std::optional<Fen> fee;
    const char* currency;
    bool same;
  };
  const Amount rows[] = {{Fen{1000}, "", true},     {Fen{1000}, "CNY", true},  {std::nullopt, "", true},
                         {Fen{999}, "", false},     {Fen{1001}, "CNY", false}, {Fen{0}, "", false},
                         {Fen{1000}, "USD", false}, {Fen{1000}, "cny", false}, {std::nullopt, "HKD", false}};
  for (const auto state : all_states) {
    for (const auto& row : rows) {
      const auto order = order_in(state);
      auto evidence = by_query(OrderState::success);
      evidence.total_fee = row.fee;
      evidence.fee_type = row.currency;
      const auto settlement = settle(order, evidence);
      CAPTURE(to_string(state));
      CAPTURE(row.currency);
      CHECK((settlement.verdict == Verdict::amount_mismatch) == !row.same);
      if (!row.same) CHECK(to_string(settlement.to) == to_string(state));
    }
    auto unpaid = by_query(OrderState::closed);
    unpaid.total_fee = Fen{7};
    CHECK((settle(order_in(state), unpaid).verdict == Verdict::amount_mismatch));
  }
}

TEST_CASE("evidence about another merchant, app or sub-merchant changes nothing") {
  const MerchantIdentity shop{MerchantId{"1900000109"}, AppId{"wxd678efh567hg6787"}, {}, {}};
  const MerchantIdentity partner{MerchantId{"1900000109"}, AppId{"wxd678efh567hg6787"},
                                 MerchantId{"1900000200"}, AppId{"wxsub"}};
  struct Identity {
    std::string what;
    MerchantIdentity ours;
    MerchantIdentity said;
    bool same;
  };
  const Identity rows[] = {
      {"the same", shop, shop, true},
      {"nothing was said", shop, {}, true},
      {"another merchant", shop, {MerchantId{"1900000110"}, {}, {}, {}}, false},
      {"another app", shop, {shop.mch_id, AppId{"wxother"}, {}, {}}, false},
      {"a sub-merchant of a shop that has none",
       shop,
       {shop.mch_id, shop.app_id, MerchantId{"1"}, {}},
       false},
      {"the same sub-merchant", partner, partner, true},
      {"only the merchant was said", partner, {partner.mch_id, {}, {}, {}}, true},
      {"the app was said and no sub-merchant", partner, shop, false},
      {"another sub-merchant", partner, {partner.mch_id, partner.app_id, MerchantId{"1"}, {}}, false},
      {"another sub-app",
       partner,
       {partner.mch_id, partner.app_id, partner.sub_mch_id, AppId{"wxother"}},
       false},
  };
  for (const auto& row : rows) {
    for (const auto source : {EvidenceSource::query, EvidenceSource::hand, EvidenceSource::create}) {
      auto order = order_in(OrderState::creating);
      order.intent.merchant = row.ours;
      auto evidence =
          said(source, source == EvidenceSource::create ? OrderState::failed : OrderState::success);
      evidence.merchant = row.said;
      CAPTURE(row.what);
      const auto settlement = settle(order, evidence);
      CHECK((settlement.verdict == (row.same ? Verdict::apply : Verdict::wrong_merchant)));
      if (!row.same) CHECK((settlement.to == OrderState::creating));
    }
  }
}

TEST_CASE("a paid order belongs to one transaction") {
  struct Payment {
    OrderState state;
    const char* ours;
    const char* said;
    OrderState said_state;
    Verdict expected;
  };
  using enum OrderState;
  const Payment rows[] = {
      {success, "42A", "42A", success, Verdict::already_applied},
      {success, "42A", "42B", success, Verdict::transaction_mismatch},
      {success, "42A", "42B", refund, Verdict::transaction_mismatch},
      {refund, "42A", "42B", success, Verdict::transaction_mismatch},
      {refund, "42A", "42A", success, Verdict::already_applied},
      {success, "42A", "42A", refund, Verdict::apply},
      {success, "", "42A", success, Verdict::apply},
      {refund, "", "42A", success, Verdict::apply},
      // Reversed after it was paid: the old message of that payment does not bring it back.
      {revoked, "42A", "42A", success, Verdict::already_applied},
      {revoked, "42A", "42B", success, Verdict::transaction_mismatch},
      {revoked, "", "42A", success, Verdict::apply},
  };
  for (const auto& row : rows) {
    auto order = order_in(row.state);
    order.transaction_id = TransactionId{row.ours};
    auto evidence = said(EvidenceSource::notify, row.said_state);
    evidence.transaction_id = TransactionId{row.said};
    const auto settlement = settle(order, evidence);
    CAPTURE(to_string(row.state));
    CAPTURE(row.ours);
    CAPTURE(row.said);
    CHECK((settlement.verdict == row.expected));
    if (row.state == refund) CHECK((settlement.to == refund));
  }
}

TEST_CASE("what differs is named in the order merchant, amount, transaction, state") {
  auto evidence = by_query(OrderState::success);
  evidence.transaction_id = TransactionId{"42B"};
  const auto order = order_in(OrderState::success);
  CHECK((settle(order, evidence).verdict == Verdict::transaction_mismatch));
  evidence.total_fee = Fen{1};
  CHECK((settle(order, evidence).verdict == Verdict::amount_mismatch));
  evidence.merchant.mch_id = MerchantId{"1"};
  CHECK((settle(order, evidence).verdict == Verdict::wrong_merchant));
}

TEST_CASE("an answer to parameters that the order no longer has is stale") {
  const std::pair<const char*, std::function<void(OrderIntent&)>> changes[] = {
      {"total_fee", [](OrderIntent& intent) { intent.total_fee = Fen{2}; }},
      {"body", [](OrderIntent& intent) { intent.body = "other goods"; }},
      {"notify_url", [](OrderIntent& intent) { intent.notify_url = "https://other.example/"; }},
      {"client_ip", [](OrderIntent& intent) { intent.client_ip = "10.0.0.1"; }},
      {"openid", [](OrderIntent& intent) { intent.openid = "oOther"; }},
  };
  for (const auto state : {OrderState::creating, OrderState::failed, OrderState::notpay}) {
    for (const auto& change : changes) {
      const auto& what = change.first;
      auto sent = intent_of("T1");
      change.second(sent);
      for (auto evidence : {accepted(), said(EvidenceSource::create, OrderState::failed),
                            said(EvidenceSource::create, OrderState::closed)}) {
        evidence.sent = std::make_shared<OrderIntent>(sent);
        const auto settlement = settle(order_in(state), evidence);
        CAPTURE(what);
        CHECK((settlement.verdict == Verdict::stale));
        CHECK(to_string(settlement.to) == to_string(state));
      }
    }
  }
}

TEST_CASE("an accepted creation renews the prepay_id of an open order and is applied once") {
  struct Renewal {
    std::string what;
    Prepay said;
    Verdict expected;
  };
  const auto now = standing_clock().now();
  const Renewal rows[] = {
      {"the same",
       {PrepayId{"wx0"}, {}, {}, PayScheme::md5, now + std::chrono::hours{2}},
       Verdict::already_applied},
      {"a new one", {PrepayId{"wx1"}, {}, {}, PayScheme::md5, now}, Verdict::apply},
      {"a new link", {PrepayId{"wx0"}, "weixin://wxpay/x", {}, PayScheme::md5, now}, Verdict::apply},
      {"a new H5 page",
       {PrepayId{"wx0"}, {}, "https://wx.tenpay.com/x", PayScheme::md5, now},
       Verdict::apply},
  };
  for (const auto state : {OrderState::notpay, OrderState::userpaying}) {
    for (const auto& row : rows) {
      auto evidence = accepted();
      evidence.prepay = row.said;
      const auto settlement = settle(order_in(state), evidence);
      CAPTURE(row.what);
      CHECK((settlement.verdict == row.expected));
      CHECK(to_string(settlement.to) == to_string(state));
      CHECK(to_string(settlement.proven) == to_string(state));
    }
  }
}

namespace {

/// How far along its life an order is, as the manual has it: a message never moves it back.
int distance(OrderState state) {
  constexpr std::array order{0, 2, 3, 1, 4,
                             5, 5, 6, 7};  // by number of the state; CLOSED and REVOKED are one end
  return order.at(static_cast<std::size_t>(state));
}

class RandomStory {
 public:
  explicit RandomStory(std::mt19937& random) : random_{random} {}

  PaymentEvidence next() {
    static constexpr std::array sources{EvidenceSource::query, EvidenceSource::notify, EvidenceSource::create,
                                        EvidenceSource::close, EvidenceSource::hand,   EvidenceSource::bill};
    const auto source = sources.at(draw(sources.size()));
    auto evidence = evidence_of("T1", source, all_states.at(draw(all_states.size())));
    if (draw(2) == 0) evidence.transaction_id = TransactionId{draw(4) == 0 ? "42B" : "42A"};
    if (source == EvidenceSource::hand) evidence.transaction_id = TransactionId{};
    if (draw(6) == 0) evidence.total_fee = Fen{draw(2) == 0 ? 999 : 1000};
    if (draw(8) == 0) evidence.fee_type = draw(2) == 0 ? "USD" : "CNY";
    if (draw(8) == 0) evidence.merchant.app_id = AppId{"wxother"};
    if (source == EvidenceSource::create) {
      evidence.sent = std::make_shared<OrderIntent>(intent_of("T1", draw(8) == 0 ? 999 : 1000));
      if (evidence.state == OrderState::notpay)
        evidence.prepay = Prepay{.prepay_id = PrepayId{draw(2) == 0 ? "wxA" : "wxB"}};
    }
    return evidence;
  }

 private:
  std::size_t draw(std::size_t below) {
    return std::uniform_int_distribution<std::size_t>{0, below - 1}(random_);
  }

  std::mt19937& random_;
};

/// The order after a settlement, as a ledger carries it out.
void carry_out(Order& order, const PaymentEvidence& evidence, const Settlement& settlement) {
  order.state = settlement.to;
  order.proven_state = settlement.proven;
  if (!evidence.transaction_id.empty()) order.transaction_id = evidence.transaction_id;
  if (evidence.prepay) order.prepay = evidence.prepay;
}

/// Empty when a settlement keeps every promise, else the promise that is broken.
std::string broken_promise(const Order& order, const PaymentEvidence& evidence,
                           const Settlement& settlement) {
  const bool hand = evidence.source == EvidenceSource::hand;
  if (settlement.verdict != Verdict::apply) {
    const bool unchanged = settlement.to == order.state && settlement.proven == order.proven_state;
    return unchanged && !settlement.paid_after_close ? "" : "changed without being applied";
  }
  if (evidence.merchant.app_id != order.intent.merchant.app_id) return "another app was applied";
  const bool other_amount = evidence.total_fee && *evidence.total_fee != order.intent.total_fee;
  if (!hand && (other_amount || evidence.fee_type == "USD")) return "another amount was applied";
  if (evidence.sent && evidence.sent->total_fee != order.intent.total_fee)
    return "a stale answer was applied";
  if (distance(settlement.proven) < distance(order.proven_state)) return "what was proved was forgotten";
  if (hand && settlement.proven != order.proven_state) return "a hand proved something";
  const bool undoes_a_mark =
      hand && order.proven_state != order.state && distance(settlement.to) >= distance(order.proven_state);
  if (distance(settlement.to) < distance(order.state) && !undoes_a_mark) return "the order went backwards";
  const bool other_transaction = !order.transaction_id.empty() && !evidence.transaction_id.empty() &&
                                 evidence.transaction_id != order.transaction_id;
  if (is_paid(order.state) && other_transaction) return "another transaction was applied";
  return "";
}

}  // namespace

TEST_CASE("no sequence of evidence moves an order backwards or applies what does not agree") {
  std::mt19937 random{20261123};  // NOLINT: the same story in every run
  std::size_t applied = 0;
  for (int story = 0; story < 5000; ++story) {
    RandomStory evidence_of_all_kinds{random};
    auto order = order_in(OrderState::creating);
    for (int step = 0; step < 12; ++step) {
      const auto evidence = evidence_of_all_kinds.next();
      const auto settlement = settle(order, evidence);
      const auto broken = broken_promise(order, evidence, settlement);
      if (!broken.empty() || settlement.verdict == Verdict::apply) {
        CAPTURE(story);
        CAPTURE(to_string(order.state));
        CAPTURE(to_string(order.proven_state));
        CAPTURE(to_string(evidence.source));
        CAPTURE(to_string(evidence.state));
        REQUIRE(broken == "");
        carry_out(order, evidence, settlement);
        ++applied;
        // Once only: the same again is no news.
        REQUIRE((settle(order, evidence).verdict != Verdict::apply));
      }
    }
  }
  CHECK(applied > 5000);
}
