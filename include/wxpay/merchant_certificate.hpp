#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "wxpay/identifiers.hpp"
#include "wxpay/payment_api.hpp"
#include "wxpay/secret.hpp"
#include "wxpay/transport.hpp"

namespace wxpay {

/// A secret text with where it came from, for messages.
struct NamedSecret {
  Secret value;
  std::string described;  ///< "private_key_file /etc/wxpayctl/apiclient_key.pem"
};

/// A text that is no secret, likewise.
struct NamedText {
  std::string value;
  std::string described;
};

/// What an account gives of the merchant's certificate: certificate and key, or the file that holds both.
struct CertificateFiles {
  std::optional<NamedText> certificate = {};    ///< PEM
  std::optional<NamedSecret> private_key = {};  ///< PEM: PKCS#1, PKCS#8 or encrypted PKCS#8
  std::optional<NamedSecret> cert_p12 = {};     ///< the bytes of a PKCS#12 file
  std::optional<Secret> password = {};          ///< of the key or the file; of that without one: the mch_id
};

/// The merchant's certificate, checked.
struct MerchantCertificate {
  std::shared_ptr<const ClientCertificate> shown;  ///< to a server that asks who it is
  KeyFinding life;                                 ///< what it has left
};

/// Gives it when it is asked for, always the same; from any thread.
/// @throws Error{key}  as read_merchant_certificate does
using MerchantCertificateSource = std::function<MerchantCertificate()>;

/// Reads certificate and key, and holds them against each other and the merchant.
/// @param owner  whom the certificate must name; empty: it is not looked at
/// @throws Error{key}  something is missing or unusable, key and certificate do not fit, the certificate is
/// another merchant's or not valid now, or the password is another
MerchantCertificate read_merchant_certificate(const CertificateFiles& files, const MerchantId& owner,
                                              std::chrono::sys_seconds now);

}  // namespace wxpay
