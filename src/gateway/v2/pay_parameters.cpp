#include "gateway/v2/pay_parameters.hpp"

#include "wxpay/pay_signer.hpp"
#include "wxpay/signing.hpp"

namespace wxpay::v2 {

Fields pay_parameters(TradeType trade_type, const MerchantIdentity& merchant, const PrepayId& prepay_id,
                      SignType sign_type, const std::string& timestamp, const std::string& nonce,
                      const Secret& key) {
  const auto& app_id = merchant.sub_app_id.empty() ? merchant.app_id : merchant.sub_app_id;
  const auto& partner_id = merchant.sub_mch_id.empty() ? merchant.mch_id : merchant.sub_mch_id;
  switch (trade_type) {
    case TradeType::jsapi:
      return jsapi_pay_parameters(app_id, prepay_id, timestamp, nonce, sign_type, key);
    case TradeType::app:
      return app_pay_parameters(app_id, partner_id, prepay_id, timestamp, nonce, sign_type, key);
    case TradeType::native:
    case TradeType::mweb:
    case TradeType::micropay:
      break;
  }
  return {};
}

Fields without_signature(const Fields& parameters) {
  Fields fields;
  for (const auto& [name, value] : parameters) {
    if (!is_pay_signature(name)) fields.add(name, value);
  }
  return fields;
}

}  // namespace wxpay::v2
