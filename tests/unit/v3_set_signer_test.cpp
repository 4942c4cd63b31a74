#include "gateway/v3/set_signer.hpp"

#include <doctest/doctest.h>

#include "crypto/base64.hpp"
#include "support/fakes.hpp"
#include "support/signed_answer.hpp"
#include "support/v3_wire.hpp"
#include "support/vectors.hpp"
#include "wxpay/error.hpp"

// `sign --params` and `sign --verify` of API v3: the lines of a request, and messages as they came over HTTP.

using namespace wxpay;
using namespace wxpay::test;

namespace {

using Json = nlohmann::ordered_json;

std::unique_ptr<SetSigner> signer() {
  return v3::make_set_signer(merchant_signer(), std::make_shared<FixedKeys>(), shop_merchant(), nullptr);
}

GivenSet given(const std::string& text) {
  return {.text = text, .scheme = {}, .warn = [](const std::string&) {}};
}

SetSignature sign(const std::string& text) { return signer()->sign(given(text)); }

const Json request{{"method", "POST"},
                   {"url", "/v3/pay/transactions/jsapi?a=b%2A"},
                   {"timestamp", "1795428000"},
                   {"nonce", "593BEC0C930BF1AFEB40B4A08C8FB242"},
                   {"body", R"({"description":"面"})"}};

std::string with(const char* name, Json value) {
  auto changed = request;
  changed[name] = std::move(value);
  return changed.dump();
}

std::string without(const char* name) {
  auto changed = request;
  changed.erase(name);
  return changed.dump();
}

/// What is refused of it; empty: it is signed.
std::string fault(const std::string& text) {
  try {
    sign(text);
  } catch (const Error& error) {
    return error.kind() == ErrorKind::usage ? error.what() : "another kind of error";
  }
  return {};
}

std::string dump_of(const NotificationMessage& message) {
  std::string dump{"HTTP/1.1 200 OK\r\n"};
  for (const auto& [name, value] : message.headers)
    dump.append(name).append(": ").append(value).append("\r\n");
  return dump + "\r\n" + message.body;
}

NotificationMessage message() {
  static FakeClock clock;
  return v3_notification("TRANSACTION.SUCCESS", v3_payment({}), clock.now());
}

}  // namespace

TEST_CASE("the lines of a request are signed as the vectors have them") {
  for (const auto& vector : v3_vectors("request_signatures")) {
    const auto body = crypto::from_base64(vector.at("body_base64").get<std::string>()).value();
    const auto signature = sign(Json{
        {"method", vector.at("method")},
        {"url", vector.at("url_path_and_query")},
        {"timestamp", vector.at("timestamp")},
        {"nonce", vector.at("nonce_str")},
        {"body", body}}.dump());
    CHECK(signature.sign == vector.at("signature"));
    CHECK(signature.authorization == vector.at("authorization"));
    CHECK(signature.notes.empty());
  }
}

TEST_CASE("what WeChat Pay would not see of a request is left out, and said") {
  const auto signature = sign(request.dump());
  CHECK(signature.text.canonical_string ==
        "POST\n/v3/pay/transactions/jsapi?a=b%2A\n1795428000\n593BEC0C930BF1AFEB40B4A08C8FB242\n"
        "{\"description\":\"面\"}\n");
  for (const auto& other :
       {with("method", "post"), with("url", "https://api.mch.weixin.qq.com/v3/pay/transactions/jsapi?a=b%2A"),
        with("url", "/v3/pay/transactions/jsapi?a=b%2A#top"), with("timestamp", 1795428000)}) {
    CAPTURE(other);
    CHECK(sign(other).sign == signature.sign);
  }
  CHECK(sign(with("method", "post")).notes == std::vector<std::string>{"the method is signed in capitals"});
}

TEST_CASE("what is no request is refused, and names what is wrong") {
  CHECK(fault(without("method")) == "method is missing");
  CHECK(fault(without("nonce")) == "nonce is missing");
  CHECK(fault(without("timestamp")) == "timestamp is missing");
  CHECK(fault(without("body")).empty());
  CHECK(fault(with("body", Json{{"a", 1}})) == "body must be a text in quotes");
  CHECK(fault(with("body", nullptr)) == "body must be a text in quotes");
  CHECK(fault(with("timestamp", "12 s")) == "timestamp must be seconds since 1970");
  CHECK(fault(with("timestamp", 1.5)) == "timestamp must be a text in quotes");
  CHECK(fault(with("url", "v3/certificates")) == "url must begin with / or be a whole URL");
  CHECK(fault(with("url", "/v3/面")).starts_with("url must be percent-encoded"));
  CHECK(fault(with("nonce", "a\nb")).starts_with("nonce must be visible"));
  CHECK(fault(with("mchid", "1900000109")) == "the request has an unknown field \"mchid\"");
  CHECK(fault(R"({"method":"GET","method":"GET"})").starts_with("the request is unusable"));
}

TEST_CASE("a message as it came is verified, and the line end that an editor added is named") {
  const auto good = message();
  CHECK(signer()->verify(given(dump_of(good))).valid);
  auto longer = signer()->verify(given(dump_of(good) + "\n"));
  CHECK_FALSE(longer.valid);
  CHECK(longer.causes == std::vector<std::string>{"a line end was added to the body"});
  auto unsigned_one = good;
  unsigned_one.headers.clear();
  unsigned_one.headers.push_back({"Content-Type", "application/json"});
  const auto verdict = signer()->verify(given(dump_of(unsigned_one)));
  CHECK_FALSE(verdict.valid);
  CHECK(verdict.reason == "the message is not signed");
  CHECK_THROWS_AS(signer()->verify(given(good.body)), Error);
}
