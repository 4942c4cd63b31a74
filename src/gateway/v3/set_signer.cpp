#include "gateway/v3/set_signer.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <variant>

#include "base/text.hpp"
#include "gateway/http_dump.hpp"
#include "gateway/v2/parameter_set.hpp"
#include "gateway/v2/pay_set.hpp"
#include "gateway/v3/verification.hpp"
#include "wire/json.hpp"
#include "wxpay/error.hpp"

namespace wxpay::v3 {

namespace {

constexpr std::string_view form_of_request =
    R"(write {"method":"GET","url":"/v3/…","timestamp":"…","nonce":"…","body":""})";

[[noreturn]] void refuse(const std::string& what, std::string_view hint = {}) {
  throw Error{ErrorKind::usage, what, std::string{hint}};
}

/// The five lines of a request, as somebody gave them.
struct GivenRequest {
  std::string method;
  std::string target;
  std::string timestamp;
  std::string nonce;
  std::string body;

  RequestToSign to_sign() const { return {method, target, timestamp, nonce, body}; }
};

std::string hex_of(std::string_view text) { return to_hex(text); }

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

SignedText text_of_lines(std::initializer_list<std::pair<std::string_view, std::string_view>> lines) {
  SignedText text;
  for (const auto& [name, value] : lines) {
    text.canonical_string.append(value).append("\n");
    if (!is_ascii(value)) text.in_hex.push_back(std::string{name} + "=" + hex_of(value));
  }
  return text;
}

/// A path and query; of a whole URL the rest is left out, as it is not signed.
std::string target_of(const std::string& url, std::vector<std::string>& notes) {
  std::string target = url;
  if (const auto scheme = target.find("://"); scheme != std::string::npos) {
    const auto path = target.find('/', scheme + 3);
    target = path == std::string::npos ? "/" : target.substr(path);
    notes.emplace_back("scheme and host of the url are not signed");
  }
  if (const auto fragment = target.find('#'); fragment != std::string::npos) {
    target.resize(fragment);
    notes.emplace_back("the fragment of the url is not signed");
  }
  if (!target.starts_with('/')) refuse("url must begin with / or be a whole URL", form_of_request);
  if (!is_visible(target))
    refuse("url must be percent-encoded, as it stands on the request line", form_of_request);
  return target;
}

class Signer final : public SetSigner {
 public:
  Signer(std::shared_ptr<const RequestSigner> signer, std::shared_ptr<PlatformKeys> keys,
         MerchantIdentity merchant, std::shared_ptr<const PaymentApi> older)
      : signer_{std::move(signer)},
        keys_{std::move(keys)},
        merchant_{std::move(merchant)},
        older_{std::move(older)} {}

  SignedText explain(const Fields& parameters) const override {
    if (const auto type = parameters.get("signType"); !type.empty() && type != "RSA")
      return older().explain(parameters);
    const auto lines = pay_lines(parameters);
    return text_of_lines({lines[0], lines[1], lines[2], lines[3]});
  }

  SetSignature sign(const GivenSet& given) const override {
    if (is_of_older(given)) return older().sign(given);
    SetSignature signature;
    if (const auto set = pay_set_in(given)) return sign_pay_set(*set);
    const auto request = read_request(given, signature.notes);
    signature.scheme = PayScheme::rsa;
    signature.sign = signer_->sign(request.to_sign());
    signature.authorization = signer_->authorization(request.to_sign());
    signature.text = text_of_lines({{"method", request.method},
                                    {"url", request.target},
                                    {"timestamp", request.timestamp},
                                    {"nonce", request.nonce},
                                    {"body", request.body}});
    return signature;
  }

