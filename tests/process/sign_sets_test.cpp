#include <doctest/doctest.h>

#include "support/raw_server.hpp"
#include "support/shop.hpp"
#include "support/v2_wire.hpp"

using namespace wxpay::test;

namespace {

using Texts = std::vector<std::string>;

/// A shop with a key of its own, and what it is told by `sign`.
struct Signing {
  Signing() { shop.configure("https://pay.example.com"); }

  Result run(const Texts& options, const std::string& input) const {
    Texts arguments{"sign"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return shop.run(arguments, input);
  }
  Json sign(Texts options, const std::string& input, int code = 0) const {
    options.emplace_back("--json");
    const auto result = run(options, input);
    CAPTURE(result.err);
    CAPTURE(input);
    REQUIRE(result.code == code);
    return json_line(code == 0 || code == 5 ? result.out : result.err);
  }

  Shop shop;
};

const WireFields jsapi{{"appId", shop_app_id},
                       {"timeStamp", "1795798415"},
                       {"nonceStr", "5Fkgr2OBa75y1oQgjbX89dmamEqCRFt3"},
                       {"package", "prepay_id=wx20261128005335a01c0fdf66764fc12ab6"},
                       {"signType", "MD5"}};

Json object_of(const WireFields& fields) {
  Json object;
  for (const auto& [name, value] : fields) object[name] = value;
  return object;
}

}  // namespace

TEST_CASE("one line as SDK logs show it is signed as the set that it is") {
  const Signing at;
  const auto expected = v2_sign({{"mch_id", shop_mch_id}, {"appid", shop_app_id}, {"body", "tea"}}, shop_key);
  const std::string line =
      std::string{"mch_id="} + shop_mch_id + "&appid=" + shop_app_id + "&sign=OLD&body=tea";
  for (const auto& text : {line, line + "\n", "?" + line, line + "&", line + "\r\n"}) {
    CHECK(at.sign({"--params", "-"}, text)["sign"] == expected);
  }
  const auto encoded = at.run({"--params", "-"}, line + "%20" + "&attach=1");
  CHECK(encoded.code == 0);
  CHECK(contains(encoded.err, "warning: the value of body seems percent-encoded"));
}

TEST_CASE("the key is no field of a set, whatever the form, and is not shown") {
  const Signing at;
  const std::string key = shop_key;
  for (const std::string& input :
       {"a=1&b=2&key=" + key, "a=1\nkey=" + key + "\n", R"({"a":"1","key":")" + key + "\"}",
        "<xml><a>1</a><key>" + key + "</key></xml>", "a=1\nKEY=" + key + "\nb=2\n"}) {
    for (const auto* form : {"--params", "--verify"}) {
      CAPTURE(input);
      const auto error = at.sign({form, "-", "--explain"}, input, 2)["error"].dump();
      CHECK(contains(error, "`key`"));
      CHECK_FALSE(contains(error, key));
    }
  }
}

TEST_CASE("a key that stands anywhere in the input is masked in every output") {
  const Signing at;
  const std::string key = shop_key;
  const std::string upper = "SYN7HETICTESTKEY0123456789ABCDEF";
  const std::string encoded = "%53yn7heticTestKey0123456789abcdef";
  auto pay = object_of(jsapi);
  pay["nonceStr"] = key;
  pay["paySign"] = "0";
  struct Row {
    const char* form;
    std::string input;
    int code;
  };
  const Row rows[] = {
      {"--params", R"({"attach":"x)" + key + R"(y","body":"支)" + upper + "\"}", 0},
      {"--params", "{\"" + key + "\":\"1\"}", 0},
      {"--params", "{\"" + key + "\":true}", 2},
      {"--params", "{\"" + key + "\":1,\"" + key + "\":2}", 2},
      {"--params", "a=" + encoded + "&b=" + key + "支", 0},
      {"--params", "a=" + key + "\nb= " + upper + "\n", 0},
      {"--params", key + "=1\n" + key + "=2\n", 2},
      {"--params", key + " =1\n", 2},
      {"--params", key, 2},
      {"--params", "<xml><" + key + ">1</" + key + "><a>" + key + "</a></xml>", 0},
      {"--params", "<xml><" + key + ">1</" + key + "><" + key + ">1</" + key + "></xml>", 2},
      {"--params",
       "{\"package\":\"prepay_id=1\",\"timeStamp\":\"1\",\"nonceStr\":\"2\",\"" + key + "\":\"1\"}", 2},
      {"--verify", "<xml><a>" + key + "</a><sign>" + upper + "</sign></xml>", 5},
      {"--verify",
       "<xml><" + key + "> a</" + key + "><sign>" + v2_sign({{key, "a"}}, shop_key) + "</sign></xml>", 5},
      {"--verify", "<xml><" + key + ">1</" + key + "><" + key + ">1</" + key + "></xml>", 2},
      {"--verify", pay.dump(), 5},
      {"--verify", key, 2},
      {"--batch", key + "\nwx" + key + "\n", 1},
  };
  for (const auto& row : rows) {
    for (const auto* output : {"json", "text", "csv"}) {
      CAPTURE(row.input);
      Texts options{row.form, "-", "-o", output};
      if (std::string_view{row.form} != "--batch") options.emplace_back("--explain");
      const auto result = at.run(options, row.input);
      CHECK(result.code == row.code);
      for (const auto& said : {result.out, result.err}) {
        CAPTURE(said);
        CHECK_FALSE(contains(said, key));
        CHECK_FALSE(contains(said, upper));
        CHECK_FALSE(contains(said, encoded));
      }
    }
  }
  for (const auto* option : {"--prepay-id", "--nonce"}) {
    Texts options{option, key};
    if (std::string_view{option} == "--nonce") options.insert(options.end(), {"--prepay-id", "wx1"});
    const auto result = at.run(options, "");
    CHECK(result.code == 2);
    CHECK_FALSE(contains(result.out + result.err, key));
  }
}

