#include "gateway/v2/sign_explained.hpp"

#include <iconv.h>

#include <array>
#include <cerrno>
#include <functional>

#include "base/masking.hpp"
#include "base/text.hpp"
#include "gateway/v2/parameter_set.hpp"
#include "wxpay/signing.hpp"

namespace wxpay::v2 {

SignVerdict verify_sign(const Fields& fields, std::optional<SignType> asked_for, SignType otherwise,
                        const Secret& key) {
  SignVerdict verdict;
  const auto named = named_sign_type(fields);
  const auto own_type = parse_sign_type(named);
  verdict.sign_type = asked_for.value_or(own_type.value_or(otherwise));
  const auto sign = fields.get("sign");
  if (sign.empty()) {
    verdict.reason = "there is no sign";
  } else if (!named.empty() && !own_type) {
    verdict.reason = "its sign_type is neither MD5 nor HMAC-SHA256";
  } else if (own_type && *own_type != verdict.sign_type) {
    verdict.reason = "its sign_type is another one than asked for";
  } else if (verify_fields(fields, verdict.sign_type, key)) {
    const auto ambiguous = ambiguity(fields);
    verdict.valid = ambiguous.empty();
    if (!verdict.valid) verdict.reason = "the sign holds, but the fields are ambiguous: " + ambiguous;
  } else {
    verdict.reason = "the sign does not fit the fields and the key";
  }
  return verdict;
}

SignedText explain_canonical(const Fields& fields, const Secret& key) {
  SignedText explained;
  explained.canonical_string = mask_secret(canonical_string(fields), key);
  explained.canonical_string += explained.canonical_string.empty() ? "key=********" : "&key=********";
  for (const auto& [name, value] : fields) {
    if (name == "sign" || value.empty()) continue;
    const bool plain =
        !has_control_character(value) && !has_outer_blank(value) &&
        value.find_first_not_of(
            " !\"#$%&'()*+,-./"
            "0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~") ==
            std::string::npos;
    if (!plain) explained.in_hex.push_back(mask_secret(name, key) + "=" + to_hex(mask_secret(value, key)));
  }
  explained.key_length = key.reveal().size();
  return explained;
}

namespace {

std::string in_gbk(const std::string& text) {
  const iconv_t converter = iconv_open("GBK", "UTF-8");
  // NOLINTNEXTLINE(performance-no-int-to-ptr): iconv's own error value
  if (converter == reinterpret_cast<iconv_t>(-1)) return text;
  std::string input = text;
  std::string output(text.size() * 2, '\0');
  char* from = input.data();
  char* to = output.data();
  std::size_t from_left = input.size();
  std::size_t to_left = output.size();
  const bool converted = iconv(converter, &from, &from_left, &to, &to_left) != static_cast<std::size_t>(-1);
  iconv_close(converter);
  if (!converted) return text;
  output.resize(output.size() - to_left);
  return output;
}

std::string escaped_as_xml(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string url_encoded(const std::string& text) {
  static constexpr std::string_view plain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
  std::string encoded;
  for (const char c : text) {
    if (plain.find(c) != std::string_view::npos) {
      encoded += c;
    } else {
      const auto hex = to_hex({&c, 1});
      for (const char digit : "%" + hex)
        encoded += (digit >= 'a' && digit <= 'f') ? static_cast<char>(digit - 'a' + 'A') : digit;
    }
  }
  return encoded;
}

std::string with_crlf(const std::string& text) {
  std::string changed;
  for (const char c : text) changed += c == '\n' ? std::string{"\r\n"} : std::string{c};
  return changed;
}

struct Change {
  const char* what;
  std::function<std::string(const std::string&)> apply;
};

const std::array<Change, 7>& changes() {
  static const std::array<Change, 7> all{
      Change{"was signed without its outer blanks (a field was trimmed before signing)",
             [](const std::string& text) { return std::string{trim(text)}; }},
      Change{"was signed with XML escapes in it (&amp; and the like must be decoded first)", escaped_as_xml},
      Change{"was signed URL-encoded", url_encoded},
      Change{"was signed in GBK instead of UTF-8", in_gbk},
      Change{"was signed with CR LF line ends", with_crlf},
      Change{"was signed with a blank at its end (a field was trimmed after signing)",
             [](const std::string& text) { return text + ' '; }},
      Change{"was signed with a line end at its end (a field was trimmed after signing)",
             [](const std::string& text) { return text + '\n'; }}};
  return all;
}

/// The set with one field changed, or with all of them when no name is given.
Fields changed(const Fields& fields, const Change& change, std::string_view only) {
  Fields result;
  for (const auto& [name, value] : fields) {
    const bool touch = name != "sign" && !value.empty() && (only.empty() || only == name);
    result.add(name, touch ? change.apply(value) : value);
  }
  return result;
}

}  // namespace

std::vector<std::string> explain_mismatch(const Fields& fields, SignType type, const Secret& key) {
  const auto sign = fields.get("sign");
  if (sign.empty()) return {"the message has no sign: it is forged, or not a message that is signed"};
  if (verify_fields(fields, type, key)) {
    return {ambiguity(fields) + ": API v2 signs raw values, so the same sign fits a message with that field"};
  }
  std::vector<std::string> causes;
  const auto other = type == SignType::md5 ? SignType::hmac_sha256 : SignType::md5;
  if (verify_fields(fields, other, key)) {
    causes.push_back("the sign fits by " + std::string{to_string(other)} + ": set sign_type to it");
    return causes;
  }
  if (to_lower(sign_fields(fields, type, key)) == to_lower(sign)) {
    causes.emplace_back("the sign fits but is in lower case: WeChat Pay signs in upper case");
  }
  for (const auto& change : changes()) {
    for (const auto& [name, value] : fields) {
      if (name == "sign" || value.empty() || change.apply(value) == value) continue;
      if (verify_fields(changed(fields, change, name), type, key)) causes.push_back(name + " " + change.what);
    }
    if (causes.empty() && verify_fields(changed(fields, change, {}), type, key)) {
      causes.push_back(std::string{"every field "} + change.what);
    }
  }
  const std::size_t expected_length = type == SignType::md5 ? 32 : 64;
  if (causes.empty() && sign.size() != expected_length) {
    causes.push_back("a sign by " + std::string{to_string(type)} + " has " + std::to_string(expected_length) +
                     " characters, this one " + std::to_string(sign.size()));
  }
  if (causes.empty()) {
    causes.emplace_back("the key is another one, or a field was added, left out or changed after signing");
  }
  return causes;
}

}  // namespace wxpay::v2
