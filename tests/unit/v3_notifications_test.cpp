#include "gateway/v3/notifications.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "crypto/base64.hpp"
#include "gateway/v2/notifications.hpp"
#include "support/fakes.hpp"
#include "support/signed_answer.hpp"
#include "support/v3_wire.hpp"

using namespace wxpay;
using namespace wxpay::test;
using Verdict = NotificationVerdict;
using Json = nlohmann::ordered_json;

namespace {

const FakeClock standing_clock;
const auto now = standing_clock.now();

MerchantIdentity partner() {
  auto merchant = shop_merchant();
  merchant.sub_mch_id = MerchantId{"1900000209"};
  merchant.sub_app_id = AppId{"wx8888888888888888"};
  return merchant;
}

/// The shop's reader; the keys outlive it.
struct Shop {
  explicit Shop(MerchantIdentity merchant = shop_merchant(), const char* key = apiv3_key)
      : reader{v3::make_notification_reader(
            {.merchant = std::move(merchant), .aead = crypto::Aead{Secret{key}, {"test key"}}}, keys)} {}
  Notification read(const NotificationMessage& message) const { return reader->read(message); }

  FixedKeys keys;
  std::unique_ptr<NotificationReader> reader;
};

const char* word_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::paid:
      return "paid";
    case Verdict::refund:
      return "refund";
    case Verdict::not_paid:
      return "not paid";
    case Verdict::ignored:
      return "ignored";
    case Verdict::bad_signature:
      return "bad signature";
    case Verdict::wrong_merchant:
      return "wrong merchant";
    case Verdict::unverified:
      return "unverified";
    case Verdict::malformed:
      break;
  }
  return "malformed";
}

std::string verdict_of(const NotificationMessage& message,
                       const MerchantIdentity& merchant = shop_merchant()) {
  const auto notification = Shop{merchant}.read(message);
  CHECK(notification.evidence.has_value() == (notification.verdict == Verdict::paid));
  return word_of(notification.verdict);
}

NotificationMessage payment(const std::string& resource = v3_payment({})) {
  return v3_notification("TRANSACTION.SUCCESS", resource, now);
}

/// A notification with other members, signed anew.
NotificationMessage with_envelope(const std::function<void(Json&)>& change) {
  auto envelope = Json::parse(payment().body);
  change(envelope);
  auto body = envelope.dump();
  auto headers = signature_headers(body, now);
  return {.headers = std::move(headers), .body = std::move(body)};
}

HttpHeader& header_of(NotificationMessage& message, std::string_view name) {
  const auto found = std::find_if(message.headers.begin(), message.headers.end(),
                                  [name](const HttpHeader& header) { return header.name == name; });
  REQUIRE(found != message.headers.end());
  return *found;
}

}  // namespace

TEST_CASE("a payment is believed for its signature alone") {
  CHECK(verdict_of(payment()) == "paid");
  for (const char* name :
       {"Wechatpay-Timestamp", "Wechatpay-Nonce", "Wechatpay-Signature", "Wechatpay-Serial"}) {
    CAPTURE(name);
    auto twice = payment();
    twice.headers.push_back(header_of(twice, name));
    CHECK(verdict_of(twice) == "bad signature");
    auto in_both_cases = payment();
    auto lower = header_of(in_both_cases, name);
    std::transform(lower.name.begin(), lower.name.end(), lower.name.begin(),
                   [](char c) { return c == 'W' ? 'w' : c; });
    in_both_cases.headers.push_back(lower);
    CHECK(verdict_of(in_both_cases) == "bad signature");
    auto changed = payment();
    header_of(changed, name).value.back() ^= 1;
    CHECK(verdict_of(changed) == "bad signature");
    auto missing = payment();
    std::erase_if(missing.headers, [name](const HttpHeader& header) { return header.name == name; });
    CHECK(verdict_of(missing) == "bad signature");
  }
  const auto genuine = payment();
  for (std::size_t i = 0; i < genuine.body.size(); i += 11) {
    auto changed = genuine;
    changed.body[i] = static_cast<char>(changed.body[i] ^ 1);
    const auto verdict = verdict_of(changed);
    CHECK((verdict == "bad signature" || verdict == "malformed"));
  }
  auto with_line_end = genuine;
  with_line_end.body += '\n';
  CHECK(verdict_of(with_line_end) == "bad signature");
  CHECK(verdict_of({.headers = genuine.headers, .body = ""}) == "malformed");
  CHECK(verdict_of({.headers = {}, .body = genuine.body}) == "bad signature");
}

TEST_CASE("a probe is no alarm, and an old notification counts as old where that was asked for") {
  auto probe = payment();
  header_of(probe, "Wechatpay-Signature").value = "WECHATPAY/SIGNTEST/c29tZXRoaW5n";
  const auto read = Shop{}.read(probe);
  CHECK((read.verdict == Verdict::bad_signature));
  CHECK(read.note == "PROBE");
  const auto old = v3_notification("TRANSACTION.SUCCESS", v3_payment({}), now - std::chrono::hours{24});
  CHECK(verdict_of(old) == "paid");
  const auto read_old = Shop{}.read(old);
  CHECK((read_old.verdict == Verdict::paid));
  CHECK((read_old.sent_at == now - std::chrono::hours{24}));
}

