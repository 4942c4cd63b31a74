#include "crypto/ecb.hpp"

#include <openssl/crypto.h>

#include <limits>
#include <stdexcept>

#include "crypto/openssl.hpp"

namespace wxpay::crypto {

namespace {

constexpr std::size_t block_size = 16;

using EcbContext = Handle<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;

/// @param begin  EVP_EncryptInit_ex2 or EVP_DecryptInit_ex2
EcbContext ecb_context(const Secret& key, decltype(&EVP_EncryptInit_ex2) begin) {
  if (key.reveal().size() != ecb_key_size) throw std::invalid_argument{"a key of AES-256 has 32 bytes"};
  const Handle<EVP_CIPHER, EVP_CIPHER_free> cipher{EVP_CIPHER_fetch(nullptr, "AES-256-ECB", nullptr)};
  EcbContext context{EVP_CIPHER_CTX_new()};
  if (!cipher || !context || begin(context.get(), cipher.get(), data_of(key.reveal()), nullptr, nullptr) != 1)
    fail("AES-256-ECB does not begin");
  return context;
}

/// OpenSSL counts bytes in int.
int ecb_length(std::string_view bytes) {
  if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()) - block_size)
    throw std::length_error{"more bytes than one call of OpenSSL takes"};
  return static_cast<int>(bytes.size());
}

}  // namespace

std::optional<std::string> open_ecb(const Secret& key, std::string_view sealed) {
  if (sealed.empty() || sealed.size() % block_size != 0) return std::nullopt;
  const NotedErrors errors;
  const auto context = ecb_context(key, EVP_DecryptInit_ex2);
  std::string plaintext(sealed.size() + block_size, '\0');
  int written = 0;
  int rest = 0;
  const bool good = EVP_DecryptUpdate(context.get(), buffer_of(plaintext), &written, data_of(sealed),
                                      ecb_length(sealed)) == 1 &&
                    EVP_DecryptFinal_ex(context.get(), buffer_of(plaintext) + written, &rest) == 1;
  if (!good) {
    // Nobody sees what a wrong key makes of it.
    OPENSSL_cleanse(plaintext.data(), plaintext.size());
    return std::nullopt;
  }
  plaintext.resize(static_cast<std::size_t>(written) + static_cast<std::size_t>(rest));
  return plaintext;
}

std::string seal_ecb(const Secret& key, std::string_view plaintext) {
  const auto context = ecb_context(key, EVP_EncryptInit_ex2);
  std::string sealed(plaintext.size() + block_size, '\0');
  int written = 0;
  int rest = 0;
  // OpenSSL takes no data for the end of it, so nothing is left out.
  const bool good =
      (plaintext.empty() || EVP_EncryptUpdate(context.get(), buffer_of(sealed), &written, data_of(plaintext),
                                              ecb_length(plaintext)) == 1) &&
      EVP_EncryptFinal_ex(context.get(), buffer_of(sealed) + written, &rest) == 1;
  if (!good) fail("AES-256-ECB failed");
  sealed.resize(static_cast<std::size_t>(written) + static_cast<std::size_t>(rest));
  return sealed;
}

}  // namespace wxpay::crypto
