#include <doctest/doctest.h>

#include <stdexcept>

#include "crypto/certificate.hpp"
#include "crypto/private_key.hpp"
#include "crypto/public_key.hpp"
#include "support/v3_keys.hpp"

using wxpay::crypto::Certificate;
using wxpay::crypto::from_base64;
using wxpay::crypto::PublicKey;
using wxpay::crypto::to_base64;
using wxpay::test::bytes_of;
using wxpay::test::data_file;
using wxpay::test::merchant_key;
using wxpay::test::private_key;
using wxpay::test::test_origin;
using wxpay::test::v3_vectors;

namespace {

PublicKey public_key(const std::string& name) { return PublicKey::from_pem(data_file(name), test_origin); }

PublicKey certified_key(const std::string& name) {
  return Certificate::from_pem(data_file(name), test_origin).public_key();
}

/// The key that the vectors' `Wechatpay-Serial` names.
PublicKey key_of_serial(const std::string& serial) {
  if (serial.starts_with("PUB_KEY_ID_")) return public_key("keys-v3/wxpay_pubkey_mode_pub.pem");
  for (const std::string name : {"platform", "platform2", "merchant"}) {
    const auto certificate = Certificate::from_pem(data_file("keys-v3/" + name + "_cert.pem"), test_origin);
    if (certificate.has_serial(serial)) return certificate.public_key();
  }
  throw std::runtime_error{"no key has the serial " + serial};
}

}  // namespace

TEST_CASE(
    "RSA-SHA256 signs requests and pay parameters as the vectors have it, with either form of the key") {
  const auto key = merchant_key();
  const auto same_key = private_key("keys-v3/merchant_key_pkcs1.pem");
  const auto certified = certified_key("keys-v3/merchant_cert.pem");
  for (const auto& vector : v3_vectors("request_signatures")) {
    CAPTURE(vector.at("id").get<std::string>());
    const auto message = vector.at("message").get<std::string>();
    const auto signature = vector.at("signature").get<std::string>();
    CHECK(to_base64(key.sign(message)) == signature);
    CHECK(to_base64(same_key.sign(message)) == signature);
    CHECK(certified.verify(message, bytes_of(vector.at("signature"))));
  }
  for (const auto& vector : v3_vectors("pay_sign")) {
    CAPTURE(vector.at("id").get<std::string>());
    const auto& result = vector.at("result");
    const auto& sign = result.contains("paySign") ? result.at("paySign") : result.at("sign");
    CHECK(to_base64(key.sign(vector.at("message").get<std::string>())) == sign.get<std::string>());
  }
}

TEST_CASE("RSA-SHA256 verifies answers as the vectors have it") {
  int verified = 0;
  for (const auto& vector : v3_vectors("response_verification")) {
    CAPTURE(vector.at("id").get<std::string>());
    const auto& headers = vector.at("headers");
    if (!vector.contains("raw_rsa_result") || vector.at("raw_rsa_result").is_null() ||
        !headers.contains("Wechatpay-Signature")) {
      continue;
    }
    const auto signature = from_base64(headers.at("Wechatpay-Signature").get<std::string>());
    const auto key = key_of_serial(headers.at("Wechatpay-Serial").get<std::string>());
    CHECK((signature && key.verify(vector.at("verify_message").get<std::string>(), *signature)) ==
          vector.at("raw_rsa_result").get<bool>());
    ++verified;
  }
  CHECK(verified > 5);
}

TEST_CASE("a signature with one bit changed, cut or drawn out does not verify, nor that of another key") {
  const auto key = merchant_key();
  const auto own = key.public_key();
  const std::string message{"1795428010\nd824f2e086d3c1df967785d13fcd22ef\n{}\n"};
  const auto signature = key.sign(message);
  REQUIRE(signature.size() == 256);
  REQUIRE(own.verify(message, signature));
  for (std::size_t i = 0; i < signature.size(); ++i) {
    CAPTURE(i);
    auto changed = signature;
    changed[i] = static_cast<char>(static_cast<unsigned char>(changed[i]) ^ 1U);
    CHECK(!own.verify(message, changed));
    CHECK(!own.verify(message, signature.substr(0, i)));
  }
  CHECK(!own.verify(message, signature + '\0'));
  CHECK(!own.verify(message, std::string{'\0'} + signature));
  CHECK(!own.verify(message, std::string(256, '\0')));
  CHECK(!own.verify(message, std::string(256, '\xFF')));
  CHECK(!own.verify(message + "\n", signature));
  CHECK(!certified_key("keys-v3/platform_cert.pem").verify(message, signature));
  // A context that has said no says yes again.
  CHECK(own.verify(message, signature));
}

TEST_CASE("an empty message and one of a megabyte are signed and verified") {
  const auto key = merchant_key();
  for (const auto& message : {std::string{}, std::string(1'048'576, '\n')}) {
    CHECK(key.public_key().verify(message, key.sign(message)));
  }
}

TEST_CASE("RSA-OAEP decrypts what the vectors have, and what it encrypts itself") {
  for (const auto& vector : v3_vectors("rsa_oaep")) {
    CAPTURE(vector.at("id").get<std::string>());
    const auto key = private_key(vector.at("recipient_key_file").get<std::string>());
    const auto expected = vector.at("plaintext_utf8").get<std::string>();
    const auto plaintext = key.decrypt(bytes_of(vector.at("ciphertext_base64")));
    REQUIRE(plaintext);
    CHECK(plaintext->reveal() == expected);
    const auto again = key.public_key().encrypt(expected);
    CHECK(again.size() == 256);
    CHECK(again != bytes_of(vector.at("ciphertext_base64")));
    REQUIRE(key.decrypt(again));
    CHECK(key.decrypt(again)->reveal() == expected);
  }
}

TEST_CASE("RSA-OAEP has room for 214 bytes, and decrypts nothing that was changed or made for another key") {
  const auto key = merchant_key();
  const auto own = key.public_key();
  CHECK(own.room() == 214);
  for (const std::size_t size : {std::size_t{0}, std::size_t{214}}) {
    const auto plaintext = key.decrypt(own.encrypt(std::string(size, '9')));
    REQUIRE(plaintext);
    CHECK(plaintext->reveal() == std::string(size, '9'));
  }
  CHECK_THROWS_AS(own.encrypt(std::string(215, '9')), std::length_error);

  const auto ciphertext = own.encrypt("6225888888888888");
  auto changed = ciphertext;
  changed[100] = static_cast<char>(static_cast<unsigned char>(changed[100]) ^ 1U);
  CHECK(!key.decrypt(changed));
  CHECK(!key.decrypt(ciphertext.substr(1)));
  CHECK(!key.decrypt(""));
  CHECK(!private_key("keys-v3/platform_key.pem").decrypt(ciphertext));
}

TEST_CASE("a private key, its PEM file of a public key and its certificate have the same public half") {
  const auto derived = merchant_key().public_key().to_pem();
  CHECK(derived == data_file("keys-v3/merchant_pub.pem"));
  CHECK(public_key("keys-v3/merchant_pub.pem").to_pem() == derived);
  CHECK(certified_key("keys-v3/merchant_cert.pem").to_pem() == derived);
}
