#include "sandbox/v3_refunds.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "domain/field_rules.hpp"
#include "sandbox/order_words.hpp"
#include "wxpay/time.hpp"

namespace wxpay::sandbox {

namespace {

using Kind = wire::JsonValue::Kind;

constexpr std::array refund_field_rules{V3FieldRule{"sub_mchid", false, 32},
                                        V3FieldRule{"transaction_id", false, 32},
                                        V3FieldRule{"out_trade_no", false, 32},
                                        V3FieldRule{"out_refund_no", true, 64},
                                        V3FieldRule{"reason", false, 80},
                                        V3FieldRule{"notify_url", false, 256},
                                        V3FieldRule{"funds_account", false, 32},
                                        V3FieldRule{"amount", true, 0, Kind::object},
                                        V3FieldRule{"goods_detail", false, 0, Kind::array}};
constexpr std::array amount_rules{
    V3FieldRule{"refund", true, 0, Kind::integer}, V3FieldRule{"total", true, 0, Kind::integer},
    V3FieldRule{"currency", true, 16}, V3FieldRule{"from", false, 0, Kind::array}};

std::string text_in(const wire::JsonObject& object, std::string_view name) {
  return wire::text_of(object, name).value_or("");
}

std::optional<Fen> fee_in(const wire::JsonObject& amount, std::string_view name) {
  const auto fee = wire::integer_of(amount, name);
  if (!fee || *fee < 1 || *fee > largest_fee.count()) return std::nullopt;
  return Fen{*fee};
}

/// Of a form that was checked.
std::optional<V3Refusal> take_amount(const wire::JsonObject& amount, RefundTerms& terms) {
  if (auto refusal = v3_form_fault(amount, amount_rules)) return refusal;
  const auto fee = fee_in(amount, "refund");
  const auto total = fee_in(amount, "total");
  if (!fee) return v3_param_error("/amount/refund", "格式错误");
  if (!total) return v3_param_error("/amount/total", "格式错误");
  if (text_in(amount, "currency") != "CNY") return v3_param_error("/amount/currency", "格式错误");
  terms.refund_fee = *fee;
  terms.total = *total;
  return std::nullopt;
}

}  // namespace

std::variant<V3RefundRequest, V3Refusal> v3_refund_request(const wire::JsonObject& body) {
  if (auto refusal = v3_form_fault(body, refund_field_rules)) return *std::move(refusal);
  V3RefundRequest request;
  auto& terms = request.terms;
  terms.out_refund_no = text_in(body, "out_refund_no");
  if (!OutRefundNo::try_parse(terms.out_refund_no)) return v3_param_error("out_refund_no", "格式错误");
  request.transaction_id = text_in(body, "transaction_id");
  terms.out_trade_no = text_in(body, "out_trade_no");
  if (request.transaction_id.empty() && terms.out_trade_no.empty())
    return v3_param_error("transaction_id", "缺失");
  if (!request.transaction_id.empty() && !is_digits(request.transaction_id))
    return v3_param_error("transaction_id", "格式错误");
  if (!terms.out_trade_no.empty()) {
    const auto number = OutTradeNo::try_parse(terms.out_trade_no);
    if (!number || number->shorter_than_advised()) return v3_param_error("out_trade_no", "格式错误");
  }
  if (auto refusal = take_amount(wire::find(body, "amount")->members, terms)) return *std::move(refusal);
  terms.reason = text_in(body, "reason");
  terms.notify_url = text_in(body, "notify_url");
  if (!terms.notify_url.empty() && !notify_url_fault(terms.notify_url).empty())
    return v3_param_error("notify_url", "格式错误");
  if (const auto account = text_in(body, "funds_account"); !account.empty()) {
    const auto known = parse_funds_account(account);
    if (!known) return v3_param_error("funds_account", "格式错误");
    terms.funds_account = *known;
  }
  return request;
}

std::string v3_refund_status(const GatewayRefund& refund) {
  return refund.state == RefundState::closed ? "CLOSED" : std::string{to_string(refund.state)};
}

std::string v3_refund_object(const RefundOfOrder& refund) {
  const auto& [made, order] = refund;
  const auto fee = made.terms.refund_fee.count();
  wire::JsonLine amount;
  amount.number("total", made.terms.total.count()).number("refund", fee);
  amount.number("payer_total", order.payment->fee.count()).number("payer_refund", fee);
  amount.number("settlement_refund", fee).number("settlement_total", made.terms.total.count());
  amount.number("discount_refund", 0).text("currency", "CNY").raw("from", "[]");
  wire::JsonLine object;
  object.text("refund_id", made.refund_id).text("out_refund_no", made.terms.out_refund_no);
  object.text("transaction_id", order.payment->transaction_id).text("out_trade_no", made.terms.out_trade_no);
  object.text("channel", "ORIGINAL").text("user_received_account", refund_account_text);
  if (made.success_at) object.text("success_time", format_rfc3339(*made.success_at));
  object.text("create_time", format_rfc3339(made.created_at)).text("status", v3_refund_status(made));
  object.text("funds_account", to_string(made.terms.funds_account));
  object.raw("amount", std::move(amount).str()).raw("promotion_detail", "[]");
  return std::move(object).str();
}

std::string v3_refund_resource(const RefundOfOrder& refund, const MerchantIdentity& merchant) {
  const auto& [made, order] = refund;
  const auto fee = made.terms.refund_fee.count();
  const auto& sub_mch_id = order.terms.sub_mch_id;
  wire::JsonLine amount;
  amount.number("total", made.terms.total.count()).number("refund", fee);
  amount.number("payer_total", order.payment->fee.count()).number("payer_refund", fee);
  wire::JsonLine object;
  object.text(sub_mch_id.empty() ? "mchid" : "sp_mchid", merchant.mch_id.text());
  object.text_if_set("sub_mchid", sub_mch_id);
  object.text("out_trade_no", made.terms.out_trade_no);
  object.text("transaction_id", order.payment->transaction_id);
  object.text("out_refund_no", made.terms.out_refund_no).text("refund_id", made.refund_id);
  object.text("refund_status", v3_refund_status(made));
  if (made.success_at) object.text("success_time", format_rfc3339(*made.success_at));
  object.text("user_received_account", refund_account_text);
  object.raw("amount", std::move(amount).str());
  return std::move(object).str();
}

}  // namespace wxpay::sandbox
