#include "wxpay/merchant_certificate.hpp"

#include <utility>

#include "gateway/certificate_rules.hpp"
#include "wxpay/error.hpp"

namespace wxpay {

namespace {

[[noreturn]] void refuse_certificate(const std::string& what, const std::string& hint) {
  throw Error{ErrorKind::key, what, hint};
}

/// Key and certificate, and where the certificate came from.
struct ReadPair {
  crypto::PrivateKey key;
  crypto::Certificate certificate;
  const std::string& described;
};

ReadPair read_pair(const CertificateFiles& files, const MerchantId& owner) {
  gateway::refuse_two_keys(files.private_key, files.cert_p12);
  if (files.cert_p12) {
    auto read = gateway::read_p12(*files.cert_p12, files.password, owner);
    if (files.certificate) {
      gateway::refuse_unfitting(gateway::read_pem_certificate(*files.certificate),
                                files.certificate->described, read.key);
    }
    return {std::move(read.key), std::move(read.certificate), files.cert_p12->described};
  }
  if (!files.certificate && !files.private_key) {
    refuse_certificate("the profile has no certificate of the merchant, which this needs on API v2",
                       "set cert_file and cert_key_file (apiclient_cert.pem, apiclient_key.pem), or "
                       "cert_p12_file (apiclient_cert.p12)");
  }
  if (!files.private_key) {
    refuse_certificate("the profile has " + files.certificate->described + " and not its private key",
                       "set cert_key_file (apiclient_key.pem)");
  }
  if (!files.certificate) {
    refuse_certificate("the profile has " + files.private_key->described + " and not its certificate",
                       "set cert_file (apiclient_cert.pem)");
  }
  return {gateway::read_pem_key(*files.private_key, files.password),
          gateway::read_pem_certificate(*files.certificate), files.certificate->described};
}

}  // namespace

MerchantCertificate read_merchant_certificate(const CertificateFiles& files, const MerchantId& owner,
                                              std::chrono::sys_seconds now) {
  const auto pair = read_pair(files, owner);
  const auto& certificate = pair.certificate;
  gateway::refuse_unfitting(certificate, pair.described, pair.key);
  if (!owner.empty() && certificate.common_name() != owner.text()) {
    refuse_certificate(pair.described + " is the certificate of " + certificate.subject() +
                           ", and the profile's merchant is " + owner.text(),
                       "set the merchant's own; a service provider sets the provider's, also for "
                       "sub-merchants");
  }
  gateway::refuse_invalid(certificate, pair.described, now);
  auto life = gateway::certificate_life("certificate", certificate.serial(), certificate.not_before(),
                                        certificate.not_after(), now, gateway::certificate_remedy);
  auto key = pair.key.to_pem();
  auto shown =
      std::make_shared<const ClientCertificate>(ClientCertificate{certificate.to_pem(), std::move(key)});
  return {std::move(shown), std::move(life)};
}

}  // namespace wxpay
