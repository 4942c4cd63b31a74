#include "gateway/v3/merchant_key.hpp"

#include <utility>

#include "gateway/certificate_rules.hpp"
#include "wxpay/error.hpp"

namespace wxpay::v3 {

namespace {

[[noreturn]] void refuse(const std::string& what, const std::string& hint) {
  throw Error{ErrorKind::key, what, hint};
}

/// Holds a certificate against what else is given.
void check_certificate(const crypto::Certificate& certificate, const std::string& described,
                       const crypto::PrivateKey& key, const std::string& serial_no,
                       std::chrono::sys_seconds now) {
  gateway::refuse_unfitting(certificate, described, key);
  if (!serial_no.empty() && !certificate.has_serial(serial_no)) {
    refuse("serial_no is " + serial_no + ", and that of " + described + " is " + certificate.serial(),
           "leave serial_no out, or give the certificate that it is of");
  }
  gateway::refuse_invalid(certificate, described, now);
}

crypto::PrivateKey read_pem_key(const V3Account& account) {
  if (!account.private_key) {
    refuse("the profile has no private key, which signs what is sent to API v3",
           "set private_key_file (apiclient_key.pem) or cert_p12_file (apiclient_cert.p12)");
  }
  return gateway::read_pem_key(*account.private_key, account.key_password);
}

}  // namespace

MerchantKey read_merchant_key(const V3Account& account, std::chrono::sys_seconds now) {
  gateway::refuse_two_keys(account.private_key, account.cert_p12);
  std::optional<crypto::Certificate> given;
  if (account.certificate) given = gateway::read_pem_certificate(*account.certificate);
  if (account.cert_p12) {
    auto read = gateway::read_p12(*account.cert_p12, account.key_password, account.merchant.mch_id);
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
    gateway::read_pem_certificate(*account.certificate);
  }
}

}  // namespace wxpay::v3
