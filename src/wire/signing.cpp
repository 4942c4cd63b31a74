#include "wxpay/signing.hpp"

#include <algorithm>
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
