#include "sandbox/v2_field_rules.hpp"

#include <arpa/inet.h>

#include <array>
#include <string>
#include <variant>

#include "base/text.hpp"
#include "domain/field_rules.hpp"
#include "sandbox/auth_code.hpp"
#include "wire/json.hpp"
#include "wxpay/fen.hpp"
#include "wxpay/identifiers.hpp"
#include "wxpay/time.hpp"

namespace wxpay::sandbox {

namespace {

bool is_order_number(std::string_view value) { return OutTradeNo::try_parse(value).has_value(); }
bool is_refund_number(std::string_view value) { return OutRefundNo::try_parse(value).has_value(); }
bool is_amount(std::string_view value) { return parse_fen(value).has_value(); }
bool is_wire_time(std::string_view value) { return parse_wire_time(value).has_value(); }
bool is_cny(std::string_view value) { return value == "CNY"; }
bool is_yes_or_no(std::string_view value) { return value == "Y" || value == "N"; }
bool is_no_credit(std::string_view value) { return value == "no_credit"; }
bool is_refund_source(std::string_view value) {
  return value == "REFUND_SOURCE_UNSETTLED_FUNDS" || value == "REFUND_SOURCE_RECHARGE_FUNDS";
}
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

using Rule = V2FieldRule;

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

constexpr std::array refund_rules{
    Rule{"appid", true, 32},
    Rule{"mch_id", true, 32},
    Rule{"sub_appid", false, 32},
    Rule{"sub_mch_id", false, 32, is_digits},
    Rule{"nonce_str", true, 32},
    Rule{"sign", true, 64},
    Rule{"sign_type", false, 32},
    Rule{"transaction_id", false, 32},
    Rule{"out_trade_no", false, 32, is_order_number},
    Rule{"out_refund_no", true, 64, is_refund_number},
    Rule{"total_fee", true, 10, is_amount},
    Rule{"refund_fee", true, 10, is_amount},
    Rule{"refund_fee_type", false, 8, is_cny},
    Rule{"refund_desc", false, 80},
    Rule{"refund_account", false, 30, is_refund_source},
    Rule{"notify_url", false, 256, is_notify_url},
    Rule{"op_user_id", false, 32},
    Rule{"device_info", false, 32},
};

constexpr std::array refund_query_rules{
    Rule{"appid", true, 32},
    Rule{"mch_id", true, 32},
    Rule{"sub_appid", false, 32},
    Rule{"sub_mch_id", false, 32, is_digits},
    Rule{"nonce_str", true, 32},
    Rule{"sign", true, 64},
    Rule{"sign_type", false, 32},
    Rule{"transaction_id", false, 32},
    Rule{"out_trade_no", false, 32, is_order_number},
    Rule{"out_refund_no", false, 64, is_refund_number},
    Rule{"refund_id", false, 32, is_digits},
    Rule{"offset", false, 9, is_digits},
    Rule{"device_info", false, 32},
};

constexpr std::array code_payment_rules{
    Rule{"appid", true, 32},
    Rule{"mch_id", true, 32},
    Rule{"sub_appid", false, 32},
    Rule{"sub_mch_id", false, 32, is_digits},
    Rule{"device_info", false, 32},
    Rule{"nonce_str", true, 32},
    Rule{"sign", true, 64},
    Rule{"sign_type", false, 32},
    Rule{"body", true, 127},
    Rule{"detail", false, 6000},
    Rule{"attach", false, 127},
    Rule{"out_trade_no", true, 32, is_order_number},
    Rule{"total_fee", true, 10, is_amount},
    Rule{"fee_type", false, 16, is_cny},
    Rule{"spbill_create_ip", true, 64, is_address},
    Rule{"goods_tag", false, 32},
    Rule{"limit_pay", false, 32, is_no_credit},
    Rule{"time_start", false, 14, is_wire_time},
    Rule{"time_expire", false, 14, is_wire_time},
    Rule{"receipt", false, 8, is_yes_or_no},
    Rule{"auth_code", true, 128, is_auth_code},
    Rule{"profit_sharing", false, 16, is_yes_or_no},
    Rule{"scene_info", false, 256, is_json_object},
    Rule{"version", false, 32, is_version},
    Rule{"deposit", false, 8, is_yes_or_no},
};

constexpr std::array reverse_rules{
    Rule{"appid", true, 32},           Rule{"mch_id", true, 32},
    Rule{"sub_appid", false, 32},      Rule{"sub_mch_id", false, 32, is_digits},
    Rule{"transaction_id", false, 32}, Rule{"out_trade_no", false, 32, is_order_number},
    Rule{"nonce_str", true, 32},       Rule{"sign", true, 64},
    Rule{"sign_type", false, 32},
};

}  // namespace

std::span<const V2FieldRule> v2_field_rules(Operation operation) {
  switch (operation) {
    case Operation::create:
      return unified_order_rules;
    case Operation::query:
      return order_query_rules;
    case Operation::close:
      return close_order_rules;
    case Operation::refund:
      return refund_rules;
    case Operation::query_refund:
      return refund_query_rules;
    case Operation::code_payment:
      return code_payment_rules;
    case Operation::reverse:
      return reverse_rules;
    case Operation::notify:
      break;
  }
  return {};
}

}  // namespace wxpay::sandbox