  SetVerdict verify(const GivenSet& given) const override {
    if (given.scheme && *given.scheme != PayScheme::rsa) return older().verify(given);
    if (const auto set = pay_set_in(given)) {
      const bool by_older = !set->sign_type.empty() && set->sign_type != "RSA";
      return by_older ? older().verify(given) : verify_pay_set(*set);
    }
    if (trim(given.text).starts_with('<')) return older().verify(given);
    const auto parsed = gateway::parse_http_dump(given.text);
    if (const auto* malformed = std::get_if<wire::Malformed>(&parsed)) {
      refuse("this is no message of API v3 as it came over HTTP: " + malformed->why,
             "it begins with its headers, Wechatpay-Signature among them; then a blank line and the body");
    }
    const auto& dump = std::get<gateway::HttpDump>(parsed);
    const auto headers = header_views(dump.headers);
    const auto check = check_signature(headers, dump.body, *keys_, std::nullopt);
    SetVerdict verdict;
    verdict.valid = check.holds();
    verdict.scheme = PayScheme::rsa;
    if (!verdict.valid) verdict.reason = "the message " + check.why;
    const auto value = [&headers](std::string_view name) {
      const auto found = std::find_if(headers.begin(), headers.end(), [name](const HeaderView& header) {
        return to_lower(std::string{header.name}) == name;
      });
      return found == headers.end() ? std::string_view{} : found->value;
    };
    verdict.text = text_of_lines({{"Wechatpay-Timestamp", value("wechatpay-timestamp")},
                                  {"Wechatpay-Nonce", value("wechatpay-nonce")},
                                  {"body", dump.body}});
    if (!verdict.valid) verdict.causes = causes_of(check, dump, headers);
    return verdict;
  }

 private:
  const SetSigner& older() const {
    if (older_) return older_->set_signer();
    throw Error{ErrorKind::key, "this is signed as API v2 signs, and the profile has no key of API v2",
                "add key_file to the profile, or name one of API v2 with -p"};
  }

  bool is_of_older(const GivenSet& given) const {
    if (given.scheme) return *given.scheme != PayScheme::rsa;
    if (const auto set = pay_set_in(given)) return !set->sign_type.empty() && set->sign_type != "RSA";
    return !trim(given.text).starts_with('{') || !is_request(given.text);
  }

  /// Nothing where it is no set of pay parameters.
  std::optional<v2::PaySet> pay_set_in(const GivenSet& given) const {
    const auto parsed = v2::parse_parameters(given.text);
    const auto* set = std::get_if<v2::ParameterSet>(&parsed);
    if (set == nullptr || !v2::is_pay_set(set->fields)) return std::nullopt;
    auto read = v2::read_pay_set(set->fields, merchant_);
    if (const auto* malformed = std::get_if<wire::Malformed>(&read))
      refuse("the parameter set is unusable: " + malformed->why);
    return std::get<v2::PaySet>(std::move(read));
  }

  using Line = std::pair<std::string_view, std::string_view>;

  /// The four lines that are signed of pay parameters (API v3 reference, 11).
  static std::array<Line, 4> pay_lines(const Fields& fields) {
    static constexpr std::array<std::string_view, 4> app{"appid", "timestamp", "noncestr", "prepayid"};
    static constexpr std::array<std::string_view, 4> jsapi{"appId", "timeStamp", "nonceStr", "package"};
    const auto& names = fields.has("prepayid") ? app : jsapi;
    std::array<Line, 4> lines;
    for (std::size_t i = 0; i < names.size(); ++i) lines[i] = {names[i], fields.find(names[i]).value_or("")};
    return lines;
  }

  SetSignature sign_pay_set(const v2::PaySet& set) const {
    const auto lines = pay_lines(set.fields);
    SetSignature signature;
    signature.scheme = PayScheme::rsa;
    signature.sign =
        signer_->sign_lines({lines[0].second, lines[1].second, lines[2].second, lines[3].second});
    signature.text = text_of_lines({lines[0], lines[1], lines[2], lines[3]});
    signature.notes = set.notes;
    return signature;
  }

  SetVerdict verify_pay_set(const v2::PaySet& set) const {
    const auto lines = pay_lines(set.fields);
    const auto holds = [&](std::string_view fourth) {
      return signer_->verify_lines({lines[0].second, lines[1].second, lines[2].second, fourth},
                                   set.fields.get("sign"));
    };
    SetVerdict verdict;
    verdict.scheme = PayScheme::rsa;
    verdict.valid = holds(lines[3].second);
    verdict.text = text_of_lines({lines[0], lines[1], lines[2], lines[3]});
    verdict.notes = set.notes;
    if (verdict.valid) return verdict;
    if (!set.fields.has("sign")) {
      verdict.reason = "the parameters are not signed";
      verdict.causes = {"the parameters are not signed: sign --params makes the signature"};
      return verdict;
    }
    verdict.reason = "the signature of the parameters does not hold";
    constexpr std::string_view prefix = "prepay_id=";
    const auto fourth = lines[3].second;
    if (fourth.starts_with(prefix) && holds(fourth.substr(prefix.size()))) {
      verdict.causes = {"the prepay_id was signed without prepay_id= before it, as for APP"};
    } else if (!fourth.starts_with(prefix) && holds(std::string{prefix}.append(fourth))) {
      verdict.causes = {"the prepay_id was signed with prepay_id= before it, as for JSAPI"};
    } else {
      verdict.causes = {"a parameter was changed after signing, or another private key signed"};
    }
    return verdict;
  }

