#include <doctest/doctest.h>
#include <openssl/err.h>

#include <algorithm>
#include <optional>

#include "crypto/pem.hpp"
#include "crypto/private_key.hpp"
#include "crypto/public_key.hpp"
#include "support/v3_keys.hpp"

using wxpay::Error;
using wxpay::ErrorKind;
using wxpay::Secret;
using wxpay::crypto::Origin;
using wxpay::crypto::PrivateKey;
using wxpay::crypto::PublicKey;
using wxpay::crypto::read_pem;
using wxpay::test::data_file;
using wxpay::test::merchant_key;
using wxpay::test::refusal_of;
using wxpay::test::test_origin;

namespace {

constexpr const char* right_password = "tool-password";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

PrivateKey read_private(const std::string& pem, const std::optional<std::string>& password = {}) {
  if (!password) return PrivateKey::from_pem(pem, nullptr, test_origin);
  const Secret secret{*password};
  return PrivateKey::from_pem(pem, &secret, test_origin);
}

std::string private_refusal(const std::string& pem, const std::optional<std::string>& password = {}) {
  return refusal_of([&] { read_private(pem, password); });
}

std::string public_refusal(const std::string& pem) {
  return refusal_of([&] { PublicKey::from_pem(pem, test_origin); });
}

// Where the modulus stands in the DER of a key of 2048 bits in PKCS#8.
constexpr std::size_t modulus_begin = 38;

/// A private key whose parts do not fit each other: one bit of a byte is another.
std::string damaged_key(std::size_t at, unsigned int bit) {
  const auto block = std::move(read_pem(data_file("keys-v3/merchant_key.pem"), test_origin).front());
  std::string der{block.der.reveal()};
  der[at] = static_cast<char>(static_cast<unsigned char>(der[at]) ^ bit);
  return "-----BEGIN PRIVATE KEY-----\n" + wxpay::crypto::to_base64(der) + "\n-----END PRIVATE KEY-----\n";
}

}  // namespace

TEST_CASE("a private key is read in each of its formats, and signs the same") {
  struct Row {
    std::string file;
    std::optional<std::string> password;
  };
  const Row rows[] = {
      {"keys-v3/merchant_key.pem", {}},
      {"keys-v3/merchant_key.pem", "not looked at"},
      {"keys-v3/merchant_key_pkcs1.pem", {}},
      {"key_files/encrypted.pem", right_password},
      {"key_files/encrypted_3des.pem", right_password},
      {"key_files/encrypted_md5_des.pem", right_password},
      {"key_files/encrypted_pkcs1.pem", right_password},
      {"key_files/exported.pem", {}},  // with certificates beside it, as `openssl pkcs12` writes it
  };
  const auto expected = merchant_key().sign("message");
  for (const auto& row : rows) {
    CAPTURE(row.file);
    CHECK(read_private(data_file(row.file), row.password).sign("message") == expected);
    CHECK(ERR_peek_error() == 0);
  }
}

TEST_CASE("line ends, a byte order mark, blanks and lines before a key do not matter") {
  const auto expected = merchant_key().sign("message");
  for (const std::string file : {"keys-v3/merchant_key.pem", "key_files/encrypted_pkcs1.pem"}) {
    const auto pem = data_file(file);
    const std::string rows[] = {
        replaced(pem, "\n", "\r\n"),   "\xEF\xBB\xBF" + pem,
        replaced(pem, "\n", " \t\n"),  "\n\n" + pem + "\n \n",
        pem.substr(0, pem.size() - 1), "Bag Attributes\n    friendlyName: key\n" + pem};
    for (const auto& row : rows) {
      CAPTURE(row.substr(0, 60));
      CHECK(read_private(row, right_password).sign("message") == expected);
    }
  }
}

