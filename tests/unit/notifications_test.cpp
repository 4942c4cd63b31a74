#include "gateway/v2/notifications.hpp"

#include <doctest/doctest.h>

#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "support/signed_answer.hpp"
#include "wxpay/time.hpp"

using namespace wxpay;
using namespace wxpay::test;

namespace {

Fields paid_message(FieldChanges changes = {}) {
  const auto fields = answer_fields({{"openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},
                                     {"is_subscribe", "N"},
                                     {"trade_type", "JSAPI"},
                                     {"bank_type", "CFT"},
                                     {"out_trade_no", "T20261123180001"},
                                     {"transaction_id", "4200000001202611230000000001"},
                                     {"total_fee", "1000"},
                                     {"cash_fee", "1000"},
                                     {"fee_type", "CNY"},
                                     {"time_end", "20261123100000"}});
  return with_changes(fields, changes);
}

Notification read(const Fields& fields, const V2Account& account = shop_account()) {
  return v2::read_notification(signed_answer(fields), account);
}

Notification read_text(const std::string& document) {
  return v2::read_notification(document, shop_account());
}

std::string replaced(std::string text, const std::string& part, const std::string& by) {
  const auto at = text.find(part);
  REQUIRE(at != std::string::npos);
  return text.replace(at, part.size(), by);
}

V2Account partner_account() {
  auto account = shop_account();
  account.merchant.sub_mch_id = MerchantId{"1900000200"};
  account.merchant.sub_app_id = AppId{"wxsub"};
  return account;
}

}  // namespace

TEST_CASE("a payment that is signed, ours and whole is evidence, field by field") {
  const auto notification = read(paid_message());
  CHECK((notification.verdict == NotificationVerdict::paid));
  CHECK((notification.kind == NotificationKind::payment));
  CHECK(notification.out_trade_no == "T20261123180001");
  CHECK(notification.transaction_id == "4200000001202611230000000001");
  CHECK(notification.reason.empty());
  REQUIRE(notification.evidence);
  const auto& evidence = *notification.evidence;
  CHECK((evidence.source == EvidenceSource::notify));
  CHECK((evidence.merchant == shop_merchant()));
  CHECK((evidence.state == OrderState::success));
  CHECK((evidence.total_fee == Fen{1000}));
  CHECK((evidence.time_end == parse_rfc3339("2026-11-23T10:00:00+08:00")));
  CHECK(evidence.digest == notification.digest);
  CHECK(notification.digest.size() == 64);
}

TEST_CASE("an app is taken from the message, and an empty element changes nothing") {
  const auto other = read(paid_message({{"appid", "wxaaaaaaaaaaaaaaaa"}}));
  CHECK(other.is_of_other_app);
  REQUIRE(other.evidence);
  CHECK(other.evidence->merchant.app_id.text() == "wxaaaaaaaaaaaaaaaa");
  CHECK_FALSE(read(paid_message()).is_of_other_app);
  for (const auto* name : {"req_info", "refund_id", "trade_state", "sub_mch_id", "err_code"}) {
    CAPTURE(std::string{name});
    const auto element = "<" + std::string{name} + "></" + name + "></xml>";
    const auto document = replaced(signed_answer(paid_message()), "</xml>", element);
    CHECK((read_text(document).verdict == NotificationVerdict::paid));
  }
}

TEST_CASE("a time of payment that cannot be true is a reason and no time") {
  for (const auto* time_end : {"19700101000000", "19691231235959", "00000101000000", "20041231235959"}) {
    CAPTURE(std::string{time_end});
    const auto notification = read(paid_message({{"time_end", time_end}}));
    REQUIRE(notification.evidence);
    CHECK_FALSE(notification.evidence->time_end);
    CHECK(notification.evidence->reason == std::string{"its time_end is "} + time_end);
  }
}

TEST_CASE("what a signed notification says decides what it is") {
  struct Row {
    const char* what;
    std::initializer_list<std::pair<std::string_view, std::string_view>> changes;
    NotificationVerdict verdict;
    std::optional<NotificationKind> kind;
    const char* reason;
  };
  using enum NotificationVerdict;
  const Row rows[] = {
      {"another currency is the ledger's to refuse",
       {{"fee_type", "USD"}},
       paid,
       NotificationKind::payment,
       ""},
      {"no time", {{"time_end", ""}}, paid, NotificationKind::payment, ""},
      {"failed",
       {{"result_code", "FAIL"}, {"err_code", "SYSTEMERROR"}},
       not_paid,
       NotificationKind::payment,
       "SYSTEMERROR"},
      {"failed, without its merchant",
       {{"result_code", "FAIL"}, {"mch_id", ""}, {"appid", ""}},
       not_paid,
       NotificationKind::payment,
       "failed"},
      {"a deduction that failed",
       {{"trade_state", "PAY_FAIL"}, {"contract_id", "Wx15463511252015071056489715"}},
       not_paid,
       NotificationKind::payment,
       "PAY_FAIL"},
      {"a deduction",
       {{"trade_state", "SUCCESS"}, {"contract_id", "Wx15463511252015071056489715"}},
       paid,
       NotificationKind::payment,
       ""},
      {"the signed answer to a query",
       {{"trade_state", "SUCCESS"}, {"trade_state_desc", "支付成功"}},
       ignored,
       NotificationKind::payment,
       "answer to a query"},
      {"the signed answer to a query of an unpaid order",
       {{"trade_state", "NOTPAY"}, {"transaction_id", ""}, {"total_fee", ""}},
       ignored,
       NotificationKind::payment,
       "answer to a query"},
      {"no result", {{"result_code", ""}}, malformed, NotificationKind::payment, "result_code"},
      {"no return_code", {{"return_code", ""}}, malformed, NotificationKind::payment, "return_code"},
      {"another merchant", {{"mch_id", "1900000999"}}, wrong_merchant, NotificationKind::payment, "mch_id"},
      {"another app of this merchant",
       {{"appid", "wxaaaaaaaaaaaaaaaa"}},
       paid,
       NotificationKind::payment,
       ""},
      {"the signed answer to a refund",
       {{"out_refund_no", "R20261123"},
        {"refund_id", "50000000382019052709732678859"},
        {"refund_fee", "100"}},
       ignored,
       std::nullopt,
       "about a refund"},
      {"no merchant", {{"mch_id", ""}}, wrong_merchant, NotificationKind::payment, "mch_id"},
      {"a sub-merchant",
       {{"sub_mch_id", "1900000200"}},
       wrong_merchant,
       NotificationKind::payment,
       "sub_mch_id"},
      {"failed, of another merchant",
       {{"result_code", "FAIL"}, {"mch_id", "1900000999"}},
       wrong_merchant,
       NotificationKind::payment,
       "mch_id"},
      {"no number", {{"out_trade_no", ""}}, malformed, NotificationKind::payment, "out_trade_no"},
      {"no order's number", {{"out_trade_no", "T 1"}}, malformed, NotificationKind::payment, "out_trade_no"},
      {"a number too long",
       {{"out_trade_no", "123456789012345678901234567890123"}},
       malformed,
       NotificationKind::payment,
       "out_trade_no"},
      {"no time at all", {{"time_end", "20261301100000"}}, malformed, NotificationKind::payment, "time_end"},
      {"no transaction", {{"transaction_id", ""}}, malformed, NotificationKind::payment, "transaction_id"},
      {"no amount", {{"total_fee", ""}}, malformed, NotificationKind::payment, "total_fee"},
      {"a signed amount", {{"total_fee", "+1000"}}, malformed, NotificationKind::payment, "total_fee"},
      {"a decimal amount", {{"total_fee", "10.00"}}, malformed, NotificationKind::payment, "total_fee"},
      {"another business",
       {{"out_trade_no", ""}, {"transaction_id", ""}, {"contract_id", "1"}},
       ignored,
       std::nullopt,
       "neither"},
      {"another business of another merchant",
       {{"out_trade_no", ""}, {"transaction_id", ""}, {"mch_id", "1900000999"}},
       wrong_merchant,
       std::nullopt,
       "mch_id"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const auto notification = read(paid_message(row.changes));
    CAPTURE(notification.reason);
    CHECK((notification.verdict == row.verdict));
    CHECK((notification.kind == row.kind));
    CHECK(notification.reason.find(row.reason) != std::string::npos);
    CHECK(notification.evidence.has_value() == (row.verdict == paid));
  }
}

TEST_CASE("only the account's own signature counts, and it comes before everything that is said") {
  const auto document = signed_answer(paid_message());
  const auto other_amount = replaced(document, "<![CDATA[1000]]>", "<![CDATA[1001]]>");
  CHECK((read_text(other_amount).verdict == NotificationVerdict::bad_signature));
  CHECK(read_text(other_amount).out_trade_no == "T20261123180001");
  CHECK((read_text(wire::to_xml(paid_message())).verdict == NotificationVerdict::bad_signature));
  CHECK((read_text(signed_answer(paid_message(), SignType::hmac_sha256)).verdict ==
         NotificationVerdict::bad_signature));
  CHECK((read_text(signed_answer(paid_message({{"sign_type", "HMAC-SHA256"}}))).verdict ==
         NotificationVerdict::bad_signature));
  CHECK((read_text(signed_answer(paid_message({{"mch_id", "1900000999"}}), SignType::md5, "another key"))
             .verdict == NotificationVerdict::bad_signature));
  auto lower_case = paid_message();
  lower_case.add("sign", to_lower(sign_fields(paid_message(), SignType::md5, Secret{shop_key})));
  CHECK((read_text(wire::to_xml(lower_case)).verdict == NotificationVerdict::bad_signature));
  CHECK((v2::read_notification(
             signed_answer(paid_message({{"sign_type", "HMAC-SHA256"}}), SignType::hmac_sha256),
             shop_account(SignType::hmac_sha256))
             .verdict == NotificationVerdict::paid));
}

TEST_CASE("in service-provider mode the sub-merchant must agree") {
  const auto read_partner = [](FieldChanges changes) {
    return read(paid_message(changes), partner_account());
  };
  CHECK((read_partner({{"sub_mch_id", "1900000200"}}).verdict == NotificationVerdict::paid));
  CHECK((read_partner({{"sub_mch_id", "1900000200"}, {"sub_appid", "wxsub"}}).verdict ==
         NotificationVerdict::paid));
  CHECK((read_partner({}).verdict == NotificationVerdict::wrong_merchant));
  CHECK((read_partner({{"sub_mch_id", "1900000201"}}).verdict == NotificationVerdict::wrong_merchant));
  CHECK(read_partner({{"sub_mch_id", "1900000200"}, {"sub_appid", "wxother"}}).is_of_other_app);
}

TEST_CASE("a refund's notification that cannot be opened is not believed, and has no sign to check") {
  const auto refund = answer_fields({{"result_code", ""}, {"req_info", "c2VjcmV0"}});
  const auto ours = read_text(wire::to_xml(refund));
  CHECK((ours.verdict == NotificationVerdict::bad_signature));
  CHECK((ours.kind == NotificationKind::refund));
  const auto other = read_text(wire::to_xml(with_changes(refund, {{"mch_id", "1900000999"}})));
  CHECK((other.verdict == NotificationVerdict::wrong_merchant));
  CHECK((read_text(wire::to_xml(with_changes(refund, {{"appid", ""}}))).verdict ==
         NotificationVerdict::wrong_merchant));
  // One that claims a sign is held to it.
  CHECK((read_text(wire::to_xml(with_changes(refund, {{"sign", "AB"}}))).verdict ==
         NotificationVerdict::bad_signature));
}

TEST_CASE("a refund's envelope does not carry a payment past its signature") {
  const auto smuggled = paid_message({{"req_info", "c2VjcmV0"}});
  const auto notification = read_text(wire::to_xml(smuggled));
  CHECK((notification.verdict == NotificationVerdict::bad_signature));
  CHECK_FALSE(notification.evidence);
}

TEST_CASE("what is no notification is malformed, and its texts cannot reach a terminal as they are") {
  const auto document = signed_answer(paid_message());
  const std::string rows[] = {
      "",
      "<html><body>no</body></html>",
      "<!DOCTYPE xml>" + document,
      document + "text",
      document.substr(0, document.size() / 2),
      replaced(document, "<total_fee>", "<total_fee><![CDATA[1]]></total_fee><total_fee>"),
      replaced(document, "T20261123180001", "T2026\xFF"),
      "<xml>" + std::string(70'000, ' ') + document.substr(5),
      unsigned_refusal_text("signature error"),
  };
  for (const auto& row : rows) {
    CAPTURE(row.substr(0, 300));
    const auto notification = read_text(row);
    CHECK((notification.verdict == NotificationVerdict::malformed));
    CHECK_FALSE(notification.reason.empty());
  }
  const auto painted = read_text(wire::to_xml({{"return_code", "FAIL"},
                                               {"return_msg", "\x1b[31mno"},
                                               {"out_trade_no", "A\x1b]0;\x07" + std::string(40, 'B')}}));
  CHECK(painted.reason.find('\x1b') == std::string::npos);
  CHECK(painted.out_trade_no.empty());
}

TEST_CASE("a number in a document that is not verified is shown only where it can be one") {
  struct Row {
    std::string number, shown;
  };
  const Row rows[] = {{"20261123180001", "20261123180001"},
                      {"A_b-1|*", "A_b-1|*"},
                      {"-2-3-4", "-2-3-4"},
                      {std::string(40, 'B'), std::string(32, 'B')},
                      {"=HYPERLINK(\"http://e.il/\",\"ok\")", ""},
                      {"=1", ""},
                      {"@A", ""},
                      {"+1", ""},
                      {"A\x1b]0;\x07", ""},
                      {"A\xE2\x80\xAE", ""},
                      {"订单", ""},
                      {"A 1", ""}};
  for (const auto& row : rows) {
    CAPTURE(row.number);
    const auto forged = read_text(wire::to_xml({{"return_code", "SUCCESS"},
                                                {"out_trade_no", row.number},
                                                {"transaction_id", row.number},
                                                {"sign", "A"}}));
    CHECK((forged.verdict == NotificationVerdict::bad_signature));
    CHECK(forged.out_trade_no == row.shown);
    CHECK(forged.transaction_id == row.shown);
  }
}

TEST_CASE("what is malformed has a digest where it is signed or names an order") {
  const auto document = signed_answer(paid_message());
  struct Row {
    std::string text;
    const char* number;
    bool has_digest;
  };
  const std::string tag = "<xml><out_trade_no>";
  const Row rows[] = {
      {document.substr(0, document.size() - 1), "T20261123180001", true},
      {tag + "T1<", "T1", true},
      {tag + "<![CDATA[T1]]>", "T1", true},
      {tag + std::string(32, 'T') + "<", "TTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTT", true},
      {tag + std::string(33, 'T') + "<", "", false},
      {tag + "<![CDATA[T1", "", false},
      {tag + "T 1<", "", false},
      {tag + "<", "", false},
      {tag, "", false},
      {"<xml><out_trade_no", "", false},
      {signed_answer(with_changes(paid_message(), {{"out_trade_no", ""}, {"result_code", ""}})), "", true},
      {signed_answer(with_changes(paid_message(), {{"out_trade_no", ""}, {"return_code", "FAIL"}})), "",
       true},
      {wire::to_xml({{"return_code", "FAIL"}, {"out_trade_no", "T1"}}), "T1", true},
      {wire::to_xml({{"return_code", "FAIL"}}), "", false},
      {"", "", false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const auto notification = read_text(row.text);
    CHECK((notification.verdict == NotificationVerdict::malformed));
    CHECK(notification.out_trade_no == row.number);
    CHECK(notification.digest == (row.has_digest ? crypto::sha256_hex(row.text) : std::string{}));
  }
}

TEST_CASE("a message is signed, of whatever kind and merchant, where its signature holds") {
  const auto is_ours = [](const std::string& text) { return v2::is_signed(text, shop_account()); };
  CHECK(is_ours(signed_answer(paid_message())));
  CHECK(is_ours(signed_answer(with_changes(paid_message(), {{"mch_id", "1900000999"}}))));
  CHECK_FALSE(is_ours(replaced(signed_answer(paid_message()), "T2026", "T2027")));
  CHECK_FALSE(is_ours(signed_answer(paid_message()) + "text"));
  CHECK_FALSE(is_ours(wire::to_xml(paid_message())));
}
