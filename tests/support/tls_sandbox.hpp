#pragma once

#include <doctest/doctest.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/handle.hpp"
#include "crypto/generate.hpp"
#include "support/certificate_of.hpp"
#include "support/http_client.hpp"
#include "support/shop.hpp"

namespace wxpay::test {

/// A certificate of this key, valid for a year, in the name of the shop.
inline std::string shop_certificate(const crypto::PrivateKey& key) {
  using std::chrono::days;
  return crypto::self_signed(key, {.common_name = shop_mch_id,
                                   .organization = "a shop with a name as long as most have",
                                   .serial = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1",
                                   .not_before = now_in_seconds() - days{1},
                                   .not_after = now_in_seconds() + days{365}})
      .to_pem();
}

/// The bytes of a PKCS#12 file.
inline std::string p12_of(const std::string& certificate_pem, const std::string& key_pem,
                          const std::string& password) {
  using Bio = Handle<BIO, BIO_free_all>;
  const Bio certificate_text{
      BIO_new_mem_buf(certificate_pem.data(), static_cast<int>(certificate_pem.size()))};
  const Bio key_text{BIO_new_mem_buf(key_pem.data(), static_cast<int>(key_pem.size()))};
  const Handle<X509, X509_free> certificate{
      PEM_read_bio_X509(certificate_text.get(), nullptr, nullptr, nullptr)};
  const Handle<EVP_PKEY, EVP_PKEY_free> key{
      PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr)};
  const Handle<PKCS12, PKCS12_free> made{PKCS12_create(password.c_str(), "Tenpay Certificate", key.get(),
                                                       certificate.get(), nullptr, 0, 0, 0, 0, 0)};
  const Bio bytes{BIO_new(BIO_s_mem())};
  if (!made || i2d_PKCS12_bio(bytes.get(), made.get()) != 1)
    throw std::runtime_error{"cannot make a PKCS#12 file"};
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bytes.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

/// A shop of API v2 whose certificate lies beside its configuration, and a sandbox over TLS of this merchant.
struct TlsMarket {
  static constexpr const char* pem_pair = "cert_file = \"cert.pem\"\ncert_key_file = \"key.pem\"\n";

  explicit TlsMarket(std::vector<std::string> more = {})
      : key{data_file("keys-v3/merchant_key.pem")}, certificate{shop_certificate(merchant_key())} {
    put("key.pem", key);
    put("cert.pem", certificate, 0644);
    configure("https://127.0.0.1:1", pem_pair);
    more.insert(more.end(), {"--tls", shop.path("tls").string(), "-p", "shop"});
    sandbox = std::make_unique<Sandbox>(shop, std::filesystem::path{}, more);
    // Profile and address come from the configuration.
    shop.environment.erase("WXPAYCTL_PROFILE");
    shop.environment.erase("WXPAYCTL_BASE_URL");
    use(pem_pair);
  }

  void put(const std::string& name, const std::string& text, mode_t mode = 0600) const {
    shop.write("config/wxpayctl/" + name, text, mode);
  }
  /// The profile has these lines about its certificate from now on.
  void use(const std::string& lines) const { configure(sandbox->url(), lines); }

  Json json(std::vector<std::string> arguments, int code = 0) const {
    arguments.emplace_back("--json");
    const auto result = shop.run(std::move(arguments));
    CAPTURE(result.out);
    CAPTURE(result.err);
    CHECK(result.code == code);
    return json_line(result.out);
  }
  /// Commands of the sandbox itself go over the same TLS.
  Json control(std::vector<std::string> arguments, int code = 0) const {
    arguments.insert(arguments.begin(), "sandbox");
    arguments.insert(arguments.end(), {"-p", "shop"});
    return json(std::move(arguments), code);
  }
  void place_paid(const std::string& order) const {
    json(create(order));
    control({"pay", order});
  }
  std::string ca_file() const { return shop.path("tls/ca.pem").string(); }
  /// One request of any other client.
  HttpResult send(HttpRequest request) const {
    Client client{ca_file()};
    request.url = sandbox->url() + request.url;
    return client.transport->send(request);
  }
  std::vector<Json> refunds() const {
    return json_lines(answer(send({.method = HttpMethod::get, .url = "/sandbox/refunds"})).body);
  }

  Shop shop;
  std::string key;
  std::string certificate;
  std::unique_ptr<Sandbox> sandbox;

 private:
  void configure(const std::string& url, const std::string& lines) const {
    shop.configure(url, "ca_file = \"" + ca_file() + "\"\n" + lines, api_named("v2"));
  }
};

}  // namespace wxpay::test
