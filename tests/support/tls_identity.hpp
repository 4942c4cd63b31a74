#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <string>

#include "base/handle.hpp"

namespace wxpay::test {

/// A fresh key with a self-signed certificate for one host, valid from yesterday until tomorrow.
struct TlsIdentity {
  Handle<EVP_PKEY, EVP_PKEY_free> key;
  Handle<X509, X509_free> certificate;

  /// @param subject_alt_name  as OpenSSL writes it: "IP:127.0.0.1", "DNS:localhost"
  static TlsIdentity make(const std::string& subject_alt_name = "IP:127.0.0.1");
  /// The certificate, as a ca_file holds it.
  std::string pem() const;
};

}  // namespace wxpay::test
