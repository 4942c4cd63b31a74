#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "fuzz/kept_order.hpp"
#include "fuzz/rules.hpp"
#include "fuzz/shop.hpp"
#include "fuzz/targets.hpp"
#include "gateway/v2/answers.hpp"
#include "gateway/v2/notifications.hpp"
#include "wire/req_info.hpp"
#include "wire/xml.hpp"
#include "wxpay/signing.hpp"

namespace wxpay::fuzz {

namespace {

/// What must not be told in two ways: whose money it is, which order's, how much, and what became of it.
constexpr std::string_view decisive[] = {
    "appid",       "mch_id",      "sub_appid",   "sub_mch_id", "out_trade_no", "total_fee", "transaction_id",
    "return_code", "result_code", "trade_state", "time_end",   "fee_type",     "prepay_id", "code_url",
    "mweb_url",    "trade_type",  "req_info",    "refund_id",  "sign_type"};

/// The text of a signature as the documents describe it: sorted, nothing that is empty, joined.
std::string signed_text(const Fields& fields) {
  std::map<std::string, std::string> sorted;
  for (const auto& [name, value] : fields) sorted[name] = value;
  sorted.erase("sign");
  std::string text;
  for (const auto& [name, value] : sorted) {
    if (!value.empty()) text += (text.empty() ? "" : "&") + name + "=" + value;
  }
  return text;
}

/// Whoever has the signature of this text can make no other document of it that changes what decides.
void expect_one_reading(const Fields& fields) {
  const auto text = "&" + signed_text(fields);
  for (const auto name : decisive) {
    const auto field = "&" + std::string{name} + "=";
    int count = 0;
    for (auto at = text.find(field); at != std::string::npos; at = text.find(field, at + 1)) ++count;
    expect(count == (fields.get(name).empty() ? 0 : 1), "what is verified can be read in one way only");
  }
}

/// The fields with a genuine signature in the place of theirs.
Fields with_signature(const Fields& fields, const V2Account& account) {
  Fields all;
  for (const auto& [name, value] : fields) {
    if (name != "sign") all.add(name, value);
  }
  const auto text =
      signed_text(all) + (signed_text(all).empty() ? "key=" : "&key=") + std::string{account.key.reveal()};
  const auto sign =
      to_upper_hex(account.sign_type == SignType::md5 ? crypto::md5(text)
                                                      : crypto::hmac_sha256(account.key.reveal(), text));
  all.add("sign", sign);
  expect(canonical_string(all) == signed_text(all), "what is signed is what the documents say");
  expect(sign_fields(all, account.sign_type, account.key) == sign, "a signature is what the documents say");
  expect(verify_fields(all, account.sign_type, account.key), "a genuine signature holds");
  return all;
}

/// Evidence of a refund is what was encrypted, and of this merchant.
void expect_refund(const Notification& notification, const Fields& envelope, const V2Account& account) {
  expect(!notification.evidence && envelope.get("sign").empty(), "a refund is no payment, and not signed");
  const auto opened = wire::open_req_info(envelope.get("req_info"), account.key);
  expect(opened.has_value(), "what tells of a refund can be opened");
  const auto parsed = wire::parse_xml(*opened);
  const auto& fields = std::get<Fields>(parsed);
  const auto& evidence = notification.refund.value();
  expect(evidence.out_refund_no.text() == fields.get("out_refund_no") &&
             evidence.out_trade_no.text() == fields.get("out_trade_no") &&
             evidence.refund_id.text() == fields.get("refund_id") &&
             std::to_string(evidence.refund_fee.value().count()) == fields.get("refund_fee") &&
             std::to_string(evidence.total_fee.value().count()) == fields.get("total_fee") &&
             evidence.refund_fee <= evidence.total_fee &&
             evidence.merchant.mch_id.text() == envelope.get("mch_id"),
         "evidence is what the notification says");
}

void check_notification(const std::string& document, const Fields& fields, const V2Account& account) {
  const auto notification = v2::read_notification(document, account);
  const bool is_refused = notification.verdict == NotificationVerdict::bad_signature ||
                          notification.verdict == NotificationVerdict::malformed;
  if (v2::is_signed(document, account) && !is_refused) expect_one_reading(fields);
  if (notification.verdict == NotificationVerdict::malformed) return;
  expect(notification.digest == crypto::sha256_hex(document), "the digest is of the bytes");
  if (notification.verdict == NotificationVerdict::refund)
    return expect_refund(notification, fields, account);
  if (notification.verdict != NotificationVerdict::paid) {
    expect(!notification.refund && !notification.evidence && !notification.reason.empty(),
           "what is not paid is no evidence, and says why");
    return;
  }
  expect(v2::is_signed(document, account), "what is paid is signed");
  const auto& evidence = notification.evidence.value();
  expect(evidence.out_trade_no.text() == fields.get("out_trade_no") &&
             evidence.transaction_id.text() == fields.get("transaction_id") &&
             std::to_string(evidence.total_fee.value().count()) == fields.get("total_fee") &&
             evidence.merchant.mch_id.text() == fields.get("mch_id") &&
             fields.get("result_code") == "SUCCESS" && fields.get("return_code") == "SUCCESS",
         "evidence is what the message says");
  expect_kept(order_of(evidence));
}

void check_answers(const std::string& document, const Fields& fields, const V2Account& account) {
  const HttpResponse response{200, document};
  for (const auto type : {TradeType::jsapi, TradeType::native}) {
    OrderIntent intent{
        .merchant = account.merchant, .out_trade_no = OutTradeNo::parse("A00012"), .total_fee = Fen{1}};
    intent.trade_type = type;
    const auto created =
        v2::read_unifiedorder(response, account, std::make_shared<const OrderIntent>(std::move(intent)), now);
    if (const auto* answer = std::get_if<Created>(&created)) {
      expect_one_reading(fields);
      expect_kept(order_of(answer->evidence));
    }
  }
  const auto found = v2::read_orderquery(response, account, {fields.get("out_trade_no"), {}});
  if (const auto* answer = std::get_if<QueryAnswer>(&found)) {
    expect(answer->evidence.out_trade_no.text() == fields.get("out_trade_no") &&
               (!is_paid(answer->evidence.state) ||
                std::to_string(answer->evidence.total_fee.value().count()) == fields.get("total_fee")),
           "evidence is what the answer says");
    expect_kept(order_of(answer->evidence));
  }
  const auto closed = v2::read_closeorder(response, account, OutTradeNo::parse("A00012"));
  if (const auto* answer = std::get_if<Closed>(&closed)) expect_kept(order_of(answer->evidence));
}

/// The document as what a genuine notification of a refund holds.
void check_refund(std::string_view document, const V2Account& account) {
  constexpr std::size_t largest = 32'768;  // the envelope is a message too
  if (document.size() > largest) return;
  const Fields envelope{{"return_code", "SUCCESS"},
                        {"appid", account.merchant.app_id.text()},
                        {"mch_id", account.merchant.mch_id.text()},
                        {"nonce_str", "5K8264ILTKCH16CQ2502SI8ZNMTM67VS"},
                        {"req_info", wire::seal_req_info(document, account.key)}};
  check_notification(wire::to_xml(envelope), envelope, account);
}

/// What answers say of refunds.
void check_refund_answers(const std::string& document, const Fields& fields, const V2Account& account) {
  const HttpResponse response{200, document};
  const auto asked = OutRefundNo::try_parse(fields.get("out_refund_no_0"));
  if (!asked) return;
  const auto found = v2::read_refundquery(response, account, *asked);
  if (const auto* answer = std::get_if<RefundAnswer>(&found)) {
    expect(answer->evidence.out_refund_no == *asked &&
               answer->evidence.out_trade_no.text() == fields.get("out_trade_no"),
           "evidence is what the answer says");
  }
}

/// A value that was changed on the way.
void check_tampered(const Fields& fields, const V2Account& account) {
  Fields tampered;
  bool changed = false;
  for (const auto& [name, value] : fields) {
    const bool change = !changed && name != "sign" && !value.empty();
    tampered.add(name, change ? value + "0" : value);
    changed = changed || change;
  }
  if (!changed) return;
  expect(!v2::is_signed(wire::to_xml(tampered), account), "no value can be changed under a signature");
}

}  // namespace

void check_messages(std::string_view input) {
  check_refund(input, shop_account(SignType::md5));
  const auto parsed = wire::parse_xml(input);
  const auto* fields = std::get_if<Fields>(&parsed);
  for (const auto type : {SignType::md5, SignType::hmac_sha256}) {
    const auto account = shop_account(type);
    if (fields == nullptr) {
      expect(v2::read_notification(input, account).verdict == NotificationVerdict::malformed,
             "what is no document is no notification");
      continue;
    }
    // Every XML reader makes another line end of a CR, and then nothing of this holds any more.
    const bool has_line_ends = std::any_of(fields->begin(), fields->end(), [](const auto& field) {
      return field.second.find('\r') != std::string::npos;
    });
    if (has_line_ends) return;
    check_notification(std::string{input}, *fields, account);
    const auto genuine = with_signature(*fields, account);
    const auto document = wire::to_xml(genuine);
    if (document.size() > wire::largest_message) return;
    check_notification(document, genuine, account);
    check_answers(document, genuine, account);
    check_refund_answers(document, genuine, account);
    check_tampered(genuine, account);
  }
}

}  // namespace wxpay::fuzz