TEST_CASE("a notification whose certificate cannot be had now is not verified, and not called forged") {
  class KeysOutOfReach final : public v3::PlatformKeys {
   public:
    std::optional<crypto::PublicKey> find(std::string_view) override { return std::nullopt; }
    v3::MissingKey why_missing(std::string_view) override {
      return {"cannot be verified: no network", ErrorKind::network};
    }
    std::string preferred_serial() override { return {}; }
  };
  KeysOutOfReach keys;
  const auto reader = v3::make_notification_reader(
      {.merchant = shop_merchant(), .aead = crypto::Aead{Secret{apiv3_key}, {"test key"}}}, keys);
  const auto read = reader->read(payment());
  CHECK(word_of(read.verdict) == std::string{"unverified"});
  CHECK(read.reason == "the notification cannot be verified: no network");
  CHECK_FALSE(read.evidence);
  CHECK_FALSE(reader->is_signed(payment()));
  auto without = payment();
  std::erase_if(without.headers, [](const HttpHeader& header) { return header.name == "Wechatpay-Nonce"; });
  CHECK(word_of(reader->read(without).verdict) == std::string{"bad signature"});
}

TEST_CASE("what cannot be opened is told apart from what is forged") {
  const auto with_resource = [](const char* name, const Json& value) {
    return with_envelope([&](Json& envelope) { envelope["resource"][name] = value; });
  };
  const auto ciphertext = Json::parse(payment().body)["resource"]["ciphertext"].get<std::string>();
  struct Row {
    const char* what;
    NotificationMessage message;
    const char* verdict;
    const char* reason;
  };
  const Row rows[] = {
      {"other associated data", with_resource("associated_data", "refund"), "bad signature", "APIv3 key"},
      {"another nonce", with_resource("nonce", "Kj7QIyUiYx1r"), "bad signature", "APIv3 key"},
      {"a nonce of 11 bytes", with_resource("nonce", "Kj7QIyUiYx1"), "bad signature", "APIv3 key"},
      {"a nonce of 16 bytes", with_resource("nonce", "Kj7QIyUiYx1qKj7Q"), "bad signature", "APIv3 key"},
      {"a nonce that is a number", with_resource("nonce", 7), "bad signature", "APIv3 key"},
      {"a ciphertext that is cut", with_resource("ciphertext", ciphertext.substr(0, 40)), "bad signature",
       "APIv3 key"},
      {"a ciphertext of one byte", with_resource("ciphertext", "AA=="), "bad signature", "APIv3 key"},
      {"no ciphertext", with_resource("ciphertext", ""), "bad signature", "APIv3 key"},
      {"junk in the Base64", with_resource("ciphertext", ciphertext + "#"), "bad signature", "Base64"},
      {"another algorithm", with_resource("algorithm", "AEAD_SM4_GCM"), "bad signature", "algorithm"},
      {"no resource", with_envelope([](Json& envelope) { envelope.erase("resource"); }), "malformed",
       "no resource"},
      {"a resource that is a text", with_envelope([](Json& envelope) { envelope["resource"] = "x"; }),
       "malformed", "no resource"}};
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const auto read = Shop{}.read(row.message);
    CHECK(word_of(read.verdict) == std::string{row.verdict});
    CHECK(read.reason.find(row.reason) != std::string::npos);
  }
  const auto other_key = Shop{shop_merchant(), "THROWAWAYapiV3key0123456789ABCDF"}.read(payment());
  CHECK(other_key.reason.find("genuine") != std::string::npos);
}

TEST_CASE("what was encrypted is read as strictly as an answer") {
  struct Row {
    const char* what;
    std::string resource;
    const char* verdict;
  };
  const auto with = [](const char* name, const Json& value) {
    auto message = Json::parse(v3_payment({}));
    message[name] = value;
    return message.dump();
  };
  const Row rows[] = {{"a key twice", R"({"mchid":"1900000109","mchid":"1900000109"})", "malformed"},
                      {"no JSON", "paid", "malformed"},
                      {"no UTF-8", "{\"mchid\":\"\xC3\"}", "malformed"},
                      {"an amount with a fraction", with("amount", {{"total", 10.5}}), "malformed"},
                      {"an amount that is a text", with("amount", {{"total", "1000"}}), "malformed"},
                      {"no amount", with("amount", Json::object()), "malformed"},
                      {"a payment that failed", with("trade_state", "PAYERROR"), "not paid"},
                      {"no state", with("trade_state", ""), "malformed"},
                      {"another merchant", with("mchid", "1900000999"), "wrong merchant"},
                      {"a merchant that is a number", with("mchid", 1900000109), "wrong merchant"},
                      {"an order that has no number", with("out_trade_no", ""), "malformed"}};
  for (const auto& row : rows) {
    CAPTURE(row.what);
    CHECK(verdict_of(payment(row.resource)) == row.verdict);
  }
  const auto other_app = Shop{}.read(payment(with("appid", "wx0000000000000000")));
  CHECK((other_app.verdict == Verdict::paid));
  CHECK(other_app.is_of_other_app);
  CHECK(other_app.evidence->merchant.app_id.text() == "wx0000000000000000");
}

