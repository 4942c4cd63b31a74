#include "wxpay/signing.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.hpp"
#include "crypto/digest.hpp"

namespace wxpay {

std::string canonical_string(const Fields& fields) {
  std::vector<const Fields::Field*> sorted;
  sorted.reserve(fields.size());
  std::size_t length = 0;
  for (const auto& field : fields) {
    if (field.first == "sign" || field.second.empty()) continue;
    sorted.push_back(&field);
    length += field.first.size() + field.second.size() + 2;
  }
  std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->first < b->first; });
  std::string joined;
  joined.reserve(length);
  for (const auto* field : sorted) {
    if (!joined.empty()) joined += '&';
    joined += field->first;
    joined += '=';
    joined += field->second;
  }
  return joined;
}

std::string sign_fields(const Fields& fields, SignType type, const Secret& key) {
  const auto text = canonical_string(fields);
  const std::string_view before_key = text.empty() ? "key=" : "&key=";
  // In pieces, so that the key is not copied.
  switch (type) {
    case SignType::md5:
      return to_upper_hex(crypto::md5({text, before_key, key.reveal()}));
    case SignType::hmac_sha256:
      return to_upper_hex(crypto::hmac_sha256(key.reveal(), {text, before_key, key.reveal()}));
  }
  return {};
}

bool verify_fields(const Fields& fields, SignType type, const Secret& key) {
  const auto sign = fields.find("sign");
  if (!sign || sign->empty()) return false;
  return crypto::equal_in_constant_time(*sign, sign_fields(fields, type, key));
}

namespace {

/// The fields of API v2's messages, sorted; numbered ones (coupon_id_0) without their number. Those of pay
/// parameters are not among them: an H5 link holds &package=.
constexpr std::array message_fields = std::to_array<std::string_view>({
    "account_type",
    "appid",
    "attach",
    "auth_code",
    "bank_type",
    "batch_trans_fee",
    "bill_date",
    "bill_type",
    "body",
    "cash_fee",
    "cash_fee_type",
    "cash_refund_fee",
    "code_url",
    "contract_code",
    "contract_id",
    "coupon_count",
    "coupon_fee",
    "coupon_id",
    "coupon_refund_count",
    "coupon_refund_fee",
    "coupon_refund_id",
    "coupon_type",
    "detail",
    "device_info",
    "err_code",
    "err_code_des",
    "fee_type",
    "goods_tag",
    "is_subscribe",
    "key",
    "limit_pay",
    "mch_appid",
    "mch_id",
    "mchid",
    "mweb_url",
    "nonce_str",
    "notify_url",
    "op_user_id",
    "openid",
    "out_refund_no",
    "out_trade_no",
    "prepay_id",
    "product_id",
    "profit_sharing",
    "promotion_detail",
    "recall",
    "refund_account",
    "refund_channel",
    "refund_count",
    "refund_desc",
    "refund_fee",
    "refund_fee_type",
    "refund_id",
    "refund_recv_accout",
    "refund_request_source",
    "refund_status",
    "refund_success_time",
    "req_info",
    "result_code",
    "return_code",
    "return_msg",
    "scene_info",
    "settlement_refund_fee",
    "settlement_total_fee",
    "sign",
    "sign_type",
    "spbill_create_ip",
    "sub_appid",
    "sub_is_subscribe",
    "sub_mch_id",
    "sub_openid",
    "success_time",
    "tar_type",
    "time_end",
    "time_expire",
    "time_start",
    "total_fee",
    "total_refund_count",
    "trade_state",
    "trade_state_desc",
    "trade_type",
    "transaction_id",
});
static_assert(std::is_sorted(message_fields.begin(), message_fields.end()));

bool is_message_field(std::string_view name) {
  // coupon_refund_id_0_1 is the second coupon of the first refund.
  for (auto end = name.find_last_not_of("0123456789");
       end != std::string_view::npos && end + 1 < name.size() && name[end] == '_';
       end = name.find_last_not_of("0123456789")) {
    name = name.substr(0, end);
  }
  return std::binary_search(message_fields.begin(), message_fields.end(), name);
}

}  // namespace

std::string_view field_within(std::string_view value) {
  for (auto at = value.find('&'); at != std::string_view::npos; at = value.find('&')) {
    value.remove_prefix(at + 1);
    const auto name = value.substr(0, value.find_first_of("&="));
    if (name.size() < value.size() && value[name.size()] == '=' && is_message_field(name)) return name;
  }
  return {};
}

std::string ambiguity(const Fields& fields) {
  for (const auto& [name, value] : fields) {
    const auto within = field_within(value);
    if (!within.empty()) return name + " holds &" + std::string{within} + "=";
  }
  return {};
}

Fields jsapi_pay_parameters(const AppId& app_id, const PrepayId& prepay_id, std::string_view timestamp,
                            std::string_view nonce, SignType type, const Secret& key) {
  Fields fields;
  fields.reserve(6);
  fields.add("appId", app_id.text());
  fields.add("timeStamp", std::string{timestamp});
  fields.add("nonceStr", std::string{nonce});
  fields.add("package", "prepay_id=" + prepay_id.text());
  fields.add("signType", std::string{to_string(type)});
  fields.add("paySign", sign_fields(fields, type, key));
  return fields;
}

Fields app_pay_parameters(const AppId& app_id, const MerchantId& partner_id, const PrepayId& prepay_id,
                          std::string_view timestamp, std::string_view nonce, SignType type,
                          const Secret& key) {
  Fields fields{{"appid", app_id.text()},         {"partnerid", partner_id.text()},
                {"prepayid", prepay_id.text()},   {"package", "Sign=WXPay"},
                {"noncestr", std::string{nonce}}, {"timestamp", std::string{timestamp}}};
  fields.add("sign", sign_fields(fields, type, key));
  return fields;
}

}  // namespace wxpay
