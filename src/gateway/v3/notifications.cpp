#include "gateway/v3/notifications.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "base/text.hpp"
#include "crypto/base64.hpp"
#include "crypto/digest.hpp"
#include "gateway/v3/payment.hpp"
#include "gateway/v3/refund.hpp"
#include "gateway/v3/verification.hpp"
#include "wire/http_signing.hpp"
#include "wire/json.hpp"

namespace wxpay::v3 {

namespace {

using Verdict = NotificationVerdict;

constexpr std::size_t longest_number = 64;

/// How the event types of refunds begin; the state of the refund follows.
constexpr std::string_view refund_events = "REFUND.";

std::string text_in(const wire::JsonObject& object, std::string_view name) {
  return wire::text_of(object, name).value_or("");
}

std::string printable(std::string text) { return without_control_characters(std::move(text)); }

/// Empty where it is none: a message that is signed may still be shown on a terminal.
std::string shown_number(const wire::JsonObject& object, std::string_view name) {
  auto number = text_in(object, name).substr(0, longest_number);
  return OutTradeNo::try_parse(number) ? number : std::string{};
}

bool is_xml(std::string_view body) {
  const auto start = trim(body);
  return start.starts_with('<');
}

/// Whether it is what was to be saved as {"headers":{…},"body":"…"}, and has a parsed body instead.
bool is_with_headers(const wire::JsonObject& object) {
  const auto* body = wire::find(object, "body");
  return wire::find(object, "headers") != nullptr && body != nullptr &&
         body->kind == wire::JsonValue::Kind::object;
}

/// What was encrypted, or why it could not be opened.
std::variant<std::string, std::string_view> open_resource(const wire::JsonObject& resource,
                                                          const std::optional<crypto::Aead>& aead) {
  if (text_in(resource, "algorithm") != wire::v3_cipher)
    return std::string_view{"is encrypted by an unknown algorithm"};
  if (!aead) return std::string_view{"is encrypted, and the profile has no APIv3 key"};
  const auto sealed = crypto::from_base64(text_in(resource, "ciphertext"));
  if (!sealed) return std::string_view{"has a ciphertext that is no Base64"};
  auto opened = aead->open(text_in(resource, "nonce"), text_in(resource, "associated_data"), *sealed);
  // WeChat Pay signed it, so the ciphertext is as it was made.
  if (!opened)
    return std::string_view{"is genuine and cannot be opened: the APIv3 key is not the one it was made with"};
  return std::move(*opened);
}

class Reader final : public NotificationReader {
 public:
  Reader(ReaderSettings settings, PlatformKeys& keys) : settings_{std::move(settings)}, keys_{keys} {}

  Notification read(const NotificationMessage& message) const override {
    if (is_xml(message.body)) return read_older(message);
    Notification notification;
    const auto parsed = wire::parse_json_object(message.body);
    const auto* envelope = std::get_if<wire::JsonObject>(&parsed);
    if (envelope == nullptr)
      return concluded(std::move(notification), Verdict::malformed, std::get<wire::Malformed>(parsed).why);
    notification.kind = kind_of(text_in(*envelope, "event_type"));
    notification.digest = crypto::sha256_hex(message.body);
    const auto check = check_message(message);
    if (!check.holds()) {
      if (check.state == SignatureState::probe) notification.note = "PROBE";
      if (check.state == SignatureState::absent && is_with_headers(*envelope)) {
        return concluded(std::move(notification), Verdict::bad_signature,
                         "the notification is saved with a body that is no text: write it in quotes, byte "
                         "for byte as it came, which is what WeChat Pay signs");
      }
      const bool is_known = check.kind == ErrorKind::untrusted;
      return concluded(std::move(notification), is_known ? Verdict::bad_signature : Verdict::unverified,
                       "the notification " + check.why);
    }
    notification.sent_at = check.signed_at;
    const auto* resource = wire::find(*envelope, "resource");
    if (resource == nullptr || resource->kind != wire::JsonValue::Kind::object)
      return concluded(std::move(notification), Verdict::malformed, "it has no resource");
    const auto opened = open_resource(resource->members, settings_.aead);
    if (const auto* why = std::get_if<std::string_view>(&opened)) {
      return concluded(std::move(notification), Verdict::bad_signature,
                       "the notification " + std::string{*why});
    }
    return read_opened(std::move(notification), text_in(*envelope, "event_type"),
                       std::get<std::string>(opened));
  }

  bool is_signed(const NotificationMessage& message) const override {
    if (is_xml(message.body)) return settings_.older && settings_.older->is_signed(message);
    return check_message(message).holds();
  }

  NotificationReply reply(std::string_view refusal) const override {
    wire::JsonLine body;
    body.text("code", refusal.empty() ? "SUCCESS" : "FAIL");
    body.text("message", refusal.empty() ? "成功" : refusal);
    return {.content_type = "application/json", .body = std::move(body).str()};
  }

  std::vector<HttpHeader> headers_to_forward(const NotificationMessage& message) const override {
    if (is_xml(message.body))
      return settings_.older ? settings_.older->headers_to_forward(message) : xml_type();
    std::vector<HttpHeader> headers{{"Content-Type", "application/json"}};
    for (const auto& header : message.headers) {
      if (to_lower(header.name).starts_with("wechatpay-") && !header.value.empty()) headers.push_back(header);
    }
    return headers;
  }

