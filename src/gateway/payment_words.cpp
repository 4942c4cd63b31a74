#include "gateway/payment_words.hpp"

#include "base/text.hpp"
#include "domain/limits.hpp"

namespace wxpay {

namespace {

/// Tenpay, of which WeChat Pay is made, opened in September 2005: what was paid before was not.
constexpr std::chrono::sys_days earliest_payment{std::chrono::year{2005} / 1 / 1};

}  // namespace

// ACCEPT is a payment whose deduction is still to come: in the ledger's terms the payer is at it.
std::optional<OrderState> state_of_trade(std::string_view trade_state) {
  if (trade_state == "ACCEPT") return OrderState::userpaying;
  const auto state = parse_order_state(trade_state);
  if (state == OrderState::creating || state == OrderState::failed)
    return std::nullopt;  // ours, not WeChat Pay's
  return state;
}

void take_time_of_payment(PaymentEvidence& evidence, std::optional<std::chrono::sys_seconds> time,
                          std::string_view name, std::string_view said) {
  if (time && *time >= earliest_payment) {
    evidence.time_end = time;
  } else {
    evidence.reason = "its ";
    evidence.reason.append(name).append(" is ").append(without_control_characters(std::string{said}));
  }
}

std::string payment_problem(const PaymentEvidence& evidence, std::string_view fee_name) {
  if (evidence.transaction_id.text().size() > limits::longest_transaction_id ||
      has_control_character(evidence.transaction_id.text())) {
    return "its transaction_id is malformed";
  }
  if (!is_paid(evidence.state)) return {};
  if (!evidence.total_fee) return std::string{"it is paid and has no "}.append(fee_name);
  if (evidence.transaction_id.empty()) return "it is paid and has no transaction_id";
  return {};
}

}  // namespace wxpay
