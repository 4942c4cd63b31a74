#include <doctest/doctest.h>

#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "support/vectors.hpp"
#include "wire/xml.hpp"
#include "wxpay/signing.hpp"

using namespace wxpay;
using namespace wxpay::test;

TEST_CASE("parameter sets are joined and signed as other implementations do it") {
  for (const auto& vector : v2_vectors("sign")) {
    const auto id = vector.at("id").get<std::string>();
    CAPTURE(id);
    const auto fields = fields_of(vector.at("params"));
    const auto key = vector.at("key").get<std::string>();
    CHECK(canonical_string(fields) + "&key=" + key == vector.at("string_to_sign").get<std::string>());
    CHECK(sign_fields(fields, sign_type_of(vector), Secret{key}) == vector.at("sign").get<std::string>());
  }
}

TEST_CASE("pay parameters are built and signed as other implementations do it") {
  for (const auto& vector : v2_vectors("pay_sign")) {
    const auto id = vector.at("id").get<std::string>();
    CAPTURE(id);
    const auto params = fields_of(vector.at("params"));
    const auto type = sign_type_of(vector);
    const Secret key{vector.at("key").get<std::string>()};
    const bool for_app = params.has("partnerid");
    Fields built;
    if (for_app) {
      built = app_pay_parameters(AppId{params.get("appid")}, MerchantId{params.get("partnerid")},
                                 PrepayId{params.get("prepayid")}, params.get("timestamp"),
                                 params.get("noncestr"), type, key);
    } else {
      const auto package = params.get("package");
      REQUIRE(package.starts_with("prepay_id="));
      built = jsapi_pay_parameters(AppId{params.get("appId")}, PrepayId{package.substr(10)},
                                   params.get("timeStamp"), params.get("nonceStr"), type, key);
    }
    CHECK(built.get(for_app ? "sign" : "paySign") == vector.at("sign").get<std::string>());
    CHECK(built.size() == params.size() + 1);
    for (const auto& field : params) CHECK(built.get(field.first) == field.second);
  }
}

TEST_CASE("whole requests of other implementations are read and their signatures hold") {
  for (const auto& vector : v2_vectors("request_xml")) {
    const auto id = vector.at("id").get<std::string>();
    CAPTURE(id);
    const auto parsed = wire::parse_xml(vector.at("body").get<std::string>());
    REQUIRE(std::holds_alternative<Fields>(parsed));
    const auto& fields = std::get<Fields>(parsed);
    const auto params = fields_of(vector.at("params"));
    CHECK(fields.size() == params.size());
    for (const auto& field : params) CHECK(fields.get(field.first) == field.second);
    const Secret key{vector.at("key").get<std::string>()};
    CHECK(verify_fields(fields, sign_type_of(vector), key));
    const auto other = sign_type_of(vector) == SignType::md5 ? SignType::hmac_sha256 : SignType::md5;
    CHECK_FALSE(verify_fields(fields, other, key));
  }
}

TEST_CASE("a signature holds only as it is: whole, in upper case, over these very fields") {
  const Secret key{"192006250b4c09247ec02edce69f6a2d"};
  const Fields fields{{"appid", "wxd930ea5d5a258f4f"}, {"body", "test"}, {"zero", "0"}};
  const auto sign = sign_fields(fields, SignType::md5, key);
  const auto holds = [&](Fields set, const std::string& with) {
    set.add("sign", with);
    return verify_fields(set, SignType::md5, key);
  };
  CHECK(holds(fields, sign));
  CHECK_FALSE(holds(fields, to_lower(sign)));
  CHECK_FALSE(holds(fields, ""));
  CHECK_FALSE(holds(fields, sign.substr(0, 31)));
  CHECK_FALSE(holds(fields, sign + "0"));
  CHECK_FALSE(verify_fields(fields, SignType::md5, key));
  auto more = fields;
  more.add("more", "1");
  CHECK_FALSE(holds(more, sign));
  auto with_empty = fields;
  with_empty.add("empty", "");
  CHECK(holds(with_empty, sign));
  CHECK_FALSE(holds({{"appid", "wxd930ea5d5a258f4f"}, {"body", "test"}}, sign));
  CHECK_FALSE(holds({{"appid", "wxd930ea5d5a258f4f"}, {"body", "test "}, {"zero", "0"}}, sign));
}

TEST_CASE("a set without fields is signed by the key alone") {
  CHECK(canonical_string({}).empty());
  CHECK(sign_fields({{"sign", "x"}, {"empty", ""}}, SignType::md5, Secret{"k"}) ==
        sign_fields({}, SignType::md5, Secret{"k"}));
}

TEST_CASE("digests agree with their standards") {
  // RFC 1321 A.5, FIPS 180-4, RFC 4231 cases 2 and 6.
  CHECK(to_hex(crypto::md5("abc")) == "900150983cd24fb0d6963f7d28e17f72");
  CHECK(to_hex(crypto::md5("")) == "d41d8cd98f00b204e9800998ecf8427e");
  CHECK(crypto::sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(to_hex(crypto::hmac_sha256("Jefe", "what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(to_hex(crypto::hmac_sha256(std::string(131, '\xaa'),
                                   "Test Using Larger Than Block-Size Key - Hash Key First")) ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("texts are equal only when every byte is") {
  CHECK(crypto::equal_in_constant_time("", ""));
  CHECK(crypto::equal_in_constant_time("abc", "abc"));
  CHECK_FALSE(crypto::equal_in_constant_time("abc", "abd"));
  CHECK_FALSE(crypto::equal_in_constant_time("abc", "ab"));
  CHECK_FALSE(crypto::equal_in_constant_time("", "a"));
}
