#include "crypto/generate.hpp"

#include <openssl/bn.h>
#include <openssl/rsa.h>

#include <stdexcept>

#include "crypto/certificate_material.hpp"
#include "crypto/key_material.hpp"

namespace wxpay::crypto {

namespace {

constexpr std::size_t key_bits = 2048;
constexpr std::size_t most_serial_digits = 40;
constexpr long version_3 = 2;  // as X.509 counts

void require(bool done, const char* what) {
  if (!done) throw std::invalid_argument{std::string{"a certificate cannot have this "} + what};
}

void set_serial(X509* certificate, const std::string& digits) {
  const bool is_hex = !digits.empty() && digits.find_first_not_of("0123456789ABCDEF") == std::string::npos;
  require(is_hex && digits.size() <= most_serial_digits, "serial number");
  BIGNUM* raw = nullptr;
  BN_hex2bn(&raw, digits.c_str());
  const Handle<BIGNUM, BN_free> number{raw};
  require(number && BN_num_bits(number.get()) < 160 &&
              BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr,
          "serial number");
}

void set_time(ASN1_TIME* time, std::chrono::sys_seconds instant) {
  require(ASN1_TIME_set(time, std::chrono::system_clock::to_time_t(instant)) != nullptr, "date");
}

void add_name(X509_NAME* name, const char* field, const std::string& value) {
  require(X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, data_of(value),
                                     static_cast<int>(value.size()), -1, 0) == 1,
          "name");
}

}  // namespace

PrivateKey generate_private_key() {
  KeyHandle key{EVP_RSA_gen(key_bits)};
  if (!key) fail("no RSA key can be made");
  return private_key_of(std::move(key), {"a new key"});
}

Certificate self_signed(const PrivateKey& key, const CertificateContent& content) {
  const NotedErrors errors;
  const CertificateHandle made{X509_new()};
  if (!made) fail("no certificate can be made");
  auto* certificate = made.get();
  auto* signing = key.material().key.get();
  require(X509_set_version(certificate, version_3) == 1, "version");
  set_serial(certificate, content.serial);
  set_time(X509_getm_notBefore(certificate), content.not_before);
  set_time(X509_getm_notAfter(certificate), content.not_after);
  auto* name = X509_get_subject_name(certificate);
  add_name(name, "O", content.organization);
  add_name(name, "CN", content.common_name);
  require(X509_set_issuer_name(certificate, name) == 1, "name");
  require(X509_set_pubkey(certificate, signing) == 1, "key");
  if (X509_sign(certificate, signing, EVP_sha256()) <= 0) fail("a certificate cannot be signed");

  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  const Handle<unsigned char, free_bytes> owned{der};
  if (size <= 0) fail("a certificate cannot be written");
  return read_certificate({reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)},
                          {"a new certificate"});
}

}  // namespace wxpay::crypto
