#include <doctest/doctest.h>

#include "support/vectors.hpp"
#include "wire/xml.hpp"
#include "wxpay/signing.hpp"

using namespace wxpay;
using namespace wxpay::test;

namespace {

/// A saved notification, read and verified the way the reference asks for: empty when it may be believed,
/// else why not, in the words of the vectors.
std::string verdict_on(const std::string& body, SignType configured, const Secret& key) {
  const auto parsed = wire::parse_xml(body);
  if (const auto* malformed = std::get_if<wire::Malformed>(&parsed)) {
    const auto& why = malformed->why;
    if (why.find("DOCTYPE") != std::string::npos) return "DOCTYPE not allowed";
    if (why.find("repeated") != std::string::npos) return "duplicate element";
    if (why.find("nested") != std::string::npos) return "unexpected structure";
    return "malformed XML";
  }
  const auto& fields = std::get<Fields>(parsed);
  if (fields.get("return_code") == "FAIL") return "return_code FAIL";
  if (fields.get("sign").empty()) return "sign absent";
  const auto named = fields.get("sign_type");
  if (!named.empty() && !parse_sign_type(named)) return "unsupported sign_type";
  return verify_fields(fields, configured, key) ? "" : "signature mismatch";
}

}  // namespace

TEST_CASE("saved notifications are believed or refused, each for its own reason") {
  std::size_t believed = 0;
  for (const auto& vector : v2_vectors("pay_notify")) {
    const auto id = vector.at("id").get<std::string>();
    CAPTURE(id);
    const auto body = vector.at("body").get<std::string>();
    const Secret key{vector.at("key").get<std::string>()};
    const auto verdict = verdict_on(body, sign_type_of(vector), key);
    if (vector.at("expect") == "reject") {
      CHECK(verdict == vector.at("reject_reason").get<std::string>());
      continue;
    }
    CHECK(verdict == "");
    ++believed;
    const auto parsed = wire::parse_xml(body);
    REQUIRE(std::holds_alternative<Fields>(parsed));
    const auto expected = fields_of(vector.at("parsed"));
    for (const auto& field : expected) CHECK(std::get<Fields>(parsed).get(field.first) == field.second);
    CHECK(std::get<Fields>(parsed).size() == expected.size());
    // Neither by the other type nor by another key.
    const auto other = sign_type_of(vector) == SignType::md5 ? SignType::hmac_sha256 : SignType::md5;
    CHECK(verdict_on(body, other, key) == "signature mismatch");
    CHECK(verdict_on(body, sign_type_of(vector), Secret{"another key"}) == "signature mismatch");
  }
  CHECK(believed == 8);
}
