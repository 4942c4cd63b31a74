#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "wxpay/secret.hpp"

namespace wxpay::crypto {

/// AES-256 in ECB mode with padding of PKCS#7. It hides no more than single blocks, and proves nothing but
/// that whoever made it had the key: for what WeChat Pay sends so, and nothing else.
inline constexpr std::size_t ecb_key_size = 32;

/// @return nothing where the key is another, or the padding does not hold
/// @throws std::invalid_argument  the key has another length
std::optional<std::string> open_ecb(const Secret& key, std::string_view sealed);

/// @throws std::invalid_argument  the key has another length
std::string seal_ecb(const Secret& key, std::string_view plaintext);

}  // namespace wxpay::crypto
