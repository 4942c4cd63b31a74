#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace wxpay {

/// How the pay parameters of a prepay_id are signed: by the API that made it. MD5 and HMAC-SHA256 belong to
/// API v2, RSA to API v3.
enum class PayScheme : std::uint8_t { md5, hmac_sha256, rsa };

/// RSA takes a thousand times as long as a hash: many signatures are worth more threads.
constexpr bool signs_slowly(PayScheme scheme) { return scheme == PayScheme::rsa; }

/// "MD5", "HMAC-SHA256" or "RSA", as the parameters name it.
std::string_view to_string(PayScheme scheme);
std::optional<PayScheme> parse_pay_scheme(std::string_view text);

}  // namespace wxpay
