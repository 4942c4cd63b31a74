#include "app/change_calls.hpp"

namespace wxpay::app {

bool agrees(const SettleResult& settled) {
  const auto verdict = settled.settlement.verdict;
  return !settled.order || verdict == Verdict::apply || verdict == Verdict::already_applied ||
         verdict == Verdict::no_news;
}

OrderState state_after(const SettleResult& settled, OrderState before) {
  return settled.order ? settled.order->state : before;
}

PaymentEvidence closed_as_unknown(const MerchantId& mch_id, const OutTradeNo& out_trade_no,
                                  const Refused& refused) {
  return {.source = EvidenceSource::close,
          .merchant = MerchantIdentity{mch_id, {}, {}, {}},
          .out_trade_no = out_trade_no,
          .state = OrderState::closed,
          .digest = refused.digest,
          .reason = refused.said.code};
}

Said said_of(const Unknown& unknown) {
  auto said = unknown.said;
  said.code = unknown.code;
  said.text = unknown.message;
  return said;
}

}  // namespace wxpay::app
