// The wire and ledger names of the domain's enumerations. A switch is the table of one: of a value that has
// no name there the compiler warns, which CI takes for an error. The names end where one is missing.
#include "base/enumeration.hpp"
#include "domain/field_rules.hpp"
#include "wxpay/evidence.hpp"
#include "wxpay/order.hpp"
#include "wxpay/refund.hpp"
#include "wxpay/sign_type.hpp"

namespace wxpay {

namespace {

/// People write it for MWEB, the wire does not.
constexpr std::string_view name_of_mweb = "H5";

}  // namespace

std::string_view to_string(OrderState state) {
  switch (state) {
    case OrderState::creating:
      return "CREATING";
    case OrderState::notpay:
      return "NOTPAY";
    case OrderState::userpaying:
      return "USERPAYING";
    case OrderState::failed:
      return "FAILED";
    case OrderState::payerror:
      return "PAYERROR";
    case OrderState::closed:
      return "CLOSED";
    case OrderState::revoked:
      return "REVOKED";
    case OrderState::success:
      return "SUCCESS";
    case OrderState::refund:
      return "REFUND";
  }
  return {};
}
std::optional<OrderState> parse_order_state(std::string_view text) { return parse_named<OrderState>(text); }

std::string_view to_string(TradeType type) {
  switch (type) {
    case TradeType::jsapi:
      return "JSAPI";
    case TradeType::native:
      return "NATIVE";
    case TradeType::app:
      return "APP";
    case TradeType::mweb:
      return "MWEB";
    case TradeType::micropay:
      return "MICROPAY";
  }
  return {};
}
std::optional<TradeType> parse_trade_type(std::string_view text) {
  return parse_named<TradeType>(text == name_of_mweb ? to_string(TradeType::mweb) : text);
}

std::vector<std::string> payable_trade_types() {
  std::vector<std::string> names;
  for_each_named<TradeType>([&names](TradeType type) {
    if (is_payable_later(type)) names.emplace_back(type == TradeType::mweb ? name_of_mweb : to_string(type));
    return true;
  });
  return names;
}

std::string_view to_string(EvidenceSource source) {
  switch (source) {
    case EvidenceSource::create:
      return "create";
    case EvidenceSource::query:
      return "query";
    case EvidenceSource::notify:
      return "notify";
    case EvidenceSource::bill:
      return "bill";
    case EvidenceSource::import:
      return "import";
    case EvidenceSource::close:
      return "close";
    case EvidenceSource::refund:
      return "refund";
    case EvidenceSource::reverse:
      return "reverse";
    case EvidenceSource::hand:
      return "hand";
  }
  return {};
}
std::optional<EvidenceSource> parse_evidence_source(std::string_view text) {
  return parse_named<EvidenceSource>(text);
}

std::string_view to_string(NotificationKind kind) {
  switch (kind) {
    case NotificationKind::payment:
      return "payment";
    case NotificationKind::refund:
      return "refund";
  }
  return {};
}
std::optional<NotificationKind> parse_notification_kind(std::string_view text) {
  return parse_named<NotificationKind>(text);
}

std::string_view to_string(RefundState state) {
  switch (state) {
    case RefundState::unknown:
      return "UNKNOWN";
    case RefundState::processing:
      return "PROCESSING";
    case RefundState::abnormal:
      return "ABNORMAL";
    case RefundState::success:
      return "SUCCESS";
    case RefundState::closed:
      return "REFUNDCLOSE";
    case RefundState::failed:
      return "FAILED";
  }
  return {};
}
std::optional<RefundState> parse_refund_state(std::string_view text) {
  return parse_named<RefundState>(text);
}

std::optional<RefundState> parse_refund_status(std::string_view text) {
  if (text == "CHANGE") return RefundState::abnormal;
  if (text == "CLOSED") return RefundState::closed;
  const auto state = parse_refund_state(text);
  // The others are ours.
  return state && *state != RefundState::unknown && *state != RefundState::failed ? state : std::nullopt;
}

std::string_view to_string(FundsAccount account) {
  switch (account) {
    case FundsAccount::unsettled:
      return "UNSETTLED";
    case FundsAccount::available:
      return "AVAILABLE";
  }
  return {};
}
std::optional<FundsAccount> parse_funds_account(std::string_view text) {
  return parse_named<FundsAccount>(text);
}

std::string_view to_string(SignType type) {
  switch (type) {
    case SignType::md5:
      return "MD5";
    case SignType::hmac_sha256:
      return "HMAC-SHA256";
  }
  return {};
}
std::optional<SignType> parse_sign_type(std::string_view text) { return parse_named<SignType>(text); }

std::string_view to_string(PayScheme scheme) {
  switch (scheme) {
    case PayScheme::md5:
      return "MD5";
    case PayScheme::hmac_sha256:
      return "HMAC-SHA256";
    case PayScheme::rsa:
      return "RSA";
  }
  return {};
}
std::optional<PayScheme> parse_pay_scheme(std::string_view text) { return parse_named<PayScheme>(text); }

PayScheme scheme_of(SignType type) { return type == SignType::md5 ? PayScheme::md5 : PayScheme::hmac_sha256; }

std::optional<SignType> sign_type_of(PayScheme scheme) {
  switch (scheme) {
    case PayScheme::md5:
      return SignType::md5;
    case PayScheme::hmac_sha256:
      return SignType::hmac_sha256;
    case PayScheme::rsa:
      break;
  }
  return std::nullopt;
}

}  // namespace wxpay
