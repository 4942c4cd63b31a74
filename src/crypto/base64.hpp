#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace wxpay::crypto {

/// Base64 of RFC 4648, section 4: the standard alphabet, padded, on one line.
std::string to_base64(std::string_view bytes);

/// The bytes; nothing where the text is not exactly what to_base64 writes of them (no blanks, no line ends).
std::optional<std::string> from_base64(std::string_view text);

}  // namespace wxpay::crypto
