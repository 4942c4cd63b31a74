#include <doctest/doctest.h>

#include "gateway/v2/notifications.hpp"
#include "support/vectors.hpp"
#include "wxpay/time.hpp"

using namespace wxpay;
using namespace wxpay::test;

namespace {

V2Account account_of(SignType type, const std::string& key) {
  MerchantIdentity merchant;
  merchant.mch_id = MerchantId{"10000100"};
  merchant.app_id = AppId{"wx2421b1c4370ec43b"};
  return {.merchant = merchant, .sign_type = type, .key = Secret{key}, .base_urls = {}};
}

/// Why a notification is refused, in the words of the vectors; empty when it may be believed.
std::string refusal_of(const Notification& notification) {
  const auto says = [&](const char* text) { return notification.reason.find(text) != std::string::npos; };
  switch (notification.verdict) {
    case NotificationVerdict::paid:
      return "";
    case NotificationVerdict::bad_signature:
      if (says("not signed")) return "sign absent";
      return says("names another sign_type") ? "unsupported sign_type" : "signature mismatch";
    case NotificationVerdict::malformed:
      if (says("DOCTYPE")) return "DOCTYPE not allowed";
      if (says("repeated")) return "duplicate element";
      if (says("nested")) return "unexpected structure";
      return says("error message") ? "return_code FAIL" : "malformed XML";
    default:
      return "another verdict";
  }
}

}  // namespace

TEST_CASE("saved notifications are believed or refused, each for its own reason") {
  std::size_t believed = 0;
  for (const auto& vector : v2_vectors("pay_notify")) {
    const auto id = vector.at("id").get<std::string>();
    CAPTURE(id);
    const auto body = vector.at("body").get<std::string>();
    const auto key = vector.at("key").get<std::string>();
    const auto type = sign_type_of(vector);
    const auto notification = v2::read_notification(body, account_of(type, key));
    CAPTURE(notification.reason);
    if (vector.at("expect") == "reject") {
      CHECK(refusal_of(notification) == vector.at("reject_reason").get<std::string>());
      CHECK_FALSE(notification.evidence);
      continue;
    }
    CHECK(refusal_of(notification) == "");
    ++believed;
    const auto expected = fields_of(vector.at("parsed"));
    REQUIRE(notification.evidence);
    const auto& evidence = *notification.evidence;
    CHECK(evidence.source == EvidenceSource::notify);
    CHECK(evidence.state == OrderState::success);
    CHECK(evidence.merchant.mch_id.text() == expected.get("mch_id"));
    CHECK(evidence.merchant.app_id.text() == expected.get("appid"));
    CHECK(evidence.out_trade_no.text() == expected.get("out_trade_no"));
    CHECK(evidence.transaction_id.text() == expected.get("transaction_id"));
    CHECK(std::to_string(evidence.total_fee.value().count()) == expected.get("total_fee"));
    CHECK(evidence.fee_type == expected.get("fee_type"));
    CHECK((evidence.time_end == parse_wire_time(expected.get("time_end"))));
    CHECK(evidence.digest.size() == 64);
    CHECK(evidence.digest == notification.digest);
    // Neither by the other type nor by another key.
    const auto other = type == SignType::md5 ? SignType::hmac_sha256 : SignType::md5;
    CHECK(
        (v2::read_notification(body, account_of(other, key)).verdict == NotificationVerdict::bad_signature));
    CHECK(refusal_of(v2::read_notification(body, account_of(type, "another key"))) == "signature mismatch");
  }
  CHECK(believed == 8);
}
