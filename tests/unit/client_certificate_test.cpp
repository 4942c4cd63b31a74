// The merchant's certificate of API v2: what is refused before anything is sent, and what a server sees.
#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "crypto/generate.hpp"
#include "support/fakes.hpp"
#include "support/http_client.hpp"
#include "support/ledger_fixture.hpp"
#include "support/raw_server.hpp"
#include "support/signed_answer.hpp"
#include "support/temporary_file.hpp"
#include "support/v3_wire.hpp"
#include "wxpay/merchant_certificate.hpp"
#include "wxpay/v2_gateway.hpp"

using namespace wxpay;
using namespace std::chrono_literals;
using test::FakeWorld;
using test::Peer;
using test::RawServer;
using test::shop_account;
using test::shop_merchant;
using test::TemporaryFile;
using test::TlsIdentity;
using test::ledger_fixture::error_of;
using test::ledger_fixture::read_bytes;

namespace {

const auto today = test::FakeClock{}.now();

/// Made once for all tests here: an RSA key takes its time.
const crypto::PrivateKey& merchants_key() {
  static const auto key = crypto::generate_private_key();
  return key;
}

std::string certificate_of(const std::string& owner, std::chrono::sys_seconds from = today - 24h,
                           std::chrono::sys_seconds until = today + std::chrono::days{365},
                           const crypto::PrivateKey& key = merchants_key()) {
  return crypto::self_signed(key, {.common_name = owner,
                                   .organization = "some shop",
                                   .serial = "3C6F1A52E7B04D98A1C2D3E4F5061728394A5B6C",
                                   .not_before = from,
                                   .not_after = until})
      .to_pem();
}

CertificateFiles files_of(const std::string& certificate, std::string key = {}) {
  if (key.empty()) key = std::string{merchants_key().to_pem().reveal()};
  CertificateFiles files;
  files.certificate = NamedText{certificate, "cert_file cert.pem"};
  files.private_key = NamedSecret{Secret{std::move(key)}, "cert_key_file key.pem"};
  return files;
}

std::string data(const std::string& name) { return read_bytes(std::string{WXPAY_TEST_DATA "/"} + name); }

CertificateFiles p12_file(const std::string& name, const char* password = nullptr) {
  CertificateFiles files;
  files.cert_p12 = NamedSecret{Secret{data("key_files/" + name)}, "cert_p12_file merchant.p12"};
  if (password != nullptr) files.password = Secret{password};
  return files;
}

std::shared_ptr<const ClientCertificate> shown_by(const std::string& owner) {
  return read_merchant_certificate(files_of(certificate_of(owner)), MerchantId{owner}, today).shown;
}

/// Answers with the name that the client's certificate has.
void tell_name(Peer& peer) {
  while (peer.read_request()) {
    if (!peer.send(test::http_answer(peer.client_name()))) return;
  }
}

HttpRequest request_to(const RawServer& server, std::shared_ptr<const ClientCertificate> certificate) {
  return {.url = server.url(),
          .headers = test::text_xml,
          .body = "<xml/>",
          .client_certificate = std::move(certificate)};
}

std::shared_ptr<const RefundIntent> some_refund() {
  return std::make_shared<RefundIntent>(RefundIntent{.mch_id = shop_merchant().mch_id,
                                                     .out_trade_no = OutTradeNo::parse("T20261123180001"),
                                                     .out_refund_no = OutRefundNo::parse("R20261123180001"),
                                                     .refund_fee = Fen{300},
                                                     .total_fee = Fen{1000}});
}

}  // namespace

TEST_CASE("a merchant's certificate with its key is read from either kind of file") {
  const MerchantId merchant{"1900000109"};
  const auto pair = read_merchant_certificate(files_of(certificate_of("1900000109")), merchant, today);
  CHECK(pair.shown->certificate.starts_with("-----BEGIN CERTIFICATE-----"));
  CHECK(pair.shown->private_key.reveal().starts_with("-----BEGIN PRIVATE KEY-----"));
  CHECK((pair.life.weight == KeyFinding::Weight::fine));
  CHECK(pair.life.about == "certificate");
  CHECK(pair.life.words.find("in 365 days") != std::string::npos);
  const auto soon = read_merchant_certificate(
      files_of(certificate_of("1900000109", today - 24h, today + std::chrono::days{29})), merchant, today);
  CHECK((soon.life.weight == KeyFinding::Weight::notice));
  // Without a password a PKCS#12 file has the merchant's number.
  for (const auto* password : {static_cast<const char*>(nullptr), "1900000109"}) {
    // Of November 2026 to 2031.
    const auto read = read_merchant_certificate(p12_file("merchant.p12", password), merchant,
                                                today + std::chrono::days{30});
    CHECK(read.shown->certificate.starts_with("-----BEGIN CERTIFICATE-----"));
  }
}

