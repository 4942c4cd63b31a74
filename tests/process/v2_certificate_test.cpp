// The merchant's certificate in a profile of API v2: what doctor and init find.
#include <doctest/doctest.h>

#include <chrono>

#include "crypto/generate.hpp"
#include "support/scripted_gateway.hpp"
#include "support/v3_keys.hpp"

using namespace wxpay::test;
using namespace std::chrono_literals;

namespace {

using Texts = std::vector<std::string>;
using Days = std::chrono::days;

const auto real_now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());

std::string certificate_for(const std::string& owner, std::chrono::sys_seconds until,
                            const wxpay::crypto::PrivateKey& key = merchant_key()) {
  return wxpay::crypto::self_signed(key, {.common_name = owner,
                                          .organization = "a shop",
                                          .serial = "3C6F1A52E7B04D98A1C2D3E4F5061728394A5B6C",
                                          .not_before = real_now - Days{400},
                                          .not_after = until})
      .to_pem();
}

const std::string pem_pair = "cert_file = \"cert.pem\"\ncert_key_file = \"key.pem\"\n";
const std::string p12_file = "cert_p12_file = \"merchant.p12\"\n";

/// A shop of API v2 at a gateway that answers well, with the files of its certificate.
struct CertifiedShop {
  CertifiedShop() {
    put("key.pem", data_file("keys-v3/merchant_key.pem"));
    put("cert.pem", certificate_for("1900000109", real_now + Days{365}), 0644);
    put("merchant.p12", data_file("key_files/merchant.p12"));
  }
  void put(const std::string& name, const std::string& text, mode_t mode = 0600) const {
    shop.write("config/wxpayctl/" + name, text, mode);
  }
  /// The row of the certificate; null where there is none.
  Json row(const std::string& lines, int code) {
    shop.configure(gateway.server().url(""), lines, api_named("v2"));
    const auto result = shop.run({"doctor", "--json"});
    CAPTURE(result.out);
    CHECK(result.code == code);
    CHECK_FALSE(contains(result.out + result.err, "PRIVATE KEY-----\nMI"));
    for (const auto& check : json_lines(result.out)) {
      if (check.at("check") == "certificate") return check;
    }
    return {};
  }
  void finds(const std::string& lines, const std::string& problem) {
    CAPTURE(problem);
    auto found = row(lines, 3);
    REQUIRE_FALSE(found.is_null());
    CHECK(found["status"] == "FAIL");
    CHECK(contains(found["hint"].get<std::string>(), problem));
  }

  ScriptedGateway gateway;
  Shop shop;
};

}  // namespace

TEST_CASE("doctor tells what is left of the certificate, where the profile has one") {
  CertifiedShop at;
  CHECK(at.row("", 0).is_null());
  auto good = at.row(pem_pair, 0);
  CHECK(good["status"] == "OK");
  CHECK(contains(good["hint"].get<std::string>(), "in 36"));  // by the second, 364 or 365 days
  at.put("cert.pem", certificate_for("1900000109", real_now + Days{20}), 0644);
  CHECK(at.row(pem_pair, 0)["status"] == "WARN");
}

TEST_CASE("doctor tells what is wrong with the certificate, with a hint that helps: exit 3") {
  CertifiedShop at;
  at.put("password", "1900000110\n");
  at.finds(p12_file + "cert_p12_password_file = \"password\"\n", "does not open");
  at.finds("cert_file = \"cert.pem\"\n", "set cert_key_file");
  at.finds("cert_key_file = \"key.pem\"\n", "set cert_file");
  at.finds("cert_file = \"cert.pem\"\ncert_key_file = \"missing.pem\"\n", "cannot be opened");
  at.finds(pem_pair + p12_file, "keep one of them");
  at.put("key.pem", data_file("keys-v3/platform_key.pem"));
  at.finds(pem_pair, "is not the certificate of the private key");
  at.put("key.pem", data_file("keys-v3/merchant_key.pem"), 0644);
  at.finds(pem_pair, "chmod 600");
  at.put("key.pem", data_file("keys-v3/merchant_key.pem"));
  at.put("cert.pem", certificate_for("1900000110", real_now + Days{365}), 0644);
  at.finds(pem_pair, "a service provider sets the provider's");
  at.put("cert.pem", certificate_for("1900000109", real_now - 1h), 0644);
  at.finds(pem_pair, "get a new one from the merchant platform");
  at.put("cert.pem", data_file("keys-v3/merchant_key.pem"), 0600);
  at.finds(pem_pair, "holds a private key where a certificate should be");
}

TEST_CASE("what needs no certificate works with one that is no good") {
  CertifiedShop at;
  at.put("cert.pem", "junk", 0644);
  at.shop.configure(at.gateway.server().url(""), pem_pair, api_named("v2"));
  CHECK(at.shop.run({"query", "ORDER-2026112300001", "--read-only"}).code == 0);
}

TEST_CASE("init writes where the certificate is, and reads it before") {
  const CertifiedShop at;
  const auto folder = at.shop.path("config/wxpayctl");
  const auto init = [&](const Texts& more) {
    Texts arguments{"init", "--mch-id", "1900000109", "--app-id", "wx8888888888888888", "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return at.shop.run(arguments);
  };
  const auto cert = (folder / "cert.pem").string();
  const auto key = (folder / "key.pem").string();
  at.put("other.pem", data_file("keys-v3/platform_key.pem"));
  const auto refused = init({"--cert-file", cert, "--cert-key-file", (folder / "other.pem").string()});
  CHECK(refused.code == 3);
  CHECK(contains(refused.err, "is not the certificate of the private key"));
  CHECK(init({"--cert-file", cert, "--cert-key-file", key}).code == 0);
  const auto text = at.shop.read("config/wxpayctl/config.toml");
  CHECK(contains(text, "cert_file = \"" + cert + "\"\n"));
  CHECK(contains(text, "cert_key_file = \"" + key + "\"\n"));
  CHECK(contains(text, "which refunds and reversals show"));
  CHECK_FALSE(contains(text, "serial_no"));
}

TEST_CASE("the built-in sandbox has a certificate of its own") {
  const Shop shop;
  const auto result = shop.run({"doctor", "-p", "sandbox", "--json", "--base-url", "http://127.0.0.1:1"});
  bool found = false;
  for (auto check : json_lines(result.out)) {
    if (check.at("check") != "certificate") continue;
    found = true;
    CHECK(check["status"] == "OK");
    CHECK(contains(check["hint"].get<std::string>(), "2126-01-01"));
  }
  CHECK(found);
}
