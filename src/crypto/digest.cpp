#include "crypto/digest.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>

#include "base/text.hpp"
#include "crypto/openssl.hpp"

namespace wxpay::crypto {

namespace {

using DigestContext = Handle<EVP_MD_CTX, EVP_MD_CTX_free>;
using DigestAlgorithm = Handle<EVP_MD, EVP_MD_free>;
using MacAlgorithm = Handle<EVP_MAC, EVP_MAC_free>;
using MacContext = Handle<EVP_MAC_CTX, EVP_MAC_CTX_free>;
using Buffer = std::array<unsigned char, EVP_MAX_MD_SIZE>;

std::string text_of(const Buffer& buffer, std::size_t length) {
  return {reinterpret_cast<const char*>(buffer.data()), length};
}

/// One algorithm, looked up once: OpenSSL 3 spends more on the look-up than on a short digest.
class Digest {
 public:
  explicit Digest(const char* name)
      : algorithm_{EVP_MD_fetch(nullptr, name, nullptr)}, context_{EVP_MD_CTX_new()} {
    if (!algorithm_ || !context_) fail("the digest is not available");
  }
  std::string operator()(Pieces pieces) {
    Buffer buffer{};
    unsigned int length = 0;
    bool good = EVP_DigestInit_ex2(context_.get(), algorithm_.get(), nullptr) == 1;
    for (const auto piece : pieces) {
      good = good && EVP_DigestUpdate(context_.get(), piece.data(), piece.size()) == 1;
    }
    if (!good || EVP_DigestFinal_ex(context_.get(), buffer.data(), &length) != 1) fail("digest failed");
    return text_of(buffer, length);
  }

 private:
  DigestAlgorithm algorithm_;
  DigestContext context_;
};

}  // namespace

std::string md5(Pieces pieces) {
  thread_local Digest digest{"MD5"};
  return digest(pieces);
}

std::string md5(std::string_view bytes) { return md5(Pieces{bytes}); }

std::string sha256(std::string_view bytes) {
  thread_local Digest digest{"SHA256"};
  return digest({bytes});
}

struct HmacSha256::Keyed {
  MacContext context;
};

HmacSha256::HmacSha256(std::string_view key) {
  thread_local const MacAlgorithm algorithm{EVP_MAC_fetch(nullptr, "HMAC", nullptr)};
  MacContext context{algorithm ? EVP_MAC_CTX_new(algorithm.get()) : nullptr};
  if (!context) fail("HMAC is not available");
  std::string name{"SHA256"};
  const std::array parameters{OSSL_PARAM{"digest", OSSL_PARAM_UTF8_STRING, name.data(), name.size(), 0},
                              OSSL_PARAM{nullptr, 0, nullptr, 0, 0}};
  if (EVP_MAC_init(context.get(), data_of(key), key.size(), parameters.data()) != 1) fail("HMAC failed");
  keyed_ = std::make_unique<Keyed>(Keyed{std::move(context)});
}

HmacSha256::~HmacSha256() = default;

std::string HmacSha256::operator()(Pieces pieces) {
  auto* context = keyed_->context.get();
  Buffer buffer{};
  std::size_t length = 0;
  // Without a key and parameters, OpenSSL starts again with those that were set.
  bool good = EVP_MAC_init(context, nullptr, 0, nullptr) == 1;
  for (const auto piece : pieces) {
    good = good && EVP_MAC_update(context, data_of(piece), piece.size()) == 1;
  }
  if (!good || EVP_MAC_final(context, buffer.data(), &length, buffer.size()) != 1) fail("HMAC failed");
  return text_of(buffer, length);
}

std::string hmac_sha256(std::string_view key, std::string_view bytes) { return HmacSha256{key}(bytes); }

std::string hmac_sha256(std::string_view key, Pieces pieces) { return HmacSha256{key}(pieces); }

std::string sha256_hex(std::string_view bytes) { return to_hex(sha256(bytes)); }

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace wxpay::crypto
