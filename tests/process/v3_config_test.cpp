#include <doctest/doctest.h>

#include <csignal>

#include "crypto/generate.hpp"
#include "support/shop.hpp"
#include "support/v3_keys.hpp"

using namespace wxpay::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* file_name = "config/wxpayctl/config.toml";
constexpr const char* apiv3_key = "THROWAWAYapiV3key0123456789ABCDE";
constexpr const char* serial_no = "3C6F1A52E7B04D98A1C2D3E4F5061728394A5B6C";

/// A merchant of API v3 with its key files, at a gateway where nobody listens: what is found wrong is found
/// before anything is sent.
struct V3Shop {
  V3Shop() {
    shop.write("config/wxpayctl/key.pem", data_file("keys-v3/merchant_key.pem"));
    shop.write("config/wxpayctl/cert.pem", data_file("keys-v3/merchant_cert.pem"), 0644);
    shop.write("config/wxpayctl/pub.pem", data_file("keys-v3/wxpay_pubkey_mode_pub.pem"), 0644);
    shop.write("config/wxpayctl/v3.key", apiv3_key);
  }

  /// @param lines  of the profile, besides merchant and app
  void configure(const std::string& lines) const {
    shop.write(file_name,
               "[profiles.shop]\napi = \"v3\"\nmch_id = \"1900000109\"\n"
               "app_id = \"wx8888888888888888\"\nbase_url = \"http://127.0.0.1:1\"\n" +
                   lines);
  }

  /// Makes a certificate for the merchant's key.
  void certify(std::chrono::sys_seconds from, std::chrono::sys_seconds until) const {
    shop.write("config/wxpayctl/cert.pem",
               wxpay::crypto::self_signed(merchant_key(), {.common_name = "1900000109",
                                                           .organization = "a shop",
                                                           .serial = serial_no,
                                                           .not_before = from,
                                                           .not_after = until})
                   .to_pem(),
               0644);
  }

  void refuses(const std::string& lines, const std::string& why, const std::string& code = "KEY") const {
    CAPTURE(lines);
    configure(lines);
    const auto result = shop.run({"query", "ORDER-2026112300001", "--json"});
    CHECK(result.code == 3);
    CAPTURE(result.err);
    auto error = json_line(result.err)["error"];
    CHECK(error["code"] == code);
    CHECK(contains(error.value("message", "") + error.value("hint", ""), why));
    CHECK_FALSE(contains(result.err, apiv3_key));
    CHECK_FALSE(contains(result.err, "PRIVATE KEY-----\nMI"));
  }

  Shop shop;
};

const std::string key = "private_key_file = \"key.pem\"\n";
const std::string serial = std::string{"serial_no = \""} + serial_no + "\"\n";
const std::string cert = "cert_file = \"cert.pem\"\n";
const std::string apiv3 = "apiv3_key_file = \"v3.key\"\n";
const std::string public_key =
    "public_key_id = \"PUB_KEY_ID_0116571234562024052000123400000000\"\npublic_key_file = \"pub.pem\"\n";

}  // namespace

TEST_CASE("a profile of API v3 that lacks a key, or has another thing in its place, sends nothing: exit 3") {
  const V3Shop at;
  at.shop.write("config/wxpayctl/junk.pem", "no key\n");
  at.refuses(serial + apiv3, "no private key");
  at.refuses(key + apiv3, "neither serial_no nor");
  at.shop.write("config/wxpayctl/cert.key", data_file("keys-v3/merchant_cert.pem"));
  at.refuses("private_key_file = \"cert.key\"\n" + serial + apiv3,
             "holds a certificate where the private key");
  at.refuses("private_key_file = \"junk.pem\"\n" + serial + apiv3, "no PEM text");
  at.refuses("private_key_file = \"missing.pem\"\n" + serial + apiv3, "cannot be opened");
  at.refuses(key + serial, "nothing to verify");
  at.refuses(key + serial + "public_key_file = \"pub.pem\"\n", "public_key_id and public_key_file");
  at.refuses(key + serial + "public_key_id = \"PUB_KEY_ID_01165712\"\n", "public_key_id and public_key_file");
  at.refuses(key + serial + "public_key_id = \"PUB_KEY_ID_01165712\"\npublic_key_file = \"cert.pem\"\n",
             "certificate");
  at.refuses(key + "cert_p12_file = \"cert.p12\"\n" + apiv3, "cert.p12");
}

TEST_CASE(
    "a profile with keys of API v3 that does not name that API, or names a sign_type for it, is told so") {
  const V3Shop at;
  at.refuses(key + serial + apiv3 + "sign_type = \"RSA\"\n", "leave it out", "CONFIG");
  at.shop.write(file_name,
                "[profiles.shop]\nmch_id = \"1900000109\"\napp_id = \"wx8888888888888888\"\n"
                "base_url = \"http://127.0.0.1:1\"\n" +
                    key + serial + apiv3);
  const auto result = at.shop.run({"query", "ORDER-2026112300001", "--json"});
  CHECK(result.code == 3);
  CHECK(contains(json_line(result.err)["error"].value("hint", ""), "add api = \"v3\""));
}

