#include <openssl/evp.h>

#include <string>
#include <vector>

#include "base/text.hpp"
#include "crypto/base64.hpp"
#include "crypto/certificate.hpp"
#include "crypto/pem.hpp"
#include "crypto/pkcs12.hpp"
#include "crypto/private_key.hpp"
#include "crypto/public_key.hpp"
#include "fuzz/rules.hpp"
#include "fuzz/targets.hpp"
#include "wxpay/error.hpp"

namespace wxpay::fuzz {

namespace {

const crypto::Origin origin{"the file"};
constexpr std::string_view message{"1795428000\nnonce\n{}\n"};

/// Reads the input as one thing. What is no such thing is refused in one line of words, without any of it.
template <class Read>
void check_reading(Read read) {
  try {
    read();
  } catch (const Error& error) {
    const std::string_view what{error.what()};
    expect(error.kind() == ErrorKind::key, "a refusal is about the key");
    expect(what.starts_with("the file ") && what.size() < 200, "a refusal names the file, in a few words");
    expect(!has_control_character(what), "a refusal is one line");
  }
}

/// OpenSSL's reader takes more than ours, so it is asked about what we took.
void check_base64(std::string_view text) {
  const auto bytes = crypto::from_base64(text);
  if (!bytes) return;
  expect(crypto::to_base64(*bytes) == text, "what is read of Base64 is written the same");
  std::string decoded(text.size() / 4 * 3 + 1, '\0');
  const auto padding = text.size() - std::min(text.find('='), text.size());
  const auto length =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(decoded.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  expect(length >= 0, "OpenSSL reads the same Base64");
  decoded.resize(static_cast<std::size_t>(length) - padding);
  expect(decoded == *bytes, "OpenSSL reads the same bytes");
}

void check_public_key(const crypto::PublicKey& key) {
  const auto pem = key.to_pem();
  expect(crypto::PublicKey::from_pem(pem, origin).to_pem() == pem, "a public key is read as it was written");
  expect(!key.verify(message, std::string(256, '\0')), "zeros are no signature");
}

void check_private_key(const crypto::PrivateKey& key) {
  expect(key.public_key().verify(message, key.sign(message)), "a private key and its public half fit");
}

void check_certificate(const crypto::Certificate& certificate) {
  expect(!certificate.serial().empty() && certificate.has_serial(certificate.serial()),
         "a serial number is one");
  expect(!has_control_character(certificate.subject() + certificate.issuer()), "names are one line");
  const auto again = crypto::Certificate::from_pem(certificate.to_pem(), origin);
  expect(again.serial() == certificate.serial() && again.not_after() == certificate.not_after(),
         "a certificate is read as it was written");
  check_reading([&certificate] { certificate.public_key(); });
}

void check_pem(const std::vector<crypto::PemBlock>& blocks) {
  expect(!blocks.empty(), "what is taken for PEM has a block");
  for (const auto& block : blocks) {
    const auto pem = "-----BEGIN " + block.label + "-----\n" + crypto::to_base64(block.der.reveal()) +
                     "\n-----END " + block.label + "-----\n";
    const auto again = crypto::read_pem(pem, origin);
    expect(again.size() == 1 && again.front().label == block.label &&
               again.front().der.reveal() == block.der.reveal(),
           "a block is read as it was written");
  }
}

}  // namespace

void check_keys(std::string_view input) {
  check_base64(input);
  check_reading([input] { check_pem(crypto::read_pem(input, origin)); });
  check_reading([input] { check_public_key(crypto::PublicKey::from_pem(input, origin)); });
  // Without a password: how long it takes to try one is for the file to say.
  check_reading([input] { check_private_key(crypto::PrivateKey::from_pem(input, nullptr, origin)); });
  check_reading([input] {
    for (const auto& certificate : crypto::Certificate::all_from_pem(input, origin)) {
      check_certificate(certificate);
    }
  });
  check_reading([input] {
    const auto read = crypto::read_pkcs12(input, Secret{"1900000109"}, origin);
    expect(read.certificate.fits(read.key), "the certificate of a PKCS#12 fits its key");
    check_private_key(read.key);
    check_certificate(read.certificate);
  });
}

}  // namespace wxpay::fuzz
