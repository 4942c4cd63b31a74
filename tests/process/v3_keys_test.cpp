#include <doctest/doctest.h>

#include <chrono>

#include "crypto/generate.hpp"
#include "support/raw_server.hpp"
#include "support/shop.hpp"
#include "support/v3_keys.hpp"
#include "support/v3_signing.hpp"

// Key material of API v3 that is of no use: each command ends with 3 before anything is sent or written.
using namespace wxpay::test;
using namespace std::chrono_literals;

namespace {

using Lines = std::string;

const std::string not_there{"cannot be opened"};

/// A merchant of API v3 whose gateway must never be asked, and whose ledger must never be made.
struct Untouched {
  Untouched() {
    keep("key.pem", "keys-v3/merchant_key.pem");
    keep("cert.pem", "keys-v3/merchant_cert.pem");
    keep("pub.pem", "keys-v3/wxpay_pubkey_mode_pub.pem");
    keep("merchant.p12", "key_files/merchant.p12");
    shop.write("keys/v3.key", std::string{v3_apiv3_key} + "\n");
  }
  Untouched(const Untouched&) = delete;
  Untouched& operator=(const Untouched&) = delete;
  Untouched(Untouched&&) = delete;
  Untouched& operator=(Untouched&&) = delete;
  ~Untouched() {
    CHECK(gateway.connections() == 0);
    CHECK_FALSE(std::filesystem::exists(shop.path("state")));
  }

  /// One of the test's files among the merchant's.
  void keep(const std::string& name, const std::string& file) const {
    shop.write("keys/" + name, data_file(file));
  }
  void configure(const Lines& lines) const {
    shop.write(
        "config/wxpayctl/config.toml",
        "default_profile = \"shop\"\n[profiles.shop]\napi = \"v3\"\nmch_id = \"1900000109\"\n"
        "app_id = \"wx8888888888888888\"\nbody = \"goods\"\nnotify_url = \"https://pay.example.com/n\"\n"
        "base_url = \"" +
            gateway.url("") + "\"\n" + lines);
  }

  /// The error with which a command ends.
  Json error_of(std::vector<std::string> arguments) const {
    arguments.emplace_back("--json");
    const auto result = shop.run(arguments, "");
    CAPTURE(result.err);
    CHECK(result.code == 3);
    CHECK(result.out.empty());
    CHECK_FALSE(contains(result.err, v3_apiv3_key));
    CHECK_FALSE(contains(result.err, "\\nMI"));
    REQUIRE_FALSE(result.err.empty());
    return Json::parse(lines_of(result.err).back())["error"];
  }
  /// A command that asks and one that creates name the key and say what is wrong, and what to do.
  void refuses(const Lines& lines, const std::string& named, const std::string& what) const {
    CAPTURE(lines);
    configure(lines);
    for (const auto& arguments : {std::vector<std::string>{"query", "20261123-1"}, create("20261123-1")}) {
      auto error = error_of(arguments);
      CAPTURE(error.dump());
      CHECK(error["code"] == "KEY");
      CHECK(contains(error.value("message", ""), named));
      CHECK(contains(error.value("message", ""), what));
      // Of a file that is not there no more need be said.
      if (what != not_there) CHECK_FALSE(error.value("hint", "").empty());
    }
  }

  Shop shop;
  RawServer gateway{answering({http_answer("never", 500)})};
};

Lines file(const std::string& key, const std::string& name) {
  return key + " = \"../../keys/" + name + "\"\n";
}

const Lines key = file("private_key_file", "key.pem");
const Lines serial = Lines{"serial_no = \""} + v3_merchant_serial + "\"\n";
const Lines cert = file("cert_file", "cert.pem");
const Lines apiv3 = file("apiv3_key_file", "v3.key");
const Lines p12 = file("cert_p12_file", "merchant.p12");

std::string half(const std::string& text) { return text.substr(0, text.size() / 2); }

}  // namespace

