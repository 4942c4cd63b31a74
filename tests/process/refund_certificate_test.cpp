// Refund, reversal and payment by code of API v2 against a sandbox that asks for the merchant's certificate.
#include <doctest/doctest.h>

#include "support/tls_sandbox.hpp"
#include "support/v2_wire.hpp"

using namespace wxpay::test;

namespace {

using Words = std::vector<std::string>;

const std::string p12_line = "cert_p12_file = \"apiclient_cert.p12\"\n";

Words refund_of(const std::string& order) {
  return {"refund", order, "--out-refund-no", "R-" + order, "--refund-fee", "400"};
}

Result pay_by_code(const TlsMarket& market, const std::string& order) {
  // Its last two digits make it a payment at once, and it is good once.
  const auto code = "1345678901" + order.substr(order.size() - 6) + "00";
  return market.shop.run({"micropay", "--out-trade-no", order, "--total-fee", "1250", "--body", "coffee",
                          "--auth-code-file", "-", "--json"},
                         code + "\n");
}

/// A certificate that only the gateway can know for another's: the name is right, the key is not.
void use_foreign(const TlsMarket& market) {
  static const auto other = wxpay::crypto::generate_private_key();
  market.put("foreign.pem", shop_certificate(other), 0644);
  market.put("foreign_key.pem", std::string{other.to_pem().reveal()});
  market.use("cert_file = \"foreign.pem\"\ncert_key_file = \"foreign_key.pem\"\n");
}

std::string signed_refund(const std::string& order, const std::string& number) {
  return v2_signed_xml({{"appid", shop_app_id},
                        {"mch_id", shop_mch_id},
                        {"nonce_str", "ibuaiVcKdpRxkhJA"},
                        {"out_trade_no", order},
                        {"out_refund_no", number},
                        {"total_fee", "1000"},
                        {"refund_fee", "100"}},
                       shop_key);
}

}  // namespace

TEST_CASE("a refund shows the certificate, of a pair of PEM files or of a PKCS#12 file") {
  const TlsMarket market;
  market.put("apiclient_cert.p12", p12_of(market.certificate, market.key, shop_mch_id));
  market.put("other.p12", p12_of(market.certificate, market.key, "Pa55-word of the counter"));
  market.put("p12.password", "Pa55-word of the counter\n");
  const std::string rows[] = {TlsMarket::pem_pair, p12_line, p12_line + "cert_file = \"cert.pem\"\n",
                              "cert_p12_file = \"other.p12\"\ncert_p12_password_file = \"p12.password\"\n"};
  int i = 0;
  for (const auto& lines : rows) {
    CAPTURE(lines);
    const std::string order = "2026112800100" + std::to_string(++i);
    market.place_paid(order);
    market.use(lines);
    CHECK(market.json(refund_of(order))["refundState"] == "PROCESSING");
    CHECK(market.json({"query-refund", "R-" + order})["refundFee"] == 400);
    CHECK(contains(market.shop.run({"doctor", "--json"}).out, "\"check\":\"certificate\",\"status\":\"OK\""));
  }
  CHECK(market.refunds().size() == std::size(rows));
}

