// The notifications of refunds, of both APIs.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "crypto/base64.hpp"
#include "crypto/ecb.hpp"
#include "gateway/v2/notifications.hpp"
#include "gateway/v3/notifications.hpp"
#include "support/fakes.hpp"
#include "support/refund_messages.hpp"
#include "support/signed_answer.hpp"
#include "support/v3_wire.hpp"
#include "support/vectors.hpp"
#include "wire/req_info.hpp"
#include "wxpay/time.hpp"

using namespace wxpay;
using namespace wxpay::test;

namespace {

using Verdict = NotificationVerdict;

const auto sent_at = FakeClock{}.now();

Notification read_v2(const std::string& document) { return v2::read_notification(document, shop_account()); }

Notification read_told(FieldChanges changes) {
  return read_v2(enveloped(sealed(root_document(told_of_refund(changes)))));
}

}  // namespace

TEST_CASE("AES-256-ECB opens what other implementations sealed, and seals the same") {
  for (const auto& vector : v2_vectors("refund_req_info")) {
    CAPTURE(vector.at("id").get<std::string>());
    const Secret key{vector.at("key").get<std::string>()};
    const auto req_info = vector.at("req_info").get<std::string>();
    const auto opened = wire::open_req_info(req_info, key);
    if (vector.at("expect") != "decrypt") {
      // A wrong key may leave padding that holds, and then no document.
      CHECK((!opened || !opened->starts_with("<root>")));
      continue;
    }
    REQUIRE(opened);
    CHECK(*opened == vector.at("plaintext").get<std::string>());
    CHECK(wire::seal_req_info(*opened, key) == req_info);
  }
}

TEST_CASE("what is cut, changed in its padding, or of another key is not opened") {
  const Secret key{"0123456789abcdef0123456789abcdef"};
  for (const std::size_t size : {0U, 1U, 15U, 16U, 17U, 1000U}) {
    const std::string text(size, 'x');
    const auto whole = crypto::seal_ecb(key, text);
    CHECK(whole.size() == size / 16 * 16 + 16);
    CHECK(crypto::open_ecb(key, whole) == text);
    CHECK_FALSE(crypto::open_ecb(key, whole.substr(0, whole.size() - 1)));
    auto changed = whole;
    changed.back() = static_cast<char>(changed.back() ^ 1);
    const auto read = crypto::open_ecb(key, changed);
    CHECK((!read || *read != text));
  }
  CHECK_FALSE(crypto::open_ecb(key, ""));
  CHECK_THROWS_AS(crypto::open_ecb(Secret{"short"}, std::string(16, 'x')), std::invalid_argument);
  CHECK_THROWS_AS(crypto::seal_ecb(Secret{"short"}, "x"), std::invalid_argument);
}

TEST_CASE("a notification of a refund that can be opened, and is ours and whole, is evidence") {
  const auto notification = read_told({});
  CHECK((notification.verdict == Verdict::refund));
  CHECK((notification.kind == NotificationKind::refund));
  CHECK(notification.out_trade_no == "T20261123180001");
  CHECK(notification.out_refund_no == "R20261123180002@shop-7|01");
  CHECK(notification.transaction_id == "4200000001202611230000000001");
  CHECK(notification.reason.empty());
  CHECK_FALSE(notification.evidence);
  REQUIRE(notification.refund);
  const auto& evidence = *notification.refund;
  CHECK((evidence.source == EvidenceSource::notify));
  CHECK((evidence.state == RefundState::success));
  CHECK(evidence.merchant.mch_id.text() == "1900000109");
  CHECK(evidence.out_refund_no.text() == "R20261123180002@shop-7|01");
  CHECK(evidence.refund_id.text() == "50300908092026112300012345678");
  CHECK((evidence.refund_fee == Fen{15}));
  CHECK((evidence.total_fee == Fen{100}));
  CHECK((evidence.success_at == parse_rfc3339("2026-11-23T18:05:49+08:00")));
  CHECK(evidence.digest == notification.digest);
}

TEST_CASE("what a notification of a refund hides may begin as XML may") {
  const auto hidden = root_document(told_of_refund({}));
  const auto declared = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + hidden + "\n";
  CHECK((read_v2(enveloped(sealed(declared))).verdict == Verdict::refund));
  for (const auto* before : {"x", "<?xml version=\"1.0\"", "<?xml ?><xml>"})
    CHECK((read_v2(enveloped(sealed(before + hidden))).verdict == Verdict::bad_signature));
}

TEST_CASE("the notification of the vectors is read as it was meant") {
  for (const auto& vector : v2_vectors("refund_notify")) {
    auto account = shop_account();
    account.merchant.app_id = AppId{"wx8888888888888888"};
    account.key = Secret{vector.at("key").get<std::string>()};
    const auto inner = fields_of(vector.at("inner"));
    const auto notification = v2::read_notification(vector.at("body").get<std::string>(), account);
    REQUIRE(notification.refund);
    CHECK_FALSE(notification.is_of_other_app);
    CHECK(notification.refund->out_refund_no.text() == inner.get("out_refund_no"));
    CHECK(notification.refund->out_trade_no.text() == inner.get("out_trade_no"));
    CHECK(notification.refund->refund_id.text() == inner.get("refund_id"));
    CHECK(std::to_string(notification.refund->refund_fee->count()) == inner.get("refund_fee"));
    CHECK(std::to_string(notification.refund->total_fee->count()) == inner.get("total_fee"));
  }
}

