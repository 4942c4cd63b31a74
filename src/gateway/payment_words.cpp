#include "gateway/payment_words.hpp"

#include "base/text.hpp"
#include "domain/limits.hpp"

namespace wxpay {

namespace {

/// Tenpay, of which WeChat Pay is made, opened in September 2005: what was paid before was not.
constexpr std::chrono::sys_days earliest_payment{std::chrono::year{2005} / 1 / 1};

bool is_number_of_theirs(const std::string& text) {
  return text.size() <= limits::longest_transaction_id && is_visible(text);
}

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

void take_time_of_refund(RefundEvidence& evidence, std::optional<std::chrono::sys_seconds> time) {
  if (evidence.state == RefundState::success && time && *time >= earliest_payment) evidence.success_at = time;
}

std::string refund_problem(const RefundEvidence& evidence) {
  if (!is_number_of_theirs(evidence.refund_id.text())) return "its refund_id is missing or malformed";
  if (!evidence.transaction_id.empty() && !is_number_of_theirs(evidence.transaction_id.text()))
    return "its transaction_id is malformed";
  if (!evidence.refund_fee || evidence.refund_fee->count() < 1) return "it has no amount that is refunded";
  if (!evidence.total_fee) return "it has no amount of the order";
  if (*evidence.refund_fee > *evidence.total_fee) return "it is of more than the order's amount";
  return {};
}

std::string other_refund_problem(const RefundEvidence& evidence, const RefundIntent& asked) {
  if (evidence.out_refund_no != asked.out_refund_no) return "the answer is about another refund";
  if (evidence.out_trade_no != asked.out_trade_no) return "the answer is about a refund of another order";
  if (evidence.refund_fee != asked.refund_fee) return "the answer is about a refund of another amount";
  if (evidence.total_fee != asked.total_fee) return "the answer is about an order of another amount";
  return {};
}

}  // namespace wxpay