  // WeChat Pay goes by the status alone (API v3 reference, 12.6); a page for people is no back end's answer.
  std::string refusal_in(const HttpResponse& answer) const override {
    constexpr int done = 200;
    constexpr int done_without_body = 204;
    if (answer.status == done_without_body) return {};
    if (answer.status != done) return "it answered HTTP " + std::to_string(answer.status);
    if (trim(answer.body).empty()) return {};
    const auto parsed = wire::parse_json_object(answer.body);
    if (const auto* malformed = std::get_if<wire::Malformed>(&parsed))
      return "its answer is no JSON of API v3: " + malformed->why;
    const auto& object = std::get<wire::JsonObject>(parsed);
    if (const auto code = wire::text_of(object, "code"); !code || *code == "SUCCESS") return {};
    const auto said = printable(text_in(object, "message"));
    return said.empty() ? "its answer is not SUCCESS" : "its answer is not SUCCESS: " + said;
  }

 private:
  static std::vector<HttpHeader> xml_type() { return {{"Content-Type", "text/xml"}}; }

  static std::optional<NotificationKind> kind_of(std::string_view event_type) {
    if (event_type.starts_with("TRANSACTION.")) return NotificationKind::payment;
    if (event_type.starts_with(refund_events)) return NotificationKind::refund;
    return std::nullopt;
  }

  static Notification concluded(Notification notification, Verdict verdict, std::string reason) {
    notification.verdict = verdict;
    notification.reason = std::move(reason);
    return notification;
  }

  Notification read_older(const NotificationMessage& message) const {
    if (settings_.older) return settings_.older->read(message);
    Notification notification;
    notification.digest = crypto::sha256_hex(message.body);
    return concluded(std::move(notification), Verdict::bad_signature,
                     "the notification is of API v2, and the profile has no key of API v2 to verify it by");
  }

  SignatureCheck check_message(const NotificationMessage& message) const {
    return check_signature(header_views(message.headers), message.body, keys_, std::nullopt);
  }

  Notification read_opened(Notification notification, std::string_view event_type,
                           const std::string& document) const {
    const auto parsed = wire::parse_json_object(document);
    const auto* told = std::get_if<wire::JsonObject>(&parsed);
    if (told == nullptr) {
      return concluded(std::move(notification), Verdict::malformed,
                       "what it holds is unreadable: " + std::get<wire::Malformed>(parsed).why);
    }
    notification.out_trade_no = shown_number(*told, "out_trade_no");
    notification.transaction_id = shown_number(*told, "transaction_id");
    const auto merchant = merchant_in(*told, settings_.merchant);
    notification.is_of_other_app = merchant != settings_.merchant;
    const bool is_payment = notification.kind == NotificationKind::payment;
    const bool is_refund = notification.kind == NotificationKind::refund;
    if (auto problem = is_payment ? identity_problem(*told, merchant)
                                  : other_merchant_problem(*told, merchant, is_refund);
        !problem.empty()) {
      return concluded(std::move(notification), Verdict::wrong_merchant, "the notification " + problem);
    }
    if (is_refund) return read_refund_event(std::move(notification), event_type, *told, merchant);
    if (!is_payment) {
      return concluded(std::move(notification), Verdict::ignored,
                       "it is about neither a payment nor a refund");
    }
    if (const auto state = text_in(*told, "trade_state"); state != "SUCCESS") {
      return concluded(std::move(notification), state.empty() ? Verdict::malformed : Verdict::not_paid,
                       state.empty() ? "it has no trade_state" : "its trade_state is " + printable(state));
    }
    auto payment = read_payment(*told, merchant, EvidenceSource::notify);
    if (auto* problem = std::get_if<std::string>(&payment))
      return concluded(std::move(notification), Verdict::malformed, std::move(*problem));
    notification.verdict = Verdict::paid;
    notification.evidence = std::move(std::get<PaymentEvidence>(payment));
    notification.evidence->digest = notification.digest;
    return notification;
  }

  static Notification read_refund_event(Notification notification, std::string_view event_type,
                                        const wire::JsonObject& told, const MerchantIdentity& merchant) {
    if (auto number = text_in(told, "out_refund_no"); OutRefundNo::try_parse(number))
      notification.out_refund_no = std::move(number);
    auto read = read_refund(told, merchant, EvidenceSource::notify);
    if (auto* problem = std::get_if<std::string>(&read))
      return concluded(std::move(notification), Verdict::malformed, std::move(*problem));
    auto& evidence = std::get<RefundEvidence>(read);
    const auto announced = parse_refund_status(event_type.substr(refund_events.size()));
    if (announced && announced != evidence.state)
      return concluded(std::move(notification), Verdict::malformed, "its event_type is of another state");
    evidence.digest = notification.digest;
    notification.verdict = Verdict::refund;
    notification.refund = std::move(evidence);
    return notification;
  }

  ReaderSettings settings_;
  PlatformKeys& keys_;
};

}  // namespace

std::unique_ptr<NotificationReader> make_notification_reader(ReaderSettings settings, PlatformKeys& keys) {
  return std::make_unique<Reader>(std::move(settings), keys);
}

}  // namespace wxpay::v3
