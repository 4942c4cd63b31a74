#include <doctest/doctest.h>

#include "crypto/base64.hpp"
#include "gateway/v3/answers.hpp"
#include "gateway/v3/certificates.hpp"
#include "gateway/v3/notifications.hpp"
#include "gateway/v3/pay_signer.hpp"
#include "gateway/v3/requests.hpp"
#include "gateway/v3/verification.hpp"
#include "support/fakes.hpp"
#include "support/v3_wire.hpp"
#include "support/vectors.hpp"
#include "wxpay/time.hpp"

// The vectors of API v3, which several other implementations confirmed.

using namespace wxpay;
using namespace wxpay::test;

namespace {

using Json = nlohmann::ordered_json;

std::string text(const Json& vector, const char* name) { return vector.at(name).get<std::string>(); }

std::string bytes(const Json& vector, const char* name) {
  return crypto::from_base64(text(vector, name)).value();
}

std::vector<HttpHeader> headers_of(const Json& vector) {
  std::vector<HttpHeader> headers;
  for (const auto& item : vector.at("headers").items())
    headers.push_back({item.key(), item.value().get<std::string>()});
  return headers;
}

std::chrono::sys_seconds now_of(const Json& vector) {
  return std::chrono::sys_seconds{std::chrono::seconds{std::stoll(text(vector, "now"))}};
}

const char* in_words(v3::SignatureState state) {
  switch (state) {
    case v3::SignatureState::holds:
      return "OK";
    case v3::SignatureState::absent:
      return "HEADER_MISSING";
    case v3::SignatureState::unknown_key:
      return "UNKNOWN_SERIAL";
    case v3::SignatureState::probe:
      return "SIGNTEST_PROBE";
    case v3::SignatureState::stale:
      return "TIMESTAMP_EXPIRED";
    case v3::SignatureState::wrong:
      break;
  }
  return "SIGNATURE_INVALID";
}

MerchantIdentity vector_merchant() {
  MerchantIdentity merchant;
  merchant.mch_id = MerchantId{"1900000109"};
  merchant.app_id = AppId{"wxd678efh567hg6787"};
  return merchant;
}

crypto::Aead vector_aead() { return crypto::Aead{Secret{apiv3_key}, {"the vectors' key"}}; }

}  // namespace

TEST_CASE("a request is signed as other implementations sign it") {
  const auto signer = merchant_signer();
  for (const auto& vector : v3_vectors("request_signatures")) {
    CAPTURE(text(vector, "id"));
    const auto body = bytes(vector, "body_base64");
    const auto method = text(vector, "method");
    const auto target = text(vector, "url_path_and_query");
    const auto timestamp = text(vector, "timestamp");
    const auto nonce = text(vector, "nonce_str");
    const v3::RequestToSign request{method, target, timestamp, nonce, body};
    CHECK(signer->sign(request) == text(vector, "signature"));
    CHECK(signer->authorization(request) == text(vector, "authorization"));
  }
}

TEST_CASE("the numbers of orders are encoded in a path as the vectors have them") {
  const auto request = v3::query_request(OutTradeNo::parse("A-1_b|C*9"), vector_merchant());
  CHECK(request.target == "/v3/pay/transactions/out-trade-no/A-1_b%7CC%2A9?mchid=1900000109");
  CHECK(v3::close_request(OutTradeNo::parse("20261123000000000001"), vector_merchant()).body ==
        R"({"mchid":"1900000109"})");
}

TEST_CASE("an answer is verified, or refused for the reason that other implementations give") {
  for (const auto& vector : v3_vectors("response_verification")) {
    CAPTURE(text(vector, "id"));
    FixedKeys keys;
    const auto headers = headers_of(vector);
    const auto check = v3::check_signature(v3::header_views(headers), bytes(vector, "body_base64"), keys,
                                           v3::Age{now_of(vector), v3::longest_answer_age});
    CAPTURE(check.why);
    CHECK(std::string{in_words(check.state)} == text(vector, "expected"));
    CHECK(check.holds() == check.why.empty());
  }
}

TEST_CASE("pay parameters are signed as other implementations sign them") {
  const auto signer = v3::make_pay_signer(merchant_signer(), nullptr);
  for (const auto& vector : v3_vectors("pay_sign")) {
    CAPTURE(text(vector, "id"));
    const auto expected = fields_of(vector.at("result"));
    const bool app = expected.has("prepayid");
    const auto prepay_id = app ? expected.get("prepayid") : expected.get("package").substr(10);
    const auto timestamp = expected.get(app ? "timestamp" : "timeStamp");
    const auto nonce = expected.get(app ? "noncestr" : "nonceStr");
    const auto type = app ? TradeType::app : TradeType::jsapi;
    const auto made =
        signer->parameters(type, vector_merchant(), PrepayId{prepay_id}, PayScheme::rsa, timestamp, nonce);
    for (const auto& [name, value] : expected) CHECK(made.get(name) == value);
    CHECK(made.size() == expected.size());
    const auto series = signer->series(type, vector_merchant(), PayScheme::rsa);
    CHECK(series->sign(prepay_id, timestamp, nonce) == expected.get(app ? "sign" : "paySign"));
  }
}

