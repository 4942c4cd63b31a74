#include "crypto/key_material.hpp"

#include <openssl/rsa.h>

#include <stdexcept>

namespace wxpay::crypto {

namespace {

constexpr int least_bits = 2048;
constexpr int most_bits = 8192;  // one signature of a larger key takes so long that it looks like a hang

void refuse_weak(EVP_PKEY* key, const Origin& origin) {
  if (EVP_PKEY_is_a(key, "RSA") != 1) {
    const char* name = EVP_PKEY_get0_type_name(key);
    origin.fail(std::string{"has a key of kind "} + (name != nullptr ? name : "unknown") +
                " where RSA is needed");
  }
  const int bits = EVP_PKEY_get_bits(key);
  if (bits < least_bits || bits > most_bits) {
    origin.fail("has an RSA key of " + std::to_string(bits) + " bits where " + std::to_string(least_bits) +
                " to " + std::to_string(most_bits) + " are taken");
  }
}

/// A file with a byte changed can be read all the same, and the gateway would only say that signatures are
/// wrong.
bool fits(const PrivateKey& key, const PublicKey& public_half) {
  constexpr std::string_view trial{"trial"};
  try {
    return public_half.verify(trial, key.sign(trial));
  } catch (const std::runtime_error&) {
    return false;  // numbers that OpenSSL cannot compute with, as an even modulus
  }
}

}  // namespace

KeyContext signature_context(EVP_PKEY* key, int (*begin)(EVP_PKEY_CTX*)) {
  KeyContext context{EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr)};
  if (!context || begin(context.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) != 1 ||
      EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256()) != 1) {
    fail("RSA signatures are not available");
  }
  return context;
}

KeyContext oaep_context(EVP_PKEY* key, int (*begin)(EVP_PKEY_CTX*)) {
  KeyContext context{EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr)};
  if (!context || begin(context.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) != 1 ||
      EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), EVP_sha1()) != 1 ||
      EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), EVP_sha1()) != 1) {
    fail("RSA-OAEP is not available");
  }
  return context;
}

PublicKey::Material::Material(KeyHandle owned)
    : key{std::move(owned)}, verifying{[raw = key.get()] {
        return signature_context(raw, EVP_PKEY_verify_init);
      }} {}

// Each context has a key of its own: one that threads share is locked for the blinding of each signature.
PrivateKey::Material::Material(KeyHandle owned)
    : key{std::move(owned)}, signing{[raw = key.get()] {
        const KeyHandle own{EVP_PKEY_dup(raw)};
        if (!own) fail("a key cannot be copied");
        return signature_context(own.get(), EVP_PKEY_sign_init);
      }} {}

PublicKey public_key_of(KeyHandle key, const Origin& origin) {
  refuse_weak(key.get(), origin);
  return PublicKey{std::make_shared<const PublicKey::Material>(std::move(key))};
}

PrivateKey private_key_of(KeyHandle key, const Origin& origin) {
  // The same key twice: to write and read its public half takes as long as half a signature.
  if (EVP_PKEY_up_ref(key.get()) != 1) fail("a key cannot be shared");
  const auto public_half = public_key_of(KeyHandle{key.get()}, origin);
  PrivateKey made{std::make_shared<const PrivateKey::Material>(std::move(key))};
  if (!fits(made, public_half)) {
    origin.fail("has a damaged private key: its signatures do not fit its own public half");
  }
  return made;
}

}  // namespace wxpay::crypto
