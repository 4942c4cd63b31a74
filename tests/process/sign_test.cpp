#include <doctest/doctest.h>

#include "support/offline_shop.hpp"
#include "support/v2_wire.hpp"

using namespace wxpay::test;

namespace {

using Texts = std::vector<std::string>;

const WireFields parameters{{"appid", "wxd930ea5d5a258f4f"},   {"mch_id", "10000100"},
                            {"device_info", "1000"},           {"body", "测试 a=b&c"},
                            {"nonce_str", "ibuaiVcKdpRxkhJA"}, {"attach", ""}};

}  // namespace

TEST_CASE("sign --prepay-id makes the pay parameters as create-order prints them") {
  const Offline at;
  auto pay = at.sign({"--prepay-id", "wx2017033010242291", "--timestamp", "1490840662", "--nonce", "5K8264"});
  CHECK(keys_of(pay) ==
        Texts{"appId", "timeStamp", "nonceStr", "package", "signType", "paySign", "prepayId"});
  CHECK(pay["timeStamp"] == "1490840662");
  CHECK(pay["nonceStr"] == "5K8264");
  CHECK(pay["paySign"] == v2_sign({{"appId", shop_app_id},
                                   {"timeStamp", "1490840662"},
                                   {"nonceStr", "5K8264"},
                                   {"package", "prepay_id=wx2017033010242291"},
                                   {"signType", "MD5"}},
                                  shop_key));
  auto app = at.sign({"--prepay-id", "wx2017033010242291", "--trade-type", "APP", "--timestamp", "1490840662",
                      "--nonce", "5K8264"});
  CHECK(app["sign"] == v2_sign({{"appid", shop_app_id},
                                {"partnerid", shop_mch_id},
                                {"prepayid", "wx2017033010242291"},
                                {"package", "Sign=WXPay"},
                                {"noncestr", "5K8264"},
                                {"timestamp", "1490840662"}},
                               shop_key));
  CHECK(at.sign({"--prepay-id", "wx1"})["nonceStr"] != at.sign({"--prepay-id", "wx1"})["nonceStr"]);
}

TEST_CASE("sign --params signs a JSON object, an XML or key=value lines alike") {
  const Offline at;
  const auto expected = v2_sign(parameters, shop_key);
  Json object{{"sign", "OLD"}};
  std::string lines = "sign=OLD\n";
  for (const auto& [name, value] : parameters) {
    object[name] = value;
    lines += name;
    lines += "=" + value + "\n";
  }
  at.shop.write("set.json", object.dump());
  CHECK(at.sign({"--params", "set.json"}).dump() == R"({"sign":")" + expected + R"(","signType":"MD5"})");
  CHECK(at.sign({"--params", "-"}, 0, v2_xml(parameters))["sign"] == expected);
  CHECK(at.sign({"--params", "-"}, 0, lines)["sign"] == expected);
  CHECK(at.sign({"--params", "-", "--sign-type", "HMAC-SHA256"}, 0, lines)["sign"] ==
        v2_sign(parameters, shop_key, "HMAC-SHA256"));
  auto with_type = parameters;
  with_type["sign_type"] = "HMAC-SHA256";
  auto by_set = at.sign({"--params", "-"}, 0, v2_xml(with_type));
  CHECK(by_set["signType"] == "HMAC-SHA256");
  CHECK(by_set["sign"] == v2_sign(with_type, shop_key, "HMAC-SHA256"));
}

TEST_CASE("the profile's sign type is the last that counts") {
  const Offline at{"sign_type = \"HMAC-SHA256\"\n"};
  CHECK(at.sign({"--params", "-"}, 0, "a=1\n")["signType"] == "HMAC-SHA256");
  CHECK(at.sign({"--params", "-", "--sign-type", "MD5"}, 0, "a=1\n")["signType"] == "MD5");
}

TEST_CASE(
    "sign --verify tells whether the sign of an XML holds: exit 5 if not or there is none, 2 if no XML") {
  const Offline at;
  at.shop.write("good.xml", v2_signed_xml(parameters, shop_key));
  auto good = at.sign({"--verify", "good.xml"});
  CHECK(good["valid"] == true);
  CHECK(good["signType"] == "MD5");
  CHECK_FALSE(good.contains("reason"));
  const std::string bad[] = {v2_xml(parameters),
                             v2_signed_xml(parameters, "Another7heticKey0123456789abcdef"),
                             v2_signed_xml(parameters, shop_key, "HMAC-SHA256")};
  for (const auto& document : bad) {
    auto found = at.sign({"--verify", "-"}, 5, document);
    CHECK(found["valid"] == false);
    CHECK_FALSE(found.value("reason", "").empty());
  }
  for (const std::string document : {"", "hello", "{}", "<xml><a>1</xml>"}) {
    CHECK(at.sign({"--verify", "-"}, 2, document)["error"]["code"] == "USAGE");
  }
  CHECK(at.sign({"--verify", "missing.xml"}, 8)["error"]["code"] == "FILE");
}

TEST_CASE("--explain shows the canonical string with the key masked, and why a sign does not hold") {
  const Offline at;
  auto explained = at.sign({"--params", "-", "--explain"}, 0, v2_xml(parameters));
  const auto text = explained.at("canonicalString").get<std::string>();
  CHECK(text.starts_with("appid=wxd930ea5d5a258f4f&body=测试 a=b&c&device_info=1000&mch_id=10000100&"));
  CHECK(contains(text, "&key="));
  CHECK_FALSE(contains(explained.dump(), shop_key));

  const auto causes = [&](const std::string& document) {
    return at.sign({"--verify", "-", "--explain"}, 5, document).at("causes").dump();
  };
  CHECK(contains(causes(v2_signed_xml(parameters, shop_key, "HMAC-SHA256")), "HMAC-SHA256"));
  CHECK(contains(causes(v2_signed_xml(parameters, "Another7heticKey0123456789abcdef")), "key"));
}

TEST_CASE("sign wants exactly one form, and values that can be") {
  const Offline at;
  for (const auto& arguments :
       {Texts{}, Texts{"--prepay-id", "wx1", "--params", "-"}, Texts{"--params", "-", "--nonce", "x"},
        Texts{"--prepay-id", "wx1", "--trade-type", "NATIVE"},
        Texts{"--prepay-id", "wx1", "--timestamp", "now"}, Texts{"--prepay-id", "wx1", "--sign-type", "SHA1"},
        Texts{"--prepay-id", "wx 1"}, Texts{"--batch", "-", "--prepay-id", "wx1"},
        Texts{"--batch", "-", "--nonce", "x"}, Texts{"--batch", "-", "--explain"},
        Texts{"--batch", "-", "--trade-type", "NATIVE"}, Texts{"--batch", "-", "--timestamp", "now"},
        Texts{"--batch", ""}}) {
    CHECK(at.sign(arguments, 2)["error"]["code"] == "USAGE");
  }
  for (const std::string set : {"[1]", R"({"a":1,"a":2})", "no equals sign"}) {
    CHECK(at.sign({"--params", "-"}, 2, set)["error"]["code"] == "USAGE");
  }
}
