#include <doctest/doctest.h>

#include "support/shop.hpp"

using namespace wxpay::test;

namespace {

/// A shop whose sandbox must never be asked and whose ledger must never be made.
struct Untouched {
  Shop shop;
  Sandbox sandbox{shop};

  Untouched() = default;
  Untouched(const Untouched&) = delete;
  Untouched& operator=(const Untouched&) = delete;
  Untouched(Untouched&&) = delete;
  Untouched& operator=(Untouched&&) = delete;
  ~Untouched() {
    CHECK(sandbox.requests_below("/") == 0);
    CHECK_FALSE(std::filesystem::exists(shop.ledger()));
    CHECK_FALSE(std::filesystem::exists(shop.path("state")));
  }

  /// The run must be wrong usage, told in one line of text and as one JSON object.
  void refused(std::vector<std::string> arguments, const std::string& about, std::string input = {}) const {
    CAPTURE(arguments);
    const auto text = shop.run(arguments, input);
    CHECK(text.code == 2);
    CHECK(text.out.empty());
    const auto lines = lines_of(text.err);
    REQUIRE(lines.size() >= 1);
    CHECK(lines.size() <= 2);
    CHECK(lines[0].starts_with("wxpayctl: error: "));
    CHECK(lines[0].ends_with(" (USAGE)"));
    CHECK(contains(lines[0], about));
    if (lines.size() == 2) CHECK(lines[1].starts_with("hint: "));

    arguments.emplace_back("--json");
    const auto json = shop.run(arguments, std::move(input));
    CHECK(json.code == 2);
    CHECK(json.out.empty());
    auto error = json_line(json.err);
    CHECK(keys_of(error) == std::vector<std::string>{"error"});
    CHECK(error["error"]["code"] == "USAGE");
    CHECK("wxpayctl: error: " + error["error"]["message"].get<std::string>() + " (USAGE)" == lines[0]);
    CHECK(error["error"].contains("hint") == (lines.size() == 2));
  }
};

std::vector<std::string> with_number(const std::string& number) { return create(number); }

}  // namespace

TEST_CASE("create-order takes no amount that is not a whole number of fen from 1 to 9999999999") {
  const Untouched shop;
  for (const auto* amount : {"0", "-1", "-0", "+1", "12345678901", "99999999999999999999", "1e3", "10.005",
                             "10.00", "１０００", "٣", "", " 1", "1 ", "0x10", "1,000", "NaN", "1_000"}) {
    shop.refused(create("20261123-1", {"--total-fee", amount}),
                 *amount == 0 ? "--total-fee is empty" : "total_fee");
  }
}

TEST_CASE("create-order takes no amount of yuan that is not exact with at most two places") {
  const Untouched shop;
  for (const auto* amount :
       {"0", "0.00", "-1", "-0.01", "+1.00", "10.005", "10.000", "1e3", "10.", ".5", "１０.００", "", "1,00",
        "100000000.00", "99999999999", "10.0.0", "￥10", " 1"}) {
    shop.refused(create("20261123-1", {"--amount", amount}), "amount");
  }
}

TEST_CASE("create-order wants exactly one amount") {
  const Untouched shop;
  shop.refused(create("20261123-1", {"--total-fee", "1000", "--amount", "10.00"}), "amount");
  shop.refused({"create-order", "--out-trade-no", "20261123-1", "--openid", "oUp1"}, "amount");
  shop.refused({"create-order", "--request", "-"}, "amount",
               R"({"outTradeNo":"20261123-1","openId":"oUp1","totalFee":1000,"amount":"10.00"})");
}