TEST_CASE("without a certificate that is good nothing is sent: exit 3, and the file is named") {
  const TlsMarket market{{"--reverse-after", "0s"}};
  market.place_paid("20261128001001");
  REQUIRE(pay_by_code(market, "20261128001002").code == 0);
  market.json({"query", "20261128001001"});

  const auto p12 = p12_of(market.certificate, market.key, shop_mch_id);
  market.put("apiclient_cert.p12", p12);
  market.put("short.p12", p12.substr(0, p12.size() / 2));
  market.put("empty.p12", "");
  market.put("open.p12", p12, 0644);
  market.put("wrong.password", "1900000110\n");
  market.put("other_key.pem", data_file("keys-v3/platform_key.pem"));
  market.put("open_key.pem", market.key, 0644);
  using std::chrono::days;
  const auto now = now_in_seconds();
  market.put("ended.pem", certificate_of(shop_mch_id, now - days{400}, now - days{1}), 0644);
  market.put("later.pem", certificate_of(shop_mch_id, now + days{1}, now + days{400}), 0644);
  market.put("other_merchant.pem", certificate_of("1900000110"), 0644);
  const auto pair = [](const std::string& certificate, const std::string& key) {
    return "cert_file = \"" + certificate + "\"\ncert_key_file = \"" + key + "\"\n";
  };
  struct Row {
    std::string lines;
    const char* file;
    const char* problem;
  };
  const Row rows[] = {
      {"", "cert_p12_file", "has no certificate of the merchant"},
      {pair("other_merchant.pem", "key.pem"), "other_merchant.pem", "is the certificate of CN=1900000110"},
      {pair("ended.pem", "key.pem"), "ended.pem", "ended at"},
      {pair("later.pem", "key.pem"), "later.pem", "begins at"},
      {pair("cert.pem", "other_key.pem"), "cert.pem", "is not the certificate of the private key"},
      {pair("cert.pem", "missing.pem"), "missing.pem", "cannot be opened"},
      {pair("cert.pem", "open_key.pem"), "open_key.pem", "chmod"},
      {"cert_p12_file = \"open.p12\"\n", "open.p12", "chmod"},
      {p12_line + "cert_p12_password_file = \"wrong.password\"\n", "apiclient_cert.p12", "does not open"},
      {"cert_p12_file = \"short.p12\"\n", "short.p12", ""},
      {"cert_p12_file = \"empty.p12\"\n", "empty.p12", ""},
  };
  const int before = market.sandbox->requests_below("/");
  for (const auto& row : rows) {
    CAPTURE(row.lines);
    market.use(row.lines);
    for (const auto& result :
         {market.shop.run(refund_of("20261128001001")), market.shop.run({"reverse", "20261128001002"}),
          pay_by_code(market, "20261128001003")}) {
      CAPTURE(result.err);
      CHECK(result.code == 3);
      CHECK(contains(result.err, row.file));
      CHECK(contains(result.err, row.problem));
      CHECK_FALSE(contains(result.err, "PRIVATE KEY-----\nMI"));
    }
  }
  CHECK(market.sandbox->requests_below("/") == before);
  CHECK(market.refunds().empty());
  CHECK(market.shop.run({"refunds", "export", "--json"}).out.empty());
  CHECK(market.shop.run({"orders", "show", "20261128001003"}).code != 0);

  market.use(TlsMarket::pem_pair);
  CHECK(market.json(refund_of("20261128001001"))["refundState"] == "PROCESSING");
  CHECK(pay_by_code(market, "20261128001003").code == 0);
}

TEST_CASE(
    "a certificate that WeChat Pay does not take: exit 3, and the right one finishes the same refund, once") {
  const TlsMarket market;
  market.place_paid("20261128001001");
  use_foreign(market);
  for (int i = 0; i < 2; ++i) {
    auto refused = market.json(refund_of("20261128001001"), 3);
    CHECK(refused["errCode"] == "CERT_ERROR");
    CHECK(refused["refundState"] == "FAILED");
    CHECK(contains(refused["hint"].get<std::string>(), "get a new one from the merchant platform"));
  }
  CHECK(market.refunds().empty());
  CHECK(market.json({"orders", "show", "20261128001001"})["state"] == "SUCCESS");
  auto kept = market.json({"refunds", "export"});
  CHECK(kept["outRefundNo"] == "R-20261128001001");
  CHECK(kept["refundState"] == "FAILED");

  market.use(TlsMarket::pem_pair);
  CHECK(market.json(refund_of("20261128001001"))["refundState"] == "PROCESSING");
  const auto again = market.json(refund_of("20261128001001"));
  CHECK(again["refundState"] == "PROCESSING");
  CHECK(market.sandbox->requests(Operation::refund) == 3);
  market.control({"refund", "R-20261128001001", "--state", "SUCCESS"});
  CHECK(market.json({"query-refund", "R-20261128001001"})["refundState"] == "SUCCESS");
  REQUIRE(market.refunds().size() == 1);
  CHECK(market.refunds()[0]["refundFee"] == 400);
  CHECK(market.json({"ledger", "check"})["ok"] == true);
}

