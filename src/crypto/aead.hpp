#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/origin.hpp"
#include "wxpay/secret.hpp"

namespace wxpay::crypto {

/// AES-256-GCM by one key; WeChat Pay calls it AEAD_AES_256_GCM. Copies share the key, and may be used by
/// many threads at once.
class Aead {
 public:
  static constexpr std::size_t key_size = 32;
  static constexpr std::size_t nonce_size = 12;
  static constexpr std::size_t tag_size = 16;

  /// @throws Error{origin.kind}  the key has not key_size bytes
  Aead(const Secret& key, const Origin& origin);

  /// @param sealed  the ciphertext, and the tag after it
  /// @return nothing where key, nonce, associated data or a single bit of it is not the one it was sealed
  /// with
  std::optional<std::string> open(std::string_view nonce, std::string_view associated_data,
                                  std::string_view sealed) const;

  /// @param nonce  nonce_size bytes that were never used with this key before
  /// @throws std::invalid_argument  the nonce has another length
  std::string seal(std::string_view nonce, std::string_view associated_data,
                   std::string_view plaintext) const;

 private:
  struct Keyed;
  std::shared_ptr<const Keyed> keyed_;
};

}  // namespace wxpay::crypto
