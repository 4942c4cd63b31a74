#pragma once

#include <chrono>
#include <string>

#include "crypto/generate.hpp"
#include "support/v3_keys.hpp"

namespace wxpay::test {

inline std::chrono::sys_seconds now_in_seconds() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

/// A certificate, in PEM, of the key in tests/data/keys-v3/merchant_key.pem.
inline std::string certificate_of(const std::string& owner, std::chrono::sys_seconds from,
                                  std::chrono::sys_seconds until) {
  return crypto::self_signed(merchant_key(), {.common_name = owner,
                                              .organization = "a shop",
                                              .serial = "3C6F1A52E7B04D98A1C2D3E4F5061728394A5B6C",
                                              .not_before = from,
                                              .not_after = until})
      .to_pem();
}

/// One that is valid for a year.
inline std::string certificate_of(const std::string& owner) {
  using std::chrono::days;
  return certificate_of(owner, now_in_seconds() - days{30}, now_in_seconds() + days{335});
}

}  // namespace wxpay::test
