#include "sandbox/v2_request.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"
#include "sandbox/v2_field_rules.hpp"
#include "wxpay/time.hpp"

namespace wxpay::sandbox {

namespace {

struct Path {
  std::string_view text;
  Operation operation;
};

constexpr std::array paths{
    Path{"/pay/unifiedorder", Operation::create},      Path{"/pay/orderquery", Operation::query},
    Path{"/pay/closeorder", Operation::close},         Path{"/secapi/pay/refund", Operation::refund},
    Path{"/pay/refundquery", Operation::query_refund}, Path{"/pay/micropay", Operation::code_payment},
    Path{"/secapi/pay/reverse", Operation::reverse},
};

struct TermField {
  std::string_view name;
  std::string OrderTerms::*term;
};

constexpr std::array term_fields{
    TermField{"out_trade_no", &OrderTerms::out_trade_no},
    TermField{"notify_url", &OrderTerms::notify_url},
    TermField{"openid", &OrderTerms::openid},
    TermField{"sub_openid", &OrderTerms::sub_openid},
    TermField{"sub_appid", &OrderTerms::sub_app_id},
    TermField{"sub_mch_id", &OrderTerms::sub_mch_id},
    TermField{"attach", &OrderTerms::attach},
    TermField{"device_info", &OrderTerms::device_info},
};

/// What belongs to one call, not to the order.
bool belongs_to_call(std::string_view name) {
  return name == "nonce_str" || name == "sign" || name == "sign_type" || name == "time_start";
}

bool has_term_of_its_own(std::string_view name) {
  return name == "total_fee" || name == "trade_type" || name == "time_expire" ||
         std::any_of(term_fields.begin(), term_fields.end(),
                     [name](const TermField& field) { return field.name == name; });
}

V2Refusal lacks(std::string_view name) { return {"LACK_PARAMS", "缺少参数" + std::string{name}}; }
V2Refusal malformed(std::string_view name) { return {"PARAM_ERROR", std::string{name} + "参数格式错误"}; }
V2Refusal too_long(std::string_view name) { return {"PARAM_ERROR", std::string{name} + "参数长度有误"}; }

/// An element that is there but empty is as good as none.
bool given(const Fields& request, std::string_view name) { return !request.get(name).empty(); }

/// What one field's need depends on another.
std::optional<V2Refusal> check_together(const Fields& request) {
  const std::string type = request.get("trade_type");
  if (given(request, "sub_openid") && !given(request, "sub_appid")) return lacks("sub_appid");
  if (type == "JSAPI" && !given(request, "openid") && !given(request, "sub_openid")) return lacks("openid");
  if (type == "NATIVE" && !given(request, "product_id")) return lacks("product_id");
  if (type == "MWEB" && !given(request, "scene_info")) return lacks("scene_info");
  return std::nullopt;
}

/// One of the numbers must say what the request is about.
std::optional<V2Refusal> check_numbers(Operation operation, const Fields& request) {
  const std::string transaction = request.get("transaction_id");
  const bool names_refund = operation == Operation::query_refund &&
                            (given(request, "out_refund_no") || given(request, "refund_id"));
  if (transaction.empty() && !given(request, "out_trade_no") && !names_refund) return lacks("out_trade_no");
  if (!transaction.empty() && !is_digits(transaction))
    return V2Refusal{"INVALID_TRANSACTIONID", "无效transaction_id"};
  return std::nullopt;
}

}  // namespace

std::optional<Operation> v2_operation(std::string_view path) {
  for (const auto& known : paths) {
    if (known.text == path) return known.operation;
  }
  return std::nullopt;
}

std::vector<Operation> v2_operations_at(std::string_view part_of_path) {
  std::vector<Operation> found;
  for (const auto& path : paths) {
    if (path.text.find(part_of_path) != std::string_view::npos) found.push_back(path.operation);
  }
  return found;
}

V2Refusal v2_refusal(Refused why) {
  switch (why) {
    case Refused::unknown_order:
      return {"ORDERNOTEXIST", "订单不存在"};
    case Refused::paid:
      return {"ORDERPAID", "该订单已支付"};
    case Refused::closed:
      return {"ORDERCLOSED", "该订单已关闭"};
    case Refused::number_used:
      return {"OUT_TRADE_NO_USED", "商户订单号已被其他交易使用"};
    case Refused::other_terms:
      return {"INVALID_REQUEST", "201 商户订单号重复"};
    case Refused::expires_too_soon:
      return {"PARAM_ERROR", "time_expire时间过短,至少1分钟"};
    case Refused::order_expired:
    case Refused::prepay_expired:
      break;  // of a payment, which is none of this API's calls
  }
  return {"SYSTEMERROR", "系统错误"};
}

V2Refusal v2_refusal(RefundRefused why) {
  switch (why) {
    case RefundRefused::unknown_order:
      return {"ORDERNOTEXIST", "订单不存在"};
    case RefundRefused::other_terms:
      return {"REFUND_FEE_MISMATCH", "订单金额或退款金额与之前请求不一致,请核实后再试"};
    case RefundRefused::wrong_total:
      return {"REFUND_FEE_MISMATCH", "订单总金额与支付金额不一致"};
    case RefundRefused::exceeds:
      return {"ERROR", "累计退款金额大于支付金额"};
    case RefundRefused::too_many:
      return {"INVALID_REQUEST", "部分退款次数超过50次"};
    case RefundRefused::too_old:
      return {"TRADE_OVERDUE", "订单已经超过可退款的最大期限"};
    case RefundRefused::too_soon:
      return {"FREQUENCY_LIMITED", "该笔单退款过于频繁,请间隔1分钟后再重试"};
  }
  return {"SYSTEMERROR", "系统错误"};
}

V2Refusal v2_refusal(CodeRefused why) {
  switch (why) {
    case CodeRefused::userpaying:
      return {"USERPAYING", "需要用户输入支付密码"};
    case CodeRefused::system_error:
      return {"SYSTEMERROR", "系统错误"};
    case CodeRefused::bank_error:
      return {"BANKERROR", "银行系统异常"};
    case CodeRefused::not_enough:
      return {"NOTENOUGH", "余额不足"};
    case CodeRefused::trade_error:
      return {"TRADE_ERROR", "交易错误"};
    case CodeRefused::paid:
      return {"ORDERPAID", "该订单已支付"};
    case CodeRefused::closed:
      return {"ORDERCLOSED", "该订单已关闭"};
    case CodeRefused::reversed:
      return {"ORDERREVERSED", "该订单已撤销"};
    case CodeRefused::number_used:
      return {"OUT_TRADE_NO_USED", "商户订单号重复"};
    case CodeRefused::code_expired:
      return {"AUTHCODEEXPIRE", "二维码已过期,请用户在微信上刷新后再试"};
    case CodeRefused::code_invalid:
      return {"AUTH_CODE_INVALID", "授权码无效"};
    case CodeRefused::expires_too_soon:
      return {"PARAM_ERROR", "time_expire时间过短,至少1分钟"};
  }
  return {"SYSTEMERROR", "系统错误"};
}

V2Refusal v2_refusal(ReverseRefused why) {
  switch (why) {
    case ReverseRefused::unknown_order:
      return {"ORDERNOTEXIST", "订单不存在"};
    case ReverseRefused::not_by_code:
      return {"INVALID_REQUEST", "该订单不是付款码支付订单,不支持撤销"};
    case ReverseRefused::refunded:
      return {"TRADE_ERROR", "订单已退款,不能撤销"};
    case ReverseRefused::too_soon:
      return {"USERPAYING", "支付后15秒内不能撤销,请稍后再试"};
    case ReverseRefused::too_old:
      return {"REVERSE_EXPIRE", "订单超过7天,不能撤销,请使用退款"};
  }
  return {"SYSTEMERROR", "系统错误"};
}

std::optional<OrderTerms> v2_code_terms(const Fields& request) {
  Fields fields;
  for (const auto& [name, value] : request) {
    if (name != "auth_code") fields.add(name, value);
  }
  fields.add("trade_type", "MICROPAY");
  return v2_terms(fields);
}

std::optional<OrderTerms> v2_terms(const Fields& request) {
  const auto total = parse_fen(request.get("total_fee"));
  const auto trade_type = parse_trade_type(request.get("trade_type"));
  const std::string expiry = request.get("time_expire");
  OrderTerms terms;
  terms.time_expire = parse_wire_time(expiry);
  if (!total || !trade_type || (!expiry.empty() && !terms.time_expire)) return std::nullopt;
  terms.total = *total;
  terms.trade_type = *trade_type;
  for (const auto& field : term_fields) terms.*field.term = request.get(field.name);
  if (terms.out_trade_no.empty()) return std::nullopt;
  for (const auto& field : request) {
    const bool other = !belongs_to_call(field.first) && !has_term_of_its_own(field.first);
    if (other && !field.second.empty()) terms.others.push_back(field);
  }
  std::sort(terms.others.begin(), terms.others.end());
  return terms;
}

std::optional<std::string> unknown_element(Operation operation, const Fields& request) {
  const auto rules = v2_field_rules(operation);
  for (const auto& field : request) {
    const auto is_named = [&](const V2FieldRule& rule) { return rule.name == field.first; };
    if (std::none_of(rules.begin(), rules.end(), is_named)) return field.first;
  }
  return std::nullopt;
}

std::optional<V2Refusal> check_form(Operation operation, const Fields& request) {
  for (const auto& rule : v2_field_rules(operation)) {
    if (rule.mandatory && !given(request, rule.name)) return lacks(rule.name);
  }
  for (const auto& rule : v2_field_rules(operation)) {
    const std::string value = request.get(rule.name);
    if (value.empty()) continue;
    if (value.size() > rule.longest) return too_long(rule.name);
    if (rule.check != nullptr && !rule.check(value)) return malformed(rule.name);
  }
  if (operation == Operation::create) return check_together(request);
  const bool names_order = operation == Operation::close || operation == Operation::code_payment;
  return names_order ? std::nullopt : check_numbers(operation, request);
}

}  // namespace wxpay::sandbox
