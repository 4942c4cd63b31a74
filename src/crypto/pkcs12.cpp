#include "crypto/pkcs12.hpp"

#include <openssl/pkcs12.h>

#include <string>
#include <vector>

#include "crypto/certificate_material.hpp"
#include "crypto/key_material.hpp"
#include "crypto/library_context.hpp"

namespace wxpay::crypto {

namespace {

using Pkcs12 = Handle<PKCS12, PKCS12_free>;

void free_certificates(STACK_OF(X509) * certificates) { sk_X509_pop_free(certificates, X509_free); }
using Certificates = Handle<STACK_OF(X509), free_certificates>;

// What programs write is a few thousand; a number without limit would let a file stop the program.
constexpr long most_iterations = 10'000'000;

[[noreturn]] void fail_damaged(const Origin& origin) {
  origin.fail("is no PKCS#12, or is damaged or cut off");
}

/// What cannot be PKCS#12 is told before OpenSSL is asked.
void refuse_text(std::string_view bytes, const Origin& origin) {
  if (bytes.empty()) origin.fail("is empty");
  if (bytes[0] == '\x30') return;  // a SEQUENCE, as every PKCS#12 is
  if (bytes.find("-----BEGIN ") == std::string_view::npos) fail_damaged(origin);
  origin.fail("is PEM text, not PKCS#12", "apiclient_cert.p12 is the file of that kind");
}

Pkcs12 parse(std::string_view bytes, const LibraryContext& library, const Origin& origin) {
  const auto* next = data_of(bytes);
  const auto* end = next + bytes.size();
  // A structure made beforehand is how the library context comes into what is read.
  auto* made = PKCS12_init_ex(NID_pkcs7_data, library.get(), nullptr);
  d2i_PKCS12(&made, &next, static_cast<long>(bytes.size()));
  Pkcs12 file{made};
  if (!file) fail_damaged(origin);
  if (next != end) origin.fail("goes on after the end of its PKCS#12");
  return file;
}

void check_password(PKCS12* file, std::string_view password, const Origin& origin) {
  if (PKCS12_mac_present(file) != 1) origin.fail("has no check sum (MAC), so that nothing shows it is whole");
  const ASN1_INTEGER* iterations = nullptr;
  PKCS12_get0_mac(nullptr, nullptr, nullptr, &iterations, file);
  const long count = iterations != nullptr ? ASN1_INTEGER_get(iterations) : 1;
  if (count < 1 || count > most_iterations) {
    origin.fail("is damaged: its password would be hashed without end");
  }
  if (PKCS12_verify_mac(file, password.data(), static_cast<int>(password.size())) != 1) {
    origin.fail("does not open with the password that is given for it, or is damaged",
                "the password of apiclient_cert.p12 is the merchant number unless it was changed");
  }
}

/// The key once more, so that it is free of the library context it was read with.
PrivateKey own_key(EVP_PKEY* key, const Origin& origin) {
  const Handle<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free> info{EVP_PKEY2PKCS8(key)};
  KeyHandle own{info ? EVP_PKCS82PKEY_ex(info.get(), nullptr, nullptr) : nullptr};
  if (!own) origin.fail("holds a damaged private key");
  return private_key_of(std::move(own), origin);
}

Certificate own_certificate(X509* certificate, const Origin& origin) {
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  const Handle<unsigned char, free_bytes> owned{der};
  if (size <= 0) origin.fail("holds a damaged certificate");
  return read_certificate({reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)}, origin);
}

}  // namespace

KeyWithCertificate read_pkcs12(std::string_view bytes, const Secret& password, const Origin& origin) {
  const NotedErrors errors;
  refuse_text(bytes, origin);
  const LibraryContext library;
  const auto file = parse(bytes, library, origin);
  check_password(file.get(), password.reveal(), origin);

  // The view of a secret ends with a zero byte, as it is a std::string.
  EVP_PKEY* raw_key = nullptr;
  X509* raw_certificate = nullptr;
  STACK_OF(X509)* raw_others = nullptr;
  const bool read =
      PKCS12_parse(file.get(), password.reveal().data(), &raw_key, &raw_certificate, &raw_others) == 1;
  const KeyHandle key{raw_key};
  const CertificateHandle certificate{raw_certificate};
  const Certificates others{raw_others};
  if (!read) origin.fail("is encrypted in a way that this OpenSSL cannot read, or is damaged");
  if (!key) origin.fail("holds no private key", "export it again, together with its private key");

  const auto owned = own_key(key.get(), origin);
  std::vector<X509*> candidates;
  if (certificate) candidates.push_back(certificate.get());
  for (int i = 0; i < sk_X509_num(others.get()); ++i) candidates.push_back(sk_X509_value(others.get(), i));
  for (auto* candidate : candidates) {
    auto found = own_certificate(candidate, origin);
    if (found.fits(owned)) return {owned, std::move(found)};
  }
  origin.fail(candidates.empty() ? "holds no certificate" : "holds no certificate for its private key");
}

}  // namespace wxpay::crypto
