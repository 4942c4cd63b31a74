#include "gateway/v2/pay_set.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <string_view>

#include "wxpay/signing.hpp"

namespace wxpay::v2 {

namespace {

using wire::Malformed;

constexpr std::string_view prepay_prefix = "prepay_id=";
constexpr std::array<std::string_view, 5> jsapi_names{"appId", "timeStamp", "nonceStr", "package",
                                                      "signType"};
constexpr std::array<std::string_view, 6> app_names{"appid",   "partnerid", "prepayid",
                                                    "package", "noncestr",  "timestamp"};
/// What create-order and sign print beside the parameters.
constexpr std::array<std::string_view, 7> printed_beside{
    "line", "outTradeNo", "returnCode", "returnMsg", "resultCode", "prepayId", "ledger"};

template <std::size_t Size>
bool is_one_of(std::string_view name, const std::array<std::string_view, Size>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_jsapi(const Fields& fields) { return fields.get("package").starts_with(prepay_prefix); }

/// Reads one set; its signature may have the name of either kind.
class PaySetReader {
 public:
  PaySetReader(const Fields& given, const MerchantIdentity& merchant) : given_{given}, merchant_{merchant} {}

  std::variant<PaySet, Malformed> read() {
    const bool jsapi = is_jsapi(given_);
    const auto problem = jsapi ? read_jsapi() : read_app();
    if (!problem.empty()) return Malformed{problem};
    if (given_.has("sign") && given_.has("paySign")) {
      return Malformed{"it has two signatures, sign and paySign"};
    }
    const auto sign = given_.get("sign");
    set_.fields.add_if_set("sign", sign.empty() ? given_.get("paySign") : sign);
    if (auto extra = look_at_the_rest(jsapi); !extra.empty()) return Malformed{std::move(extra)};
    return std::move(set_);
  }

 private:
  std::string read_jsapi() {
    set_.sign_type = given_.get("signType");
    auto app_id = given_.get("appId");
    if (app_id.empty()) {
      app_id = (merchant_.sub_app_id.empty() ? merchant_.app_id : merchant_.sub_app_id).text();
      set_.notes.push_back("appId is signed and not among the parameters: the profile's was taken, " +
                           app_id);
    }
    auto timestamp = given_.get("timeStamp");
    if (given_.has("timestamp")) {
      const auto other = given_.get("timestamp");
      if (timestamp.empty()) {
        timestamp = other;
        set_.notes.emplace_back("timestamp, as chooseWXPay takes it, is signed under the name timeStamp");
      } else if (timestamp != other) {
        return "its timestamp and its timeStamp differ, and timeStamp is signed";
      }
    }
    if (timestamp.empty()) return "it has no timeStamp, which is signed";
    const auto nonce = given_.get("nonceStr");
    if (nonce.empty()) return "it has no nonceStr, which is signed";
    if (set_.sign_type.empty()) {
      set_.notes.emplace_back("there is no signType, which is signed with the others where it is sent");
    }
    set_.fields = {{"appId", std::move(app_id)},
                   {"timeStamp", std::move(timestamp)},
                   {"nonceStr", nonce},
                   {"package", given_.get("package")}};
    set_.fields.add_if_set("signType", set_.sign_type);
    return {};
  }

  std::string read_app() {
    set_.sign_type = given_.get("signType");
    for (const auto name : app_names) {
      auto value = given_.get(name);
      if (value.empty()) return "it has no " + std::string{name} + ", which is signed";
      set_.fields.add(std::string{name}, std::move(value));
    }
    return {};
  }

  /// What is not signed: named in a note where it is known, else why it cannot be taken.
  std::string look_at_the_rest(bool jsapi) {
    std::string left_out;
    for (const auto& [name, value] : given_) {
      if (name == "sign" || name == "paySign") continue;
      if (jsapi ? is_one_of(name, jsapi_names) || name == "timestamp" : is_one_of(name, app_names)) continue;
      const bool known = is_one_of(name, printed_beside) || name == "signType";
      if (!known && !value.empty()) {
        std::string all;
        const auto list = [&](const auto& names) {
          for (const auto known_name : names) all += std::string{known_name} + ", ";
        };
        if (jsapi) {
          list(jsapi_names);
        } else {
          list(app_names);
        }
        return name + " is no pay parameter and would not be signed: these are " + all +
               (jsapi ? "paySign" : "sign");
      }
      left_out += (left_out.empty() ? "" : ", ") + name;
    }
    if (!left_out.empty()) set_.notes.push_back("not signed: " + left_out);
    return {};
  }

  const Fields& given_;
  const MerchantIdentity& merchant_;
  PaySet set_;
};

/// A way in which such a set is often signed wrongly.
struct Mistake {
  const char* what;
  std::function<Fields::Field(const Fields::Field&)> apply;
};

Mistake renamed(const char* what, const char* from, const char* to) {
  return {what, [from, to](const Fields::Field& field) {
            return field.first == from ? Fields::Field{to, field.second} : field;
          }};
}

std::vector<Mistake> mistakes() {
  return {
      renamed("timeStamp was signed under the name timestamp", "timeStamp", "timestamp"),
      renamed("timestamp was signed under the name timeStamp", "timestamp", "timeStamp"),
      renamed("appId was signed under the name appid", "appId", "appid"),
      renamed("appid was signed under the name appId", "appid", "appId"),
      renamed("nonceStr was signed under the name noncestr", "nonceStr", "noncestr"),
      renamed("noncestr was signed under the name nonceStr", "noncestr", "nonceStr"),
      {"signType was left out of what was signed",
       [](const Fields::Field& field) {
         return field.first == "signType" ? Fields::Field{field.first, ""} : field;
       }},
      {"package was signed as the prepay_id alone, without `prepay_id=` before it",
       [](const Fields::Field& field) {
         return field.first == "package" && field.second.starts_with(prepay_prefix)
                    ? Fields::Field{field.first, field.second.substr(prepay_prefix.size())}
                    : field;
       }},
  };
}

}  // namespace

bool is_pay_set(const Fields& fields) {
  return is_jsapi(fields) || (fields.has("prepayid") && fields.has("partnerid"));
}

std::variant<PaySet, Malformed> read_pay_set(const Fields& fields, const MerchantIdentity& merchant) {
  return PaySetReader{fields, merchant}.read();
}

std::vector<std::string> explain_pay_mismatch(const PaySet& set, SignType type, const Secret& key) {
  std::vector<std::string> causes;
  for (const auto& mistake : mistakes()) {
    Fields changed;
    for (const auto& field : set.fields) {
      auto [name, value] = mistake.apply(field);
      changed.add(std::move(name), std::move(value));
    }
    if (verify_fields(changed, type, key) && !verify_fields(set.fields, type, key)) {
      causes.emplace_back(mistake.what);
    }
  }
  if (!set.fields.has("signType")) {
    auto changed = set.fields;
    changed.add("signType", std::string{to_string(type)});
    if (verify_fields(changed, type, key)) {
      causes.push_back("signType=" + std::string{to_string(type)} + " was signed with the others");
    }
  }
  return causes;
}

}  // namespace wxpay::v2