TEST_CASE("events that are no payments are ignored, unless they are another merchant's") {
  const auto event = [](const char* type, const std::string& resource) {
    return v3_notification(type, resource, now);
  };
  const std::string ours{R"({"mchid":"1900000109","out_trade_no":"T1"})"};
  const std::string theirs{R"({"mchid":"1900000999","out_trade_no":"T1","refund_status":"SUCCESS"})"};
  CHECK(verdict_of(event("REFUND.SUCCESS", ours)) == "malformed");
  CHECK(verdict_of(event("REFUND.SUCCESS", theirs)) == "wrong merchant");
  CHECK(verdict_of(event("REFUND.SUCCESS", R"({"out_trade_no":"T1"})")) == "wrong merchant");
  CHECK(verdict_of(event("COUPON.USE", R"({"stock_id":"9856000","coupon_id":"9856888"})")) == "ignored");
  CHECK(verdict_of(event("PAYSCORE.USER_PAID", theirs)) == "wrong merchant");
  CHECK(verdict_of(event("", ours)) == "ignored");
}

TEST_CASE(
    "in service-provider mode a notification names provider and sub-merchant, a refund's in either way") {
  const auto paid = [](const Json& changes) {
    auto message = Json::parse(v3_payment({}));
    message.erase("mchid");
    message.erase("appid");
    message["sp_appid"] = "wxd678efh567hg6787";
    message["sp_mchid"] = "1900000109";
    message["sub_mchid"] = "1900000209";
    message.update(changes);
    return message.dump();
  };
  CHECK(verdict_of(payment(paid(Json::object())), partner()) == "paid");
  CHECK(verdict_of(payment(paid({{"sub_mchid", "1900000208"}})), partner()) == "wrong merchant");
  CHECK(verdict_of(payment(paid({{"sp_mchid", "1900000108"}})), partner()) == "wrong merchant");
  CHECK(verdict_of(payment(paid(Json::object())), shop_merchant()) == "wrong merchant");
  CHECK(verdict_of(payment(), partner()) == "wrong merchant");
  const auto refund = [](const char* resource) {
    auto told = Json::parse(
        R"({"out_trade_no":"T20261123180001","out_refund_no":"R20261123180001","refund_status":"SUCCESS",)"
        R"("refund_id":"50300908092026112300012345678","amount":{"refund":15,"total":100}})");
    told.update(Json::parse(resource));
    return verdict_of(v3_notification("REFUND.SUCCESS", told.dump(), now), partner());
  };
  CHECK(refund(R"({"sp_mchid":"1900000109","sub_mchid":"1900000209"})") == "refund");
  CHECK(refund(R"({"mchid":"1900000109","sub_mchid":"1900000209"})") == "refund");
  CHECK(refund(R"({"mchid":"1900000109"})") == "refund");
  CHECK(refund(R"({"mchid":"1900000999"})") == "wrong merchant");
  CHECK(refund(R"({"sp_mchid":"1900000109","sub_mchid":"1900000208"})") == "wrong merchant");
}

TEST_CASE("a message goes on with the headers of its signature, as they came") {
  auto message = payment();
  message.headers.push_back({"wechatpay-extra", ""});
  message.headers.push_back({"Cookie", "session=1"});
  message.headers.push_back({"Request-ID", "08F7"});
  const auto headers = Shop{}.reader->headers_to_forward(message);
  CHECK(headers.size() == 6);
  CHECK((headers.front() == HttpHeader{"Content-Type", "application/json"}));
  for (const auto& header : headers) CHECK_FALSE(header.value.empty());
}

TEST_CASE("XML is of API v2, whatever headers stand before it") {
  auto xml = payment();
  xml.body = signed_answer(paid_order("T1", {{"trade_state", ""}, {"trade_state_desc", ""}}));
  CHECK(verdict_of(xml) == "bad signature");
  FixedKeys keys;
  const std::shared_ptr<const NotificationReader> older = v2::make_notification_reader(shop_account());
  const auto reader =
      v3::make_notification_reader({.merchant = shop_merchant(), .aead = {}, .older = older}, keys);
  CHECK((reader->read(xml).verdict == Verdict::paid));
  CHECK((reader->read({.headers = {}, .body = xml.body}).verdict == Verdict::paid));
  // Without an APIv3 key nothing of API v3 can be opened.
  CHECK(reader->read(payment()).reason.find("no APIv3 key") != std::string::npos);
}
