#include "crypto/generate.hpp"

#include <openssl/bn.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <stdexcept>
#include <utility>

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

/// All but the issuer, the extensions and the signature.
CertificateHandle unsigned_certificate(EVP_PKEY* key, const CertificateContent& content) {
  CertificateHandle made{X509_new()};
  if (!made) fail("no certificate can be made");
  auto* certificate = made.get();
  require(X509_set_version(certificate, version_3) == 1, "version");
  set_serial(certificate, content.serial);
  set_time(X509_getm_notBefore(certificate), content.not_before);
  set_time(X509_getm_notAfter(certificate), content.not_after);
  auto* name = X509_get_subject_name(certificate);
  add_name(name, "O", content.organization);
  add_name(name, "CN", content.common_name);
  require(X509_set_pubkey(certificate, key) == 1, "key");
  return made;
}

/// @param value  as OpenSSL's configuration files have it
void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509V3_set_ctx_nodb(&context);
  const Handle<X509_EXTENSION, X509_EXTENSION_free> made{
      X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str())};
  require(made && X509_add_ext(certificate, made.get(), -1) == 1, "extension");
}

Certificate signed_certificate(X509* certificate, X509* issuer, EVP_PKEY* issuer_key) {
  require(X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1, "name");
  if (X509_sign(certificate, issuer_key, EVP_sha256()) <= 0) fail("a certificate cannot be signed");
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  const Handle<unsigned char, free_bytes> owned{der};
  if (size <= 0) fail("a certificate cannot be written");
  return read_certificate({reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)},
                          {"a new certificate"});
}

}  // namespace

PrivateKey generate_private_key() {
  KeyHandle key{EVP_RSA_gen(key_bits)};
  if (!key) fail("no RSA key can be made");
  return private_key_of(std::move(key), {"a new key"});
}

Certificate self_signed(const PrivateKey& key, const CertificateContent& content) {
  const NotedErrors errors;
  auto* signing = key.material().key.get();
  const auto certificate = unsigned_certificate(signing, content);
  return signed_certificate(certificate.get(), certificate.get(), signing);
}

ServerIdentity generate_server_identity(const CertificateContent& authority, const CertificateContent& server,
                                        const std::string& hosts) {
  const NotedErrors errors;
  const auto authority_key = generate_private_key();
  auto* signing = authority_key.material().key.get();
  const auto root = unsigned_certificate(signing, authority);
  add_extension(root.get(), root.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  add_extension(root.get(), root.get(), NID_key_usage, "critical,keyCertSign");
  add_extension(root.get(), root.get(), NID_subject_key_identifier, "hash");

  auto key = generate_private_key();
  const auto leaf = unsigned_certificate(key.material().key.get(), server);
  add_extension(leaf.get(), root.get(), NID_basic_constraints, "critical,CA:FALSE");
  add_extension(leaf.get(), root.get(), NID_key_usage, "critical,digitalSignature,keyEncipherment");
  add_extension(leaf.get(), root.get(), NID_ext_key_usage, "serverAuth");
  add_extension(leaf.get(), root.get(), NID_subject_key_identifier, "hash");
  add_extension(leaf.get(), root.get(), NID_authority_key_identifier, "keyid:always");
  add_extension(leaf.get(), root.get(), NID_subject_alt_name, hosts);
  auto authority_certificate = signed_certificate(root.get(), root.get(), signing);
  auto certificate = signed_certificate(leaf.get(), root.get(), signing);
  return {std::move(authority_certificate), std::move(certificate), std::move(key)};
}

}  // namespace wxpay::crypto
