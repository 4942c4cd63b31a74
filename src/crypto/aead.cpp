#include "crypto/aead.hpp"

#include <openssl/crypto.h>

#include <array>
#include <limits>
#include <stdexcept>

#include "crypto/openssl.hpp"

namespace wxpay::crypto {

struct Aead::Keyed {
  Secret key;
  Handle<EVP_CIPHER, EVP_CIPHER_free> cipher;
};

namespace {

using CipherContext = Handle<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;

/// OpenSSL counts bytes in int.
int length_of(std::string_view bytes) {
  if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    throw std::length_error{"more bytes than one call of OpenSSL takes"};
  }
  return static_cast<int>(bytes.size());
}

CipherContext new_context() {
  CipherContext context{EVP_CIPHER_CTX_new()};
  if (!context) fail("no cipher context");
  return context;
}

}  // namespace

Aead::Aead(const Secret& key, const Origin& origin) {
  const auto size = key.reveal().size();
  if (size != key_size) {
    origin.fail("has " + std::to_string(size) + " bytes where " + std::to_string(key_size) + " are needed",
                "the key is taken as it was typed, neither as hex nor as Base64");
  }
  Handle<EVP_CIPHER, EVP_CIPHER_free> cipher{EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr)};
  if (!cipher) fail("AES-256-GCM is not available");
  keyed_ = std::make_shared<const Keyed>(Keyed{key.duplicate(), std::move(cipher)});
}

std::optional<std::string> Aead::open(std::string_view nonce, std::string_view associated_data,
                                      std::string_view sealed) const {
  if (nonce.size() != nonce_size || sealed.size() < tag_size) return std::nullopt;
  const NotedErrors errors;
  const auto ciphertext = sealed.substr(0, sealed.size() - tag_size);
  std::string tag{sealed.substr(ciphertext.size())};
  std::string plaintext(ciphertext.size(), '\0');
  const auto holder = new_context();
  auto* context = holder.get();
  int written = 0;
  if (EVP_DecryptInit_ex2(context, keyed_->cipher.get(), data_of(keyed_->key.reveal()), data_of(nonce),
                          nullptr) != 1) {
    fail("AES-256-GCM does not begin");
  }
  // OpenSSL takes no data for the end of it, so empty pieces are left out.
  bool good =
      (associated_data.empty() || EVP_DecryptUpdate(context, nullptr, &written, data_of(associated_data),
                                                    length_of(associated_data)) == 1);
  good = good && (ciphertext.empty() || EVP_DecryptUpdate(context, buffer_of(plaintext), &written,
                                                          data_of(ciphertext), length_of(ciphertext)) == 1);
  good = good &&
         EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tag_size), tag.data()) == 1;
  std::array<unsigned char, tag_size> none{};
  good = good && EVP_DecryptFinal_ex(context, none.data(), &written) == 1;
  if (good) return plaintext;
  // The cipher gives the text out before it has seen the tag: nobody sees a text that is forged.
  OPENSSL_cleanse(plaintext.data(), plaintext.size());
  return std::nullopt;
}

std::string Aead::seal(std::string_view nonce, std::string_view associated_data,
                       std::string_view plaintext) const {
  if (nonce.size() != nonce_size) throw std::invalid_argument{"the nonce of AES-256-GCM has 12 bytes here"};
  std::string sealed(plaintext.size() + tag_size, '\0');
  const auto holder = new_context();
  auto* context = holder.get();
  int written = 0;
  bool good = EVP_EncryptInit_ex2(context, keyed_->cipher.get(), data_of(keyed_->key.reveal()),
                                  data_of(nonce), nullptr) == 1;
  good = good &&
         (associated_data.empty() || EVP_EncryptUpdate(context, nullptr, &written, data_of(associated_data),
                                                       length_of(associated_data)) == 1);
  good = good && (plaintext.empty() || EVP_EncryptUpdate(context, buffer_of(sealed), &written,
                                                         data_of(plaintext), length_of(plaintext)) == 1);
  std::array<unsigned char, tag_size> none{};
  good = good && EVP_EncryptFinal_ex(context, none.data(), &written) == 1;
  good = good && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, static_cast<int>(tag_size),
                                     sealed.data() + plaintext.size()) == 1;
  if (!good) fail("AES-256-GCM failed");
  return sealed;
}

}  // namespace wxpay::crypto
