#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gateway/v2/reactions.hpp"
#include "support/fakes.hpp"
#include "support/ledger_fixture.hpp"
#include "wxpay/ledger.hpp"

namespace wxpay::test {

/// A real ledger whose `settle` fails while it is told to, as on a full disk.
class FailingLedger : public OrderLedger {
 public:
  explicit FailingLedger(OrderLedger& real) : real_{real} {}
  bool fails = true;

  std::optional<Order> find(const MerchantId& mch_id, const OutTradeNo& number) override {
    return real_.find(mch_id, number);
  }
  BeginResult begin(const OrderIntent& intent, const DefaultedFields& defaulted) override {
    return real_.begin(intent, defaulted);
  }
  SettleResult settle(const PaymentEvidence& evidence) override {
    if (fails) throw Error{ErrorKind::ledger, "database or disk is full"};
    return real_.settle(evidence);
  }
  SettleResult preview(const PaymentEvidence& evidence) override { return real_.preview(evidence); }
  void note(const MerchantId& mch_id, const OutTradeNo& number, EvidenceSource source,
            const std::string& reason) override {
    real_.note(mch_id, number, source, reason);
  }
  std::size_t import(std::span<const Order> orders) override { return real_.import(orders); }
  void transact(const std::function<void()>& work) override { real_.transact(work); }

 private:
  OrderLedger& real_;
};

/// A real ledger in a folder of its own, and a gateway that answers as it is told.
struct UseCase {
  ledger_fixture::LedgerFolder folder;
  FakeClock clock;
  std::unique_ptr<Ledger> ledger =
      open_ledger(LedgerAddress{folder.ledger()}, ledger_fixture::test_options(), clock);
  FakeGateway gateway;
  EmptyTransport transport;
  NeverStop never;
  GatewayClient client{gateway, transport, clock, never};

  std::optional<Order> order(std::string_view number = "T1") const {
    return ledger->find(ledger_fixture::test_merchant(), ledger_fixture::number_of(number));
  }
  OrderState state(std::string_view number = "T1") const { return order(number).value().state; }
  std::vector<HistoryEntry> history(std::string_view number = "T1") const {
    return ledger->history(ledger_fixture::test_merchant(), ledger_fixture::number_of(number));
  }
  /// Brings order T1 into a state, as WeChat Pay would.
  void bring_to(OrderState state) const {
    ledger->begin(ledger_fixture::intent_of("T1"), {});
    if (state == OrderState::creating) return;
    if (state == OrderState::failed) {
      ledger->settle(ledger_fixture::evidence_of("T1", EvidenceSource::create, state));
      return;
    }
    ledger->settle(ledger_fixture::prepay_of("T1"));
    if (state == OrderState::notpay) return;
    auto evidence = is_paid(state) ? ledger_fixture::payment_of("T1", EvidenceSource::query)
                                   : ledger_fixture::evidence_of("T1", EvidenceSource::query, state);
    evidence.state = state;
    ledger->settle(evidence);
  }
};

inline Said said_success() { return {.trust = Said::Trust::verified, .remark = "OK"}; }

inline Created created(const OrderIntent& intent, const Clock& clock, const char* prepay_id = "wx1") {
  auto evidence = ledger_fixture::prepay_of(intent.out_trade_no.text(), prepay_id);
  evidence.total_fee.reset();
  evidence.sent = std::make_shared<OrderIntent>(intent);
  evidence.prepay->expires_at = clock.now() + std::chrono::hours{2};
  return {said_success(), std::move(evidence)};
}

inline Refused refused(const std::string& code, Reaction reaction) {
  Refused answer;
  answer.said = said_success();
  answer.said.code = code;
  answer.order_exists = v2::says_order_exists(code);
  answer.said.text = "why";
  answer.reaction = reaction;
  answer.digest = std::string(64, 'd');
  answer.clock_ahead = std::chrono::seconds{0};
  return answer;
}

inline Unknown unknown(ErrorKind kind, const std::string& code) { return {kind, code, "no answer", {}}; }

inline QueryAnswer query_answer(const PaymentEvidence& evidence) {
  return {.evidence = evidence,
          .trade_state = std::string{to_string(evidence.state)},
          .trade_state_desc = "as WeChat Pay words it",
          .clock_ahead = std::chrono::seconds{0}};
}

/// What a query says of order T1.
inline QueryAnswer query_says(OrderState state) {
  auto evidence = is_paid(state) ? ledger_fixture::payment_of("T1", EvidenceSource::query)
                                 : ledger_fixture::evidence_of("T1", EvidenceSource::query, state);
  evidence.state = state;
  return query_answer(evidence);
}

}  // namespace wxpay::test
