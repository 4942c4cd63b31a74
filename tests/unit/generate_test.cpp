#include "crypto/generate.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

#include "support/v3_keys.hpp"
#include "wxpay/time.hpp"

using wxpay::crypto::Certificate;
using wxpay::crypto::CertificateContent;
using wxpay::crypto::generate_private_key;
using wxpay::crypto::generate_server_identity;
using wxpay::crypto::PrivateKey;
using wxpay::crypto::self_signed;
using wxpay::test::merchant_key;
using wxpay::test::test_origin;

namespace {

CertificateContent content() {
  return {.common_name = "1900000109",
          .organization = "财付通",
          .serial = "3C6F1A52E7B04D98A1C2D3E4F5061728394A5B6C",
          .not_before = wxpay::parse_rfc3339("2026-11-23T18:01:02+08:00").value(),
          .not_after = wxpay::parse_rfc3339("2051-11-23T18:01:02+08:00").value()};
}

}  // namespace

TEST_CASE("a new key signs, is another each time, and is read as it was written") {
  const auto key = generate_private_key();
  const auto pem = key.to_pem();
  CHECK(pem.reveal().starts_with("-----BEGIN PRIVATE KEY-----\n"));
  const auto again = PrivateKey::from_pem(pem.reveal(), nullptr, test_origin);
  CHECK(again.sign("message") == key.sign("message"));
  CHECK(key.public_key().verify("message", again.sign("message")));
  CHECK(generate_private_key().to_pem().reveal() != pem.reveal());
  CHECK(merchant_key().to_pem().reveal() == wxpay::test::data_file("keys-v3/merchant_key.pem"));
}

TEST_CASE("a self-signed certificate says what it was given, on both sides of the year 2050 too") {
  const auto key = merchant_key();
  const auto asked = content();
  const auto certificate = Certificate::from_pem(self_signed(key, asked).to_pem(), test_origin);
  CHECK(certificate.serial() == asked.serial);
  CHECK(certificate.subject() == "CN=1900000109,O=财付通");
  CHECK(certificate.issuer() == certificate.subject());
  CHECK(certificate.not_before() == asked.not_before);
  CHECK(certificate.not_after() == asked.not_after);
  CHECK(certificate.fits(key));
  CHECK(certificate.public_key().verify("message", key.sign("message")));
}

TEST_CASE("a certificate is not made of what it cannot say") {
  const auto key = merchant_key();
  for (const std::string serial : {"", "xyz", "3C:6F", "-5", "80000000000000000000000000000000000000AA",
                                   "003C6F1A52E7B04D98A1C2D3E4F5061728394A5B6C"}) {
    CAPTURE(serial);
    auto asked = content();
    asked.serial = serial;
    CHECK_THROWS_AS(self_signed(key, asked), std::invalid_argument);
  }
  for (const auto& name : {std::string{}, std::string(65, 'n'), std::string{"\xFF\xFE"}}) {
    auto asked = content();
    asked.common_name = name;
    CHECK_THROWS_AS(self_signed(key, asked), std::invalid_argument);
  }
}

TEST_CASE("a server's certificate is issued by an authority of its own, whose key is another") {
  auto authority = content();
  authority.common_name = "the authority";
  auto server = content();
  server.serial = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1";
  const auto identity = generate_server_identity(authority, server, "IP:127.0.0.1,DNS:localhost");
  CHECK(identity.authority.issuer() == identity.authority.subject());
  CHECK(identity.certificate.issuer() == identity.authority.subject());
  CHECK(identity.certificate.serial() == server.serial);
  CHECK(identity.certificate.fits(identity.key));
  CHECK_FALSE(identity.authority.fits(identity.key));
  for (const auto* hosts : {"", "localhost", "IP:127.0.0.1.1", "IP:127.0.0.1,,DNS:localhost"}) {
    CAPTURE(hosts);
    CHECK_THROWS_AS(generate_server_identity(authority, server, hosts), std::invalid_argument);
  }
}
