// What the state file's lines hold (state_file.hpp).
#include <array>
#include <utility>
#include <variant>

#include "sandbox/state_file.hpp"
#include "sandbox/v2_request.hpp"
#include "wire/json.hpp"
#include "wxpay/time.hpp"

namespace wxpay::sandbox {

namespace {

std::string text_at(const wire::JsonObject& object, std::string_view key) {
  return wire::text_of(object, key).value_or("");
}

std::optional<std::chrono::sys_seconds> time_at(const wire::JsonObject& object, std::string_view key) {
  return parse_rfc3339(text_at(object, key));
}

std::optional<Fields> fields_at(const wire::JsonObject& object, std::string_view key) {
  const auto* value = wire::find(object, key);
  if (value == nullptr || value->kind != wire::JsonValue::Kind::object) return std::nullopt;
  Fields fields;
  for (const auto& [name, field] : value->members) {
    if (field.kind != wire::JsonValue::Kind::text) return std::nullopt;
    fields.add(name, field.text);
  }
  return fields;
}

struct TermKey {
  std::string_view key;
  std::string OrderTerms::*term;
};

constexpr std::array term_keys{
    TermKey{"notifyUrl", &OrderTerms::notify_url},   TermKey{"openid", &OrderTerms::openid},
    TermKey{"subOpenid", &OrderTerms::sub_openid},   TermKey{"subAppId", &OrderTerms::sub_app_id},
    TermKey{"subMchId", &OrderTerms::sub_mch_id},    TermKey{"attach", &OrderTerms::attach},
    TermKey{"deviceInfo", &OrderTerms::device_info},
};

std::optional<Fen> fee_at(const wire::JsonObject& object, std::string_view key) {
  const auto fee = wire::integer_of(object, key);
  if (!fee || *fee < 1 || *fee > largest_fee.count()) return std::nullopt;
  return Fen{*fee};
}

std::optional<OrderTerms> terms_at(const wire::JsonObject& object) {
  if (wire::find(object, "parameters") != nullptr) {
    const auto parameters = fields_at(object, "parameters");
    return parameters ? v2_terms(*parameters) : std::nullopt;
  }
  const auto total = fee_at(object, "totalFee");
  const auto trade_type = parse_trade_type(text_at(object, "tradeType"));
  auto others = fields_at(object, "others");
  OrderTerms terms;
  terms.time_expire = time_at(object, "timeExpire");
  const bool lost_time = wire::find(object, "timeExpire") != nullptr && !terms.time_expire;
  if (!total || !trade_type || !others || lost_time) return std::nullopt;
  terms.out_trade_no = text_at(object, "outTradeNo");
  terms.total = *total;
  terms.trade_type = *trade_type;
  for (const auto& [key, term] : term_keys) terms.*term = text_at(object, key);
  terms.others = std::move(*others).take();
  return terms;
}

void write_terms(wire::JsonLine& line, const OrderTerms& terms) {
  line.number("totalFee", terms.total.count());
  line.text("tradeType", to_string(terms.trade_type));
  for (const auto& [key, term] : term_keys) line.text_if_set(key, terms.*term);
  if (terms.time_expire) line.text("timeExpire", format_rfc3339(*terms.time_expire));
  wire::JsonLine others;
  for (const auto& [name, value] : terms.others) others.text(name, value);
  line.raw("others", std::move(others).str());
}

std::optional<Payment> payment_at(const wire::JsonObject& object) {
  const auto fee = fee_at(object, "paidFee");
  const auto time_end = time_at(object, "timeEnd");
  std::string transaction_id = text_at(object, "transactionId");
  if (!fee || !time_end || transaction_id.empty()) return std::nullopt;
  return Payment{std::move(transaction_id), *fee, *time_end};
}

constexpr std::int64_t largest_count = 1000;

std::optional<int> small_at(const wire::JsonObject& object, std::string_view key) {
  const auto number = wire::integer_of(object, key);
  if (!number || *number < 1 || *number > largest_count) return std::nullopt;
  return static_cast<int>(*number);
}

std::optional<Pending> pending_at(const wire::JsonObject& object) {
  const auto becomes = parse_order_state(text_at(object, "becomes"));
  const auto after_queries = small_at(object, "afterQueries");
  if (!becomes || !after_queries) return std::nullopt;
  return Pending{*becomes, *after_queries};
}

/// @param by_code  it was paid by code
bool can_be(OrderState state, bool by_code) {
  const bool is_of_code =
      state == OrderState::userpaying || state == OrderState::payerror || state == OrderState::revoked;
  if (is_of_code) return by_code;
  return state == OrderState::notpay || state == OrderState::closed || is_paid(state);
}

}  // namespace

std::string to_state_line(const GatewayOrder& order) {
  wire::JsonLine line;
  line.text("outTradeNo", order.out_trade_no());
  line.text("tradeState", to_string(order.state));
  write_terms(line, order.terms);
  line.text("signType", to_string(order.scheme));
  line.text_if_set("prepayId", order.prepay_id);
  line.text_if_set("codeUrl", order.code_url);
  line.text_if_set("mwebUrl", order.mweb_url);
  line.text("prepaidAt", format_rfc3339(order.prepaid_at));
  line.text("createdAt", format_rfc3339(order.created_at));
  if (order.payment) {
    line.text("transactionId", order.payment->transaction_id);
    line.number("paidFee", order.payment->fee.count());
    line.text("timeEnd", format_rfc3339(order.payment->time_end));
  }
  line.text_if_set("authCode", order.auth_code);
  if (order.pending) {
    line.text("becomes", to_string(order.pending->becomes));
    line.number("afterQueries", order.pending->after_queries);
  }
  if (order.recalls > 0) line.number("recalls", order.recalls);
  return std::move(line).str();
}

std::optional<GatewayOrder> parse_state_line(std::string_view line) {
  const auto parsed = wire::parse_json_object(line);
  const auto* object = std::get_if<wire::JsonObject>(&parsed);
  if (object == nullptr) return std::nullopt;
  auto terms = terms_at(*object);
  const auto state = parse_order_state(text_at(*object, "tradeState"));
  const auto scheme = parse_pay_scheme(text_at(*object, "signType"));
  const auto prepaid_at = time_at(*object, "prepaidAt");
  const auto created_at = time_at(*object, "createdAt");
  if (!terms || !state || !scheme || !prepaid_at || !created_at) return std::nullopt;

  GatewayOrder order;
  order.terms = *std::move(terms);
  order.state = *state;
  order.scheme = *scheme;
  order.prepay_id = text_at(*object, "prepayId");
  order.code_url = text_at(*object, "codeUrl");
  order.mweb_url = text_at(*object, "mwebUrl");
  order.prepaid_at = *prepaid_at;
  order.created_at = *created_at;
  order.payment = payment_at(*object);
  order.auth_code = text_at(*object, "authCode");
  order.pending = pending_at(*object);
  order.recalls = small_at(*object, "recalls").value_or(0);
  const auto& number = order.out_trade_no();
  const bool by_code = order.terms.trade_type == TradeType::micropay;
  const bool is_named = !number.empty() && number == text_at(*object, "outTradeNo");
  const bool has_what_pays = by_code == order.prepay_id.empty() && by_code == !order.auth_code.empty();
  if (!is_named || !has_what_pays || !can_be(*state, by_code) || (is_paid(*state) && !order.payment)) {
    return std::nullopt;
  }
  return order;
}

std::string to_state_line(const GatewayRefund& refund) {
  const auto& terms = refund.terms;
  wire::JsonLine line;
  line.text("outRefundNo", terms.out_refund_no).text("outTradeNo", terms.out_trade_no);
  line.text("refundState", to_string(refund.state));
  line.number("refundFee", terms.refund_fee.count()).number("totalFee", terms.total.count());
  line.text_if_set("notifyUrl", terms.notify_url).text_if_set("reason", terms.reason);
  line.text("fundsAccount", to_string(terms.funds_account));
  line.text("signType", to_string(refund.scheme));
  line.text("refundId", refund.refund_id);
  line.text("createdAt", format_rfc3339(refund.created_at));
  if (refund.success_at) line.text("successAt", format_rfc3339(*refund.success_at));
  return std::move(line).str();
}

std::optional<GatewayRefund> parse_refund_line(std::string_view line) {
  const auto parsed = wire::parse_json_object(line);
  const auto* object = std::get_if<wire::JsonObject>(&parsed);
  if (object == nullptr) return std::nullopt;
  const auto state = parse_refund_state(text_at(*object, "refundState"));
  const auto fee = fee_at(*object, "refundFee");
  const auto total = fee_at(*object, "totalFee");
  const auto funds_account = parse_funds_account(text_at(*object, "fundsAccount"));
  const auto scheme = parse_pay_scheme(text_at(*object, "signType"));
  const auto created_at = time_at(*object, "createdAt");
  if (!state || !fee || !total || !funds_account || !scheme || !created_at) return std::nullopt;

  GatewayRefund refund;
  refund.terms = {.out_refund_no = text_at(*object, "outRefundNo"),
                  .out_trade_no = text_at(*object, "outTradeNo"),
                  .refund_fee = *fee,
                  .total = *total,
                  .notify_url = text_at(*object, "notifyUrl"),
                  .reason = text_at(*object, "reason"),
                  .funds_account = *funds_account};
  refund.scheme = *scheme;
  refund.state = *state;
  refund.refund_id = text_at(*object, "refundId");
  refund.created_at = *created_at;
  refund.success_at = time_at(*object, "successAt");
  const bool is_accepted_once = *state != RefundState::unknown && *state != RefundState::failed;
  const bool tells_when = (*state == RefundState::success) == refund.success_at.has_value();
  const bool is_named = OutRefundNo::try_parse(refund.out_refund_no()) && !refund.refund_id.empty();
  if (!is_accepted_once || !tells_when || !is_named) return std::nullopt;
  return refund;
}

}  // namespace wxpay::sandbox
