#include "gateway/v2/set_signer.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/masking.hpp"
#include "base/text.hpp"
#include "gateway/v2/parameter_set.hpp"
#include "gateway/v2/pay_parameters.hpp"
#include "gateway/v2/pay_set.hpp"
#include "gateway/v2/sign_explained.hpp"
#include "wire/xml.hpp"
#include "wxpay/error.hpp"
#include "wxpay/signing.hpp"

namespace wxpay::v2 {

namespace {

[[noreturn]] void refuse(const std::string& what, const std::string& hint = {}) {
  throw Error{ErrorKind::usage, what, hint};
}

constexpr const char* forms_of_sets =
    "it is a JSON object, an XML document, lines of name=value, or one line of a=1&b=2, which is cut at each "
    "&";

/// A set as it is to be signed or checked.
struct ReadSet {
  Fields fields;
  std::optional<SignType> sign_type;  ///< its own
  std::vector<std::string> notes;
  std::optional<PaySet> pay_set;
};

class Signer final : public SetSigner {
 public:
  Signer(MerchantIdentity merchant, SignType sign_type, Secret key)
      : merchant_{std::move(merchant)}, sign_type_{sign_type}, key_{std::move(key)} {}

  SignedText explain(const Fields& parameters) const override {
    return explain_canonical(without_signature(parameters), key_);
  }

  SetSignature sign(const GivenSet& given) const override {
    const auto set = set_to_sign(given);
    const auto type = asked_type(given).value_or(set.sign_type.value_or(sign_type_));
    SetSignature signature;
    signature.sign = sign_fields(set.fields, type, key_);
    signature.scheme = scheme_of(type);
    signature.text = explain_canonical(set.fields, key_);
    signature.notes = masked(set.notes);
    return signature;
  }

  SetVerdict verify(const GivenSet& given) const override {
    const auto set = set_to_verify(given);
    const auto found = verify_sign(set.fields, asked_type(given), set.sign_type.value_or(sign_type_), key_);
    SetVerdict verdict;
    verdict.valid = found.valid;
    verdict.scheme = scheme_of(found.sign_type);
    verdict.reason = found.reason;
    verdict.text = explain_canonical(set.fields, key_);
    verdict.notes = masked(set.notes);
    if (!found.valid) verdict.causes = masked(causes_of(set, found.sign_type));
    return verdict;
  }

 private:
  static std::optional<SignType> asked_type(const GivenSet& given) {
    if (!given.scheme) return std::nullopt;
    const auto type = sign_type_of(*given.scheme);
    if (!type) refuse("API v2 signs no set of parameters by " + std::string{to_string(*given.scheme)});
    return type;
  }

  /// What is told of a set may hold the key, as names of fields may be anything.
  std::vector<std::string> masked(const std::vector<std::string>& lines) const {
    std::vector<std::string> all;
    all.reserve(lines.size());
    for (const auto& line : lines) all.push_back(mask_secret(line, key_));
    return all;
  }

  [[noreturn]] void refuse_set(const std::string& why, const std::string& hint = {}) const {
    refuse("the parameter set is unusable: " + mask_secret(why, key_), hint);
  }

  ParameterSet parse(const GivenSet& given) const {
    auto parsed = parse_parameters(given.text);
    if (const auto* malformed = std::get_if<wire::Malformed>(&parsed))
      refuse_set(malformed->why, forms_of_sets);
    auto& set = std::get<ParameterSet>(parsed);
    for (const auto& doubt : doubts_about(set)) given.warn(mask_secret(doubt, key_));
    for (const auto& [name, value] : set.fields) {
      if (holds_secret(value, key_)) given.warn(mask_secret("the value of " + name + " holds the key", key_));
    }
    return std::move(set);
  }

  ReadSet as_pay_set(const Fields& fields) const {
    auto read = read_pay_set(fields, merchant_);
    if (const auto* malformed = std::get_if<wire::Malformed>(&read)) {
      refuse_set(malformed->why, "pay parameters are taken as create-order and wx.requestPayment have them");
    }
    auto& pay_set = std::get<PaySet>(read);
    ReadSet set{pay_set.fields, parse_sign_type(pay_set.sign_type), pay_set.notes, {}};
    if (!set.sign_type && !pay_set.sign_type.empty())
      refuse_set("its signType is neither MD5 nor HMAC-SHA256");
    set.pay_set = std::move(pay_set);
    return set;
  }

  ReadSet set_to_sign(const GivenSet& given) const {
    const auto set = parse(given);
    if (is_pay_set(set.fields)) return as_pay_set(set.fields);
    // Such a signature would make a notification that nobody could tell from WeChat Pay's.
    const auto problem = never_signed_by_merchant(set.fields);
    if (!problem.empty() && !given.key_is_public) {
      refuse_set(problem, "with -p sandbox messages of WeChat Pay can be made up, for trying");
    }
    const auto named = named_sign_type(set.fields);
    const auto own = set.fields.get("signType");
    ReadSet read{without_signature(set.fields), parse_sign_type(named), {}, {}};
    if (!own.empty() && own != named) refuse_set("its sign_type and its signType differ");
    if (!read.sign_type && !named.empty()) refuse_set("its sign_type is neither MD5 nor HMAC-SHA256");
    return read;
  }

  /// A message of WeChat Pay, or pay parameters in any form of a set.
  ReadSet set_to_verify(const GivenSet& given) const {
    auto parsed = wire::parse_xml(given.text);
    if (const auto* fields = std::get_if<Fields>(&parsed)) {
      if (is_pay_set(*fields)) return as_pay_set(*fields);
      const bool has_key = std::any_of(fields->begin(), fields->end(),
                                       [](const auto& field) { return names_key(field.first); });
      if (has_key) refuse_set("an element is named `key`, which is no field of any message");
      return {*fields, {}, {}, {}};
    }
    const auto start = trim(given.text);
    if (start.empty() || start.starts_with('<')) {
      refuse("this is no message of WeChat Pay: " + mask_secret(std::get<wire::Malformed>(parsed).why, key_));
    }
    const auto set = parse(given);
    if (!is_pay_set(set.fields)) {
      refuse("this is neither a message of WeChat Pay nor a set of pay parameters",
             "a message is XML; pay parameters have a package that begins with prepay_id=, or a prepayid");
    }
    return as_pay_set(set.fields);
  }

  std::vector<std::string> causes_of(const ReadSet& set, SignType type) const {
    if (!set.pay_set) return explain_mismatch(set.fields, type, key_);
    if (!set.fields.has("sign")) return {"the parameters are not signed: sign --params makes the signature"};
    auto causes = explain_pay_mismatch(*set.pay_set, type, key_);
    return causes.empty() ? explain_mismatch(set.fields, type, key_) : causes;
  }

  MerchantIdentity merchant_;
  SignType sign_type_;
  Secret key_;
};

}  // namespace

std::unique_ptr<SetSigner> make_set_signer(MerchantIdentity merchant, SignType sign_type, Secret key) {
  return std::make_unique<Signer>(std::move(merchant), sign_type, std::move(key));
}

}  // namespace wxpay::v2
