// Reads private keys in each of their PEM formats.
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include <algorithm>
#include <vector>

#include "crypto/key_material.hpp"
#include "crypto/library_context.hpp"
#include "crypto/pem.hpp"

namespace wxpay::crypto {

namespace {

using KeyInfo = Handle<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free>;
using EncryptedKeyInfo = Handle<X509_SIG, X509_SIG_free>;

constexpr const char* which_file_hint =
    "of what the merchant platform gives out, apiclient_key.pem is the private key and apiclient_cert.pem "
    "the certificate";

bool is_private(const PemBlock& block) { return block.label.ends_with("PRIVATE KEY"); }

[[noreturn]] void fail_damaged(const Origin& origin) {
  origin.fail("holds a damaged private key", "take it again from where it was made");
}

[[noreturn]] void fail_without_password(const Origin& origin) {
  origin.fail("holds an encrypted private key, and no password is given for it",
              "nobody is asked for it: private_key_password_file names a file that holds it");
}

[[noreturn]] void fail_wrong_password(const Origin& origin) {
  origin.fail(
      "cannot be decrypted with the password that is given for it",
      "compare it with the one that the key was encrypted with; nothing may stand before or after it");
}

/// The one private key among what the text holds.
const PemBlock& only_key(const std::vector<PemBlock>& blocks, const Origin& origin) {
  const auto count = std::count_if(blocks.begin(), blocks.end(), is_private);
  if (count > 1) origin.fail("holds " + std::to_string(count) + " private keys where one is meant");
  if (count == 1) return *std::find_if(blocks.begin(), blocks.end(), is_private);
  const auto& label = blocks.front().label;
  if (label == "CERTIFICATE") {
    origin.fail("holds a certificate where the private key should be", which_file_hint);
  }
  if (label.ends_with("PUBLIC KEY")) {
    origin.fail("holds a public key where the private key should be", which_file_hint);
  }
  origin.fail("holds \"" + label + "\" where the private key should be", which_file_hint);
}

/// PKCS#8 in the clear.
KeyHandle key_of_info(std::string_view der, const Origin& origin) {
  const auto* next = data_of(der);
  const auto* end = next + der.size();
  const KeyInfo info{d2i_PKCS8_PRIV_KEY_INFO(nullptr, &next, static_cast<long>(der.size()))};
  KeyHandle key{info && next == end ? EVP_PKCS82PKEY_ex(info.get(), nullptr, nullptr) : nullptr};
  if (!key) fail_damaged(origin);
  return key;
}

/// PKCS#8, encrypted.
KeyHandle key_of_encrypted(std::string_view der, const Secret* password, const Origin& origin) {
  const auto* next = data_of(der);
  const auto* end = next + der.size();
  const EncryptedKeyInfo encrypted{d2i_X509_SIG(nullptr, &next, static_cast<long>(der.size()))};
  if (!encrypted || next != end) fail_damaged(origin);
  if (password == nullptr) fail_without_password(origin);
  const LibraryContext library;
  const auto revealed = password->reveal();
  const KeyInfo info{PKCS8_decrypt_ex(encrypted.get(), revealed.data(), static_cast<int>(revealed.size()),
                                      library.get(), nullptr)};
  KeyHandle key{info ? EVP_PKCS82PKEY_ex(info.get(), nullptr, nullptr) : nullptr};
  if (!key) fail_wrong_password(origin);
  return key;
}

/// PKCS#1 in the clear; null where it is damaged.
KeyHandle key_of_rsa(std::string_view der) {
  const auto* next = data_of(der);
  const auto* end = next + der.size();
  KeyHandle key{
      d2i_PrivateKey_ex(EVP_PKEY_RSA, nullptr, &next, static_cast<long>(der.size()), nullptr, nullptr)};
  return next == end ? std::move(key) : nullptr;
}

/// What OpenSSL calls for a password; without one it would ask at the terminal.
int give_password(char* buffer, int size, int /*writing*/, void* password) {
  const auto revealed = static_cast<const Secret*>(password)->reveal();
  if (revealed.size() > static_cast<std::size_t>(size)) return -1;
  std::copy(revealed.begin(), revealed.end(), buffer);
  return static_cast<int>(revealed.size());
}

/// PKCS#1, encrypted in the way of OpenSSL's old tools: the headers say how.
KeyHandle key_of_encrypted_rsa(const PemBlock& block, const Secret* password, const Origin& origin) {
  auto headers = block.headers + "\n";
  EVP_CIPHER_INFO cipher{};
  if (PEM_get_EVP_CIPHER_INFO(headers.data(), &cipher) != 1 || cipher.cipher == nullptr) fail_damaged(origin);
  if (password == nullptr) fail_without_password(origin);
  const std::string name{EVP_CIPHER_get0_name(cipher.cipher)};
  const Handle<EVP_CIPHER, EVP_CIPHER_free> available{EVP_CIPHER_fetch(nullptr, name.c_str(), nullptr)};
  if (!available) {
    origin.fail("holds a private key encrypted with " + name + ", which this OpenSSL no longer has",
                "openssl pkcs8 -topk8 -provider legacy -provider default -in FILE -out NEW encrypts it anew");
  }
  auto given = password->duplicate();
  std::string der{block.der.reveal()};
  auto size = static_cast<long>(der.size());
  const bool decrypted = PEM_do_header(&cipher, buffer_of(der), &size, give_password, &given) == 1;
  const Secret wiped{std::move(der)};
  // A wrong password may go unnoticed until the key is read.
  auto key = decrypted ? key_of_rsa(wiped.reveal().substr(0, static_cast<std::size_t>(size))) : nullptr;
  if (!key) fail_wrong_password(origin);
  return key;
}

KeyHandle read_key(const PemBlock& block, const Secret* password, const Origin& origin) {
  if (block.label == "PRIVATE KEY") return key_of_info(block.der.reveal(), origin);
  if (block.label == "ENCRYPTED PRIVATE KEY") return key_of_encrypted(block.der.reveal(), password, origin);
  if (block.label != "RSA PRIVATE KEY") {
    origin.fail("holds \"" + block.label + "\" where an RSA private key should be", which_file_hint);
  }
  if (!block.headers.empty()) return key_of_encrypted_rsa(block, password, origin);
  auto key = key_of_rsa(block.der.reveal());
  if (!key) fail_damaged(origin);
  return key;
}

}  // namespace

PrivateKey PrivateKey::from_pem(std::string_view pem, const Secret* password, const Origin& origin) {
  const NotedErrors errors;
  const auto blocks = read_pem(pem, origin);
  return private_key_of(read_key(only_key(blocks, origin), password, origin), origin);
}

}  // namespace wxpay::crypto