  static bool is_request(std::string_view text) {
    const auto parsed = wire::parse_json_object(text);
    const auto* object = std::get_if<wire::JsonObject>(&parsed);
    return object == nullptr || wire::find(*object, "method") != nullptr ||
           wire::find(*object, "url") != nullptr;
  }

  static GivenRequest read_request(const GivenSet& given, std::vector<std::string>& notes) {
    const auto parsed = wire::parse_json_object(given.text);
    if (const auto* malformed = std::get_if<wire::Malformed>(&parsed))
      refuse("the request is unusable: " + malformed->why, form_of_request);
    const auto& object = std::get<wire::JsonObject>(parsed);
    static constexpr std::array<std::string_view, 5> names{"method", "url", "timestamp", "nonce", "body"};
    for (const auto& [key, value] : object) {
      if (std::find(names.begin(), names.end(), key) == names.end())
        refuse("the request has an unknown field " + wire::json_quote(shortened(key)), form_of_request);
    }
    const auto text = [&object](const char* name, bool required) {
      const auto* value = wire::find(object, name);
      const bool is_text = value != nullptr && (value->kind == wire::JsonValue::Kind::text ||
                                                value->kind == wire::JsonValue::Kind::integer);
      if (!is_text && (required || value != nullptr))
        refuse(std::string{name} + (value == nullptr ? " is missing" : " must be a text in quotes"),
               form_of_request);
      return is_text ? value->text : std::string{};
    };
    GivenRequest request{.method = text("method", true),
                         .target = target_of(text("url", true), notes),
                         .timestamp = text("timestamp", true),
                         .nonce = text("nonce", true),
                         .body = text("body", false)};
    for (const auto& [name, value] : {std::pair{"method", &request.method}, {"nonce", &request.nonce}}) {
      if (!is_visible(*value))
        refuse(std::string{name} + " must be visible ASCII characters", form_of_request);
    }
    if (auto capitals = to_upper(request.method); capitals != request.method) {
      request.method = std::move(capitals);
      notes.emplace_back("the method is signed in capitals");
    }
    if (!is_digits(request.timestamp)) refuse("timestamp must be seconds since 1970", form_of_request);
    return request;
  }

  /// What may have happened to the message on its way into the file.
  std::vector<std::string> causes_of(const SignatureCheck& check, const gateway::HttpDump& dump,
                                     const std::vector<HeaderView>& headers) const {
    if (check.state != SignatureState::wrong) return {};
    std::vector<std::string> causes;
    const auto holds = [&](std::string_view body) {
      return check_signature(headers, body, *keys_, std::nullopt).holds();
    };
    if (dump.body.ends_with('\n')) {
      auto trimmed = dump.body;
      while (trimmed.ends_with('\n') || trimmed.ends_with('\r')) trimmed.pop_back();
      if (holds(trimmed)) causes.emplace_back("a line end was added to the body");
    }
    if (holds(dump.body + "\n")) causes.emplace_back("the line end of the body was cut off");
    return causes;
  }

  std::shared_ptr<const RequestSigner> signer_;
  std::shared_ptr<PlatformKeys> keys_;
  MerchantIdentity merchant_;
  std::shared_ptr<const PaymentApi> older_;
};

}  // namespace

std::unique_ptr<SetSigner> make_set_signer(std::shared_ptr<const RequestSigner> signer,
                                           std::shared_ptr<PlatformKeys> keys, MerchantIdentity merchant,
                                           std::shared_ptr<const PaymentApi> older) {
  return std::make_unique<Signer>(std::move(signer), std::move(keys), std::move(merchant), std::move(older));
}

}  // namespace wxpay::v3
