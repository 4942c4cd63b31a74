#include "support/v3_wire.hpp"

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "crypto/aead.hpp"
#include "crypto/base64.hpp"
#include "crypto/certificate.hpp"
#include "support/signed_answer.hpp"

namespace wxpay::test {

std::string key_file(std::string_view name) {
  std::ifstream file{std::string{WXPAY_TEST_DATA "/keys-v3/"}.append(name)};
  std::string text{std::istreambuf_iterator<char>{file}, {}};
  if (text.empty()) throw std::runtime_error{"no test key " + std::string{name}};
  return text;
}

crypto::PrivateKey private_key(std::string_view file) {
  return crypto::PrivateKey::from_pem(key_file(file), nullptr, {std::string{file}});
}

FixedKeys::FixedKeys() {
  const auto add_certificate = [this](const char* file) {
    const auto certificate = crypto::Certificate::from_pem(key_file(file), {file});
    keys_.emplace_back(certificate.serial(), certificate.public_key());
  };
  add_certificate("platform_cert.pem");
  add_certificate("platform2_cert.pem");
  keys_.emplace_back(public_key_id,
                     crypto::PublicKey::from_pem(key_file("wxpay_pubkey_mode_pub.pem"), {"public key"}));
}

std::optional<crypto::PublicKey> FixedKeys::find(std::string_view serial) {
  looked_for.emplace_back(serial);
  for (const auto& [known, key] : keys_) {
    if (known == serial) return key;
  }
  return std::nullopt;
}

std::vector<HttpHeader> signature_headers(std::string_view body, std::chrono::sys_seconds at,
                                          const SignedBy& by) {
  const auto timestamp = std::to_string(at.time_since_epoch().count());
  const std::string nonce{"c0ffee6fede21b4c539cf16541344b39"};
  auto message = timestamp + "\n" + nonce + "\n";
  message.append(body).append("\n");
  return {{"Wechatpay-Timestamp", timestamp},
          {"Wechatpay-Nonce", nonce},
          {"Wechatpay-Signature", crypto::to_base64(private_key(by.key).sign(message))},
          {"Wechatpay-Serial", by.serial},
          {"Wechatpay-Signature-Type", "WECHATPAY2-SHA256-RSA2048"}};
}

HttpResponse v3_answer(int status, const std::string& body, std::chrono::sys_seconds at, const SignedBy& by) {
  HttpResponse response{.status = status, .body = body, .date = at};
  for (const auto& header : signature_headers(body, at, by))
    response.header_lines += header.name + ": " + header.value + "\r\n";
  return response;
}

NotificationMessage v3_notification(const std::string& event_type, const std::string& resource,
                                    std::chrono::sys_seconds at, const SignedBy& by) {
  const crypto::Aead aead{Secret{apiv3_key}, {"test key"}};
  const bool refund = event_type.starts_with("REFUND");
  const std::string kind = refund ? "refund" : "transaction";
  const std::string nonce = "Kj7QIyUiYx1q";
  const nlohmann::ordered_json envelope{{"id", "EV-202611231800000000029"},
                                        {"create_time", "2026-11-23T18:01:03+08:00"},
                                        {"resource_type", "encrypt-resource"},
                                        {"event_type", event_type},
                                        {"summary", "支付成功"},
                                        {"resource",
                                         {{"original_type", kind},
                                          {"algorithm", "AEAD_AES_256_GCM"},
                                          {"ciphertext", crypto::to_base64(aead.seal(nonce, kind, resource))},
                                          {"associated_data", kind},
                                          {"nonce", nonce}}}};
  auto body = envelope.dump();
  auto headers = signature_headers(body, at, by);
  return {.headers = std::move(headers), .body = std::move(body)};
}

std::string v3_payment(const V3Payment& payment) {
  nlohmann::ordered_json message{{"appid", shop_merchant().app_id.text()},
                                 {"mchid", payment.merchant},
                                 {"out_trade_no", payment.number},
                                 {"trade_state", payment.state},
                                 {"trade_state_desc", "支付成功"}};
  if (payment.state == "SUCCESS") {
    message["transaction_id"] = "4200000001202611230000000001";
    message["trade_type"] = "JSAPI";
    message["bank_type"] = "OTHERS";
    message["success_time"] = "2026-11-23T10:00:00+08:00";
    message["payer"] = {{"openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"}};
    message["amount"] = {{"total", payment.total},
                         {"payer_total", payment.total},
                         {"currency", "CNY"},
                         {"payer_currency", "CNY"}};
  }
  return message.dump();
}

V3Account v3_account() {
  V3Account account;
  account.merchant = shop_merchant();
  account.private_key = NamedSecret{Secret{key_file("merchant_key.pem")}, "private_key_file"};
  account.serial_no = merchant_serial;
  account.apiv3_key = NamedSecret{Secret{apiv3_key}, "apiv3_key_file"};
  account.public_key_id = public_key_id;
  account.public_key = NamedText{key_file("wxpay_pubkey_mode_pub.pem"), "public_key_file"};
  account.base_urls = {"https://api.mch.weixin.qq.com"};
  return account;
}

std::shared_ptr<const v3::RequestSigner> merchant_signer() {
  return std::make_shared<const v3::RequestSigner>(MerchantId{"1900000109"}, merchant_serial,
                                                   private_key("merchant_key.pem"));
}

}  // namespace wxpay::test
