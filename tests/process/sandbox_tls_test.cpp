// `sandbox serve --tls`: its folder, its commands and its clients.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include "support/tls_sandbox.hpp"

using namespace wxpay::test;

namespace {

mode_t mode_of(const std::filesystem::path& path) {
  struct stat about {};
  REQUIRE(::stat(path.c_str(), &about) == 0);
  return about.st_mode & 07777U;
}

wxpay::crypto::Certificate certificate_in(const std::string& pem) {
  return wxpay::crypto::Certificate::from_pem(pem, test_origin);
}

std::string port_of(const std::string& url) { return url.substr(url.rfind(':') + 1); }

}  // namespace

TEST_CASE("every command of a sandbox over TLS reaches it by the profile's base_url and ca_file") {
  TlsMarket market;
  CHECK(market.sandbox->url().starts_with("https://127.0.0.1:"));
  market.json(create("20261128001001"));
  CHECK(market.control({"pay", "20261128001001"})["tradeState"] == "SUCCESS");
  CHECK(market.control({"notify", "20261128001001", "--out", "paid.xml"})["outTradeNo"] == "20261128001001");
  market.json({"query", "20261128001001"});
  market.json({"refund", "20261128001001", "--out-refund-no", "R-1", "--refund-fee", "400"});
  CHECK(market.control({"refund", "R-1", "--state", "CLOSED"})["refundState"] == "REFUNDCLOSE");
  CHECK(market.control({"fault", "5xx"})["fault"] == "5xx");
  CHECK(market.control({"fault", "none"})["fault"] == "none");
  CHECK_FALSE(market.control({"rotate"})["serialNo"].get<std::string>().empty());
  CHECK(market.shop.run({"sandbox", "keys", "keys", "-p", "shop"}).code == 0);
  // The other name that its certificate has.
  market.shop.environment["WXPAYCTL_BASE_URL"] = "https://localhost:" + port_of(market.sandbox->url());
  CHECK(market.json({"query", "20261128001001"})["outTradeNo"] == "20261128001001");
}

TEST_CASE("API v3 is served over TLS too, and asks for no certificate") {
  Shop shop;
  const Sandbox sandbox{shop, {}, {"--tls", shop.path("tls").string()}};
  shop.write("config/wxpayctl/config.toml", "[profiles.sandbox-v3]\nbase_url = \"" + sandbox.url() +
                                                "\"\nca_file = \"" + shop.path("tls/ca.pem").string() +
                                                "\"\n");
  shop.environment.erase("WXPAYCTL_BASE_URL");
  shop.environment["WXPAYCTL_PROFILE"] = "sandbox-v3";
  CHECK(shop.run(create("20261128001001")).code == 0);
  CHECK(shop.run({"sandbox", "pay", "20261128001001"}).code == 0);
  const auto refunded =
      shop.run({"refund", "20261128001001", "--out-refund-no", "R-1", "--refund-fee", "400", "--json"});
  CAPTURE(refunded.err);
  CHECK(refunded.code == 0);
  CHECK(json_line(refunded.out)["refundState"] == "PROCESSING");
}

TEST_CASE("the folder holds the certificate alone, for its owner, and a new start replaces it") {
  Shop shop;
  const auto folder = shop.path("practice/tls");
  const auto serve = [&] { return Sandbox{shop, {}, {"--tls", folder.string()}}; };
  std::string first;
  {
    const auto sandbox = serve();
    first = shop.read("practice/tls/ca.pem");
    CHECK(mode_of(folder) == 0700);
    CHECK(mode_of(folder / "ca.pem") == 0600);
    CHECK(certificate_in(first).common_name() == "wxpayctl sandbox authority");
    CHECK(std::distance(std::filesystem::directory_iterator{folder}, {}) == 1);
    CHECK_FALSE(contains(first, "PRIVATE"));
  }
  const auto sandbox = serve();
  const auto second = shop.read("practice/tls/ca.pem");
  CHECK(certificate_in(second).serial() != certificate_in(first).serial());
  CHECK(std::distance(std::filesystem::directory_iterator{folder}, {}) == 1);
  // One that cannot listen leaves the file of the one that does.
  const auto taken =
      shop.run({"sandbox", "serve", "--port", port_of(sandbox.url()), "--tls", folder.string()});
  CHECK(taken.code == 4);
  CHECK(shop.read("practice/tls/ca.pem") == second);
  // A client that trusts the earlier one is not let in.
  shop.write("old.pem", first);
  shop.write("config/wxpayctl/config.toml",
             "[profiles.sandbox]\nca_file = \"" + shop.path("old.pem").string() + "\"\n");
  shop.environment["WXPAYCTL_PROFILE"] = "sandbox";
  CHECK(shop.run({"sandbox", "pay", "20261128001001"}).code == 4);
}

TEST_CASE("--tls is refused where its folder cannot be had, and takes the place of no file of another") {
  const Shop shop;
  const auto serve = [&shop](const std::string& folder) {
    return shop.run({"sandbox", "serve", "--port", "0", "--tls", folder});
  };
  CHECK(serve("").code == 2);
  shop.write("file", "x");
  CHECK(serve("file").code == 8);
  CHECK(serve("file/tls").code == 8);
  for (const auto& text : {certificate_of("a company's own authority"), std::string{}, std::string{"junk"},
                           certificate_of("x") + certificate_of("y")}) {
    shop.write("tls/ca.pem", text, 0644);
    const auto result = serve("tls");
    CHECK(result.code == 8);
    CHECK(contains(result.err, "ca.pem is there already"));
    CHECK(shop.read("tls/ca.pem") == text);
  }
  std::filesystem::remove(shop.path("tls/ca.pem"));
  const auto both = shop.run({"sandbox", "serve", "--port", "0", "--tls", "tls", "--state", "tls/ca.pem"});
  CHECK(both.code == 8);
  CHECK(contains(both.err, "ca.pem is there already"));
  CHECK(contains(shop.read("tls/ca.pem"), "1900000109"));
  std::filesystem::remove(shop.path("tls/ca.pem"));
  std::filesystem::create_directory(shop.path("tls/ca.pem"));
  CHECK(serve("tls").code == 8);
}

TEST_CASE("with --tls the certificate of the profile must be good") {
  const Shop shop;
  shop.configure("https://127.0.0.1:1", "cert_file = \"cert.pem\"\n", api_named("v2"));
  shop.write("config/wxpayctl/cert.pem", certificate_of(shop_mch_id), 0644);
  const auto result = shop.run({"sandbox", "serve", "--port", "0", "-p", "shop", "--tls", "tls"});
  CHECK(result.code == 3);
  CHECK(contains(result.err, "set cert_key_file"));
}

TEST_CASE("clients that speak no TLS, half of it, or nothing hold nobody up") {
  const TlsMarket market;
  const auto plain = "http" + market.sandbox->url().substr(5);
  CHECK(failure(Client{}.post(plain + "/pay/orderquery")).kind != wxpay::ErrorKind::timeout);
  // Without the certificate that it is trusted by.
  CHECK(std::holds_alternative<wxpay::TransportFailure>(Client{}.post(market.sandbox->url())));
  market.place_paid("20261128001001");
}
