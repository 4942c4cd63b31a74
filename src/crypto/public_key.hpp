#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "crypto/origin.hpp"

namespace wxpay::crypto {

/// An RSA public key of 2048 bits or more. Copies share it, and may be used by many threads at once.
class PublicKey {
 public:
  /// @param pem  `-----BEGIN PUBLIC KEY-----`, one and nothing else
  /// @throws Error{origin.kind}  it is no such key
  static PublicKey from_pem(std::string_view pem, const Origin& origin);

  /// Whether this is the signature of the message: RSASSA-PKCS1-v1_5 with SHA-256, its bytes and not their
  /// Base64.
  bool verify(std::string_view message, std::string_view signature) const;

  /// Encrypts a field that only the owner of the private key is to read: RSAES-OAEP with SHA-1 and MGF1 with
  /// SHA-1, whose bytes differ each time.
  /// @throws std::length_error  the text is longer than room()
  std::string encrypt(std::string_view plaintext) const;
  /// How many bytes encrypt() takes: 214 with 2048 bits.
  std::size_t room() const;

  std::string to_pem() const;

  struct Material;  ///< OpenSSL's, in key_material.hpp
  explicit PublicKey(std::shared_ptr<const Material> material) : material_{std::move(material)} {}
  const Material& material() const { return *material_; }

 private:
  std::shared_ptr<const Material> material_;
};

}  // namespace wxpay::crypto
