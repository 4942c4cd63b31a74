#include "crypto/private_key.hpp"

#include <openssl/crypto.h>
#include <openssl/pem.h>

#include "crypto/digest.hpp"
#include "crypto/key_material.hpp"

namespace wxpay::crypto {

std::string PrivateKey::sign(std::string_view message) const {
  const NotedErrors errors;
  const auto digest = sha256(message);
  std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(material_->key.get())), '\0');
  auto size = signature.size();
  const int result = material_->signing.with_context([&](EVP_PKEY_CTX* context) {
    return EVP_PKEY_sign(context, buffer_of(signature), &size, data_of(digest), digest.size());
  });
  if (result != 1) fail("RSA signing failed");
  signature.resize(size);
  return signature;
}

std::optional<Secret> PrivateKey::decrypt(std::string_view ciphertext) const {
  const NotedErrors errors;
  const auto context = oaep_context(material_->key.get(), EVP_PKEY_decrypt_init);
  std::string plaintext(static_cast<std::size_t>(EVP_PKEY_get_size(material_->key.get())), '\0');
  auto size = plaintext.size();
  const int result =
      EVP_PKEY_decrypt(context.get(), buffer_of(plaintext), &size, data_of(ciphertext), ciphertext.size());
  if (result != 1) {
    OPENSSL_cleanse(plaintext.data(), plaintext.size());
    return std::nullopt;
  }
  plaintext.resize(size);
  return Secret{std::move(plaintext)};
}

PublicKey PrivateKey::public_key() const {
  const NotedErrors errors;
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(material_->key.get(), &der);
  const Handle<unsigned char, free_bytes> owned{der};
  const unsigned char* next = der;
  KeyHandle key{size > 0 ? d2i_PUBKEY(nullptr, &next, size) : nullptr};
  if (!key) fail("a private key has no public half");
  return public_key_of(std::move(key), {"the private key"});
}

Secret PrivateKey::to_pem() const {
  // Memory of this BIO is wiped as it is released.
  const Bio bio{BIO_new(BIO_s_secmem())};
  if (!bio || PEM_write_bio_PKCS8PrivateKey(bio.get(), material_->key.get(), nullptr, nullptr, 0, nullptr,
                                            nullptr) != 1) {
    fail("a private key cannot be written");
  }
  return Secret{std::string{content_of(bio.get())}};
}

}  // namespace wxpay::crypto
