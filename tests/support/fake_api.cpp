#include "support/fake_api.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "wxpay/error.hpp"
#include "wxpay/fen.hpp"

namespace wxpay::test::fake_api {

namespace {

class Reader final : public NotificationReader {
 public:
  Notification read(const NotificationMessage& message) const override {
    Notification notification;
    const auto fields = fields_of(message.body);
    notification.reason = "it is no message";
    if (fields.empty()) return notification;
    notification.digest = crypto::sha256_hex(message.body);
    notification.out_trade_no = fields.get("order");
    notification.transaction_id = fields.get("transaction");
    notification.kind = parse_notification_kind(fields.get("kind"));
    const auto conclude = [&](NotificationVerdict verdict, const char* reason) {
      notification.verdict = verdict;
      notification.reason = reason;
      return notification;
    };
    if (!is_signed(message)) return conclude(NotificationVerdict::bad_signature, "it is not signed");
    if (fields.get("merchant") != merchant().mch_id.text()) {
      return conclude(NotificationVerdict::wrong_merchant, "it is another merchant's");
    }
    if (notification.kind != NotificationKind::payment) {
      return conclude(NotificationVerdict::ignored, "it is about a refund");
    }
    notification.evidence = evidence_of(EvidenceSource::notify, fields, message.body);
    return conclude(NotificationVerdict::paid, "");
  }

  bool is_signed(const NotificationMessage& message) const override {
    return std::any_of(message.headers.begin(), message.headers.end(), [&](const HttpHeader& header) {
      return header.name == signature_header && header.value == signature_of(message.body, key);
    });
  }

  NotificationReply reply(std::string_view refusal) const override {
    return {.content_type = "text/plain", .body = refusal.empty() ? "OK" : "NO " + std::string{refusal}};
  }

  std::vector<HttpHeader> headers_to_forward(const NotificationMessage& message) const override {
    return message.headers;
  }

  std::string refusal_in(const HttpResponse& answer) const override {
    return answer.body == "OK" ? "" : "it said: " + answer.body;
  }
};

class Series final : public PaySeries {
 public:
  std::string sign(std::string_view prepay_id, std::string_view timestamp, std::string_view nonce) override {
    std::string text{prepay_id};
    text.append("\n").append(timestamp).append("\n").append(nonce);
    return signature_of(text, key);
  }
};

void check_scheme(PayScheme scheme) {
  if (scheme != PayScheme::rsa) throw Error{ErrorKind::key, "there is no key for this scheme"};
}

class Signer final : public PaySigner {
 public:
  PayScheme scheme() const override { return PayScheme::rsa; }

  Fields parameters(TradeType trade_type, const MerchantIdentity&, const PrepayId& prepay_id,
                    PayScheme scheme, const std::string& timestamp, const std::string& nonce) const override {
    check_scheme(scheme);
    if (trade_type != TradeType::jsapi && trade_type != TradeType::app) return {};
    return {{"prepay", prepay_id.text()},
            {"time", timestamp},
            {"nonce", nonce},
            {"sign", Series{}.sign(prepay_id.text(), timestamp, nonce)}};
  }

  std::unique_ptr<PaySeries> series(TradeType, const MerchantIdentity&, PayScheme scheme) const override {
    check_scheme(scheme);
    return std::make_unique<Series>();
  }

  bool holds_secret(std::string_view text) const override { return text.find(key) != std::string_view::npos; }
};

/// Signs the bytes as they stand; the signature is the last line.
class TextSigner final : public SetSigner {
 public:
  SignedText explain(const Fields& parameters) const override { return {body_of(parameters), {}, 0}; }

  SetSignature sign(const GivenSet& set) const override {
    SetSignature signature;
    signature.sign = signature_of(set.text, key);
    signature.scheme = PayScheme::rsa;
    return signature;
  }

  SetVerdict verify(const GivenSet& set) const override {
    const auto fields = fields_of(set.text);
    SetVerdict verdict;
    verdict.scheme = PayScheme::rsa;
    verdict.valid =
        Series{}.sign(fields.get("prepay"), fields.get("time"), fields.get("nonce")) == fields.get("sign");
    if (!verdict.valid) verdict.causes = {"it was changed"};
    return verdict;
  }
};

}  // namespace

MerchantIdentity merchant() {
  MerchantIdentity merchant;
  merchant.mch_id = MerchantId{"1900000109"};
  merchant.app_id = AppId{"wxd678efh567hg6787"};
  return merchant;
}

std::unique_ptr<NotificationReader> make_notification_reader() { return std::make_unique<Reader>(); }
std::unique_ptr<PaySigner> make_pay_signer() { return std::make_unique<Signer>(); }
std::unique_ptr<SetSigner> make_set_signer() { return std::make_unique<TextSigner>(); }

std::string signature_of(std::string_view text, std::string_view by) {
  return to_hex(crypto::hmac_sha256(by, text));
}

Fields fields_of(std::string_view body) {
  Fields fields;
  while (!body.empty()) {
    const auto end = body.find('\n');
    const auto line = body.substr(0, end);
    body.remove_prefix(end == std::string_view::npos ? body.size() : end + 1);
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) return {};
    fields.add(std::string{line.substr(0, equals)}, std::string{line.substr(equals + 1)});
  }
  return fields;
}

PaymentEvidence evidence_of(EvidenceSource source, const Fields& fields, std::string_view body) {
  const bool paid = fields.get("state") == "PAID";
  auto ours = merchant();
  auto number = OutTradeNo::parse(fields.get("order"));
  auto digest = crypto::sha256_hex(body);
  PaymentEvidence evidence{.source = source,
                           .merchant = std::move(ours),
                           .out_trade_no = std::move(number),
                           .state = paid ? OrderState::success : OrderState::notpay,
                           .digest = std::move(digest)};
  if (!paid) return evidence;
  evidence.transaction_id = TransactionId{fields.get("transaction")};
  evidence.total_fee = parse_fen(fields.get("fee"));
  return evidence;
}

std::string body_of(const Fields& fields) {
  std::string body;
  for (const auto& [name, value] : fields) body += name + "=" + value + "\n";
  return body;
}

NotificationMessage notification(const Fields& fields, const std::string& signed_by) {
  auto body = body_of(fields);
  const auto signature = signature_of(body, signed_by);
  return {.headers = {{signature_header, signature}}, .body = std::move(body)};
}

}  // namespace wxpay::test::fake_api
