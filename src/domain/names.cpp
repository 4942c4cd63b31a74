// The wire and ledger names of the domain's enumerations, each in one table.
#include <array>
#include <utility>

#include "wxpay/evidence.hpp"
#include "wxpay/order.hpp"
#include "wxpay/sign_type.hpp"

namespace wxpay {

namespace {

template <class Enum, std::size_t Size>
using Names = std::array<std::pair<Enum, std::string_view>, Size>;

constexpr Names<OrderState, 9> order_states{{{OrderState::creating, "CREATING"},
                                             {OrderState::notpay, "NOTPAY"},
                                             {OrderState::userpaying, "USERPAYING"},
                                             {OrderState::failed, "FAILED"},
                                             {OrderState::payerror, "PAYERROR"},
                                             {OrderState::closed, "CLOSED"},
                                             {OrderState::revoked, "REVOKED"},
                                             {OrderState::success, "SUCCESS"},
                                             {OrderState::refund, "REFUND"}}};

constexpr Names<TradeType, 5> trade_types{{{TradeType::jsapi, "JSAPI"},
                                           {TradeType::native, "NATIVE"},
                                           {TradeType::app, "APP"},
                                           {TradeType::mweb, "MWEB"},
                                           {TradeType::micropay, "MICROPAY"}}};

constexpr Names<EvidenceSource, 9> evidence_sources{{{EvidenceSource::create, "create"},
                                                     {EvidenceSource::query, "query"},
                                                     {EvidenceSource::notify, "notify"},
                                                     {EvidenceSource::bill, "bill"},
                                                     {EvidenceSource::import, "import"},
                                                     {EvidenceSource::close, "close"},
                                                     {EvidenceSource::refund, "refund"},
                                                     {EvidenceSource::reverse, "reverse"},
                                                     {EvidenceSource::hand, "hand"}}};

constexpr Names<NotificationKind, 2> notification_kinds{
    {{NotificationKind::payment, "payment"}, {NotificationKind::refund, "refund"}}};

constexpr Names<PayScheme, 3> pay_schemes{
    {{PayScheme::md5, "MD5"}, {PayScheme::hmac_sha256, "HMAC-SHA256"}, {PayScheme::rsa, "RSA"}}};

constexpr Names<SignType, 2> sign_types{{{SignType::md5, "MD5"}, {SignType::hmac_sha256, "HMAC-SHA256"}}};

template <class Enum, std::size_t Size>
std::string_view name_of(const Names<Enum, Size>& names, Enum value) {
  for (const auto& [candidate, name] : names) {
    if (candidate == value) return name;
  }
  return "?";
}

template <class Enum, std::size_t Size>
std::optional<Enum> value_of(const Names<Enum, Size>& names, std::string_view text) {
  for (const auto& [value, name] : names) {
    if (name == text) return value;
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(OrderState state) { return name_of(order_states, state); }
std::optional<OrderState> parse_order_state(std::string_view text) { return value_of(order_states, text); }

std::string_view to_string(TradeType type) { return name_of(trade_types, type); }
std::optional<TradeType> parse_trade_type(std::string_view text) {
  return value_of(trade_types, text == "H5" ? "MWEB" : text);
}

std::string_view to_string(EvidenceSource source) { return name_of(evidence_sources, source); }
std::optional<EvidenceSource> parse_evidence_source(std::string_view text) {
  return value_of(evidence_sources, text);
}

std::string_view to_string(NotificationKind kind) { return name_of(notification_kinds, kind); }
std::optional<NotificationKind> parse_notification_kind(std::string_view text) {
  return value_of(notification_kinds, text);
}

std::string_view to_string(SignType type) { return name_of(sign_types, type); }
std::optional<SignType> parse_sign_type(std::string_view text) { return value_of(sign_types, text); }

std::string_view to_string(PayScheme scheme) { return name_of(pay_schemes, scheme); }
std::optional<PayScheme> parse_pay_scheme(std::string_view text) { return value_of(pay_schemes, text); }

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
