#include "gateway/v2/verification.hpp"

#include "base/text.hpp"
#include "gateway/payment_words.hpp"
#include "wxpay/signing.hpp"
#include "wxpay/time.hpp"

namespace wxpay::v2 {

namespace {

/// Fourteen digits that are a date and a time of day, be it of a year before all that can be read.
bool is_date(const std::string& text) {
  return parse_wire_time(text).has_value() ||
         (text.size() == 14 && is_digits(text) && parse_wire_time("2000" + text.substr(4)).has_value());
}

SignType other(SignType type) { return type == SignType::md5 ? SignType::hmac_sha256 : SignType::md5; }

std::string about(std::string_view what, std::string_view predicate) {
  std::string text{"the "};
  return text.append(what).append(predicate);
}

}  // namespace

std::string signature_problem(const Fields& fields, const V2Account& account, std::string_view what,
                              Ambiguity ambiguous) {
  const auto configured = std::string{to_string(account.sign_type)};
  if (fields.find("sign").value_or("").empty()) return about(what, " is not signed");
  const auto named = fields.find("sign_type").value_or("");
  if (!named.empty() && named != configured) {
    return about(what, " names another sign_type than the configured ") + configured;
  }
  if (verify_fields(fields, account.sign_type, account.key)) {
    if (ambiguous == Ambiguity::allowed) return {};
    const auto found = ambiguity(fields);
    return found.empty() ? found : about(what, "'s fields are ambiguous: ") + found;
  }
  const auto alternative = other(account.sign_type);
  if (verify_fields(fields, alternative, account.key)) {
    return about(what, " is signed with ") + std::string{to_string(alternative)} + " where " + configured +
           " is configured";
  }
  return about(what, "'s signature does not hold");
}

std::string identity_problem(const Fields& fields, const MerchantIdentity& merchant, bool required,
                             std::string_view what) {
  struct Part {
    const char* name;
    const std::string& ours;
    bool required;
  };
  const Part parts[] = {{"mch_id", merchant.mch_id.text(), required},
                        {"appid", merchant.app_id.text(), required},
                        {"sub_mch_id", merchant.sub_mch_id.text(), required && !merchant.sub_mch_id.empty()},
                        {"sub_appid", merchant.sub_app_id.text(), false}};
  for (const auto& part : parts) {
    const auto said = fields.find(part.name).value_or("");
    if (said.empty() && !part.required) continue;
    if (said.empty()) return about(what, " has no ") + part.name;
    if (said != part.ours) return about(what, " is about another ") + part.name;
  }
  return {};
}

void take_time_end(PaymentEvidence& evidence, const Fields& fields) {
  const auto said = fields.get("time_end");
  if (!is_date(said)) return;
  take_time_of_payment(evidence, parse_wire_time(said), "time_end", said);
}

std::string payment_problem(const PaymentEvidence& evidence, const Fields& fields) {
  if (!fields.get("total_fee").empty() && !evidence.total_fee) return "its total_fee is no amount";
  if (const auto said = fields.get("time_end"); !said.empty() && !is_date(said))
    return "its time_end is no time";
  return wxpay::payment_problem(evidence, "total_fee");
}

std::string printable(std::string text) { return without_control_characters(std::move(text)); }

}  // namespace wxpay::v2
