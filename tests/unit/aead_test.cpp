#include "crypto/aead.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <stdexcept>

#include "crypto/certificate.hpp"
#include "support/v3_keys.hpp"

using wxpay::Error;
using wxpay::ErrorKind;
using wxpay::Secret;
using wxpay::crypto::Aead;
using wxpay::crypto::from_base64;
using wxpay::crypto::Origin;
using wxpay::test::bytes_of;
using wxpay::test::refusal_of;
using wxpay::test::test_origin;
using wxpay::test::v3_vectors;

namespace {

constexpr const char* apiv3_key = "THROWAWAYapiV3key0123456789ABCDE";

std::optional<std::string> open(const Aead& aead, const nlohmann::ordered_json& resource) {
  return aead.open(resource.at("nonce").get<std::string>(), resource.at("associated_data").get<std::string>(),
                   bytes_of(resource.at("ciphertext")));
}

}  // namespace

TEST_CASE("AES-256-GCM opens and seals every notification of the vectors") {
  const Aead aead{Secret{apiv3_key}, test_origin};
  for (const auto& vector : v3_vectors("notifications")) {
    CAPTURE(vector.at("id").get<std::string>());
    const auto& resource = vector.at("resource");
    const auto plaintext = vector.at("plaintext_utf8").get<std::string>();
    CHECK(open(aead, resource) == std::optional{plaintext});
    CHECK(aead.seal(resource.at("nonce").get<std::string>(),
                    resource.at("associated_data").get<std::string>(),
                    plaintext) == bytes_of(resource.at("ciphertext")));
  }
}

TEST_CASE("AES-256-GCM opens the certificates of the vectors") {
  const Aead aead{Secret{apiv3_key}, test_origin};
  const auto vector = v3_vectors("certificates").at(0);
  const auto body = nlohmann::ordered_json::parse(vector.at("body_utf8").get<std::string>());
  REQUIRE(body.at("data").size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    const auto plaintext = open(aead, body.at("data").at(i).at("encrypt_certificate"));
    const auto& expected = vector.at("expected_certificates").at(i);
    REQUIRE(plaintext);
    CHECK(*plaintext == wxpay::test::data_file(expected.at("pem_file").get<std::string>()));
    CHECK(wxpay::crypto::Certificate::from_pem(*plaintext, test_origin).serial() ==
          expected.at("serial_no").get<std::string>());
  }
}

TEST_CASE("AES-256-GCM opens nothing that the vectors say fails") {
  for (const auto& vector : v3_vectors("notification_decrypt_failures")) {
    CAPTURE(vector.at("id").get<std::string>());
    const Aead aead{Secret{vector.at("key_utf8").get<std::string>()}, test_origin};
    const auto sealed = from_base64(vector.at("ciphertext").get<std::string>());
    CHECK((!sealed || !aead.open(vector.at("nonce").get<std::string>(),
                                 vector.at("associated_data").get<std::string>(), *sealed)));
  }
}

TEST_CASE(
    "AES-256-GCM opens nothing with one bit changed or one byte less, and no other nonce, data or key") {
  const Aead aead{Secret{apiv3_key}, test_origin};
  const std::string nonce{"Kj7QIyUiYx1q"};
  const auto sealed = aead.seal(nonce, "transaction", "a plaintext of 24 bytes.");
  REQUIRE(aead.open(nonce, "transaction", sealed));
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    CAPTURE(i);
    for (unsigned int bit = 0; bit < 8; ++bit) {
      auto changed = sealed;
      changed[i] = static_cast<char>(static_cast<unsigned char>(changed[i]) ^ (1U << bit));
      CHECK(!aead.open(nonce, "transaction", changed));
    }
    CHECK(!aead.open(nonce, "transaction", sealed.substr(0, i)));
  }
  CHECK(!aead.open(nonce, "transaction", sealed + "x"));
  CHECK(!aead.open("Kj7QIyUiYx1r", "transaction", sealed));
  CHECK(!aead.open(nonce.substr(0, 11), "transaction", sealed));
  CHECK(!aead.open(nonce + "abcd", "transaction", sealed));
  CHECK(!aead.open("", "transaction", sealed));
  CHECK(!aead.open(nonce, "", sealed));
  CHECK(!aead.open(nonce, "transactioN", sealed));
  const Aead other{Secret{"THROWAWAYapiV3key0123456789ABCDF"}, test_origin};
  CHECK(!other.open(nonce, "transaction", sealed));
}

TEST_CASE("AES-256-GCM takes an empty text and empty associated data") {
  const Aead aead{Secret{apiv3_key}, test_origin};
  for (const std::string data : {"", "certificate"}) {
    const auto sealed = aead.seal("Kj7QIyUiYx1q", data, "");
    CHECK(sealed.size() == Aead::tag_size);
    CHECK(aead.open("Kj7QIyUiYx1q", data, sealed) == std::optional<std::string>{""});
  }
  CHECK_THROWS_AS(aead.seal("Kj7QIyUiYx1", "", "text"), std::invalid_argument);
}

TEST_CASE("a key of AES-256-GCM has 32 bytes, and a message about another never shows it") {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{16}, std::size_t{31}, std::size_t{33}, std::size_t{64}}) {
    const auto message = refusal_of([size] { const Aead aead{Secret{std::string(size, 'k')}, test_origin}; });
    CHECK(message == "the file has " + std::to_string(size) + " bytes where 32 are needed");
  }
  try {
    const Aead aead{Secret{"short"}, Origin{"the answer", ErrorKind::untrusted}};
    FAIL("a short key was taken");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::untrusted);
  }
}
