#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "crypto/public_key.hpp"
#include "wxpay/error.hpp"

namespace wxpay::v3 {

/// Why a message cannot be verified whose key is not there.
struct MissingKey {
  std::string why;                        ///< predicate of the message
  ErrorKind kind = ErrorKind::untrusted;  ///< what kept the key away, where something did
};

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
  /// Why `find` gave none.
  virtual MissingKey why_missing(std::string_view serial);
  /// By which of them WeChat Pay is to sign its answers; empty: as it likes.
  virtual std::string preferred_serial() = 0;
};

}  // namespace wxpay::v3
