#include "gateway/v2/requests.hpp"

#include "wxpay/time.hpp"

namespace wxpay::v2 {

namespace {

/// Of a unifiedorder, unless it says everything that one can say.
constexpr std::size_t usual_fields = 16;

Fields common_fields(const MerchantIdentity& merchant, SignType sign_type, const std::string& nonce) {
  Fields fields;
  fields.reserve(usual_fields);
  fields.add("appid", merchant.app_id.text());
  fields.add("mch_id", merchant.mch_id.text());
  fields.add_if_set("sub_appid", merchant.sub_app_id.text());
  fields.add_if_set("sub_mch_id", merchant.sub_mch_id.text());
  fields.add("nonce_str", nonce);
  fields.add("sign_type", std::string{to_string(sign_type)});
  return fields;
}

Fields with_sign(Fields fields, const V2Account& account) {
  fields.add("sign", sign_fields(fields, account.sign_type, account.key));
  return fields;
}

}  // namespace

Fields unifiedorder_request(const OrderIntent& intent, const V2Account& account, const std::string& nonce) {
  auto fields = common_fields(intent.merchant, account.sign_type, nonce);
  fields.add_if_set("device_info", intent.device_info);
  fields.add("body", intent.body);
  fields.add_if_set("detail", intent.detail);
  fields.add_if_set("attach", intent.attach);
  fields.add("out_trade_no", intent.out_trade_no.text());
  fields.add("total_fee", std::to_string(intent.total_fee.count()));
  fields.add("spbill_create_ip", intent.client_ip);
  if (intent.time_expire) fields.add("time_expire", format_wire_time(*intent.time_expire));
  fields.add_if_set("goods_tag", intent.goods_tag);
  fields.add("notify_url", intent.notify_url);
  fields.add("trade_type", std::string{to_string(intent.trade_type)});
  fields.add_if_set("product_id", intent.product_id);
  fields.add_if_set("limit_pay", intent.limit_pay);
  fields.add_if_set("openid", intent.openid);
  fields.add_if_set("sub_openid", intent.sub_openid);
  if (intent.profit_sharing) fields.add("profit_sharing", "Y");
  fields.add_if_set("scene_info", intent.scene_info);
  return with_sign(std::move(fields), account);
}

Fields orderquery_request(const OutTradeNo& out_trade_no, const V2Account& account,
                          const std::string& nonce) {
  auto fields = common_fields(account.merchant, account.sign_type, nonce);
  fields.add("out_trade_no", out_trade_no.text());
  return with_sign(std::move(fields), account);
}

Fields orderquery_request(const TransactionId& transaction_id, const V2Account& account,
                          const std::string& nonce) {
  auto fields = common_fields(account.merchant, account.sign_type, nonce);
  fields.add("transaction_id", transaction_id.text());
  return with_sign(std::move(fields), account);
}

Fields raw_request(const Fields& given, const V2Account& account, const std::string& nonce) {
  Fields fields;
  for (const auto& [name, value] : common_fields(account.merchant, account.sign_type, nonce)) {
    if (!given.has(name)) fields.add(name, value);
  }
  for (const auto& [name, value] : given) {
    if (name != "sign") fields.add_if_set(name, value);
  }
  return with_sign(std::move(fields), account);
}

Fields closeorder_request(const OutTradeNo& out_trade_no, const V2Account& account,
                          const std::string& nonce) {
  return orderquery_request(out_trade_no, account, nonce);  // closeorder takes the same fields
}

Fields refund_request(const RefundIntent& intent, const V2Account& account, const std::string& nonce) {
  auto fields = common_fields(account.merchant, account.sign_type, nonce);
  fields.add("out_trade_no", intent.out_trade_no.text());
  fields.add("out_refund_no", intent.out_refund_no.text());
  fields.add("total_fee", std::to_string(intent.total_fee.count()));
  fields.add("refund_fee", std::to_string(intent.refund_fee.count()));
  fields.add_if_set("refund_desc", intent.reason);
  // What is unsettled is the default, and the field is not for every merchant.
  if (intent.funds_account == FundsAccount::available)
    fields.add("refund_account", "REFUND_SOURCE_RECHARGE_FUNDS");
  fields.add_if_set("notify_url", intent.notify_url);
  return with_sign(std::move(fields), account);
}

Fields refundquery_request(const OutRefundNo& out_refund_no, const V2Account& account,
                           const std::string& nonce) {
  auto fields = common_fields(account.merchant, account.sign_type, nonce);
  fields.add("out_refund_no", out_refund_no.text());
  return with_sign(std::move(fields), account);
}

Fields micropay_request(const CodePayment& payment, const V2Account& account, const std::string& nonce) {
  const auto& intent = payment.intent;
  auto fields = common_fields(intent.merchant, account.sign_type, nonce);
  fields.add_if_set("device_info", intent.device_info);
  fields.add("body", intent.body);
  fields.add_if_set("detail", intent.detail);
  fields.add_if_set("attach", intent.attach);
  fields.add("out_trade_no", intent.out_trade_no.text());
  fields.add("total_fee", std::to_string(intent.total_fee.count()));
  fields.add("spbill_create_ip", intent.client_ip);
  fields.add_if_set("goods_tag", intent.goods_tag);
  fields.add_if_set("limit_pay", intent.limit_pay);
  if (intent.time_expire) fields.add("time_expire", format_wire_time(*intent.time_expire));
  fields.add("auth_code", std::string{payment.auth_code.reveal()});
  if (intent.profit_sharing) fields.add("profit_sharing", "Y");
  fields.add_if_set("scene_info", intent.scene_info);
  return with_sign(std::move(fields), account);
}

Fields reverse_request(const OutTradeNo& out_trade_no, const V2Account& account, const std::string& nonce) {
  return orderquery_request(out_trade_no, account, nonce);  // likewise
}

}  // namespace wxpay::v2

namespace wxpay {

std::optional<IntentFault> v2_intent_fault(const OrderIntent& intent) {
  if (intent.trade_type == TradeType::native && intent.product_id.empty())
    return IntentFault{"NATIVE needs a product_id", "give --product-id"};
  return std::nullopt;
}

}  // namespace wxpay
