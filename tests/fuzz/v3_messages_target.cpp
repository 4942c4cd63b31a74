#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "crypto/aead.hpp"
#include "crypto/base64.hpp"
#include "crypto/generate.hpp"
#include "fuzz/kept_order.hpp"
#include "fuzz/rules.hpp"
#include "fuzz/shop.hpp"
#include "fuzz/targets.hpp"
#include "gateway/v3/answers.hpp"
#include "gateway/v3/notifications.hpp"
#include "gateway/v3/platform_keys.hpp"
#include "wire/http_signing.hpp"
#include "wire/json.hpp"

namespace wxpay::fuzz {

namespace {

constexpr std::string_view serial = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1";
constexpr std::string_view nonce = "Kj7QIyUiYx1q";
constexpr std::string_view speaker = "WeChat Pay";

class StoppedClock final : public Clock {
 public:
  std::chrono::sys_seconds now() const override { return fuzz::now; }
  std::chrono::steady_clock::time_point steady_now() const override { return {}; }
  void sleep_for(std::chrono::milliseconds) override {}
};

/// WeChat Pay and the merchant, who trusts its one key.
struct Parties : v3::PlatformKeys {
  std::optional<crypto::PublicKey> find(std::string_view wanted) override {
    if (wanted != serial) return std::nullopt;
    return key.public_key();
  }
  std::string preferred_serial() override { return {}; }

  std::vector<HttpHeader> signature(std::string_view body, std::chrono::sys_seconds at = fuzz::now) const {
    const auto timestamp = std::to_string(at.time_since_epoch().count());
    return {
        {"Wechatpay-Timestamp", timestamp},
        {"Wechatpay-Nonce", std::string{nonce}},
        {"Wechatpay-Serial", std::string{serial}},
        {"Wechatpay-Signature", crypto::to_base64(key.sign(wire::signed_lines({timestamp, nonce, body})))}};
  }

  const crypto::PrivateKey key = crypto::generate_private_key();
  const crypto::Aead aead{Secret{"Syn7heticApiV3Key0123456789abcde"}, {"the APIv3 key"}};
  const StoppedClock clock{};
  const std::unique_ptr<NotificationReader> reader =
      v3::make_notification_reader({.merchant = shop(), .aead = aead}, *this);
};

std::string text_in(const wire::JsonObject& object, std::string_view name) {
  return wire::text_of(object, name).value_or("");
}

/// What is believed of a payment is what the message says.
void expect_said(const PaymentEvidence& evidence, std::string_view document) {
  const auto parsed = wire::parse_json_object(document);
  const auto* said = std::get_if<wire::JsonObject>(&parsed);
  expect(said != nullptr, "what is no object is no evidence");
  expect(evidence.merchant.mch_id.text() == text_in(*said, "mchid") &&
             evidence.out_trade_no.text() == text_in(*said, "out_trade_no") &&
             evidence.transaction_id.text() == text_in(*said, "transaction_id"),
         "evidence is what the message says");
  const auto* amount = wire::find(*said, "amount");
  const auto total = amount == nullptr ? std::nullopt : wire::integer_of(amount->members, "total");
  expect(!is_paid(evidence.state) || (total && evidence.total_fee && evidence.total_fee->count() == *total),
         "an amount is what the message says");
  expect_kept(order_of(evidence));
}

std::string envelope(const Parties& parties, std::string_view resource) {
  wire::JsonLine sealed;
  sealed.text("original_type", "transaction").text("algorithm", wire::v3_cipher);
  sealed.text("ciphertext", crypto::to_base64(parties.aead.seal(nonce, "transaction", resource)));
  sealed.text("associated_data", "transaction").text("nonce", nonce);
  wire::JsonLine line;
  line.text("id", "EV-1").text("event_type", "TRANSACTION.SUCCESS").raw("resource", std::move(sealed).str());
  return std::move(line).str();
}

void check_unsigned(const Parties& parties, const std::string& document) {
  const auto read = parties.reader->read({.headers = {}, .body = document});
  expect(read.verdict == NotificationVerdict::bad_signature || read.verdict == NotificationVerdict::malformed,
         "nothing that is not signed is believed");
  expect(!read.evidence && !read.reason.empty(), "what is refused is no evidence, and says why");
}

void check_notification(const Parties& parties, std::string_view resource) {
  auto body = envelope(parties, resource);
  const auto headers = parties.signature(body);
  const auto read = parties.reader->read({headers, body});
  expect(read.evidence.has_value() == (read.verdict == NotificationVerdict::paid),
         "what is paid is evidence, and nothing else");
  if (read.evidence) expect_said(*read.evidence, resource);
  body[body.size() / 2] = static_cast<char>(body[body.size() / 2] ^ 1);
  const auto changed = parties.reader->read({headers, body});
  expect(changed.verdict == NotificationVerdict::bad_signature ||
             changed.verdict == NotificationVerdict::malformed,
         "no byte can be changed under a signature");
}

HttpResponse answer(const std::string& body, const std::vector<HttpHeader>& headers, int status = 200) {
  HttpResponse response{.status = status, .body = body};
  for (const auto& header : headers) response.header_lines += header.name + ": " + header.value + "\r\n";
  return response;
}

void check_answers(Parties& parties, const std::string& document) {
  const auto parsed = wire::parse_json_object(document);
  const auto* said = std::get_if<wire::JsonObject>(&parsed);
  const auto number = said == nullptr ? std::string{} : text_in(*said, "out_trade_no");
  const v3::OrderReference asked{number.empty() ? "A00012" : number, {}};
  const auto intent = std::make_shared<const OrderIntent>(
      OrderIntent{.merchant = shop(), .out_trade_no = OutTradeNo::parse("A00012"), .total_fee = Fen{1}});

  const auto headers = parties.signature(document);
  const auto found = v3::read_query(answer(document, headers), parties, shop(), asked, now, speaker);
  if (const auto* queried = std::get_if<QueryAnswer>(&found)) expect_said(queried->evidence, document);
  const auto created = v3::read_created(answer(document, headers), parties, intent, now, now, speaker);
  if (const auto* done = std::get_if<Created>(&created)) expect_kept(order_of(done->evidence));
  const auto closed =
      v3::read_closed(answer(document, headers, 400), parties, shop(), intent->out_trade_no, now, speaker);
  if (const auto* done = std::get_if<Closed>(&closed)) expect_kept(order_of(done->evidence));

  // Without a signature, or by an old one, none is more than words.
  constexpr std::chrono::seconds too_old{300};
  for (const auto& weak : {std::vector<HttpHeader>{}, parties.signature(document, now - too_old)}) {
    const auto response = answer(document, weak);
    expect(!std::holds_alternative<QueryAnswer>(
               v3::read_query(response, parties, shop(), asked, now, speaker)) &&
               !std::holds_alternative<Created>(
                   v3::read_created(response, parties, intent, now, now, speaker)) &&
               !std::holds_alternative<Closed>(
                   v3::read_closed(response, parties, shop(), intent->out_trade_no, now, speaker)),
           "an answer is believed by its signature alone");
  }
}

}  // namespace

void check_v3_messages(std::string_view input) {
  static Parties parties;
  const std::string document{input};
  check_unsigned(parties, document);
  // Whatever WeChat Pay signs as an envelope can be read or refused.
  parties.reader->read({parties.signature(document), document});
  check_notification(parties, input);
  check_answers(parties, document);
}

}  // namespace wxpay::fuzz
