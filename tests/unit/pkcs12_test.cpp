#include "crypto/pkcs12.hpp"

#include <doctest/doctest.h>
#include <openssl/err.h>

#include "support/v3_keys.hpp"

using wxpay::Secret;
using wxpay::crypto::KeyWithCertificate;
using wxpay::crypto::read_pkcs12;
using wxpay::test::data_file;
using wxpay::test::merchant_key;
using wxpay::test::refusal_of;
using wxpay::test::test_origin;

namespace {

constexpr const char* merchant_number = "1900000109";

std::string refusal(const std::string& bytes, const std::string& password = merchant_number) {
  return refusal_of([&] { read_pkcs12(bytes, Secret{password}, test_origin); });
}

}  // namespace

TEST_CASE("a PKCS#12 gives its key and the certificate of it, whatever it is encrypted with") {
  for (const std::string file : {"merchant.p12", "merchant_old.p12"}) {
    CAPTURE(file);
    const auto read = read_pkcs12(data_file("key_files/" + file), Secret{merchant_number}, test_origin);
    CHECK(read.key.sign("message") == merchant_key().sign("message"));
    CHECK(read.certificate.serial() == "3C6F1A52E7B04D98A1C2D3E4F5061728394A5B6C");
    CHECK(read.certificate.fits(read.key));
    CHECK(ERR_peek_error() == 0);
  }
}

TEST_CASE("a PKCS#12 that is of no use is refused by what is wrong with it") {
  struct Row {
    std::string bytes;
    std::string expected;
  };
  const auto whole = data_file("key_files/merchant.p12");
  const Row rows[] = {
      {"", "the file is empty"},
      {"junk", "the file is no PKCS#12, or is damaged or cut off"},
      {data_file("key_files/key.der"), "the file is no PKCS#12, or is damaged or cut off"},
      {data_file("keys-v3/merchant_key.pem"), "the file is PEM text, not PKCS#12"},
      {data_file("keys-v3/merchant_cert.pem"), "the file is PEM text, not PKCS#12"},
      {whole + "x", "the file goes on after the end of its PKCS#12"},
      {data_file("key_files/no_mac.p12"),
       "the file has no check sum (MAC), so that nothing shows it is whole"},
      {data_file("key_files/no_key.p12"), "the file holds no private key"},
      {data_file("key_files/no_certificate.p12"), "the file holds no certificate"},
      {data_file("key_files/other_certificate.p12"), "the file holds no certificate for its private key"},
      {data_file("key_files/ec.p12"), "the file has a key of kind EC where RSA is needed"},
      {data_file("key_files/endless.p12"), "the file is damaged: its password would be hashed without end"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.expected);
    CHECK(refusal(row.bytes) == row.expected);
    CHECK(ERR_peek_error() == 0);
  }
}

TEST_CASE("a PKCS#12 does not open with another password") {
  for (const std::string file : {"merchant.p12", "merchant_old.p12"}) {
    const auto bytes = data_file("key_files/" + file);
    for (const auto& wrong : {std::string{}, std::string{"1900000108"}, std::string{"1900000109 "},
                              std::string{"1900000109\0", 11}, std::string(5000, '1')}) {
      CAPTURE(wrong);
      CHECK(refusal(bytes, wrong) ==
            "the file does not open with the password that is given for it, or is damaged");
    }
  }
}

TEST_CASE("a PKCS#12 that is cut off is refused, and so is one with a byte changed") {
  const auto whole = data_file("key_files/merchant.p12");
  for (std::size_t size = 1; size < whole.size(); ++size) {
    CAPTURE(size);
    CHECK(refusal(whole.substr(0, size)) == "the file is no PKCS#12, or is damaged or cut off");
  }
  // Within its content, which the check sum covers.
  for (std::size_t i = 100; i < whole.size() - 100; i += 97) {
    CAPTURE(i);
    auto changed = whole;
    changed[i] = static_cast<char>(static_cast<unsigned char>(changed[i]) ^ 1U);
    CHECK(!refusal(changed).empty());
  }
}
