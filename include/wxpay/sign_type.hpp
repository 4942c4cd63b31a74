#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "wxpay/pay_scheme.hpp"

namespace wxpay {

/// The signature algorithms of API v2. Where no sign_type is named, MD5 is meant.
enum class SignType : std::uint8_t { md5, hmac_sha256 };

/// "MD5" or "HMAC-SHA256".
std::string_view to_string(SignType type);
std::optional<SignType> parse_sign_type(std::string_view text);

/// The scheme of pay parameters for prepay_ids that were made with this type.
PayScheme scheme_of(SignType type);
/// The other way round; nothing for RSA, which is not API v2's.
std::optional<SignType> sign_type_of(PayScheme scheme);

}  // namespace wxpay