TEST_CASE("notifications of the vectors are opened, and prove what they say") {
  FakeClock clock;
  FixedKeys keys;
  const auto reader =
      v3::make_notification_reader({.merchant = vector_merchant(), .aead = vector_aead()}, keys);
  int payments = 0;
  for (const auto& vector : v3_vectors("notifications")) {
    CAPTURE(text(vector, "id"));
    const NotificationMessage message{.headers = headers_of(vector), .body = bytes(vector, "body_base64")};
    const auto notification = reader->read(message);
    CAPTURE(notification.reason);
    CHECK(reader->is_signed(message));
    const auto told = Json::parse(text(vector, "plaintext_utf8"));
    CHECK(notification.out_trade_no == told.at("out_trade_no").get<std::string>());
    if (notification.kind == NotificationKind::refund) {
      CHECK((notification.verdict == NotificationVerdict::refund));
      continue;
    }
    ++payments;
    REQUIRE((notification.verdict == NotificationVerdict::paid));
    const auto& evidence = notification.evidence.value();
    CHECK((evidence.total_fee == Fen{told.at("amount").at("total").get<std::int64_t>()}));
    CHECK(evidence.transaction_id.text() == told.at("transaction_id").get<std::string>());
    CHECK(format_rfc3339(evidence.time_end.value()) == told.at("success_time").get<std::string>());
  }
  CHECK(payments == 3);
}

TEST_CASE("what cannot be opened is not read") {
  for (const auto& vector : v3_vectors("notification_decrypt_failures")) {
    CAPTURE(text(vector, "id"));
    const crypto::Aead aead{Secret{text(vector, "key_utf8")}, {"key"}};
    const auto sealed = crypto::from_base64(text(vector, "ciphertext"));
    const auto opened = sealed ? aead.open(text(vector, "nonce"), text(vector, "associated_data"), *sealed)
                               : std::optional<std::string>{};
    CHECK_FALSE(opened);
  }
}

TEST_CASE("the platform certificates of the vectors are opened and believed by each other") {
  for (const auto& vector : v3_vectors("certificates")) {
    const auto body = text(vector, "body_utf8");
    const auto read = v3::read_certificates(body, vector_aead());
    REQUIRE(std::holds_alternative<std::vector<v3::PlatformCertificate>>(read));
    const auto& certificates = std::get<std::vector<v3::PlatformCertificate>>(read);
    const auto& expected = vector.at("expected_certificates");
    REQUIRE(certificates.size() == expected.size());
    for (std::size_t i = 0; i < certificates.size(); ++i)
      CHECK(certificates[i].serial_no == expected[i].at("serial_no").get<std::string>());
    FixedKeys keys;
    const auto headers = headers_of(vector);
    CHECK(v3::check_signature(v3::header_views(headers), body, keys,
                              v3::Age{now_of(vector), v3::longest_answer_age})
              .holds());
    CHECK(v3::find_valid(certificates, platform_serial, now_of(vector)) != nullptr);
    CHECK(v3::find_valid(certificates, platform_serial, now_of(vector) + std::chrono::hours{24 * 365 * 50}) ==
          nullptr);
    CHECK(v3::find_valid(certificates, merchant_serial, now_of(vector)) == nullptr);
  }
}

TEST_CASE("error bodies of the vectors give their code, and no page of a proxy does") {
  FixedKeys keys;
  FakeClock clock;
  for (const auto& vector : v3_vectors("error_bodies")) {
    CAPTURE(text(vector, "id"));
    const HttpResponse response{.status = vector.at("http_status").get<int>(),
                                .body = text(vector, "body_utf8")};
    const auto answer = v3::read_answer(v3::Operation::query, response, keys, clock.now(), "WeChat Pay");
    const auto code = text(vector, "expect_code");
    if (code == "SIGN_ERROR") {
      REQUIRE(std::holds_alternative<Refused>(answer));
      CHECK((std::get<Refused>(answer).reaction == Reaction::wrong_key));
      continue;
    }
    // Nobody signed it, so it proves nothing.
    REQUIRE(std::holds_alternative<Unknown>(answer));
    const auto& unknown = std::get<Unknown>(answer);
    CHECK((unknown.kind == ErrorKind::gateway));
    if (vector.contains("expect_field"))
      CHECK(unknown.said.text.find(text(vector, "expect_field")) != std::string::npos);
    CHECK(unknown.said.code.empty() == code.empty());
    CHECK(unknown.repeatable == (response.status >= 500));
  }
}
