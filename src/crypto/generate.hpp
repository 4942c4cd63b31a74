#pragma once

#include <chrono>
#include <string>

#include "crypto/certificate.hpp"
#include "crypto/private_key.hpp"

namespace wxpay::crypto {

/// A new RSA key of 2048 bits.
PrivateKey generate_private_key();

/// What a certificate says.
struct CertificateContent {
  std::string common_name;   ///< UTF-8, 1 to 64 characters, as the next
  std::string organization;  ///< UTF-8
  std::string serial;        ///< upper-case hex of at most 20 bytes, the first below 80
  std::chrono::sys_seconds not_before;
  std::chrono::sys_seconds not_after;
};

/// A certificate that the key itself signs, for practice and tests.
/// @throws std::invalid_argument  the content is not as it says above
Certificate self_signed(const PrivateKey& key, const CertificateContent& content);

/// What a server over TLS shows, and the authority that clients trust it by. The authority's key is nowhere:
/// it signs nothing else.
struct ServerIdentity {
  Certificate authority;
  Certificate certificate;
  PrivateKey key;  ///< of the certificate
};

/// A new authority with one server's certificate.
/// @param hosts  that the server has, as OpenSSL writes them: "IP:127.0.0.1,DNS:localhost"
/// @throws std::invalid_argument  a content is not as it says above, or the hosts are not
ServerIdentity generate_server_identity(const CertificateContent& authority, const CertificateContent& server,
                                        const std::string& hosts);

}  // namespace wxpay::crypto
