#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "crypto/aead.hpp"
#include "crypto/base64.hpp"
#include "support/v3_wire.hpp"
#include "wxpay/time.hpp"

namespace wxpay::test {

/// One of the platform certificates that WeChat Pay lists.
struct ListedCertificate {
  const char* file;
  const char* serial_no;
  std::chrono::seconds left = std::chrono::hours{24 * 365};
};
inline constexpr ListedCertificate platform_certificate{"platform_cert.pem", platform_serial};
inline constexpr ListedCertificate second_certificate{"platform2_cert.pem", second_platform_serial};

/// The body of an answer of /v3/certificates.
inline std::string certificates_body(const std::vector<ListedCertificate>& listed,
                                     std::chrono::sys_seconds now, const std::string& key = apiv3_key) {
  const crypto::Aead aead{Secret{key}, {"test key"}};
  auto data = nlohmann::ordered_json::array();
  for (const auto& certificate : listed) {
    const auto sealed =
        crypto::to_base64(aead.seal("61f9c719728a", "certificate", key_file(certificate.file)));
    data.push_back({{"serial_no", certificate.serial_no},
                    {"effective_time", format_rfc3339(now - std::chrono::hours{24})},
                    {"expire_time", format_rfc3339(now + certificate.left)},
                    {"encrypt_certificate",
                     {{"algorithm", "AEAD_AES_256_GCM"},
                      {"nonce", "61f9c719728a"},
                      {"associated_data", "certificate"},
                      {"ciphertext", sealed}}}});
  }
  return nlohmann::ordered_json{{"data", data}}.dump();
}

}  // namespace wxpay::test