TEST_CASE("an APIv3 key that has not 32 bytes is named with its place, wherever it comes from") {
  Untouched at;
  const std::string short_key{"THROWAWAYapiV3key0123456789ABCD"};
  const std::string long_key{"THROWAWAYapiV3key0123456789ABCDEF"};
  for (const auto& wrong : {short_key, long_key}) {
    const auto size = "has " + std::to_string(wrong.size()) + " bytes; an APIv3 key";
    at.shop.write("keys/v3.key", wrong + "\n");
    at.shop.environment["SHOP_V3_KEY"] = wrong;
    at.refuses(key + serial + apiv3, "apiv3_key_file", size);
    at.refuses(key + serial + "apiv3_key_env = \"SHOP_V3_KEY\"\n", "apiv3_key_env", size);
    at.refuses(key + serial + "apiv3_key_command = \"echo " + wrong + "\"\n", "apiv3_key_command", size);
  }
  at.shop.write("keys/v3.key", "");
  at.shop.environment["SHOP_V3_KEY"] = "";
  at.refuses(key + serial + apiv3, "keys/v3.key", "is empty");
  at.shop.write("keys/v3.key", "\n");
  at.refuses(key + serial + apiv3, "keys/v3.key", "is empty");
  at.refuses(key + serial + "apiv3_key_env = \"SHOP_V3_KEY\"\n", "SHOP_V3_KEY", "not set or empty");
  at.refuses(key + serial + "apiv3_key_command = \"true\"\n", "apiv3_key_command", "printed nothing");
  at.refuses(key + serial + "apiv3_key_command = \"false\"\n", "apiv3_key_command", "exit status 1");
  at.refuses(key + serial + file("apiv3_key_file", "missing.key"), "keys/missing.key", not_there);
}

