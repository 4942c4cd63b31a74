#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "crypto/aead.hpp"
#include "crypto/public_key.hpp"

namespace wxpay::v3 {

/// A certificate by which WeChat Pay signs.
struct PlatformCertificate {
  std::string serial_no;  ///< upper-case hex
  std::chrono::sys_seconds valid_from;
  std::chrono::sys_seconds valid_until;
  crypto::PublicKey key;
};

/// Opens the certificates of an answer of /v3/certificates (API v3 reference, 4.1). That it is WeChat Pay's
/// has yet to be checked by one of them.
/// @return why it is no such answer
std::variant<std::vector<PlatformCertificate>, std::string> read_certificates(std::string_view body,
                                                                              const crypto::Aead& aead);

/// The one of this serial number that is valid; null: there is none.
const PlatformCertificate* find_valid(const std::vector<PlatformCertificate>& certificates,
                                      std::string_view serial_no, std::chrono::sys_seconds now);

}  // namespace wxpay::v3
