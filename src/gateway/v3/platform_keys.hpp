#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "crypto/public_key.hpp"

namespace wxpay::v3 {

/// The keys by which WeChat Pay signs, as this merchant trusts them. From any thread.
class PlatformKeys {
 public:
  PlatformKeys() = default;
  PlatformKeys(const PlatformKeys&) = delete;
  PlatformKeys& operator=(const PlatformKeys&) = delete;
  PlatformKeys(PlatformKeys&&) = delete;
  PlatformKeys& operator=(PlatformKeys&&) = delete;
  virtual ~PlatformKeys() = default;

  /// The key that signs under this serial number or id; it may ask WeChat Pay for new certificates, once.
  /// @return none: it is not trusted
  virtual std::optional<crypto::PublicKey> find(std::string_view serial) = 0;
  /// By which of them WeChat Pay is to sign its answers; empty: as it likes.
  virtual std::string preferred_serial() = 0;
};

}  // namespace wxpay::v3
