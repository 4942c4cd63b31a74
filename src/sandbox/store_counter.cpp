// Payments by the payer's code, and their reversal (store.hpp).
#include <utility>

#include "sandbox/store.hpp"

namespace wxpay::sandbox {

namespace {

/// How long an order can be reversed; later it is refunded (API v2, 9_11).
constexpr std::chrono::days reverse_deadline{7};

/// What an order that is there already answers to one more payment by code; nothing: it is tried again.
std::optional<CodeRefused> known_fault(const GatewayOrder& known, const OrderTerms& terms) {
  if (known.terms != terms) return CodeRefused::number_used;
  if (is_paid(known.state)) return CodeRefused::paid;
  if (known.state == OrderState::closed) return CodeRefused::closed;
  if (known.state == OrderState::revoked) return CodeRefused::reversed;
  return known.state == OrderState::userpaying ? std::optional{CodeRefused::userpaying} : std::nullopt;
}

std::optional<CodeRefused> refusal_of(CodeAnswer answer) {
  switch (answer) {
    case CodeAnswer::paid:
      return std::nullopt;
    case CodeAnswer::userpaying:
      return CodeRefused::userpaying;
    case CodeAnswer::system_error:
      return CodeRefused::system_error;
    case CodeAnswer::bank_error:
      return CodeRefused::bank_error;
    case CodeAnswer::not_enough:
      return CodeRefused::not_enough;
    case CodeAnswer::trade_error:
      return CodeRefused::trade_error;
    case CodeAnswer::code_expired:
      return CodeRefused::code_expired;
    case CodeAnswer::code_invalid:
      break;
  }
  return CodeRefused::code_invalid;
}

}  // namespace

CodeResult Store::pay_by_code(OrderTerms terms, const std::string& auth_code, PayScheme scheme) {
  const std::lock_guard lock{mutex_};
  const auto* known = lookup(terms.out_trade_no);
  if (known != nullptr) {
    if (const auto fault = known_fault(*known, terms)) return *fault;
  }
  if (used_codes_.contains(auth_code)) return CodeRefused::code_invalid;
  const auto now = clock_.now();
  if (terms.time_expire && *terms.time_expire < now + shortest_expiry) return CodeRefused::expires_too_soon;
  const auto ending = ending_of(auth_code);
  const auto refusal = refusal_of(ending.answer);
  if (ending.answer == CodeAnswer::code_expired || ending.answer == CodeAnswer::code_invalid) return *refusal;
  GatewayOrder order;
  order.terms = std::move(terms);
  order.scheme = scheme;
  order.created_at = now;
  order.prepaid_at = now;
  order.auth_code = auth_code;
  order.pending = ending.pending;
  order.recalls = ending.recalls;
  take_state(order, ending.state);
  order = keep(std::move(order));
  if (refusal) return *refusal;
  return order;
}

std::optional<GatewayOrder> Store::ask(std::string_view out_trade_no) {
  const std::lock_guard lock{mutex_};
  const auto* known = lookup(out_trade_no);
  if (known == nullptr) return std::nullopt;
  if (known->state != OrderState::userpaying || !known->pending) return *known;
  GatewayOrder order = *known;
  if (--order.pending->after_queries <= 0) {
    const auto becomes = order.pending->becomes;
    order.pending.reset();
    take_state(order, becomes);
  }
  return keep(std::move(order));
}

ReverseResult Store::reverse(std::string_view out_trade_no) {
  const std::lock_guard lock{mutex_};
  const auto* known = lookup(out_trade_no);
  if (known == nullptr) return ReverseRefused::unknown_order;
  if (known->terms.trade_type != TradeType::micropay) return ReverseRefused::not_by_code;
  if (known->state == OrderState::revoked) return Reversal{*known, false};
  if (known->state == OrderState::refund) return ReverseRefused::refunded;
  const auto now = clock_.now();
  if (known->created_at + rules_.reverse_after > now) return ReverseRefused::too_soon;
  if (known->created_at + reverse_deadline < now) return ReverseRefused::too_old;
  GatewayOrder order = *known;
  const bool recalls = order.recalls > 0;
  if (recalls) {
    --order.recalls;
  } else {
    order.pending.reset();
    order.state = OrderState::revoked;
  }
  return Reversal{keep(std::move(order)), recalls};
}

void Store::take_state(GatewayOrder& order, OrderState state) {
  order.state = state;
  if (state == OrderState::success)
    order.payment = Payment{new_transaction_id(), order.terms.total, clock_.now()};
}

}  // namespace wxpay::sandbox