TEST_CASE("the pay parameters that create-order and sign print are verified and signed as they are") {
  Shop shop;
  const Sandbox sandbox{shop};
  for (const auto& more : {Texts{}, Texts{"--trade-type", "APP"}, Texts{"--body", "tea", "--attach", "a"}}) {
    const auto order = shop.run(create("T202611230000" + std::to_string(more.size()), more));
    REQUIRE(order.code == 0);
    const auto printed = shop.run(create("T202611230000" + std::to_string(more.size()), [&] {
      auto as_json = more;
      as_json.emplace_back("--json");
      return as_json;
    }()));
    REQUIRE(printed.code == 0);
    auto line = json_line(printed.out);
    const auto signature = line.contains("paySign") ? line["paySign"] : line["sign"];
    const auto verified = shop.run({"sign", "--verify", "-", "--json"}, printed.out);
    CHECK(verified.code == 0);
    CHECK(json_line(verified.out)["valid"] == true);
    CHECK(json_line(shop.run({"sign", "--params", "-", "--json"}, printed.out).out)["sign"] == signature);
    line["package"] = line["package"].get<std::string>() + "0";
    CHECK(shop.run({"sign", "--verify", "-", "--json"}, line.dump()).code == 5);
  }
  const auto signed_here =
      shop.run({"sign", "--prepay-id", "wx20261128005335a01c0fdf66764fc12ab6", "--json"});
  CHECK(shop.run({"sign", "--verify", "-"}, signed_here.out).code == 0);
}

TEST_CASE("paySign is a signature and signType the set's own type") {
  const Signing at;
  auto with_sign = jsapi;
  with_sign["paySign"] = v2_sign(jsapi, shop_key);
  CHECK(at.sign({"--params", "-"}, object_of(with_sign).dump())["sign"] == with_sign["paySign"]);
  CHECK(at.sign({"--params", "-"}, v2_xml(with_sign))["sign"] == with_sign["paySign"]);
  CHECK(at.sign({"--verify", "-"}, v2_xml(with_sign))["valid"] == true);
  auto hmac = jsapi;
  hmac["signType"] = "HMAC-SHA256";
  auto by_set = at.sign({"--params", "-"}, object_of(hmac).dump());
  CHECK(by_set["signType"] == "HMAC-SHA256");
  CHECK(by_set["sign"] == v2_sign(hmac, shop_key, "HMAC-SHA256"));
  // In any other set as well.
  const WireFields other{{"a", "1"}, {"signType", "HMAC-SHA256"}};
  auto with_pay_sign = other;
  with_pay_sign["paySign"] = "OLD";
  CHECK(at.sign({"--params", "-"}, object_of(with_pay_sign).dump())["sign"] ==
        v2_sign(other, shop_key, "HMAC-SHA256"));
  CHECK(at.sign({"--params", "-"}, R"({"a":"1","signType":"RSA"})", 2)["error"]["code"] == "USAGE");
  CHECK(at.sign({"--params", "-"}, R"({"a":"1","signType":"MD5","sign_type":"HMAC-SHA256"})",
                2)["error"]["code"] == "USAGE");
}

