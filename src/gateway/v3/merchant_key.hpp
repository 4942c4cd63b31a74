#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "crypto/certificate.hpp"
#include "crypto/private_key.hpp"
#include "wxpay/v3_gateway.hpp"

namespace wxpay::v3 {

/// The merchant's key, and the serial number of the certificate that WeChat Pay knows it by.
struct MerchantKey {
  crypto::PrivateKey key;
  std::string serial_no;
  std::optional<crypto::Certificate> certificate;  ///< none: only its number is known
};

/// Reads them, and holds all that is given against each other.
/// @throws Error{key}  something is missing or unusable, key and certificate do not fit, or the certificate
/// is not valid now
MerchantKey read_merchant_key(const V3Account& account, std::chrono::sys_seconds now);

/// The same of what is given, while the rest may still be missing.
/// @throws Error{key}
void check_given_merchant_key(const V3Account& account, std::chrono::sys_seconds now);

}  // namespace wxpay::v3
