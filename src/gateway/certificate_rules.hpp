#pragma once

#include <chrono>
#include <string>

#include "crypto/certificate.hpp"
#include "crypto/pkcs12.hpp"
#include "crypto/private_key.hpp"
#include "wxpay/merchant_certificate.hpp"

namespace wxpay::gateway {

// What is asked of the merchant's certificate, whichever API it is for.

/// @throws Error{key}  it is not the key's
void refuse_unfitting(const crypto::Certificate& certificate, const std::string& described,
                      const crypto::PrivateKey& key);

/// @throws Error{key}  it is not valid now
void refuse_invalid(const crypto::Certificate& certificate, const std::string& described,
                    std::chrono::sys_seconds now);

/// @throws Error{key}  there are two
void refuse_two_keys(const std::optional<NamedSecret>& private_key,
                     const std::optional<NamedSecret>& cert_p12);

crypto::KeyWithCertificate read_p12(const NamedSecret& cert_p12, const std::optional<Secret>& password,
                                    const MerchantId& owner);
crypto::PrivateKey read_pem_key(const NamedSecret& private_key, const std::optional<Secret>& password);
crypto::Certificate read_pem_certificate(const NamedText& certificate);

/// What is left of a certificate.
/// @param remedy  what is to be done when it ends: "; get a new one"
KeyFinding certificate_life(const char* about, const std::string& name, std::chrono::sys_seconds from,
                            std::chrono::sys_seconds until, std::chrono::sys_seconds now, const char* remedy);

inline constexpr const char* certificate_remedy = "; get a new one from the merchant platform";

}  // namespace wxpay::gateway