TEST_CASE("an out_trade_no is 1 to 32 bytes of 0-9 A-Z a-z _ - | * everywhere") {
  const Untouched shop;
  const std::string too_long(33, '1');
  for (const auto& number : {std::string{}, too_long, std::string{"T 1"}, std::string{"T/1"},
                             std::string{"T.1"}, std::string{"T'1"}, std::string{"订单1"},
                             std::string{"Ｔ１"}, std::string{"T\n1"}, std::string{"T;1"}}) {
    shop.refused(with_number(number), number.empty() ? "--out-trade-no is empty" : "out_trade_no");
  }
  for (const auto& number : {too_long, std::string{"T 1"}, std::string{"订单1"}}) {
    shop.refused({"query", number}, "out_trade_no");
    shop.refused({"close", number}, "out_trade_no");
    shop.refused({"orders", "show", number}, "out_trade_no");
    shop.refused({"orders", "mark", number, "--state", "CLOSED", "--reason", "x"}, "out_trade_no");
  }
  shop.refused({"create-order", "--openid", "oUp1", "--total-fee", "1"}, "out_trade_no");
}

TEST_CASE("the longest out_trade_no and every character it may have are accepted") {
  Shop shop;
  const Sandbox sandbox{shop};
  CHECK(shop.run(create("0aZ_-|*" + std::string(25, '9'))).code == 0);
}

TEST_CASE("a body has at most 127 bytes of UTF-8") {
  const Untouched shop;
  shop.refused(create("20261123-1", {"--body", std::string(128, 'x')}), "body");
  std::string chinese;
  for (int i = 0; i < 43; ++i) chinese += "货";  // 129 bytes
  shop.refused(create("20261123-1", {"--body", chinese}), "body");
  shop.refused(create("20261123-1", {"--body", "\xff\xfe"}), "body");
  shop.refused(create("20261123-1", {"--body", "a\nb"}), "body");
}

TEST_CASE("a body of exactly 127 bytes is accepted") {
  Shop shop;
  const Sandbox sandbox{shop};
  CHECK(shop.run(create("20261123-1", {"--body", "x" + std::string(126, 'y')})).code == 0);
}

TEST_CASE("each trade type says what it cannot do without, and others do not exist") {
  const Untouched shop;
  for (const auto* type : {"jsap", "MICROPAY", "", "JSAPI2", "ＪＳＡＰＩ"}) {
    shop.refused(create("20261123-1", {"--trade-type", type}),
                 *type == 0 ? "--trade-type is empty" : "trade_type");
  }
  shop.refused({"create-order", "--out-trade-no", "20261123-1", "--total-fee", "1"}, "openid");
  shop.refused({"create-order", "--out-trade-no", "20261123-1", "--total-fee", "1", "--openid", ""},
               "openid");
  shop.refused({"create-order", "--out-trade-no", "20261123-1", "--total-fee", "1", "--trade-type", "NATIVE"},
               "product_id");
  shop.refused({"create-order", "--out-trade-no", "20261123-1", "--total-fee", "1", "--trade-type", "H5"},
               "scene_info");
}

TEST_CASE("other fields of an order are checked as well") {
  const Untouched shop;
  struct Row {
    std::vector<std::string> more;
    const char* about;
  };
  const Row rows[] = {
      {{"--expire-in", "30s"}, "expiry"},
      {{"--expire-in", "30"}, "expire_in"},
      {{"--expire-in", "-5m"}, "expire_in"},
      {{"--time-expire", "2020-01-01T00:00:00+08:00"}, "expiry"},
      {{"--time-expire", "soon"}, "time_expire"},
      {{"--client-ip", "localhost"}, "client_ip"},
      {{"--client-ip", "1.2.3.256"}, "client_ip"},
      {{"--notify-url", "pay.example.com"}, "notify_url"},
      {{"--notify-url", "https://pay.example.com/n?a=1"}, "notify_url"},
      {{"--attach", std::string(128, 'a')}, "attach"},
      {{"--goods-tag", std::string(33, 'a')}, "goods_tag"},
      {{"--product-id", std::string(33, 'a')}, "product_id"},
      {{"--device-info", std::string(33, 'a')}, "device_info"},
      {{"--openid", std::string(129, 'a')}, "openid"},
      {{"--detail", std::string(6001, 'a')}, "detail"},
      {{"--scene-info", std::string(257, 'a')}, "scene_info"},
  };
  for (const auto& row : rows) {
    auto arguments =
        row.more.front() == "--openid"
            ? std::vector<std::string>{"create-order", "--out-trade-no", "20261123-1", "--total-fee", "1"}
            : create("20261123-1");
    arguments.insert(arguments.end(), row.more.begin(), row.more.end());
    shop.refused(arguments, row.about);
  }
}