TEST_CASE("pay parameters of the sandbox have the signatures that were computed for them elsewhere") {
  const Shop shop;
  const auto set = [](const char* timestamp, const char* sign_type) {
    return std::string{R"({"appId":"wxd678efh567hg6787",")"} + timestamp +
           R"(":"1795798415","nonceStr":"5Fkgr2OBa75y1oQgjbX89dmamEqCRFt3",)"
           R"("package":"prepay_id=wx20261128005335a01c0fdf66764fc12ab6","signType":")" +
           sign_type + R"(","paySign":"E5287D071837F0D53E05D22026DF77C3"})";
  };
  const auto sign = [&](const std::string& input) {
    return json_line(
        shop.run({"-p", tested_api().profile, "sign", "--params", "-", "--json"}, input).out)["sign"];
  };
  CHECK(sign(set("timeStamp", "MD5")) == "E5287D071837F0D53E05D22026DF77C3");
  CHECK(sign(set("timestamp", "MD5")) == "E5287D071837F0D53E05D22026DF77C3");
  CHECK(sign(set("timeStamp", "HMAC-SHA256")) ==
        "B3EFFA2C2C8420515A527ABE77050A40764E5A3F0CE5801D135D15E3F402A357");
  CHECK(shop.run({"-p", tested_api().profile, "sign", "--verify", "-"}, set("timeStamp", "MD5")).code == 0);
  CHECK(
      shop.run({"-p", tested_api().profile, "sign", "--verify", "-"}, set("timeStamp", "HMAC-SHA256")).code ==
      5);
}

TEST_CASE("--verify takes pay parameters as the payer's side is called with them, and --explain says more") {
  const Signing at;
  const auto signature = v2_sign(jsapi, shop_key);
  const std::string chosen =
      R"({"timestamp":"1795798415","nonceStr":"5Fkgr2OBa75y1oQgjbX89dmamEqCRFt3",)"
      R"("package":"prepay_id=wx20261128005335a01c0fdf66764fc12ab6","signType":"MD5","paySign":")";
  auto found = at.sign({"--verify", "-", "--explain"}, chosen + signature + "\"}");
  CHECK(found["valid"] == true);
  CHECK(contains(found.at("notes").dump(), "timeStamp"));
  CHECK(contains(found.at("notes").dump(), shop_app_id));
  auto by_small_name = jsapi;
  by_small_name.erase("timeStamp");
  by_small_name["timestamp"] = "1795798415";
  const auto wrong =
      at.sign({"--verify", "-", "--explain"}, chosen + v2_sign(by_small_name, shop_key) + "\"}", 5);
  CHECK(contains(wrong.at("causes").dump(), "timeStamp was signed under the name timestamp"));
  std::string lines;
  for (const auto& [name, value] : jsapi) lines += name + "=" + value + "\n";
  CHECK(at.sign({"--verify", "-"}, lines + "paySign=" + signature + "\n")["valid"] == true);
  CHECK(at.sign({"--verify", "-", "--explain"}, lines, 5)["reason"] == "there is no sign");
}

TEST_CASE("--verify vouches for nothing that pay parameters do not cover") {
  const Signing at;
  auto forged = jsapi;
  forged["paySign"] = v2_sign(jsapi, shop_key);
  forged.insert({{"return_code", "SUCCESS"}, {"out_trade_no", "T1"}, {"total_fee", "100000"}});
  CHECK(contains(at.sign({"--verify", "-"}, v2_xml(forged), 2)["error"].dump(), "is no pay parameter"));
  CHECK(contains(at.sign({"--verify", "-"}, object_of(forged).dump(), 2)["error"].dump(),
                 "is no pay parameter"));
  for (const std::string other : {R"({"a":"1","sign":"X"})", "a=1&sign=X", "a=1\n"}) {
    CHECK(at.sign({"--verify", "-"}, other, 2)["error"]["code"] == "USAGE");
  }
}

TEST_CASE("what only WeChat Pay signs is signed for the sandbox alone") {
  const Signing at;
  const std::string notification = v2_xml({{"return_code", "SUCCESS"},
                                           {"result_code", "SUCCESS"},
                                           {"out_trade_no", "T202611230001"},
                                           {"total_fee", "9999900"}});
  for (const std::string& input : {notification, std::string{R"({"result_code":"FAIL"})"},
                                   std::string{R"({"attach":"x&return_code=SUCCESS&z="})"}}) {
    const auto error = at.sign({"--params", "-"}, input, 2)["error"].dump();
    CHECK(contains(error, "only WeChat Pay signs"));
  }
  const Texts for_sandbox{"-p", tested_api().profile, "sign", "--params", "-"};
  CHECK(Shop{}.run(for_sandbox, notification).code == 0);
  // A profile of that name with a merchant's own key is no sandbox.
  at.shop.write("config/wxpayctl/config.toml",
                "[profiles.sandbox]\nkey_file = \"" + at.shop.path("shop.key").string() + "\"\n");
  CHECK(at.shop.run(for_sandbox, notification).code == 2);
}
