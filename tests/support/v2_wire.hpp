#pragma once

#include <string>
#include <string_view>

#include "support/api.hpp"

namespace wxpay::test {

/// The sign of API v2, made with OpenSSL alone, so that it checks the program's own.
/// @param type  "MD5" or "HMAC-SHA256"
std::string v2_sign(const WireFields& fields, std::string_view key, std::string_view type = "MD5");

/// The document of these fields, and the same with its sign.
std::string v2_xml(const WireFields& fields);
std::string v2_signed_xml(WireFields fields, std::string_view key, std::string_view type = "MD5");

/// The value of an element, as it stands in a flat document; empty when it is not there.
std::string v2_element(std::string_view document, const std::string& name);

}  // namespace wxpay::test
