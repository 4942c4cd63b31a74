#pragma once

#include <string_view>

#include "crypto/certificate.hpp"
#include "crypto/origin.hpp"
#include "crypto/private_key.hpp"
#include "wxpay/secret.hpp"

namespace wxpay::crypto {

/// A private key and the certificate that was issued for it.
struct KeyWithCertificate {
  PrivateKey key;
  Certificate certificate;
};

/// Reads a PKCS#12 file, as apiclient_cert.p12; also one of an old program (RC2, 3DES).
/// @throws Error{origin.kind}  it is none, is damaged, has another password, or lacks the key or its
/// certificate
KeyWithCertificate read_pkcs12(std::string_view bytes, const Secret& password, const Origin& origin);

}  // namespace wxpay::crypto
