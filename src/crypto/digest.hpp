#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

namespace wxpay::crypto {

/// A text in several pieces, digested as one.
using Pieces = std::initializer_list<std::string_view>;

/// Raw bytes of the digest: 16 and 32.
std::string md5(std::string_view bytes);
std::string md5(Pieces pieces);
std::string sha256(std::string_view bytes);
std::string hmac_sha256(std::string_view key, std::string_view bytes);
std::string hmac_sha256(std::string_view key, Pieces pieces);

/// HMAC-SHA256 by one key for many messages, which spares setting the key up for each.
class HmacSha256 {
 public:
  explicit HmacSha256(std::string_view key);
  HmacSha256(const HmacSha256&) = delete;
  HmacSha256& operator=(const HmacSha256&) = delete;
  HmacSha256(HmacSha256&&) = delete;
  HmacSha256& operator=(HmacSha256&&) = delete;
  ~HmacSha256();

  std::string operator()(std::string_view bytes) { return (*this)(Pieces{bytes}); }
  std::string operator()(Pieces pieces);

 private:
  struct Keyed;
  std::unique_ptr<Keyed> keyed_;
};

/// Lower-case hex of sha256: how evidence is named in the ledger's history.
std::string sha256_hex(std::string_view bytes);

/// Whether both are equal, in a time that depends on the lengths alone.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace wxpay::crypto
