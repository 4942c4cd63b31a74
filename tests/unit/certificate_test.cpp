#include "crypto/certificate.hpp"

#include <doctest/doctest.h>
#include <openssl/err.h>

#include "support/v3_keys.hpp"
#include "wxpay/time.hpp"

using wxpay::crypto::Certificate;
using wxpay::test::data_file;
using wxpay::test::merchant_key;
using wxpay::test::private_key;
using wxpay::test::refusal_of;
using wxpay::test::test_origin;

namespace {

Certificate certificate(const std::string& name) {
  return Certificate::from_pem(data_file(name), test_origin);
}

std::string refusal(const std::string& pem) {
  return refusal_of([&] { Certificate::from_pem(pem, test_origin); });
}

}  // namespace

TEST_CASE("a certificate tells its serial number, dates and names") {
  const auto merchant = certificate("keys-v3/merchant_cert.pem");
  CHECK(merchant.serial() == "3C6F1A52E7B04D98A1C2D3E4F5061728394A5B6C");
  CHECK(wxpay::format_rfc3339(merchant.not_before()) == "2026-11-24T02:18:03+08:00");
  CHECK(wxpay::format_rfc3339(merchant.not_after()) == "2031-11-23T02:18:03+08:00");
  CHECK(merchant.subject() == "CN=1900000109,OU=merchant,O=THROWAWAY TEST,C=CN");
  CHECK(merchant.issuer() == merchant.subject());
  CHECK(certificate("keys-v3/platform_cert.pem").serial() == "5157F09EFDC096DE15EBE81A47057A7232F1B8E1");
  CHECK(certificate("keys-v3/platform2_cert.pem").serial() == "50062CE505775F070CAB06E697F1BBD1AD4F4D87");

  const auto chinese = certificate("key_files/zero_serial_cert.pem");
  CHECK(chinese.subject() == "CN=测试商户,O=财付通,C=CN");
}

TEST_CASE("a serial number keeps the zero of its first byte, and is compared as a number") {
  const auto zero = certificate("key_files/zero_serial_cert.pem");
  CHECK(zero.serial() == "0C6F1A52E7B04D98A1C2D3E4F5061728394A5B6C");
  CHECK(certificate("key_files/ec_cert.pem").serial() == "0A");
  struct Row {
    std::string text;
    bool expected;
  };
  const Row rows[] = {
      {"0C6F1A52E7B04D98A1C2D3E4F5061728394A5B6C", true},
      {"C6F1A52E7B04D98A1C2D3E4F5061728394A5B6C", true},
      {"0c6f1a52e7b04d98a1c2d3e4f5061728394a5b6c", true},
      {"000C6F1A52E7B04D98A1C2D3E4F5061728394A5B6C", true},
      {"3C6F1A52E7B04D98A1C2D3E4F5061728394A5B6C", false},
      {"0C6F1A52E7B04D98A1C2D3E4F5061728394A5B6", false},
      {"0C:6F:1A:52:E7:B0:4D:98:A1:C2:D3:E4:F5:06:17:28:39:4A:5B:6C", false},
      {"", false},
      {"0", false},
      {" 0C6F1A52E7B04D98A1C2D3E4F5061728394A5B6C", false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(zero.has_serial(row.text) == row.expected);
  }
}

TEST_CASE("a certificate is valid from its first second to its last") {
  const auto merchant = certificate("keys-v3/merchant_cert.pem");
  using std::chrono::seconds;
  CHECK(!merchant.valid_at(merchant.not_before() - seconds{1}));
  CHECK(merchant.valid_at(merchant.not_before()));
  CHECK(merchant.valid_at(merchant.not_after()));
  CHECK(!merchant.valid_at(merchant.not_after() + seconds{1}));
}

TEST_CASE("a certificate fits its own private key and no other") {
  const auto merchant = certificate("keys-v3/merchant_cert.pem");
  CHECK(merchant.fits(merchant_key()));
  CHECK(merchant.fits(private_key("keys-v3/merchant_key_pkcs1.pem")));
  CHECK(!merchant.fits(private_key("keys-v3/platform_key.pem")));
  CHECK(!certificate("key_files/ec_cert.pem").fits(merchant_key()));
}

TEST_CASE("several certificates are read in their order, and only where several are meant") {
  const auto both = data_file("keys-v3/platform_cert.pem") + data_file("keys-v3/platform2_cert.pem");
  const auto certificates = Certificate::all_from_pem(both, test_origin);
  REQUIRE(certificates.size() == 2);
  CHECK(certificates[0].serial() == "5157F09EFDC096DE15EBE81A47057A7232F1B8E1");
  CHECK(certificates[1].serial() == "50062CE505775F070CAB06E697F1BBD1AD4F4D87");
  CHECK(refusal(both) == "the file holds 2 certificates where one is meant");
  // With the key between them, as `openssl pkcs12` writes it.
  CHECK(Certificate::all_from_pem(data_file("key_files/exported.pem"), test_origin).size() == 2);
}

TEST_CASE("a certificate is written as it was read") {
  const auto pem = data_file("keys-v3/platform_cert.pem");
  CHECK(Certificate::from_pem(pem, test_origin).to_pem() == pem);
}

TEST_CASE("a file that is no certificate is refused by what it is") {
  struct Row {
    std::string text;
    std::string expected;
  };
  const auto whole = data_file("keys-v3/platform_cert.pem");
  const Row rows[] = {
      {"", "the file is empty"},
      {"junk", "the file is no PEM text: it has no line -----BEGIN …-----"},
      {data_file("key_files/certificate.der"), "the file is binary (DER or PKCS#12), not PEM text"},
      {data_file("keys-v3/merchant_key.pem"), "the file holds a private key where a certificate should be"},
      {data_file("keys-v3/merchant_pub.pem"), "the file holds a public key where a certificate should be"},
      {data_file("key_files/request.pem"),
       "the file holds \"CERTIFICATE REQUEST\" where a certificate should be"},
      {data_file("key_files/negative_serial_cert.pem"),
       "the file holds a certificate whose serial number is negative"},
      {whole + "junk", "the file goes on after -----END CERTIFICATE-----"},
      {"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
       "the file holds a damaged certificate"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(refusal(row.text) == row.expected);
    CHECK(ERR_peek_error() == 0);
  }
  const auto longer = data_file("key_files/certificate.der") + "x";
  CHECK(refusal("-----BEGIN CERTIFICATE-----\n" + wxpay::crypto::to_base64(longer) +
                "\n-----END CERTIFICATE-----\n") == "the file holds a damaged certificate");
  CHECK(refusal_of([] { certificate("key_files/ec_cert.pem").public_key(); }) ==
        "the file has a key of kind EC where RSA is needed");
}

TEST_CASE("a certificate that is cut off at any byte is refused, and one with a byte changed never harms") {
  const auto whole = data_file("keys-v3/platform_cert.pem");
  for (std::size_t size = 0; size + 1 < whole.size(); ++size) {
    CAPTURE(size);
    CHECK(!refusal(whole.substr(0, size)).empty());
  }
  for (std::size_t i = 0; i < whole.size(); ++i) {
    CAPTURE(i);
    auto changed = whole;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    CHECK_NOTHROW(refusal_of([&changed] {
      const auto read = Certificate::from_pem(changed, test_origin);
      CHECK(!read.serial().empty());
      const bool verified = read.public_key().verify("message", std::string(256, '\0'));
      CHECK(!verified);
    }));
  }
}
