#pragma once

#include <string>
#include <string_view>

#include "wxpay/secret.hpp"

namespace wxpay {

/// The text that is shown instead of a secret.
inline constexpr std::string_view secret_mask = "********";

/// The text with the mask wherever the secret stands in it: as it is, in another case, percent-encoded in
/// whole or in part, or in hex.
std::string mask_secret(std::string_view text, const Secret& secret);

/// Whether there would be anything to mask.
bool holds_secret(std::string_view text, const Secret& secret);

}  // namespace wxpay
