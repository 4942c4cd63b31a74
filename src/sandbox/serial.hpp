#pragma once

#include <array>
#include <cstddef>
#include <string>

#include "base/text.hpp"
#include "wxpay/clock.hpp"

namespace wxpay::sandbox {

/// A new serial number of a certificate: positive, and with as many digits as WeChat Pay's own.
inline std::string new_serial(Random& random) {
  std::array<std::byte, 20> bytes{};
  random.fill(bytes);
  bytes[0] = (bytes[0] & std::byte{0x3F}) | std::byte{0x40};
  std::string serial;
  for (const auto byte : bytes) serial += static_cast<char>(byte);
  return to_upper_hex(serial);
}

}  // namespace wxpay::sandbox
