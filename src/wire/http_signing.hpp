#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace wxpay::wire {

/// What API v3 signs: lines, each with its line end, the last one too (its reference, 2.1 and 3).
std::string signed_lines(std::initializer_list<std::string_view> lines);

/// The names of API v3's signature.
inline constexpr std::string_view v3_algorithm = "WECHATPAY2-SHA256-RSA2048";
inline constexpr std::string_view v3_cipher = "AEAD_AES_256_GCM";
/// With this begins a signature that WeChat Pay made wrong on purpose.
inline constexpr std::string_view v3_probe_prefix = "WECHATPAY/SIGNTEST/";

}  // namespace wxpay::wire
