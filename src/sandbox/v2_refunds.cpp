#include "sandbox/v2_refunds.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "sandbox/order_words.hpp"
#include "sandbox/spoilt.hpp"
#include "wire/req_info.hpp"
#include "wxpay/time.hpp"

namespace wxpay::sandbox {

namespace {

constexpr std::size_t most_in_an_answer = 10;
constexpr std::string_view recharge_source = "REFUND_SOURCE_RECHARGE_FUNDS";
constexpr std::string_view unsettled_source = "REFUND_SOURCE_UNSETTLED_FUNDS";

std::string_view source_of(const GatewayRefund& refund) {
  return refund.terms.funds_account == FundsAccount::available ? recharge_source : unsettled_source;
}

/// refund_status: ABNORMAL is CHANGE here.
std::string status_of(const GatewayRefund& refund) {
  return refund.state == RefundState::abnormal ? "CHANGE" : std::string{to_string(refund.state)};
}

std::string fee_text(Fen fee) { return std::to_string(fee.count()); }

/// `2026-11-23 18:05:49`, in Beijing.
std::string success_text(const GatewayRefund& refund) {
  if (!refund.success_at) return {};
  auto text = format_rfc3339(*refund.success_at).substr(0, 19);
  text[10] = ' ';
  return text;
}

void add_refund(Fields& part, const GatewayRefund& refund, const std::string& suffix) {
  part.add("out_refund_no" + suffix, refund.out_refund_no());
  part.add("refund_id" + suffix, refund.refund_id);
  part.add("refund_channel" + suffix, "ORIGINAL");
  part.add("refund_fee" + suffix, fee_text(refund.terms.refund_fee));
  part.add("coupon_refund_fee" + suffix, "0");
  part.add("refund_status" + suffix, status_of(refund));
  part.add("refund_account" + suffix, std::string{source_of(refund)});
  part.add("refund_recv_accout" + suffix, std::string{refund_account_text});
  part.add_if_set("refund_success_time" + suffix, success_text(refund));
}

}  // namespace

RefundTerms v2_refund_terms(const std::string& out_trade_no, const Fields& request) {
  RefundTerms terms;
  terms.out_refund_no = request.get("out_refund_no");
  terms.out_trade_no = out_trade_no;
  terms.refund_fee = parse_fen(request.get("refund_fee")).value_or(Fen{0});
  terms.total = parse_fen(request.get("total_fee")).value_or(Fen{0});
  terms.notify_url = request.get("notify_url");
  terms.reason = request.get("refund_desc");
  if (request.get("refund_account") == recharge_source) terms.funds_account = FundsAccount::available;
  return terms;
}

Fields v2_refund_part(const RefundOfOrder& refund) {
  const auto& terms = refund.refund.terms;
  const auto& payment = refund.order.payment.value();
  Fields part;
  part.add("transaction_id", payment.transaction_id);
  part.add("out_trade_no", terms.out_trade_no);
  part.add("out_refund_no", terms.out_refund_no);
  part.add("refund_id", refund.refund.refund_id);
  // Empty, as WeChat Pay has it: the way of the money is not known yet.
  part.add("refund_channel", "");
  part.add("refund_fee", fee_text(terms.refund_fee));
  part.add("coupon_refund_fee", "0");
  part.add("total_fee", fee_text(payment.fee));
  part.add("fee_type", "CNY");
  part.add("cash_fee", fee_text(payment.fee));
  part.add("coupon_refund_count", "0");
  part.add("cash_refund_fee", fee_text(terms.refund_fee));
  return part;
}

Fields v2_refunds_part(const GatewayOrder& order, std::span<const GatewayRefund> refunds,
                       std::size_t offset) {
  const auto& payment = order.payment.value();
  const auto shown = refunds.subspan(std::min(offset, refunds.size()));
  const auto count = std::min(shown.size(), most_in_an_answer);
  Fen sum{0};
  for (const auto& refund : refunds) sum = sum + refund.terms.refund_fee;
  Fields part;
  part.add("transaction_id", payment.transaction_id);
  part.add("out_trade_no", order.out_trade_no());
  part.add("total_fee", fee_text(payment.fee));
  part.add("fee_type", "CNY");
  part.add("cash_fee", fee_text(payment.fee));
  part.add("refund_fee", fee_text(sum));
  part.add("refund_count", std::to_string(count));
  part.add("total_refund_count", std::to_string(refunds.size()));
  for (std::size_t i = 0; i < count; ++i) add_refund(part, shown[i], "_" + std::to_string(i));
  return part;
}

Fields spoilt_v2_refund(Fields answer, FaultKind fault) {
  const auto change = [&answer](const std::string& name) {
    if (answer.has(name)) answer = with(answer, name, another(answer.get(name)));
  };
  for (const std::string suffix : {"", "_0"}) {
    if (fault == FaultKind::other_refund) {
      change("out_refund_no" + suffix);
      change("refund_id" + suffix);
    }
    const auto fee = parse_fen(answer.get("refund_fee" + suffix));
    if (fault == FaultKind::other_amount && fee)
      answer = with(answer, "refund_fee" + suffix, fee_text(*fee + Fen{1}));
  }
  if (fault == FaultKind::other_order) {
    change("out_trade_no");
    change("transaction_id");
  }
  return answer;
}

std::string v2_refund_info(const RefundOfOrder& refund, const Secret& key) {
  const auto& terms = refund.refund.terms;
  const auto& payment = refund.order.payment.value();
  Fields said;
  said.add("out_refund_no", terms.out_refund_no);
  said.add("out_trade_no", terms.out_trade_no);
  said.add("refund_account", std::string{source_of(refund.refund)});
  said.add("refund_fee", fee_text(terms.refund_fee));
  said.add("refund_id", refund.refund.refund_id);
  said.add("refund_recv_accout", std::string{refund_account_text});
  said.add("refund_request_source", "API");
  said.add("refund_status", status_of(refund.refund));
  said.add("settlement_refund_fee", fee_text(terms.refund_fee));
  said.add("settlement_total_fee", fee_text(payment.fee));
  said.add_if_set("success_time", success_text(refund.refund));
  said.add("total_fee", fee_text(payment.fee));
  said.add("transaction_id", payment.transaction_id);
  // Each value is a number, a word of ours or checked: none can end a CDATA section.
  std::string document{"<root>\n"};
  for (const auto& [name, value] : said)
    document.append("<")
        .append(name)
        .append("><![CDATA[")
        .append(value)
        .append("]]></")
        .append(name)
        .append(">\n");
  document += "</root>";
  return wire::seal_req_info(document, key);
}

}  // namespace wxpay::sandbox
