#include "crypto/public_key.hpp"

#include <openssl/pem.h>
#include <openssl/x509.h>

#include <stdexcept>

#include "crypto/digest.hpp"
#include "crypto/key_material.hpp"
#include "crypto/pem.hpp"

namespace wxpay::crypto {

namespace {

constexpr std::size_t oaep_overhead = 42;  // two digests of SHA-1 and two bytes

[[noreturn]] void refuse_label(const std::string& label, const Origin& origin) {
  if (label == "CERTIFICATE") {
    origin.fail(
        "holds a certificate where a public key should be",
        "WeChat Pay's public key is pub_key.pem of the merchant platform, which begins with -----BEGIN "
        "PUBLIC KEY-----");
  }
  if (label.ends_with("PRIVATE KEY")) origin.fail("holds a private key where a public key should be");
  if (label == "RSA PUBLIC KEY") {
    origin.fail("holds a public key in the form of PKCS#1 (RSA PUBLIC KEY)",
                "openssl rsa -RSAPublicKey_in -in FILE -pubout makes -----BEGIN PUBLIC KEY----- of it");
  }
  origin.fail("holds \"" + label + "\" where a public key should be");
}

}  // namespace

PublicKey PublicKey::from_pem(std::string_view pem, const Origin& origin) {
  const auto blocks = read_pem(pem, origin);
  for (const auto& block : blocks) {
    if (block.label != "PUBLIC KEY") refuse_label(block.label, origin);
  }
  if (blocks.size() > 1) {
    origin.fail("holds " + std::to_string(blocks.size()) + " public keys where one is meant");
  }
  const NotedErrors errors;
  const auto der = blocks.front().der.reveal();
  const auto* next = data_of(der);
  const auto* end = next + der.size();
  KeyHandle key{d2i_PUBKEY(nullptr, &next, static_cast<long>(der.size()))};
  if (!key || next != end) origin.fail("holds a damaged public key");
  return public_key_of(std::move(key), origin);
}

bool PublicKey::verify(std::string_view message, std::string_view signature) const {
  const NotedErrors errors;
  const auto digest = sha256(message);
  return material_->verifying.with_context([&digest, signature](EVP_PKEY_CTX* context) {
    return EVP_PKEY_verify(context, data_of(signature), signature.size(), data_of(digest), digest.size()) ==
           1;
  });
}

std::size_t PublicKey::room() const {
  return static_cast<std::size_t>(EVP_PKEY_get_size(material_->key.get())) - oaep_overhead;
}

std::string PublicKey::encrypt(std::string_view plaintext) const {
  if (plaintext.size() > room()) {
    throw std::length_error{"RSA-OAEP takes no more than " + std::to_string(room()) + " bytes"};
  }
  const auto context = oaep_context(material_->key.get(), EVP_PKEY_encrypt_init);
  std::string ciphertext(static_cast<std::size_t>(EVP_PKEY_get_size(material_->key.get())), '\0');
  auto size = ciphertext.size();
  if (EVP_PKEY_encrypt(context.get(), buffer_of(ciphertext), &size, data_of(plaintext), plaintext.size()) !=
      1) {
    fail("RSA-OAEP failed");
  }
  ciphertext.resize(size);
  return ciphertext;
}

std::string PublicKey::to_pem() const {
  const Bio bio{BIO_new(BIO_s_mem())};
  if (!bio || PEM_write_bio_PUBKEY(bio.get(), material_->key.get()) != 1) {
    fail("a public key cannot be written");
  }
  return std::string{content_of(bio.get())};
}

}  // namespace wxpay::crypto