TEST_CASE("what is no good for a server is refused before anything is sent, and the hint says what helps") {
  const auto good = certificate_of("1900000109");
  struct Row {
    const char* what;
    CertificateFiles files;
    const char* problem;
    const char* hint;
    const char* owner = "1900000109";
  };
  CertificateFiles no_key;
  no_key.certificate = NamedText{good, "cert_file cert.pem"};
  CertificateFiles no_certificate;
  no_certificate.private_key = NamedSecret{merchants_key().to_pem(), "cert_key_file key.pem"};
  auto both = files_of(good);
  both.cert_p12 = NamedSecret{Secret{data("key_files/merchant.p12")}, "cert_p12_file merchant.p12"};
  auto beside = p12_file("merchant.p12");
  beside.certificate = NamedText{good, "cert_file cert.pem"};
  Row rows[] = {
      {"nothing", {}, "no certificate of the merchant", "cert_p12_file"},
      {"no key", std::move(no_key), "not its private key", "cert_key_file"},
      {"no certificate", std::move(no_certificate), "not its certificate", "cert_file"},
      {"two keys", std::move(both), "two private keys", "keep one of them"},
      {"another's key", files_of(good, data("keys-v3/platform_key.pem")),
       "is not the certificate of the private key", "same download"},
      {"another certificate beside a file that has one", std::move(beside),
       "is not the certificate of the private key", "same download"},
      {"another merchant's", files_of(certificate_of("1900000110")), "is the certificate of CN=1900000110",
       "service provider"},
      {"one that names the merchant somewhere else", files_of(certificate_of("shop 1900000109")),
       "is the certificate of", "service provider"},
      {"another merchant's PKCS#12", p12_file("merchant.p12", "1900000109"), "is the certificate of",
       "service provider", "1900000110"},
      {"one that ended", files_of(certificate_of("1900000109", today - 48h, today - 1s)), "ended at",
       "get a new one"},
      {"one that has not begun", files_of(certificate_of("1900000109", today + 1s, today + 48h)), "begins at",
       "clock"},
      {"a wrong password", p12_file("merchant.p12", "1900000110"), "does not open", ""},
      {"no PKCS#12", p12_file("key.der"), "no PKCS#12", "apiclient_cert.p12"},
      {"an encrypted key without a password", files_of(good, data("key_files/encrypted.pem")), "no password",
       "private_key_password_file"},
      {"a key in the place of the certificate", files_of(data("keys-v3/merchant_key.pem")),
       "holds a private key where a certificate should be", "apiclient_cert.pem"},
      {"no PEM", files_of("junk"), "no PEM text", ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const auto error =
        error_of([&row] { read_merchant_certificate(row.files, MerchantId{row.owner}, today); });
    REQUIRE(error);
    CHECK((error->kind() == ErrorKind::key));
    const std::string said = error->what();
    CAPTURE(said);
    CAPTURE(error->hint());
    CHECK(said.find(row.problem) != std::string::npos);
    CHECK(error->hint().find(row.hint) != std::string::npos);
    CHECK(said.find("PRIVATE KEY---") == std::string::npos);
  }
}

TEST_CASE("a refund and a reversal need the certificate, and show it; nothing else does") {
  FakeWorld world;
  const auto without = make_v2_gateway(shop_account(), world.deps());
  for (const auto& error : {error_of([&] { without->start_refund(some_refund()); }), error_of([&] {
                              without->start_reverse(OutTradeNo::parse("T20261123180001"));
                            })}) {
    REQUIRE(error);
    CHECK((error->kind() == ErrorKind::key));
    CHECK(error->hint().find("cert_key_file") != std::string::npos);
  }
  int read = 0;
  auto account = shop_account();
  account.certificate = [&read] {
    ++read;
    return read_merchant_certificate(files_of(certificate_of("1900000109")), shop_merchant().mch_id, today);
  };
  const auto api = make_v2_api(std::move(account));
  const auto gateway = api->make_gateway(world.deps());
  const auto query = gateway->start_query(OutTradeNo::parse("T20261123180001"));
  CHECK_FALSE(query->next_attempt().client_certificate);
  const auto refund_query = gateway->start_query_refund(OutRefundNo::parse("R20261123180001"));
  CHECK_FALSE(refund_query->next_attempt().client_certificate);
  CHECK(read == 0);
  const auto refund = gateway->start_refund(some_refund());
  const auto& shown = refund->next_attempt().client_certificate;
  REQUIRE(shown);
  const auto other_gateway = api->make_gateway(world.deps());
  const auto reversal = other_gateway->start_reverse(OutTradeNo::parse("T20261123180001"));
  CHECK(reversal->next_attempt().client_certificate == shown);
  api->require_client_certificate();
  CHECK(read == 1);
  REQUIRE(api->examine_keys().size() == 1);
  CHECK((api->examine_keys()[0].weight == KeyFinding::Weight::fine));
}

TEST_CASE("doctor and the commands are told what is wrong with the certificate, or that there is none") {
  const auto none = make_v2_api(shop_account());
  CHECK(none->examine_keys().empty());
  CHECK(error_of([&none] { none->require_client_certificate(); }));
  auto account = shop_account();
  account.certificate = [] {
    return read_merchant_certificate(files_of(certificate_of("1900000110")), shop_merchant().mch_id, today);
  };
  const auto foreign = make_v2_api(std::move(account));
  CHECK(error_of([&foreign] { foreign->require_client_certificate(); }));
  const auto findings = foreign->examine_keys();
  REQUIRE(findings.size() == 1);
  CHECK((findings[0].weight == KeyFinding::Weight::problem));
  CHECK(findings[0].words.find("1900000110") != std::string::npos);
  FakeWorld world;
  const auto v3 = make_v3_api(test::v3_account(), {.transport = &world.transport,
                                                   .clock = world.clock,
                                                   .random = world.random,
                                                   .stop = world.stop,
                                                   .log = world.log});
  v3->require_client_certificate();
}

TEST_CASE("a server that asks for it sees the certificate, and its own connections are not another's") {
  const auto identity = TlsIdentity::make();
  const TemporaryFile ca_file{identity.pem()};
  RawServer server{tell_name, &identity};
  test::Client client{ca_file.path()};
  const auto name_seen = [&](std::shared_ptr<const ClientCertificate> certificate) {
    return test::answer(client.transport->send(request_to(server, std::move(certificate)))).body;
  };
  const auto first = shown_by("1900000109");
  const auto second = shown_by("1900000110");
  CHECK(name_seen(first) == "1900000109");
  CHECK(name_seen(first) == "1900000109");
  CHECK(server.connections() == 1);
  CHECK(name_seen(nullptr).empty());
  CHECK(name_seen(second) == "1900000110");
  CHECK(server.connections() == 3);
  CHECK(name_seen(nullptr).empty());
  CHECK(name_seen(first) == "1900000109");
  CHECK(name_seen(second) == "1900000110");
  // The same one, read again.
  CHECK(name_seen(shown_by("1900000109")) == "1900000109");
}

TEST_CASE("many requests at once show each its own certificate") {
  const auto identity = TlsIdentity::make();
  const TemporaryFile ca_file{identity.pem()};
  RawServer server{tell_name, &identity};
  test::StopButton stop;
  test::KeptLog log;
  const auto transport = net::make_http_async_transport({ca_file.path(), "wxpayctl/test"}, 4, stop, log);
  const std::shared_ptr<const ClientCertificate> certificates[] = {shown_by("1900000109"), nullptr,
                                                                   shown_by("1900000110"), nullptr};
  std::vector<HttpRequest> requests;
  requests.reserve(4);
  for (const auto& certificate : certificates) requests.push_back(request_to(server, certificate));
  for (int round = 0; round < 3; ++round) {
    for (std::size_t slot = 0; slot < 4; ++slot)
      transport->start(slot, requests[(slot + static_cast<std::size_t>(round)) % 4]);
    std::size_t arrived = 0;
    while (arrived < 4) {
      for (const auto& arrival : transport->await(100ms)) {
        ++arrived;
        const auto which = (arrival.slot + static_cast<std::size_t>(round)) % 4;
        const auto* const expected = which == 0 ? "1900000109" : which == 2 ? "1900000110" : "";
        CHECK(test::answer(arrival.result).body == expected);
      }
    }
  }
}
