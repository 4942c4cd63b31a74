#include "crypto/base64.hpp"

#include <doctest/doctest.h>
#include <openssl/evp.h>

#include <optional>

using wxpay::crypto::from_base64;
using wxpay::crypto::to_base64;

TEST_CASE("Base64 is written and read as RFC 4648, section 10, has it") {
  struct Row {
    std::string bytes;
    std::string text;
  };
  const Row rows[] = {{"", ""},
                      {"f", "Zg=="},
                      {"fo", "Zm8="},
                      {"foo", "Zm9v"},
                      {"foob", "Zm9vYg=="},
                      {"fooba", "Zm9vYmE="},
                      {"foobar", "Zm9vYmFy"},
                      {"\xFB\xFF\xBF", "+/+/"}};
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(to_base64(row.bytes) == row.text);
    CHECK(from_base64(row.text) == std::optional{row.bytes});
  }
}

TEST_CASE("what is not exactly Base64 is not read") {
  for (const std::string text : {"Z",
                                 "Zg",
                                 "Zg=",
                                 "Zm8",
                                 "Zg==\n",
                                 " Zg==",
                                 "Zm9v\nYg==",
                                 "Zh==",
                                 "Zm9=",
                                 "Zg==Zg==",
                                 "Zg==Zm9v",
                                 "Z===",
                                 "====",
                                 "=m9v",
                                 "Zm9v====",
                                 "Zm-_",
                                 "Zm9v!A==",
                                 "\xE4\xB8\xAD=",
                                 "WECHATPAY/SIGNTEST/abc",
                                 "Z=9v",
                                 "Zm=v"}) {
    CAPTURE(text);
    CHECK(!from_base64(text));
  }
  CHECK(!from_base64(std::string{"Zm9\0", 4}));
}

TEST_CASE("Base64 agrees with OpenSSL's for every byte and length") {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    std::string expected((bytes.size() + 2) / 3 * 4 + 1, '\0');
    const auto length =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(expected.data()),
                        reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
    expected.resize(static_cast<std::size_t>(length));
    CHECK(to_base64(bytes) == expected);
    CHECK(from_base64(expected) == std::optional{bytes});
    bytes += static_cast<char>(i * 7);
  }
}
