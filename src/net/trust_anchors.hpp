#pragma once

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <string>
#include <vector>

#include "base/handle.hpp"

namespace wxpay::net {

/// Certificates that are trusted beside the system's own.
class TrustAnchors {
 public:
  /// Reads every certificate of a PEM file; an empty name means none.
  /// @throws Error{config}  the file cannot be read, holds no certificate or a damaged one
  explicit TrustAnchors(const std::string& ca_file);

  bool empty() const noexcept { return certificates_.empty(); }
  /// Adds them to what the context trusts already; false when OpenSSL refuses.
  bool add_to(SSL_CTX* context) const noexcept;

 private:
  std::vector<Handle<X509, X509_free>> certificates_;
};

}  // namespace wxpay::net