TEST_CASE("a file that is no private key is refused by what it is") {
  struct Row {
    std::string text;
    std::string expected;
  };
  const auto key = data_file("keys-v3/merchant_key.pem");
  const auto body = key.substr(key.find('\n') + 1, key.rfind("\n-----END") - key.find('\n'));
  const std::string half = key.substr(0, key.size() / 2);
  const Row rows[] = {
      {"", "the file is empty"},
      {"\xEF\xBB\xBF", "the file is empty"},
      {"hello\n", "the file is no PEM text: it has no line -----BEGIN …-----"},
      {"0123456789abcdef0123456789abcdef", "the file is no PEM text: it has no line -----BEGIN …-----"},
      {body, "the file is no PEM text: it has no line -----BEGIN …-----"},
      {std::string{"a\0b", 3}, "the file is binary, not PEM text"},
      {data_file("key_files/key.der"), "the file is binary (DER or PKCS#12), not PEM text"},
      {data_file("key_files/merchant.p12"), "the file is binary (DER or PKCS#12), not PEM text"},
      {std::string{"\xFF\xFE-\0-\0", 6}, "the file is UTF-16, not plain text"},
      {data_file("keys-v3/merchant_cert.pem"),
       "the file holds a certificate where the private key should be"},
      {data_file("keys-v3/merchant_pub.pem"), "the file holds a public key where the private key should be"},
      {data_file("key_files/pkcs1_pub.pem"), "the file holds a public key where the private key should be"},
      {data_file("key_files/request.pem"),
       "the file holds \"CERTIFICATE REQUEST\" where the private key should be"},
      {data_file("key_files/ec.pem"), "the file has a key of kind EC where RSA is needed"},
      {data_file("key_files/ec_sec1.pem"),
       "the file holds \"EC PRIVATE KEY\" where an RSA private key should be"},
      {data_file("key_files/ed25519.pem"), "the file has a key of kind ED25519 where RSA is needed"},
      {data_file("key_files/pss.pem"), "the file has a key of kind RSA-PSS where RSA is needed"},
      {data_file("key_files/small.pem"), "the file has an RSA key of 1024 bits where 2048 to 8192 are taken"},
      {half, "the file is cut off: the line -----END PRIVATE KEY----- is missing"},
      {half + "\n" + key, "the file is cut off: the line -----END PRIVATE KEY----- is missing"},
      {half + key, "the file is damaged: what stands between the lines of PRIVATE KEY is no Base64"},
      {key + key, "the file holds 2 private keys where one is meant"},
      {key + "junk\n", "the file goes on after -----END PRIVATE KEY-----"},
      {key + half, "the file is cut off: the line -----END PRIVATE KEY----- is missing"},
      {key + "-----BEGIN PRIVATE",
       "the file has a -----BEGIN …----- that is cut off or not alone on its line"},
      {replaced(key, "\n", ""), "the file has a -----BEGIN …----- that is cut off or not alone on its line"},
      {replaced(key, "\n", "\\n"),
       "the file has a -----BEGIN …----- that is cut off or not alone on its line"},
      {replaced(key, "END PRIVATE", "END RSA PRIVATE"),
       "the file begins with -----BEGIN PRIVATE KEY----- and ends with -----END RSA PRIVATE KEY-----"},
      {replaced(key, "PRIVATE KEY", "RSA\x1B[2J KEY"),
       "the file has a -----BEGIN …----- that is cut off or not alone on its line"},
      {replaced(key, "M", "*"),
       "the file is damaged: what stands between the lines of PRIVATE KEY is no Base64"},
      {"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
       "the file is damaged: what stands between the lines of PRIVATE KEY is no Base64"},
      {"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
       "the file holds a damaged private key"},
      {"-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n",
       "the file holds a damaged private key"},
      {replaced(key, "PRIVATE KEY", "ENCRYPTED PRIVATE KEY"), "the file holds a damaged private key"},
      {damaged_key(modulus_begin + 100, 1),
       "the file has a damaged private key: its signatures do not fit its own public half"},
      {damaged_key(modulus_begin + 255, 1),  // an even modulus
       "the file has a damaged private key: its signatures do not fit its own public half"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(private_refusal(row.text) == row.expected);
    CHECK(ERR_peek_error() == 0);
  }
}

TEST_CASE("an encrypted key without its password is refused, and nobody is asked for one") {
  for (const std::string file :
       {"encrypted.pem", "encrypted_3des.pem", "encrypted_md5_des.pem", "encrypted_pkcs1.pem"}) {
    CAPTURE(file);
    const auto pem = data_file("key_files/" + file);
    CHECK(private_refusal(pem) == "the file holds an encrypted private key, and no password is given for it");
    for (const std::string wrong : {"", "tool-passwore", "tool-password ", "1900000109"}) {
      CAPTURE(wrong);
      CHECK(private_refusal(pem, wrong) ==
            "the file cannot be decrypted with the password that is given for it");
    }
    CHECK(private_refusal(pem, std::string(5000, 'p')) ==
          "the file cannot be decrypted with the password that is given for it");
    CHECK(ERR_peek_error() == 0);
  }
}

TEST_CASE("a key in the old format with a cipher of old is told by its name, not as a wrong password") {
  CHECK(private_refusal(data_file("key_files/encrypted_pkcs1_des.pem"), right_password) ==
        "the file holds a private key encrypted with DES-CBC, which this OpenSSL no longer has");
}

TEST_CASE("what headers of an old encrypted key say is not believed") {
  const auto pem = data_file("key_files/encrypted_pkcs1.pem");
  for (const std::string cipher : {"DEK-Info: NONE,00", "DEK-Info: AES-128-CBC", "DEK-Info: AES-128-CBC,xyz",
                                   "DEK-Info: AES-128-CBC,00", "X-Info: 1", "DEK-Info: AES-128-GCM,00"}) {
    const auto start = pem.find("DEK-Info");
    auto changed = pem;
    changed.replace(start, pem.find('\n', start) - start, cipher);
    CAPTURE(cipher);
    CHECK(private_refusal(changed, right_password) == "the file holds a damaged private key");
  }
}

TEST_CASE("a public key is read from its PEM file alone") {
  struct Row {
    std::string text;
    std::string expected;
  };
  const auto key = data_file("keys-v3/wxpay_pubkey_mode_pub.pem");
  REQUIRE(public_refusal(key).empty());
  REQUIRE(public_refusal("\xEF\xBB\xBF" + replaced(key, "\n", "\r\n")).empty());
  const Row rows[] = {
      {"", "the file is empty"},
      {data_file("keys-v3/platform_cert.pem"), "the file holds a certificate where a public key should be"},
      {data_file("keys-v3/merchant_key.pem"), "the file holds a private key where a public key should be"},
      {data_file("key_files/encrypted.pem"), "the file holds a private key where a public key should be"},
      {data_file("key_files/pkcs1_pub.pem"),
       "the file holds a public key in the form of PKCS#1 (RSA PUBLIC KEY)"},
      {data_file("key_files/request.pem"),
       "the file holds \"CERTIFICATE REQUEST\" where a public key should be"},
      {data_file("key_files/ec_pub.pem"), "the file has a key of kind EC where RSA is needed"},
      {data_file("key_files/small_pub.pem"),
       "the file has an RSA key of 1024 bits where 2048 to 8192 are taken"},
      {key + key, "the file holds 2 public keys where one is meant"},
      {key + "-", "the file goes on after -----END PUBLIC KEY-----"},
      {"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "the file holds a damaged public key"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(public_refusal(row.text) == row.expected);
    CHECK(ERR_peek_error() == 0);
  }
  const auto block = std::move(read_pem(key, test_origin).front());
  const auto longer = wxpay::crypto::to_base64(std::string{block.der.reveal()} + "x");
  CHECK(public_refusal("-----BEGIN PUBLIC KEY-----\n" + longer + "\n-----END PUBLIC KEY-----\n") ==
        "the file holds a damaged public key");
}

TEST_CASE("a key that is cut off at any byte is refused, and never as something else") {
  for (const std::string file : {"keys-v3/merchant_key.pem", "keys-v3/merchant_key_pkcs1.pem",
                                 "key_files/encrypted.pem", "key_files/encrypted_pkcs1.pem"}) {
    CAPTURE(file);
    const auto whole = data_file(file);
    REQUIRE(whole.ends_with("-----\n"));
    for (std::size_t size = 0; size + 1 < whole.size(); ++size) {
      CAPTURE(size);
      const auto message = private_refusal(whole.substr(0, size), right_password);
      CHECK((message == "the file is empty" ||
             message == "the file is no PEM text: it has no line -----BEGIN …-----" ||
             message == "the file has a -----BEGIN …----- that is cut off or not alone on its line" ||
             message.starts_with("the file is cut off: the line -----END ")));
    }
  }
}

TEST_CASE("DER that is cut off at any byte, or goes on, within a whole PEM is a damaged key") {
  for (const std::string file : {"merchant_key.pem", "merchant_key_pkcs1.pem"}) {
    const auto block = std::move(read_pem(data_file("keys-v3/" + file), test_origin).front());
    const auto der = block.der.reveal();
    for (std::size_t size = 1; size <= der.size() + 1; ++size) {
      if (size == der.size()) continue;
      CAPTURE(block.label);
      CAPTURE(size);
      const auto bytes = size < der.size() ? std::string{der.substr(0, size)} : std::string{der} + "x";
      const auto pem = "-----BEGIN " + block.label + "-----\n" + wxpay::crypto::to_base64(bytes) +
                       "\n-----END " + block.label + "-----\n";
      CHECK(private_refusal(pem) == "the file holds a damaged private key");
    }
  }
}

TEST_CASE("the kind of the error and the beginning of its message are the caller's") {
  try {
    PublicKey::from_pem("junk", Origin{"the answer of WeChat Pay", ErrorKind::untrusted});
    FAIL("junk was taken for a public key");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::untrusted);
    CHECK(std::string{error.what()}.starts_with("the answer of WeChat Pay is no PEM text"));
    CHECK(!error.hint().empty());
  }
}
