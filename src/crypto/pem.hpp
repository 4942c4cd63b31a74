#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crypto/origin.hpp"
#include "wxpay/secret.hpp"

namespace wxpay::crypto {

/// One `-----BEGIN label-----` to `-----END label-----` of a PEM text (RFC 7468).
struct PemBlock {
  std::string label;    ///< "PRIVATE KEY": capitals, digits and blanks alone
  std::string headers;  ///< the lines `Name: value` of the old format of OpenSSL, mostly none
  Secret der;           ///< the bytes themselves
};

/// All blocks of a text, at least one. A byte order mark, CRLF, blanks at the ends of lines and any text
/// between blocks (as `openssl pkcs12` writes it) are passed over; after the last block there is nothing but
/// blanks.
/// @throws Error{origin.kind}  it is no such text, or is cut off or damaged
std::vector<PemBlock> read_pem(std::string_view text, const Origin& origin);

}  // namespace wxpay::crypto