TEST_CASE("each state of a refund's notification is one of the ledger's") {
  struct Row {
    const char* status;
    RefundState state;
  };
  for (const auto& row : {Row{"SUCCESS", RefundState::success}, Row{"CHANGE", RefundState::abnormal},
                          Row{"REFUNDCLOSE", RefundState::closed}}) {
    CAPTURE(row.status);
    const auto notification = read_told({{"refund_status", row.status}});
    REQUIRE(notification.refund);
    CHECK((notification.refund->state == row.state));
    CHECK(notification.refund->success_at.has_value() == (row.state == RefundState::success));
  }
  CHECK(read_told({{"success_time", ""}, {"refund_status", "CHANGE"}}).refund);
}

TEST_CASE("a notification of a refund that cannot be opened, or lacks what it must have, is no evidence") {
  struct Row {
    const char* what;
    std::string document;
    Verdict verdict;
  };
  const auto document = root_document(told_of_refund());
  const auto whole = sealed(document);
  auto damaged = crypto::from_base64(whole).value();
  damaged.back() = static_cast<char>(damaged.back() ^ 1);
  const auto told = [](FieldChanges changes) {
    return enveloped(sealed(root_document(told_of_refund(changes))));
  };
  const Row rows[] = {
      {"another key", enveloped(sealed(document, "Another0Key0of0thirty0two0bytes0")),
       Verdict::bad_signature},
      {"padding that does not hold", enveloped(crypto::to_base64(damaged)), Verdict::bad_signature},
      {"cut off", enveloped(whole.substr(0, whole.size() - 24)), Verdict::bad_signature},
      {"no Base64", enveloped("c2VjcmV0*"), Verdict::bad_signature},
      {"another root", enveloped(sealed(wire::to_xml(told_of_refund()))), Verdict::bad_signature},
      {"no document", enveloped(sealed("secret")), Verdict::bad_signature},
      {"half a document", enveloped(sealed(document.substr(0, 200))), Verdict::bad_signature},
      {"a field twice",
       enveloped(sealed("<root><refund_fee>1</refund_fee><refund_fee>2</refund_fee></root>")),
       Verdict::bad_signature},
      {"a DOCTYPE", enveloped(sealed("<!DOCTYPE root>" + document)), Verdict::bad_signature},
      {"another merchant", enveloped(whole, {{"mch_id", "1900000999"}}), Verdict::wrong_merchant},
      {"no merchant", enveloped(whole, {{"mch_id", ""}}), Verdict::wrong_merchant},
      {"no app", enveloped(whole, {{"appid", ""}}), Verdict::wrong_merchant},
      {"a sub-merchant", enveloped(whole, {{"sub_mch_id", "1900000200"}}), Verdict::wrong_merchant},
      {"another merchant within", told({{"mch_id", "1900000999"}}), Verdict::wrong_merchant},
      {"another app within", told({{"appid", "wx0000000000000000"}}), Verdict::wrong_merchant},
      {"a sign", enveloped(whole, {{"sign", "AB"}}), Verdict::bad_signature},
      {"no state", told({{"refund_status", ""}}), Verdict::malformed},
      {"an unknown state", told({{"refund_status", "DONE"}}), Verdict::malformed},
      {"no refund", told({{"out_refund_no", ""}}), Verdict::malformed},
      {"no order", told({{"out_trade_no", ""}}), Verdict::malformed},
      {"no refund_id", told({{"refund_id", ""}}), Verdict::malformed},
      {"no amount", told({{"refund_fee", ""}}), Verdict::malformed},
      {"an amount that is none", told({{"refund_fee", "0.15"}}), Verdict::malformed},
      {"more than the order", told({{"refund_fee", "101"}}), Verdict::malformed},
      {"no total", told({{"total_fee", ""}}), Verdict::malformed},
      {"a time that is none", told({{"success_time", "soon"}}), Verdict::malformed},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const auto notification = read_v2(row.document);
    CHECK((notification.verdict == row.verdict));
    CHECK_FALSE(notification.refund);
    CHECK_FALSE(notification.evidence);
    CHECK_FALSE(notification.reason.empty());
  }
}

TEST_CASE("what stands outside of a refund's notification is not what it tells") {
  const auto notification =
      read_v2(enveloped(sealed(root_document(told_of_refund())), {{"out_trade_no", "T20261123189999"},
                                                                  {"result_code", "SUCCESS"},
                                                                  {"total_fee", "100"},
                                                                  {"refund_fee", "100"}}));
  REQUIRE(notification.refund);
  CHECK(notification.out_trade_no == "T20261123180001");
  CHECK((notification.refund->refund_fee == Fen{15}));
  const auto closed = read_v2(enveloped("c2VjcmV0", {{"out_trade_no", "T20261123189999"}}));
  CHECK(closed.out_trade_no.empty());
}

