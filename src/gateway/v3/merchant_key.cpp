#include "gateway/v3/merchant_key.hpp"

#include <utility>

#include "crypto/pkcs12.hpp"
#include "wxpay/error.hpp"
#include "wxpay/time.hpp"

namespace wxpay::v3 {

namespace {

[[noreturn]] void refuse(const std::string& what, const std::string& hint) {
  throw Error{ErrorKind::key, what, hint};
}

void refuse_invalid(const crypto::Certificate& certificate, const std::string& described,
                    std::chrono::sys_seconds now) {
  if (now > certificate.not_after()) {
    refuse(described + ": the merchant's certificate ended at " + format_rfc3339(certificate.not_after()),
           "get a new one from the merchant platform, and set it with its private key");
  }
  if (now < certificate.not_before()) {
    refuse(described + ": the merchant's certificate begins at " + format_rfc3339(certificate.not_before()),
           "check this machine's clock, which says " + format_rfc3339(now));
  }
}

/// Holds a certificate against what else is given.
void check_certificate(const crypto::Certificate& certificate, const std::string& described,
                       const crypto::PrivateKey& key, const std::string& serial_no,
                       std::chrono::sys_seconds now) {
  if (!certificate.fits(key)) {
    refuse(described + " is not the certificate of the private key",
           "take both from the same download of the merchant platform");
  }
  if (!serial_no.empty() && !certificate.has_serial(serial_no)) {
    refuse("serial_no is " + serial_no + ", and that of " + described + " is " + certificate.serial(),
           "leave serial_no out, or give the certificate that it is of");
  }
  refuse_invalid(certificate, described, now);
}

crypto::KeyWithCertificate read_p12(const V3Account& account) {
  const Secret usual{account.merchant.mch_id.text()};
  const auto& password = account.key_password ? *account.key_password : usual;
  const crypto::Origin origin{.described = account.cert_p12->described,
                              .hint = "it is apiclient_cert.p12 of the merchant platform"};
  return crypto::read_pkcs12(account.cert_p12->value.reveal(), password, origin);
}

crypto::PrivateKey read_pem_key(const V3Account& account) {
  if (!account.private_key) {
    refuse("the profile has no private key, which signs what is sent to API v3",
           "set private_key_file (apiclient_key.pem) or cert_p12_file (apiclient_cert.p12)");
  }
  const auto* password = account.key_password ? &*account.key_password : nullptr;
  const crypto::Origin origin{.described = account.private_key->described,
                              .hint = "it is apiclient_key.pem of the merchant platform"};
  return crypto::PrivateKey::from_pem(account.private_key->value.reveal(), password, origin);
}

crypto::Certificate read_certificate(const V3Account& account) {
  const crypto::Origin origin{.described = account.certificate->described,
                              .hint = "it is apiclient_cert.pem of the merchant platform"};
  return crypto::Certificate::from_pem(account.certificate->value, origin);
}

}  // namespace

MerchantKey read_merchant_key(const V3Account& account, std::chrono::sys_seconds now) {
  if (account.private_key && account.cert_p12) {
    refuse("the profile has two private keys: " + account.private_key->described + " and " +
               account.cert_p12->described,
           "keep one of them; cert_p12_file holds the private key and its certificate");
  }
  std::optional<crypto::Certificate> given;
  if (account.certificate) given = read_certificate(account);
  if (account.cert_p12) {
    auto read = read_p12(account);
    check_certificate(read.certificate, account.cert_p12->described, read.key, account.serial_no, now);
    if (given) check_certificate(*given, account.certificate->described, read.key, account.serial_no, now);
    auto serial_no = read.certificate.serial();
    return {std::move(read.key), std::move(serial_no), std::move(read.certificate)};
  }
  auto key = read_pem_key(account);
  if (!given && account.serial_no.empty()) {
    refuse("the profile has neither serial_no nor the merchant's certificate",
           "set serial_no, or cert_file (apiclient_cert.pem), which holds it");
  }
  if (!given) return {std::move(key), account.serial_no, std::nullopt};
  check_certificate(*given, account.certificate->described, key, account.serial_no, now);
  auto serial_no = given->serial();
  return {std::move(key), std::move(serial_no), std::move(given)};
}

void check_given_merchant_key(const V3Account& account, std::chrono::sys_seconds now) {
  const bool has_key = account.private_key || account.cert_p12;
  const bool has_number = account.cert_p12 || account.certificate || !account.serial_no.empty();
  if (has_key && has_number) {
    read_merchant_key(account, now);
  } else if (has_key) {
    read_pem_key(account);
  } else if (account.certificate) {
    read_certificate(account);
  }
}

}  // namespace wxpay::v3
