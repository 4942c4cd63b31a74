#pragma once

#include "wxpay/v2_gateway.hpp"

namespace wxpay::v2 {

/// The account's certificate.
/// @throws Error{key}  it has none, or one that is no good
MerchantCertificate certificate_of(const V2Account& account);

/// The same source, which reads once, for however many gateways.
MerchantCertificateSource reading_once(MerchantCertificateSource source);

}  // namespace wxpay::v2
