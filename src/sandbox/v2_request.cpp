#include "sandbox/v2_request.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>
#include <variant>

#include "base/text.hpp"
#include "domain/field_rules.hpp"
#include "wire/json.hpp"
#include "wxpay/error.hpp"
#include "wxpay/identifiers.hpp"
#include "wxpay/time.hpp"

namespace wxpay::sandbox {

namespace {

using Check = bool (*)(std::string_view value);

bool anything(std::string_view) { return true; }
bool is_order_number(std::string_view value) {
  try {
    OutTradeNo::parse(value);
    return true;
  } catch (const Error&) {
    return false;
  }
}
bool is_amount(std::string_view value) { return parse_fen(value).has_value(); }
bool is_wire_time(std::string_view value) { return parse_wire_time(value).has_value(); }
bool is_cny(std::string_view value) { return value == "CNY"; }
bool is_yes_or_no(std::string_view value) { return value == "Y" || value == "N"; }
bool is_no_credit(std::string_view value) { return value == "no_credit"; }
bool is_version(std::string_view value) { return value == "1.0"; }

bool is_payable_trade_type(std::string_view value) {
  const auto type = parse_trade_type(value);
  // H5 is this program's word for MWEB, not the wire's.
  return type && is_payable_later(*type) && value == to_string(*type);
}

bool is_address(std::string_view value) {
  const std::string text{value};
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return inet_pton(AF_INET, text.c_str(), address.data()) == 1 ||
         inet_pton(AF_INET6, text.c_str(), address.data()) == 1;
}

bool is_notify_url(std::string_view value) {
  const bool https = value.substr(0, 8) == "https://";
  const bool http = value.substr(0, 7) == "http://";
  if (!https && !http) return false;
  const auto rest = value.substr(https ? 8 : 7);
  const auto host = rest.substr(0, rest.find('/'));
  return !host.empty() && rest.find_first_of("?# ") == std::string_view::npos && !has_control_character(rest);
}

bool is_json_object(std::string_view value) {
  return std::holds_alternative<wire::JsonObject>(wire::parse_json_object(value));
}

struct Rule {
  std::string_view name;
  bool mandatory;
  std::size_t longest;  ///< bytes
  Check check = anything;
};

constexpr std::size_t no_limit = 65'536;

constexpr std::array unified_order_rules{
    Rule{"appid", true, 32},
    Rule{"mch_id", true, 32},
    Rule{"sub_appid", false, 32},
    Rule{"sub_mch_id", false, 32, is_digits},
    Rule{"device_info", false, 32},
    Rule{"nonce_str", true, 32},
    Rule{"sign", true, 64},
    Rule{"sign_type", false, 32},
    Rule{"body", true, 127},
    Rule{"detail", false, 6144},
    Rule{"attach", false, 127},
    Rule{"out_trade_no", true, 32, is_order_number},
    Rule{"fee_type", false, 16, is_cny},
    Rule{"total_fee", true, 10, is_amount},
    Rule{"spbill_create_ip", true, 64, is_address},
    Rule{"time_start", false, 14, is_wire_time},
    Rule{"time_expire", false, 14, is_wire_time},
    Rule{"goods_tag", false, 32},
    Rule{"notify_url", true, 256, is_notify_url},
    Rule{"trade_type", true, 16, is_payable_trade_type},
    Rule{"product_id", false, 32},
    Rule{"limit_pay", false, 32, is_no_credit},
    Rule{"openid", false, 128},
    Rule{"sub_openid", false, 128},
    Rule{"receipt", false, 8, is_yes_or_no},
    Rule{"profit_sharing", false, 16, is_yes_or_no},
    Rule{"scene_info", false, 256, is_json_object},
    Rule{"version", false, 32, is_version},
    Rule{"user_type", false, 32},
    Rule{"user_creid", false, 32},
    Rule{"user_truename", false, 64},
    Rule{"fingerprint", false, no_limit},
};

constexpr std::array order_query_rules{
    Rule{"appid", true, 32},           Rule{"mch_id", true, 32},
    Rule{"sub_appid", false, 32},      Rule{"sub_mch_id", false, 32, is_digits},
    Rule{"transaction_id", false, 32}, Rule{"out_trade_no", false, 32, is_order_number},
    Rule{"nonce_str", true, 32},       Rule{"sign", true, 64},
    Rule{"sign_type", false, 32},      Rule{"version", false, 32, is_version},
};

constexpr std::array close_order_rules{
    Rule{"appid", true, 32},
    Rule{"mch_id", true, 32},
    Rule{"sub_appid", false, 32},
    Rule{"sub_mch_id", false, 32, is_digits},
    Rule{"out_trade_no", true, 32, is_order_number},
    Rule{"nonce_str", true, 32},
    Rule{"sign", true, 64},
    Rule{"sign_type", false, 32},
};

struct Path {
  std::string_view text;
  Operation operation;
};

constexpr std::array paths{
    Path{"/pay/unifiedorder", Operation::create},
    Path{"/pay/orderquery", Operation::query},
    Path{"/pay/closeorder", Operation::close},
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

std::span<const Rule> rules_of(Operation operation) {
  switch (operation) {
    case Operation::create:
      return unified_order_rules;
    case Operation::query:
      return order_query_rules;
    case Operation::close:
      return close_order_rules;
    case Operation::notify:
      break;
  }
  return {};
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
  const auto rules = rules_of(operation);
  for (const auto& field : request) {
    const auto is_named = [&](const Rule& rule) { return rule.name == field.first; };
    if (std::none_of(rules.begin(), rules.end(), is_named)) return field.first;
  }
  return std::nullopt;
}

std::optional<V2Refusal> check_form(Operation operation, const Fields& request) {
  for (const auto& rule : rules_of(operation)) {
    if (rule.mandatory && !given(request, rule.name)) return lacks(rule.name);
  }
  for (const auto& rule : rules_of(operation)) {
    const std::string value = request.get(rule.name);
    if (value.empty()) continue;
    if (value.size() > rule.longest) return too_long(rule.name);
    if (!rule.check(value)) return malformed(rule.name);
  }
  if (operation == Operation::create) return check_together(request);
  if (operation == Operation::query) {
    const std::string transaction = request.get("transaction_id");
    if (transaction.empty() && !given(request, "out_trade_no")) return lacks("out_trade_no");
    if (!transaction.empty() && !is_digits(transaction)) {
      return V2Refusal{"INVALID_TRANSACTIONID", "无效transaction_id"};
    }
  }
  return std::nullopt;
}

}  // namespace wxpay::sandbox