TEST_CASE("an APIv3 key has 32 bytes, and its length is all that is told of another") {
  const V3Shop at;
  for (const std::string wrong : {"THROWAWAYapiV3key0123456789ABCD", "THROWAWAYapiV3key0123456789ABCDEF"}) {
    at.shop.write("config/wxpayctl/v3.key", wrong);
    at.refuses(key + serial + apiv3, "has " + std::to_string(wrong.size()) + " bytes; an APIv3 key");
  }
  at.shop.write("config/wxpayctl/v3.key", "");
  at.refuses(key + serial + apiv3, "is empty");
}

TEST_CASE("key, certificate and serial number are held against each other, and against the time") {
  const V3Shop at;
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  at.refuses(key + cert + "serial_no = \"5157F09EFDC096DE15EBE81A47057A7232F1B8E1\"\n" + apiv3,
             "5157F09EFDC096DE15EBE81A47057A7232F1B8E1");
  at.shop.write("config/wxpayctl/other.pem", data_file("keys-v3/platform_key.pem"));
  at.refuses("private_key_file = \"other.pem\"\n" + cert + apiv3, "not the certificate of the private key");
  at.certify(now - 48h, now - 24h);
  at.refuses(key + cert + apiv3, "certificate ended at");
  at.certify(now + 24h, now + 48h);
  at.refuses(key + cert + apiv3, "certificate begins at");
}

TEST_CASE("a secret of API v3 that others may read is refused, a certificate only where they may change it") {
  const V3Shop at;
  at.shop.write("config/wxpayctl/key.pem", data_file("keys-v3/merchant_key.pem"), 0644);
  at.refuses(key + serial + apiv3, "chmod 600");
  at.shop.write("config/wxpayctl/key.pem", data_file("keys-v3/merchant_key.pem"));
  at.shop.write("config/wxpayctl/v3.key", apiv3_key, 0604);
  at.refuses(key + serial + apiv3, "chmod 600");
  at.shop.write("config/wxpayctl/v3.key", apiv3_key);
  at.shop.write("config/wxpayctl/cert.pem", data_file("keys-v3/merchant_cert.pem"), 0666);
  at.refuses(key + cert + apiv3, "chmod go-w");
  at.shop.write("config/wxpayctl/cert.pem", data_file("keys-v3/merchant_cert.pem"), 0644);
  at.configure(key + cert + apiv3);
  CHECK(at.shop.run({"query", "ORDER-2026112300001"}).code == 4);
}

TEST_CASE("API v3 signs offline") {
  const V3Shop at;
  at.configure(key + serial + public_key);
  auto signed_set =
      json_line(at.shop.run({"sign", "--prepay-id", "wx2017033010242291fcfe0db70013231072", "--json"}).out);
  CHECK(signed_set["signType"] == "RSA");
  CHECK(signed_set["paySign"].get<std::string>().size() == 344);
  const auto explained =
      at.shop.run({"sign", "--params", "-", "--explain"},
                  R"({"method":"get","url":"/v3/certificates","timestamp":"1795428000","nonce":"n"})");
  CHECK(explained.code == 0);
  CHECK(contains(explained.out, R"(GET\n/v3/certificates\n1795428000\nn\n\n)"));
  CHECK(contains(explained.out, "the method is signed in capitals"));
}

TEST_CASE("doctor says of API v3 which trust is in force and what each certificate has left") {
  Shop shop;
  const Sandbox sandbox{shop};
  const auto result = shop.run({"-p", "sandbox-v3", "doctor", "--json"});
  CHECK(result.code == 0);
  std::map<std::string, Json> checks;
  for (const auto& check : json_lines(result.out)) checks[check.at("check")] = check;
  CHECK(checks["trust"]["hint"] == "by 1 platform certificate");
  CHECK(contains(checks["platform-certificate"].value("hint", ""), "days"));
  CHECK(checks["apiv3-key"]["hint"] == "opens the platform certificates");
  CHECK(checks["certificate"]["status"] == "OK");
  // Kept for the next run, for the user alone.
  const auto kept = shop.ledger("sandbox-v3").parent_path() / "platform-certificates-1900000109";
  CHECK((std::filesystem::status(kept).permissions() == std::filesystem::perms(0600)));

  // The sandbox seals with another key than this.
  shop.write("config/v3.key", "THROWAWAYapiV3key0123456789ABCDE");
  shop.write(file_name,
             "[profiles.sandbox-v3]\napiv3_key_file = \"" + shop.path("config/v3.key").string() + "\"\n");
  const auto other = shop.run({"-p", "sandbox-v3", "doctor", "--json"});
  CHECK(other.code == 3);
  CHECK(contains(other.out, "cannot be opened with the APIv3 key"));
}

TEST_CASE("doctor does not blame the APIv3 key where no certificates could be had to try it on") {
  Shop shop;
  Sandbox sandbox{shop};
  sandbox.process().kill(SIGTERM);
  sandbox.process().wait();
  const auto result = shop.run({"-p", "sandbox-v3", "doctor", "--json", "--timeout", "1"});
  CHECK(result.code == 3);
  std::map<std::string, Json> checks;
  for (const auto& check : json_lines(result.out)) checks[check.at("check")] = check;
  CHECK(checks["trust"]["status"] == "FAIL");
  CHECK(checks["apiv3-key"]["status"] == "WARN");
  CHECK(checks["apiv3-key"]["hint"].get<std::string>().starts_with("not tried: "));
}
