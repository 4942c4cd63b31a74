#include "support/tls_identity.hpp"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <stdexcept>

namespace wxpay::test {
namespace {

void require(bool holds, const char* what) {
  if (!holds) throw std::runtime_error{std::string{"cannot make a test certificate: "} + what};
}

}  // namespace

TlsIdentity TlsIdentity::make(const std::string& subject_alt_name) {
  TlsIdentity identity;
  identity.key.reset(EVP_EC_gen("P-256"));
  identity.certificate.reset(X509_new());
  require(identity.key && identity.certificate, "no memory");
  auto* certificate = identity.certificate.get();
  constexpr long day = 24L * 60 * 60;
  require(X509_set_version(certificate, 2) == 1, "version");
  require(ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) == 1, "serial number");
  X509_gmtime_adj(X509_getm_notBefore(certificate), -day);
  X509_gmtime_adj(X509_getm_notAfter(certificate), day);
  require(X509_set_pubkey(certificate, identity.key.get()) == 1, "key");

  auto* name = X509_get_subject_name(certificate);
  const unsigned char common_name[] = "test server";
  require(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common_name, -1, -1, 0) == 1, "name");
  require(X509_set_issuer_name(certificate, name) == 1, "issuer");

  const Handle<X509_EXTENSION, X509_EXTENSION_free> extension{
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, subject_alt_name.c_str())};
  require(extension && X509_add_ext(certificate, extension.get(), -1) == 1, "host name");
  require(X509_sign(certificate, identity.key.get(), EVP_sha256()) > 0, "signature");
  return identity;
}

std::string TlsIdentity::pem() const {
  const Handle<BIO, BIO_free_all> bio{BIO_new(BIO_s_mem())};
  require(bio && PEM_write_bio_X509(bio.get(), certificate.get()) == 1, "PEM");
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace wxpay::test
