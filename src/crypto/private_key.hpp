#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/origin.hpp"
#include "crypto/public_key.hpp"
#include "wxpay/secret.hpp"

namespace wxpay::crypto {

/// An RSA private key of 2048 bits or more, parsed once. Copies share it, and may be used by many threads at
/// once.
class PrivateKey {
 public:
  /// @param pem  PKCS#8, plain or encrypted, or PKCS#1; certificates beside it are passed over
  /// @param password  of an encrypted key, else not looked at; null where there is none. Nobody is ever
  /// asked.
  /// @throws Error{origin.kind}  there is not one such key in it, or the password is another
  static PrivateKey from_pem(std::string_view pem, const Secret* password, const Origin& origin);

  /// The bytes of the signature: RSASSA-PKCS1-v1_5 with SHA-256, the same each time.
  std::string sign(std::string_view message) const;

  /// What PublicKey::encrypt made; nothing where it was made for another key.
  std::optional<Secret> decrypt(std::string_view ciphertext) const;

  PublicKey public_key() const;
  /// PKCS#8 in the clear.
  Secret to_pem() const;

  struct Material;  ///< OpenSSL's, in key_material.hpp
  explicit PrivateKey(std::shared_ptr<const Material> material) : material_{std::move(material)} {}
  const Material& material() const { return *material_; }

 private:
  std::shared_ptr<const Material> material_;
};

}  // namespace wxpay::crypto
