#pragma once

#include "crypto/certificate.hpp"
#include "crypto/openssl.hpp"

namespace wxpay::crypto {

struct Certificate::Material {
  CertificateHandle certificate;
  Origin origin;
  std::string serial;
  std::chrono::sys_seconds not_before;
  std::chrono::sys_seconds not_after;
  std::string subject;
  std::string issuer;
  std::string common_name;
};

/// A certificate from its DER.
/// @throws Error{origin.kind}  it is damaged, or says what no certificate says
Certificate read_certificate(std::string_view der, const Origin& origin);

}  // namespace wxpay::crypto
