#include "sandbox/request_rules.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <span>
#include <variant>

#include "base/text.hpp"
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
  // H5 is this program's word for MWEB, not the wire's.
  return value == "JSAPI" || value == "NATIVE" || value == "APP" || value == "MWEB";
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

std::span<const Rule> rules_of(Api api) {
  switch (api) {
    case Api::unified_order:
      return unified_order_rules;
    case Api::order_query:
      return order_query_rules;
    case Api::close_order:
      return close_order_rules;
  }
  return {};
}

Refusal lacks(std::string_view name) { return {"LACK_PARAMS", "缺少参数" + std::string{name}}; }
Refusal malformed(std::string_view name) { return {"PARAM_ERROR", std::string{name} + "参数格式错误"}; }
Refusal too_long(std::string_view name) { return {"PARAM_ERROR", std::string{name} + "参数长度有误"}; }

/// An element that is there but empty is as good as none.
bool given(const Fields& request, std::string_view name) { return !request.get(name).empty(); }

/// What one field's need depends on another.
std::optional<Refusal> check_together(const Fields& request) {
  const std::string type = request.get("trade_type");
  if (given(request, "sub_openid") && !given(request, "sub_appid")) return lacks("sub_appid");
  if (type == "JSAPI" && !given(request, "openid") && !given(request, "sub_openid")) return lacks("openid");
  if (type == "NATIVE" && !given(request, "product_id")) return lacks("product_id");
  if (type == "MWEB" && !given(request, "scene_info")) return lacks("scene_info");
  return std::nullopt;
}

}  // namespace

std::optional<Api> parse_api(std::string_view path) {
  if (path == "/pay/unifiedorder") return Api::unified_order;
  if (path == "/pay/orderquery") return Api::order_query;
  if (path == "/pay/closeorder") return Api::close_order;
  return std::nullopt;
}

std::optional<std::string> unknown_element(Api api, const Fields& request) {
  const auto rules = rules_of(api);
  for (const auto& field : request) {
    const auto is_named = [&](const Rule& rule) { return rule.name == field.first; };
    if (std::none_of(rules.begin(), rules.end(), is_named)) return field.first;
  }
  return std::nullopt;
}

std::optional<Refusal> check_form(Api api, const Fields& request) {
  for (const auto& rule : rules_of(api)) {
    if (rule.mandatory && !given(request, rule.name)) return lacks(rule.name);
  }
  for (const auto& rule : rules_of(api)) {
    const std::string value = request.get(rule.name);
    if (value.empty()) continue;
    if (value.size() > rule.longest) return too_long(rule.name);
    if (!rule.check(value)) return malformed(rule.name);
  }
  if (api == Api::unified_order) return check_together(request);
  if (api == Api::order_query) {
    const std::string transaction = request.get("transaction_id");
    if (transaction.empty() && !given(request, "out_trade_no")) return lacks("out_trade_no");
    if (!transaction.empty() && !is_digits(transaction)) {
      return Refusal{"INVALID_TRANSACTIONID", "无效transaction_id"};
    }
  }
  return std::nullopt;
}

}  // namespace wxpay::sandbox
