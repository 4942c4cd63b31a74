#include "gateway/v3/payment.hpp"

#include <array>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "gateway/payment_words.hpp"
#include "wxpay/time.hpp"

namespace wxpay::v3 {

namespace {

/// The name that stands in service-provider mode, and the one of a merchant of his own.
struct Part {
  const char* partner_name;
  const char* own_name;
  const std::string& ours;
  bool required;
};

/// Nothing where it is missing, null or empty.
const wire::JsonValue* given(const wire::JsonObject& message, const char* name) {
  const auto* value = wire::find(message, name);
  const bool is_empty = value == nullptr || value->kind == wire::JsonValue::Kind::null ||
                        (value->kind == wire::JsonValue::Kind::text && value->text.empty());
  return is_empty ? nullptr : value;
}

bool is_text(const wire::JsonValue& value, const std::string& text) {
  return value.kind == wire::JsonValue::Kind::text && value.text == text;
}

std::string said_by(const wire::JsonObject& message, const char* name) {
  return wire::text_of(message, name).value_or("");
}

}  // namespace

std::string_view no_text_in(const wire::JsonObject& message, std::initializer_list<const char*> names) {
  for (const auto* name : names) {
    const auto* value = given(message, name);
    if (value != nullptr && value->kind != wire::JsonValue::Kind::text) return name;
  }
  return {};
}

std::string identity_problem(const wire::JsonObject& message, const MerchantIdentity& merchant) {
  const bool partner = !merchant.sub_mch_id.empty();
  const std::array parts{Part{"sp_mchid", "mchid", merchant.mch_id.text(), true},
                         Part{"sp_appid", "appid", merchant.app_id.text(), false},
                         Part{"sub_mchid", nullptr, merchant.sub_mch_id.text(), true},
                         Part{"sub_appid", nullptr, merchant.sub_app_id.text(), false}};
  for (const auto& part : parts) {
    const auto* const name = partner ? part.partner_name : part.own_name;
    if (name == nullptr) continue;
    const auto* said = given(message, name);
    if (said == nullptr && !part.required) continue;
    if (said == nullptr) return std::string{"has no "} + name;
    if (!is_text(*said, part.ours)) return std::string{"is about another "} + name;
  }
  return {};
}

std::string other_merchant_problem(const wire::JsonObject& message, const MerchantIdentity& merchant,
                                   bool must_name_one) {
  const auto& mch_id = merchant.mch_id.text();
  const auto& sub_mch_id = merchant.sub_mch_id.text();
  const auto* provider = given(message, "sp_mchid");
  const auto* plain = given(message, "mchid");
  const auto* sub_merchant = given(message, "sub_mchid");
  if (must_name_one && provider == nullptr && plain == nullptr) return "has no mchid";
  if (provider != nullptr && !is_text(*provider, mch_id)) return "is about another sp_mchid";
  if (sub_merchant != nullptr && !is_text(*sub_merchant, sub_mch_id)) return "is about another sub_mchid";
  const bool is_ours =
      plain == nullptr || is_text(*plain, mch_id) || (!sub_mch_id.empty() && is_text(*plain, sub_mch_id));
  return is_ours ? std::string{} : "is about another mchid";
}

MerchantIdentity merchant_in(const wire::JsonObject& message, MerchantIdentity merchant) {
  const bool partner = !merchant.sub_mch_id.empty();
  const auto take = [&message](const char* name, AppId& app_id) {
    if (auto said = said_by(message, name); is_visible(said)) app_id = AppId{std::move(said)};
  };
  take(partner ? "sp_appid" : "appid", merchant.app_id);
  if (partner) take("sub_appid", merchant.sub_app_id);
  return merchant;
}

std::variant<PaymentEvidence, std::string> read_payment(const wire::JsonObject& message,
                                                        const MerchantIdentity& merchant,
                                                        EvidenceSource source) {
  if (const auto name =
          no_text_in(message, {"out_trade_no", "trade_state", "transaction_id", "success_time"});
      !name.empty()) {
    return std::string{"its "}.append(name).append(" is no text");
  }
  const auto number = OutTradeNo::try_parse(said_by(message, "out_trade_no"));
  if (!number) return "its out_trade_no is missing or malformed";
  const auto trade_state = said_by(message, "trade_state");
  const auto state = state_of_trade(trade_state);
  if (!state) {
    return "it has no trade_state that is known: " + shortened(without_control_characters(trade_state));
  }
  PaymentEvidence evidence{.source = source,
                           .merchant = merchant,
                           .out_trade_no = *number,
                           .state = *state,
                           .transaction_id = TransactionId{said_by(message, "transaction_id")}};
  if (const auto* amount = wire::find(message, "amount"); amount != nullptr) {
    if (amount->kind != wire::JsonValue::Kind::object) return "its amount is no object";
    if (const auto* total = wire::find(amount->members, "total"); total != nullptr) {
      evidence.total_fee =
          total->kind == wire::JsonValue::Kind::integer ? parse_wire_fen(total->text) : std::optional<Fen>{};
      if (!evidence.total_fee) return "its amount.total is no whole number of fen";
    }
    if (!no_text_in(amount->members, {"currency"}).empty()) return "its amount.currency is no text";
    evidence.fee_type = wire::text_of(amount->members, "currency").value_or("");
  }
  if (const auto said = said_by(message, "success_time"); !said.empty()) {
    const auto time = parse_rfc3339(said);
    if (!time) return "its success_time is no time";
    take_time_of_payment(evidence, *time, "success_time", said);
  }
  if (auto problem = payment_problem(evidence, "amount.total"); !problem.empty()) return problem;
  return evidence;
}

}  // namespace wxpay::v3
