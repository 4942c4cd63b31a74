#include "crypto/certificate.hpp"

#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/pem.h>

#include <ctime>
#include <optional>

#include "base/text.hpp"
#include "crypto/certificate_material.hpp"
#include "crypto/key_material.hpp"
#include "crypto/pem.hpp"

namespace wxpay::crypto {

namespace {

std::optional<std::chrono::sys_seconds> time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  const std::chrono::year_month_day day{std::chrono::year{parts.tm_year + 1900},
                                        std::chrono::month{static_cast<unsigned int>(parts.tm_mon + 1)},
                                        std::chrono::day{static_cast<unsigned int>(parts.tm_mday)}};
  return std::chrono::sys_days{day} + std::chrono::hours{parts.tm_hour} + std::chrono::minutes{parts.tm_min} +
         std::chrono::seconds{parts.tm_sec};
}

/// Upper-case hex of the bytes; empty where there is no such number.
std::string serial_of(const X509* certificate) {
  const auto* serial = X509_get0_serialNumber(certificate);
  const Handle<BIGNUM, BN_free> number{serial != nullptr ? ASN1_INTEGER_to_BN(serial, nullptr) : nullptr};
  if (!number || BN_is_negative(number.get()) == 1) return {};
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(number.get())), '\0');
  BN_bn2bin(number.get(), buffer_of(bytes));
  return bytes.empty() ? "00" : to_upper_hex(bytes);
}

std::string name_of(const X509_NAME* name) {
  const Bio bio{BIO_new(BIO_s_mem())};
  // UTF-8 as it is; what a terminal would follow is taken out afterwards.
  constexpr unsigned long format = XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB);
  if (!bio || name == nullptr || X509_NAME_print_ex(bio.get(), name, 0, format) < 0) return {};
  return without_control_characters(shortened(content_of(bio.get())));
}

std::string common_name_of(const X509_NAME* name) {
  const int at = name == nullptr ? -1 : X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (at < 0 || X509_NAME_get_index_by_NID(name, NID_commonName, at) >= 0) return {};
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
  const Handle<unsigned char, free_bytes> owned{utf8};
  return size < 0 ? std::string{}
                  : std::string(reinterpret_cast<char*>(utf8), static_cast<std::size_t>(size));
}

std::string_view without_leading_zeros(std::string_view digits) {
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
  return digits;
}

}  // namespace

Certificate read_certificate(std::string_view der, const Origin& origin) {
  const NotedErrors errors;
  const auto* next = data_of(der);
  const auto* end = next + der.size();
  CertificateHandle certificate{d2i_X509(nullptr, &next, static_cast<long>(der.size()))};
  if (!certificate || next != end) origin.fail("holds a damaged certificate");
  auto serial = serial_of(certificate.get());
  if (serial.empty()) origin.fail("holds a certificate whose serial number is negative");
  const auto not_before = time_of(X509_get0_notBefore(certificate.get()));
  const auto not_after = time_of(X509_get0_notAfter(certificate.get()));
  if (!not_before || !not_after) origin.fail("holds a certificate whose dates cannot be read");
  auto subject = name_of(X509_get_subject_name(certificate.get()));
  auto issuer = name_of(X509_get_issuer_name(certificate.get()));
  auto common_name = common_name_of(X509_get_subject_name(certificate.get()));
  Certificate::Material material{std::move(certificate),
                                 origin,
                                 std::move(serial),
                                 *not_before,
                                 *not_after,
                                 std::move(subject),
                                 std::move(issuer),
                                 std::move(common_name)};
  return Certificate{std::make_shared<const Certificate::Material>(std::move(material))};
}

std::vector<Certificate> Certificate::all_from_pem(std::string_view pem, const Origin& origin) {
  const auto blocks = read_pem(pem, origin);
  std::vector<Certificate> certificates;
  for (const auto& block : blocks) {
    if (block.label == "CERTIFICATE") certificates.push_back(read_certificate(block.der.reveal(), origin));
  }
  if (certificates.empty()) {
    const auto& label = blocks.front().label;
    const auto found = label.ends_with("PRIVATE KEY")  ? "a private key"
                       : label.ends_with("PUBLIC KEY") ? "a public key"
                                                       : "\"" + label + "\"";
    origin.fail(
        "holds " + found + " where a certificate should be",
        "the merchant's certificate is apiclient_cert.pem, which begins with -----BEGIN CERTIFICATE-----");
  }
  return certificates;
}

Certificate Certificate::from_pem(std::string_view pem, const Origin& origin) {
  const auto certificates = all_from_pem(pem, origin);
  if (certificates.size() > 1) {
    origin.fail("holds " + std::to_string(certificates.size()) + " certificates where one is meant");
  }
  return certificates.front();
}

const std::string& Certificate::serial() const { return material_->serial; }

bool Certificate::has_serial(std::string_view text) const {
  // Lower case of both is as good as upper, and there is a function for it.
  return !text.empty() && to_lower(without_leading_zeros(text)) == to_lower(without_leading_zeros(serial()));
}

std::chrono::sys_seconds Certificate::not_before() const { return material_->not_before; }

std::chrono::sys_seconds Certificate::not_after() const { return material_->not_after; }

const std::string& Certificate::subject() const { return material_->subject; }

const std::string& Certificate::issuer() const { return material_->issuer; }

const std::string& Certificate::common_name() const { return material_->common_name; }

bool Certificate::fits(const PrivateKey& key) const {
  const NotedErrors errors;
  const auto* own = X509_get0_pubkey(material_->certificate.get());
  return own != nullptr && EVP_PKEY_eq(own, key.material().key.get()) == 1;
}

PublicKey Certificate::public_key() const {
  const NotedErrors errors;
  KeyHandle key{X509_get_pubkey(material_->certificate.get())};
  if (!key) material_->origin.fail("holds a certificate whose public key cannot be read");
  return public_key_of(std::move(key), material_->origin);
}

std::string Certificate::to_pem() const {
  const Bio bio{BIO_new(BIO_s_mem())};
  if (!bio || PEM_write_bio_X509(bio.get(), material_->certificate.get()) != 1) {
    fail("a certificate cannot be written");
  }
  return std::string{content_of(bio.get())};
}

}  // namespace wxpay::crypto
