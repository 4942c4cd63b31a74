#include "gateway/certificate_rules.hpp"

#include "crypto/pkcs12.hpp"
#include "wxpay/error.hpp"
#include "wxpay/time.hpp"

namespace wxpay::gateway {

namespace {

/// Time enough to get another certificate.
constexpr std::chrono::days warned_before{30};

}  // namespace

void refuse_unfitting(const crypto::Certificate& certificate, const std::string& described,
                      const crypto::PrivateKey& key) {
  if (certificate.fits(key)) return;
  throw Error{ErrorKind::key, described + " is not the certificate of the private key",
              "take both from the same download of the merchant platform"};
}

void refuse_invalid(const crypto::Certificate& certificate, const std::string& described,
                    std::chrono::sys_seconds now) {
  if (now > certificate.not_after()) {
    throw Error{
        ErrorKind::key,
        described + ": the merchant's certificate ended at " + format_rfc3339(certificate.not_after()),
        "get a new one from the merchant platform, and set it with its private key"};
  }
  if (now < certificate.not_before()) {
    throw Error{
        ErrorKind::key,
        described + ": the merchant's certificate begins at " + format_rfc3339(certificate.not_before()),
        "check this machine's clock, which says " + format_rfc3339(now)};
  }
}

void refuse_two_keys(const std::optional<NamedSecret>& private_key,
                     const std::optional<NamedSecret>& cert_p12) {
  if (!private_key || !cert_p12) return;
  throw Error{ErrorKind::key,
              "the profile has two private keys: " + private_key->described + " and " + cert_p12->described,
              "keep one of them; cert_p12_file holds the private key and its certificate"};
}

crypto::KeyWithCertificate read_p12(const NamedSecret& cert_p12, const std::optional<Secret>& password,
                                    const MerchantId& owner) {
  const Secret usual{owner.text()};
  const crypto::Origin origin{.described = cert_p12.described,
                              .hint = "it is apiclient_cert.p12 of the merchant platform"};
  return crypto::read_pkcs12(cert_p12.value.reveal(), password ? *password : usual, origin);
}

crypto::PrivateKey read_pem_key(const NamedSecret& private_key, const std::optional<Secret>& password) {
  const crypto::Origin origin{.described = private_key.described,
                              .hint = "it is apiclient_key.pem of the merchant platform"};
  return crypto::PrivateKey::from_pem(private_key.value.reveal(), password ? &*password : nullptr, origin);
}

crypto::Certificate read_pem_certificate(const NamedText& certificate) {
  const crypto::Origin origin{.described = certificate.described,
                              .hint = "it is apiclient_cert.pem of the merchant platform"};
  return crypto::Certificate::from_pem(certificate.value, origin);
}

KeyFinding certificate_life(const char* about, const std::string& name, std::chrono::sys_seconds from,
                            std::chrono::sys_seconds until, std::chrono::sys_seconds now,
                            const char* remedy) {
  using Weight = KeyFinding::Weight;
  if (now > until) return {about, Weight::notice, name + " ended at " + format_rfc3339(until) + remedy};
  if (now < from) return {about, Weight::fine, name + " begins at " + format_rfc3339(from)};
  const auto left = std::chrono::floor<std::chrono::days>(until - now).count();
  const bool ends_soon = until - now < warned_before;
  return {about, ends_soon ? Weight::notice : Weight::fine,
          name + " ends at " + format_rfc3339(until) + ", in " + std::to_string(left) +
              (left == 1 ? " day" : " days") + (ends_soon ? remedy : "")};
}

}  // namespace wxpay::gateway
