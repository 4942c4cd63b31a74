#pragma once

#include "crypto/context_pool.hpp"
#include "crypto/openssl.hpp"
#include "crypto/private_key.hpp"
#include "crypto/public_key.hpp"

namespace wxpay::crypto {

struct PublicKey::Material {
  explicit Material(KeyHandle owned);

  KeyHandle key;
  mutable ContextPool verifying;  ///< guards itself
};

struct PrivateKey::Material {
  explicit Material(KeyHandle owned);

  KeyHandle key;
  mutable ContextPool signing;  ///< guards itself
};

/// A public key that OpenSSL has read; a private one is taken as its public half.
/// @throws Error{origin.kind}  it is no RSA key, or too short
PublicKey public_key_of(KeyHandle key, const Origin& origin);

/// A private key that OpenSSL has read.
/// @throws Error{origin.kind}  it is no RSA key, too short, or its parts do not fit each other
PrivateKey private_key_of(KeyHandle key, const Origin& origin);

/// A context for RSASSA-PKCS1-v1_5 with SHA-256 over a digest.
/// @param begin  EVP_PKEY_sign_init or EVP_PKEY_verify_init
KeyContext signature_context(EVP_PKEY* key, int (*begin)(EVP_PKEY_CTX*));

/// A context for RSAES-OAEP with SHA-1 and MGF1 with SHA-1.
/// @param begin  EVP_PKEY_encrypt_init or EVP_PKEY_decrypt_init
KeyContext oaep_context(EVP_PKEY* key, int (*begin)(EVP_PKEY_CTX*));

}  // namespace wxpay::crypto