TEST_CASE("a refund that may have been taken is not given up for a certificate that is refused") {
  const TlsMarket market;
  market.place_paid("20261128001001");
  market.json({"query", "20261128001001"});
  market.control({"fault", "lost-reply", "--match", "/secapi/pay/refund"});
  CHECK(market.json(refund_of("20261128001001"), 4)["refundState"] == "UNKNOWN");
  use_foreign(market);
  // WeChat Pay does not say whether it has the refund, so it is sent again.
  market.control({"fault", "system-error", "--match", "/pay/refundquery", "--count", "100"});
  auto refused = market.json(refund_of("20261128001001"), 3);
  CHECK(refused["errCode"] == "CERT_ERROR");
  CHECK(refused["refundState"] == "UNKNOWN");
  auto too_much =
      market.json({"refund", "20261128001001", "--out-refund-no", "R-2", "--refund-fee", "700"}, 1);
  CHECK(too_much["errCode"] == "REFUND_EXCEEDS_PAID");
  CHECK(market.refunds().size() == 1);
  market.control({"fault", "none"});
  market.use(TlsMarket::pem_pair);
  CHECK(market.json(refund_of("20261128001001"))["refundState"] == "PROCESSING");
  CHECK(market.refunds().size() == 1);
}

TEST_CASE("a payment by code goes with any certificate, and a reversal with another's is refused: exit 3") {
  const TlsMarket market{{"--reverse-after", "0s"}};
  // Not paid by code: that order's reversal would wait for 15 s.
  market.place_paid("20261128001001");
  market.json({"query", "20261128001001"});
  use_foreign(market);
  CHECK(pay_by_code(market, "20261128001002").code == 0);
  auto refused = market.json({"reverse", "20261128001001"}, 3);
  CHECK(refused["errCode"] == "CERT_ERROR");
  CHECK(refused["ledgerState"] == "SUCCESS");
  CHECK(market.json({"query", "20261128001001"})["tradeState"] == "SUCCESS");
  CHECK(market.json({"ledger", "check"})["ok"] == true);
}

TEST_CASE("what the gateway says to any client: nothing without a certificate, CERT_ERROR of another") {
  const TlsMarket market;
  market.place_paid("20261128001001");
  const auto refund = [&](const std::string& certificate, const std::string& key) {
    wxpay::HttpRequest request{.url = "/secapi/pay/refund",
                               .headers = text_xml,
                               .body = signed_refund("20261128001001", "R-20261128001001")};
    if (!certificate.empty())
      request.client_certificate = std::make_shared<const wxpay::ClientCertificate>(
          wxpay::ClientCertificate{certificate, wxpay::Secret{key}});
    return answer(market.send(std::move(request))).body;
  };
  const auto none = refund({}, {});
  CHECK(v2_element(none, "return_code") == "FAIL");
  CHECK(v2_element(none, "return_msg").empty());
  CHECK(v2_element(none, "sign").empty());
  using std::chrono::days;
  const auto now = now_in_seconds();
  const auto ended = certificate_of(shop_mch_id, now - days{400}, now - days{1});
  const auto other = wxpay::crypto::generate_private_key();
  const std::pair<std::string, std::string> unfit[] = {
      {ended, market.key}, {shop_certificate(other), std::string{other.to_pem().reveal()}}};
  for (const auto& [certificate, key] : unfit) {
    const auto said = refund(certificate, key);
    CHECK(v2_element(said, "result_code") == "FAIL");
    CHECK(v2_element(said, "err_code") == "CERT_ERROR");
    CHECK_FALSE(v2_element(said, "sign").empty());
  }
  CHECK(market.refunds().empty());
  CHECK(v2_element(refund(market.certificate, market.key), "result_code") == "SUCCESS");
  // What needs none is not asked for it.
  const auto asked = answer(market.send({.url = "/pay/orderquery",
                                         .headers = text_xml,
                                         .body = v2_signed_xml({{"appid", shop_app_id},
                                                                {"mch_id", shop_mch_id},
                                                                {"nonce_str", "ibuaiVcKdpRxkhJA"},
                                                                {"out_trade_no", "20261128001001"}},
                                                               shop_key)}));
  CHECK(v2_element(asked.body, "trade_state") == "REFUND");
}

TEST_CASE("a reply that is lost or cut off over TLS: the same refund finishes it, once") {
  const TlsMarket market;
  int i = 0;
  for (const std::string fault : {"lost-reply", "truncated"}) {
    CAPTURE(fault);
    const std::string order = "2026112800200" + std::to_string(++i);
    market.place_paid(order);
    market.json({"query", order});
    market.control({"fault", fault, "--match", "/secapi/pay/refund"});
    CHECK(market.json(refund_of(order), 4)["refundState"] == "UNKNOWN");
    CHECK(market.json(refund_of(order))["refundState"] == "PROCESSING");
  }
  CHECK(market.refunds().size() == 2);
}