TEST_CASE("what is no private key is told by its file and by what it is, wherever it comes from") {
  Untouched at;
  const auto pem = data_file("keys-v3/merchant_key.pem");
  struct Row {
    std::string content;
    std::string what;
  };
  const Row rows[] = {
      {data_file("keys-v3/merchant_cert.pem"), "holds a certificate where the private key should be"},
      {data_file("keys-v3/merchant_pub.pem"), "holds a public key where the private key should be"},
      {half(pem), "is cut off"},
      {"no key\n", "is no PEM text"},
      {pem + pem, "holds 2 private keys"},
      {data_file("key_files/small.pem"), "1024 bits"},
      {data_file("key_files/ec.pem"), "kind EC where RSA is needed"},
      {data_file("key_files/encrypted.pem"), "encrypted private key, and no password is given"},
      {data_file("key_files/encrypted_pkcs1.pem"), "encrypted private key, and no password is given"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const auto path = at.shop.write("keys/wrong.pem", row.content).string();
    at.shop.environment["SHOP_PRIVATE_KEY"] = row.content;
    at.refuses(file("private_key_file", "wrong.pem") + serial + apiv3, "keys/wrong.pem", row.what);
    at.refuses("private_key_env = \"SHOP_PRIVATE_KEY\"\n" + serial + apiv3, "SHOP_PRIVATE_KEY", row.what);
    at.refuses("private_key_command = \"cat " + path + "\"\n" + serial + apiv3, "private_key_command",
               row.what);
  }
  at.shop.write("keys/wrong.pem", "");
  at.refuses(file("private_key_file", "wrong.pem") + serial + apiv3, "keys/wrong.pem", "is empty");
  at.refuses(file("private_key_file", "missing.pem") + serial + apiv3, "keys/missing.pem", not_there);
  at.refuses(serial + apiv3, "private key", "no private key");
  at.refuses(key + apiv3, "serial_no", "neither serial_no nor");
  at.refuses(key + p12 + apiv3, "merchant.p12", "two private keys");
}

TEST_CASE("an encrypted private key never prompts, on a terminal or elsewhere") {
  Untouched at;
  at.keep("key.pem", "key_files/encrypted.pem");
  at.configure(key + serial + apiv3);
  for (const auto& arguments : {std::vector<std::string>{"query", "20261123-1"}, create("20261123-1")}) {
    TerminalProcess terminal{at.shop.command(arguments)};
    const auto result = terminal.wait();
    CAPTURE(result.out);
    CHECK(result.code == 3);
    CHECK(contains(result.out, "no password is given"));
    CHECK(contains(result.out, "private_key_password_file"));
    CHECK(lines_of(result.out).size() == 2);
  }
  at.shop.write("keys/password", "another-password\n");
  at.refuses(key + file("private_key_password_file", "password") + serial + apiv3, "keys/key.pem",
             "cannot be decrypted");
  at.shop.write("keys/password", "");
  at.refuses(key + file("private_key_password_file", "password") + serial + apiv3, "keys/password",
             "is empty");
}

TEST_CASE("key, certificate, serial number and the time are held against each other") {
  Untouched at;
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto certify = [&](std::chrono::sys_seconds from, std::chrono::sys_seconds until) {
    at.shop.write("keys/cert.pem", wxpay::crypto::self_signed(merchant_key(), {.common_name = "1900000109",
                                                                               .organization = "a shop",
                                                                               .serial = v3_merchant_serial,
                                                                               .not_before = from,
                                                                               .not_after = until})
                                       .to_pem());
  };
  at.refuses(key + cert + "serial_no = \"5157F09EFDC096DE15EBE81A47057A7232F1B8E1\"\n" + apiv3,
             "keys/cert.pem", "serial_no is 5157F09EFDC096DE15EBE81A47057A7232F1B8E1");
  at.keep("other.pem", "keys-v3/platform_key.pem");
  at.refuses(file("private_key_file", "other.pem") + cert + apiv3, "keys/cert.pem",
             "is not the certificate of the private key");
  certify(now - 48h, now - 24h);
  at.refuses(key + cert + apiv3, "keys/cert.pem", "certificate ended at");
  certify(now + 24h, now + 48h);
  at.refuses(key + cert + apiv3, "keys/cert.pem", "certificate begins at");
  at.keep("cert.pem", "keys-v3/merchant_key.pem");
  at.refuses(key + cert + apiv3, "keys/cert.pem", "private key");
  at.shop.write("keys/cert.pem", half(data_file("keys-v3/merchant_cert.pem")));
  at.refuses(key + cert + apiv3, "keys/cert.pem", "is cut off");
  at.shop.write("keys/cert.pem", "junk");
  at.refuses(key + cert + apiv3, "keys/cert.pem", "is no PEM text");
}

TEST_CASE("a key file that is open to others is refused with the chmod that shuts it") {
  Untouched at;
  struct Row {
    std::string name;
    mode_t mode;
    Lines lines;
  };
  const Row rows[] = {
      {"key.pem", 0644, key + serial + apiv3},
      {"key.pem", 0660, key + serial + apiv3},
      {"v3.key", 0604, key + serial + apiv3},
      {"merchant.p12", 0644, p12 + apiv3},
      {"cert.pem", 0666, key + cert + apiv3},
      {"pub.pem", 0622,
       key + serial + "public_key_id = \"PUB_KEY_ID_01165712\"\n" + file("public_key_file", "pub.pem")}};
  for (const auto& row : rows) {
    CAPTURE(row.name);
    CAPTURE(row.mode);
    const auto path = at.shop.path("keys/" + row.name);
    const auto before = std::filesystem::status(path).permissions();
    std::filesystem::permissions(path, static_cast<std::filesystem::perms>(row.mode));
    at.refuses(row.lines, "keys/" + row.name, "");
    auto error = at.error_of({"query", "20261123-1"});
    CHECK(contains(error["hint"].get<std::string>(), "chmod "));
    CHECK(contains(error["hint"].get<std::string>(), path.filename().string()));
    std::filesystem::permissions(path, before);
  }
}

TEST_CASE("WeChat Pay's public key and its id belong together, and are what they should be") {
  Untouched at;
  const Lines id{"public_key_id = \"PUB_KEY_ID_0116571234562024052000123400000000\"\n"};
  const auto pub = file("public_key_file", "pub.pem");
  for (const auto& trusted : {Lines{}, apiv3}) {
    at.refuses(key + serial + trusted + id, "public_key_id", "belong together");
    at.refuses(key + serial + trusted + pub, "public_key_file", "belong together");
  }
  at.refuses(key + serial, "the profile", "nothing to verify WeChat Pay's answers by");
  struct Row {
    std::string content;
    std::string what;
  };
  const auto pem = data_file("keys-v3/wxpay_pubkey_mode_pub.pem");
  const Row rows[] = {{data_file("keys-v3/platform_cert.pem"), "holds a certificate where a public key"},
                      {data_file("keys-v3/merchant_key.pem"), "holds a private key where a public key"},
                      {half(pem), "is cut off"},
                      {"junk", "is no PEM text"},
                      {"", "is empty"}};
  for (const auto& row : rows) {
    at.shop.write("keys/pub.pem", row.content);
    at.refuses(key + serial + id + pub, "keys/pub.pem", row.what);
  }
  at.refuses(key + serial + id + file("public_key_file", "missing.pem"), "keys/missing.pem", not_there);
}

TEST_CASE("a P12 opens with the merchant number unless another password is given") {
  Untouched at;
  at.shop.write("keys/password", "another-password\n");
  at.refuses(p12 + file("cert_p12_password_file", "password") + apiv3, "merchant.p12", "does not open");
  at.shop.environment["SHOP_P12_PASSWORD"] = "1900000108";
  at.refuses(p12 + "cert_p12_password_env = \"SHOP_P12_PASSWORD\"\n" + apiv3, "merchant.p12",
             "does not open");
  at.refuses(p12 + "cert_p12_password_command = \"echo 1900000109x\"\n" + apiv3, "merchant.p12",
             "does not open");
  at.keep("merchant.p12", "key_files/no_key.p12");
  at.refuses(p12 + apiv3, "merchant.p12", "holds no private key");
  at.keep("merchant.p12", "key_files/other_certificate.p12");
  at.refuses(p12 + apiv3, "merchant.p12", "no certificate for its private key");
  at.keep("merchant.p12", "keys-v3/merchant_key.pem");
  at.refuses(p12 + apiv3, "merchant.p12", "is PEM text");
  at.shop.write("keys/merchant.p12", half(data_file("key_files/merchant.p12")));
  at.refuses(p12 + apiv3, "merchant.p12", "damaged or cut off");
  at.shop.write("keys/merchant.p12", "");
  at.refuses(p12 + apiv3, "merchant.p12", "is empty");
}

TEST_CASE("a P12 whose password is right, or the merchant number, signs") {
  RawServer gateway{answering({http_answer("busy", 400)})};
  Shop shop;
  shop.write("keys/merchant.p12", data_file("key_files/merchant.p12"));
  shop.write("keys/v3.key", v3_apiv3_key);
  for (const Lines& password : {Lines{}, Lines{"cert_p12_password_command = \"echo 1900000109\"\n"}}) {
    shop.write("config/wxpayctl/config.toml",
               "[profiles.shop]\napi = \"v3\"\nmch_id = \"1900000109\"\napp_id = \"wx8888888888888888\"\n"
               "base_url = \"" +
                   gateway.url("") + "\"\n" + p12 + password + apiv3);
    CHECK(shop.run({"query", "20261123-1", "-p", "shop"}).code == 4);
    CHECK(contains(gateway.received().back(), std::string{"serial_no=\""} + v3_merchant_serial + "\""));
  }
}

TEST_CASE("every command that needs the keys says so before it sends or writes anything") {
  Untouched at;
  at.shop.write("keys/key.pem", "junk");
  at.configure(key + serial + apiv3);
  at.shop.write("batch", "outTradeNo,openid,totalFee\n20261123-1,oUser,1000\n");
  at.shop.write("saved", R"({"headers":{},"body":"{}"})");
  const std::vector<std::string> commands[] = {
      {"create-order", "--batch", "batch"},
      {"query", "--transaction-id", "4200000001202611230000000001"},
      {"sign", "--prepay-id", "wx2017033010242291fcfe0db70013231072"},
      {"replay-notify", "saved"},
      {"api", "GET", "/v3/certificates"}};
  for (const auto& arguments : commands) {
    CAPTURE(arguments.front());
    CHECK(contains(at.error_of(arguments).value("message", ""), "keys/key.pem is no PEM text"));
  }
}
