#include "support/v3_signing.hpp"

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "crypto/aead.hpp"
#include "crypto/base64.hpp"
#include "crypto/private_key.hpp"
#include "crypto/public_key.hpp"

namespace wxpay::test {

std::string v3_key_file(const std::string& name) {
  std::ifstream file{WXPAY_TEST_DATA "/keys-v3/" + name};
  std::string text{std::istreambuf_iterator<char>{file}, {}};
  if (text.empty()) throw std::runtime_error{"no test key " + name};
  return text;
}

HeaderLines v3_signature(std::string_view body, std::chrono::seconds ago, const std::string& key) {
  const auto at = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) - ago;
  const auto timestamp = std::to_string(at.time_since_epoch().count());
  const std::string nonce{"c0ffee6fede21b4c539cf16541344b39"};
  auto text = timestamp + "\n" + nonce + "\n";
  text.append(body).append("\n");
  const auto pair = crypto::PrivateKey::from_pem(v3_key_file(key), nullptr, {key});
  return {{"Wechatpay-Timestamp", timestamp},
          {"Wechatpay-Nonce", nonce},
          {"Wechatpay-Signature", crypto::to_base64(pair.sign(text))},
          {"Wechatpay-Serial", v3_public_key_id},
          {"Wechatpay-Signature-Type", "WECHATPAY2-SHA256-RSA2048"}};
}

std::string v3_envelope(const std::string& event_type, const std::string& resource,
                        const std::string& apiv3_key) {
  const crypto::Aead aead{Secret{apiv3_key}, {"test key"}};
  const std::string kind = event_type.starts_with("REFUND") ? "refund" : "transaction";
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
  return envelope.dump();
}

std::string v3_dump(const HeaderLines& headers, const std::string& body, const std::string& line_end) {
  std::string dump;
  for (const auto& [name, value] : headers) dump += name + ": " + value + line_end;
  return dump + line_end + body;
}

bool v3_holds(const std::string& private_key_pem, std::string_view text, std::string_view signature) {
  const auto bytes = crypto::from_base64(signature);
  const auto key = crypto::PrivateKey::from_pem(private_key_pem, nullptr, {"the key"}).public_key();
  return bytes && key.verify(text, *bytes);
}

}  // namespace wxpay::test
