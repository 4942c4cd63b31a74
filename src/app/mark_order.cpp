#include "app/mark_order.hpp"

#include "base/text.hpp"

namespace wxpay::app {

namespace {

constexpr std::size_t longest_reason = 500;

}  // namespace

std::optional<ReasonFault> reason_fault(const std::string& reason) {
  if (trim(reason).empty()) return ReasonFault{"is empty", "say why, it is kept for good"};
  if (reason.size() > longest_reason) return ReasonFault{"is longer than 500 bytes", {}};
  if (!is_utf8(reason) || has_control_character(reason)) return ReasonFault{"must be one line of UTF-8", {}};
  if (without_control_characters(reason) != reason) {
    return ReasonFault{"has a character that turns the direction of writing or ends a line",
                       "write it without: it is kept for good, and is to be read as it is"};
  }
  return std::nullopt;
}

MarkResult mark_order(const Mark& mark, const MerchantId& mch_id, OrderLedger& ledger) {
  const auto settled = ledger.settle({.source = EvidenceSource::hand,
                                      .merchant = MerchantIdentity{mch_id, {}, {}, {}},
                                      .out_trade_no = mark.out_trade_no,
                                      .state = mark.state,
                                      .reason = std::string{trim(mark.reason)}});
  if (!settled.order) {
    return {.reply = Reply::refused,
            .code = "ORDERNOTEXIST",
            .text = "the order is not in the ledger",
            .ledger_state = std::nullopt};
  }
  const auto verdict = settled.settlement.verdict;
  if (verdict == Verdict::apply || verdict == Verdict::already_applied) {
    return {.reply = Reply::accepted, .code = {}, .text = {}, .ledger_state = settled.order->state};
  }
  return {.reply = Reply::refused,
          .code = "STATE_PROVEN",
          .text = "WeChat Pay proved a state that this would undo",
          .ledger_state = settled.order->state};
}

}  // namespace wxpay::app