TEST_CASE("--request is one well-formed object of known fields, each once") {
  const Untouched shop;
  struct Row {
    std::string request;
    const char* about;
  };
  const std::string order = R"("outTradeNo":"20261123-1","openId":"oUp1")";
  const Row rows[] = {
      {"{" + order + R"(,"totalFee":1000,"totalFee":1000})", "otalFee"},
      {"{" + order + R"(,"totalFee":1000,"total_fee":1000})", "total_fee"},
      {"{" + order + R"(,"openid":"oUp2","totalFee":1000})", "openid"},
      {"{" + order + R"(,"totalFee":1000.0})", "total_fee"},
      {"{" + order + R"(,"totalFee":10.5})", "total_fee"},
      {"{" + order + R"(,"totalFee":1e3})", "total_fee"},
      {"{" + order + R"(,"totalFee":"1000"})", "total_fee"},
      {"{" + order + R"(,"totalFee":null})", "total_fee"},
      {"{" + order + R"(,"totalFee":99999999999999999999})", "total_fee"},
      {"{" + order + R"(,"totalFee":-1})", "total_fee"},
      {"{" + order + R"(,"amount":10.00})", "amount"},
      {"{" + order + R"(,"totalFee":1000,"totalFeee":1})", "totalFeee"},
      {"{" + order + R"(,"totalFee":1000,"key":"x"})", "key"},
      {"{" + order + R"(,"totalFee":1000,"body":7})", "body"},
      {"{" + order + ",\"totalFee\":1000,\"body\":\"\xff\"}", "UTF-8"},
      {"{" + order + ",\"totalFee\":1000,\"body\":\"\xc0\xaf\"}", "UTF-8"},
      {"\xef\xbb\xbf{" + order + R"(,"totalFee":1000})", "byte-order mark"},
      {"{" + order + R"(,"totalFee":1000}{})", "request"},
      {"{" + order + R"(,"totalFee":1000)", "request"},
      {"[{" + order + R"(,"totalFee":1000}])", "object"},
      {"7", "object"},
      {"", "request"},
      {"out_trade_no=1", "request"},
      {std::string(5000, '[') + std::string(5000, ']'), "request"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.request.substr(0, 200));
    shop.refused({"create-order", "--request", "-"}, row.about, row.request);
  }
}

TEST_CASE("a --request of 10 MB is refused without being read to the end") {
  const Untouched shop;
  std::string filler;
  filler.resize(10'000'000, 'x');
  const auto huge = R"({"outTradeNo":"20261123-1","attach":")" + filler + R"("})";
  shop.refused({"create-order", "--request", "-"}, "larger than", huge);
  shop.shop.write("huge.json", huge);
  shop.refused({"create-order", "--request", "huge.json"}, "larger than");
}

TEST_CASE("--request stands alone, and a file that cannot be read is exit 8") {
  const Untouched shop;
  shop.shop.write("order.json", R"({"outTradeNo":"20261123-1","openId":"o","totalFee":1})");
  shop.refused({"create-order", "--request", "order.json", "--total-fee", "1"}, "--request");
  const auto missing = shop.shop.run({"create-order", "--request", "missing.json", "--json"});
  CHECK(missing.code == 8);
  CHECK(json_line(missing.err)["error"]["code"] == "FILE");
  CHECK(shop.shop.run({"create-order", "--request", "/"}).code == 8);
}
