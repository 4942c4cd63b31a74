#include "gateway/v2/sign_explained.hpp"

#include <doctest/doctest.h>

#include <functional>

#include "base/text.hpp"
#include "wxpay/signing.hpp"

using namespace wxpay;

namespace {

constexpr const char* key_text = "Syn7heticTestKey0123456789abcdef";

Fields message() {
  return {
      {"appid", "wx8888888888888888"}, {"attach", " 支付 & <测试> "}, {"body", "tea"}, {"total_fee", "1"}};
}

/// The message with a sign that was made over something else.
Fields signed_over(const Fields& other, SignType type = SignType::md5, const char* by = key_text) {
  auto fields = message();
  fields.add("sign", sign_fields(other, type, Secret{by}));
  return fields;
}

Fields with(const Fields& fields, std::string_view name, const std::string& value) {
  Fields result;
  for (const auto& field : fields) result.add(field.first, field.first == name ? value : field.second);
  return result;
}

std::string explained(const Fields& fields, SignType type = SignType::md5) {
  std::string joined;
  for (const auto& cause : v2::explain_mismatch(fields, type, Secret{key_text})) joined += cause + "\n";
  return joined;
}

bool holds(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("each cause of a sign that does not hold is found and named") {
  struct Row {
    std::string what;
    Fields fields;
    std::string cause;
  };
  auto in_lower_case = message();
  in_lower_case.add("sign", to_lower(sign_fields(message(), SignType::md5, Secret{key_text})));
  auto too_short = message();
  too_short.add("sign", "ABC");
  const Row rows[] = {
      {"no sign", message(), "has no sign"},
      {"the other sign type", signed_over(message(), SignType::hmac_sha256), "the sign fits by HMAC-SHA256"},
      {"lower case", in_lower_case, "lower case"},
      {"trimmed before signing", signed_over(with(message(), "attach", "支付 & <测试>")),
       "attach was signed without its outer blanks"},
      {"XML escapes", signed_over(with(message(), "attach", " 支付 &amp; &lt;测试&gt; ")),
       "attach was signed with XML escapes"},
      {"URL-encoded",
       signed_over(with(message(), "attach", "%20%E6%94%AF%E4%BB%98%20%26%20%3C%E6%B5%8B%E8%AF%95%3E%20")),
       "attach was signed URL-encoded"},
      {"GBK", signed_over(with(message(), "attach", " \xD6\xA7\xB8\xB6 & <\xB2\xE2\xCA\xD4> ")),
       "attach was signed in GBK"},
      {"a blank lost after signing", signed_over(with(message(), "body", "tea ")),
       "body was signed with a blank at its end"},
      {"a line end lost after signing", signed_over(with(message(), "body", "tea\n")),
       "body was signed with a line end at its end"},
      {"another key", signed_over(message(), SignType::md5, "another key"), "the key is another one"},
      {"a changed value", signed_over(with(message(), "total_fee", "2")), "changed after signing"},
      {"too short", too_short, "has 32 characters, this one 3"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const auto text = explained(row.fields);
    CAPTURE(text);
    CHECK(holds(text, row.cause));
    CHECK_FALSE(holds(text, key_text));
  }
}

TEST_CASE("line ends that were re-encoded are found") {
  const auto two_lines = with(message(), "attach", "1\n2");
  auto fields = two_lines;
  fields.add("sign", sign_fields(with(two_lines, "attach", "1\r\n2"), SignType::md5, Secret{key_text}));
  CHECK(holds(explained(fields), "attach was signed with CR LF line ends"));
}

TEST_CASE("a change of every field is told as one") {
  const Fields spaced{{"a", " 1"}, {"b", "2 "}, {"c", "3"}};
  auto fields = spaced;
  fields.add("sign", sign_fields({{"a", "1"}, {"b", "2"}, {"c", "3"}}, SignType::md5, Secret{key_text}));
  CHECK(holds(explained(fields), "every field was signed without its outer blanks"));
}

TEST_CASE("where HMAC-SHA256 is configured, MD5 is the other sign type") {
  CHECK(holds(explained(signed_over(message()), SignType::hmac_sha256), "the sign fits by MD5"));
}

TEST_CASE("the canonical string is shown byte for byte, the key masked") {
  auto fields = message();
  fields.add("sign", "X");
  fields.add("empty", "");
  const auto shown = v2::explain_canonical(fields, Secret{key_text});
  CHECK(shown.canonical_string ==
        "appid=wx8888888888888888&attach= 支付 & <测试> &body=tea&total_fee=1&key=********");
  CHECK(shown.key_length == 32);
  CHECK(shown.in_hex == std::vector<std::string>{"attach=20e694afe4bb982026203ce6b58be8af953e20"});
  CHECK(v2::explain_canonical({}, Secret{key_text}).canonical_string == "key=********");
}

TEST_CASE("a blank at an end, a control character and a Chinese one are shown in hex, plain text is not") {
  const auto shown = v2::explain_canonical(
      {{"plain", "a b ~!{}"}, {"front", " a"}, {"back", "a "}, {"tab", "a\tb"}, {"han", "付"}},
      Secret{key_text});
  CHECK(shown.in_hex == std::vector<std::string>{"front=2061", "back=6120", "tab=610962", "han=e4bb98"});
}

TEST_CASE("a document is checked by the type asked for, its own, or the default") {
  const auto signed_by = [](SignType type, const char* named) {
    auto fields = message();
    if (*named != '\0') fields.add("sign_type", named);
    fields.add("sign", sign_fields(fields, type, Secret{key_text}));
    return fields;
  };
  constexpr auto md5 = SignType::md5;
  constexpr auto hmac = SignType::hmac_sha256;
  struct Row {
    std::string what;
    Fields fields;
    std::optional<SignType> asked;
    SignType otherwise;
    bool valid;
    SignType by;
  };
  const Row rows[] = {
      {"the default", signed_by(md5, ""), {}, md5, true, md5},
      {"another default", signed_by(hmac, ""), {}, hmac, true, hmac},
      {"the wrong default", signed_by(md5, ""), {}, hmac, false, hmac},
      {"its own", signed_by(hmac, "HMAC-SHA256"), {}, md5, true, hmac},
      {"as asked", signed_by(md5, ""), md5, hmac, true, md5},
      {"asked for another than its own", signed_by(hmac, "HMAC-SHA256"), md5, hmac, false, md5},
      {"a name that nobody knows", signed_by(md5, "NONE"), {}, md5, false, md5},
      {"no sign", message(), {}, md5, false, md5},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const auto verdict = v2::verify_sign(row.fields, row.asked, row.otherwise, Secret{key_text});
    CHECK(verdict.valid == row.valid);
    CHECK((verdict.sign_type == row.by));
    CHECK(verdict.reason.empty() == row.valid);
    CHECK_FALSE(holds(verdict.reason, key_text));
  }
}

TEST_CASE("the key is masked wherever it stands in what is signed, also in hex") {
  const std::string in_upper_case = "SYN7HETICTESTKEY0123456789ABCDEF";
  const auto shown = v2::explain_canonical(
      {{"attach", std::string{"x"} + key_text}, {"body", "付" + in_upper_case}, {key_text, "1"}},
      Secret{key_text});
  CHECK(shown.canonical_string == "********=1&attach=x********&body=付********&key=********");
  CHECK(shown.in_hex == std::vector<std::string>{"body=e4bb982a2a2a2a2a2a2a2a"});
}

TEST_CASE("signType is heeded as sign_type is") {
  Fields fields{{"a", "1"}, {"signType", "HMAC-SHA256"}};
  fields.add("sign", sign_fields(fields, SignType::hmac_sha256, Secret{key_text}));
  const auto verdict = v2::verify_sign(fields, {}, SignType::md5, Secret{key_text});
  CHECK(verdict.valid);
  CHECK((verdict.sign_type == SignType::hmac_sha256));
}