TEST_CASE("the events of refunds of API v3 are read as they were meant") {
  FixedKeys keys;
  const auto reader = v3::make_notification_reader(
      {.merchant = shop_merchant(), .aead = crypto::Aead{Secret{apiv3_key}, {"apiv3_key"}}, .older = {}},
      keys);
  int read = 0;
  for (const auto& vector : v3_vectors("notifications")) {
    const auto id = vector.at("id").get<std::string>();
    if (id != "refund-success" && id != "refund-abnormal") continue;
    CAPTURE(id);
    ++read;
    NotificationMessage message{.headers = {}, .body = vector.at("body_utf8").get<std::string>()};
    for (const auto& [name, value] : vector.at("headers").items())
      message.headers.push_back({name, value.get<std::string>()});
    const auto notification = reader->read(message);
    CAPTURE(notification.reason);
    CHECK((notification.verdict == Verdict::refund));
    REQUIRE(notification.refund);
    const auto told = nlohmann::json::parse(vector.at("plaintext_utf8").get<std::string>());
    const auto& evidence = *notification.refund;
    CHECK((evidence.state == (id == "refund-success" ? RefundState::success : RefundState::abnormal)));
    CHECK(evidence.out_refund_no.text() == told.at("out_refund_no").get<std::string>());
    CHECK(notification.out_refund_no == evidence.out_refund_no.text());
    CHECK(evidence.refund_id.text() == told.at("refund_id").get<std::string>());
    CHECK(evidence.refund_fee->count() == told.at("amount").at("refund").get<std::int64_t>());
    CHECK(evidence.total_fee->count() == told.at("amount").at("total").get<std::int64_t>());
    CHECK(evidence.success_at.has_value() == told.contains("success_time"));
    CHECK(evidence.digest == notification.digest);
  }
  CHECK(read == 2);
}

TEST_CASE("an event of a refund has either name of its state, and one state") {
  struct Row {
    const char* type;
    const char* changes;  ///< JSON; null takes a member out
    Verdict verdict;
  };
  const Row rows[] = {
      {"REFUND.SUCCESS", "{}", Verdict::refund},
      {"REFUND.SUCCESS", R"({"refund_status":null,"status":"SUCCESS"})", Verdict::refund},
      {"REFUND.SUCCESS", R"({"status":"SUCCESS"})", Verdict::refund},
      {"REFUND.CLOSED", R"({"refund_status":"CLOSED"})", Verdict::refund},
      {"REFUND.ABNORMAL", R"({"refund_status":"ABNORMAL","success_time":null})", Verdict::refund},
      {"REFUND.SUCCESS", R"({"status":"CLOSED"})", Verdict::malformed},
      {"REFUND.CLOSED", "{}", Verdict::malformed},
      {"REFUND.SUCCESS", R"({"refund_status":null})", Verdict::malformed},
      {"REFUND.SUCCESS", R"({"refund_id":null})", Verdict::malformed},
      {"REFUND.SUCCESS", R"({"amount":{"refund":15}})", Verdict::malformed},
      {"REFUND.SUCCESS", R"({"amount":{"refund":"15","total":100}})", Verdict::malformed},
      {"REFUND.SUCCESS", R"({"mchid":"1900000999"})", Verdict::wrong_merchant},
      {"REFUND.SUCCESS", R"({"mchid":null})", Verdict::wrong_merchant},
      {"REFUND.SUCCESS", R"({"mchid":null,"sp_mchid":"1900000109"})", Verdict::refund},
      {"REFUND.SUCCESS", R"({"sub_mchid":"1900000209"})", Verdict::wrong_merchant},
  };
  FixedKeys keys;
  const auto reader = v3::make_notification_reader(
      {.merchant = shop_merchant(), .aead = crypto::Aead{Secret{apiv3_key}, {"apiv3_key"}}, .older = {}},
      keys);
  for (const auto& row : rows) {
    CAPTURE(row.type);
    CAPTURE(row.changes);
    auto told = nlohmann::json::parse(
        R"({"mchid":"1900000109","out_trade_no":"T20261123180001","transaction_id":"4200000001202611230000000001",
            "out_refund_no":"R20261123180002","refund_id":"50300908092026112300012345678","refund_status":"SUCCESS",
            "success_time":"2026-11-23T18:05:49+08:00","user_received_account":"支付用户零钱",
            "amount":{"total":100,"refund":15,"payer_total":100,"payer_refund":15}})");
    told.merge_patch(nlohmann::json::parse(row.changes));
    if (std::string_view{row.changes}.find("\"amount\":{\"refund\":15}") != std::string_view::npos)
      told["amount"].erase("total");
    const auto notification = reader->read(v3_notification(row.type, told.dump(), sent_at));
    CAPTURE(notification.reason);
    CHECK((notification.verdict == row.verdict));
    CHECK(notification.refund.has_value() == (row.verdict == Verdict::refund));
    CHECK_FALSE(notification.evidence);
  }
}
