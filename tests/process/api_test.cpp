// Any call to WeChat Pay: signed, verified, printed as it came.
#include <doctest/doctest.h>

#include "support/market.hpp"
#include "support/v2_wire.hpp"

using namespace wxpay::test;

namespace {

constexpr const char* number = "ORDER-20261128001";

std::string order_fields() { return std::string{"{\"out_trade_no\":\""} + number + "\"}"; }

}  // namespace

TEST_CASE("a call of API v2 is sent signed, and its answer printed as it came or as JSON") {
  const Market market;
  market.json(create(number));
  const auto fields = market.shop.write("fields", order_fields());
  const auto as_it_came =
      market.shop.run({"api", "POST", "/pay/orderquery", "--xml", "--data", fields.string()});
  CHECK(as_it_came.code == 0);
  CHECK(v2_element(as_it_came.out, "trade_state") == "NOTPAY");
  CHECK(as_it_came.out.starts_with("<xml>"));
  auto object = market.json({"api", "POST", "/pay/orderquery", "--xml", "--data", fields.string()});
  CHECK(object["out_trade_no"] == number);
  CHECK(object["trade_state"] == "NOTPAY");
  const auto lines = market.shop.run({"api", "POST", "/pay/orderquery", "--xml", "--data", "-"},
                                     std::string{"out_trade_no="} + number + "\n");
  CHECK(v2_element(lines.out, "trade_state") == "NOTPAY");
  CHECK(market.shop
            .run({"api", "POST", "/pay/orderquery", "--xml", "--data", fields.string(), "--out", "answer"})
            .out.empty());
  CHECK(v2_element(market.shop.read("answer"), "trade_state") == "NOTPAY");
}

TEST_CASE("a refusal of such a call has its code, and what is spoilt is not printed") {
  const Market market;
  const auto fields = market.shop.write("fields", order_fields());
  const std::vector<std::string> query{"api", "POST", "/pay/orderquery", "--xml", "--data", fields.string()};
  const auto unknown = market.shop.run(query);
  CHECK(unknown.code == 1);
  CHECK(contains(unknown.err, "(ORDERNOTEXIST)"));
  CHECK(unknown.out.empty());
  market.json(create(number));
  market.sandbox.fault("wrong-sign");
  const auto forged = market.shop.run(query);
  CHECK(forged.code == 5);
  CHECK(forged.out.empty());
  market.sandbox.fault("5xx", 20);
  CHECK(market.shop.run(query).code == 4);
  market.sandbox.fault("none");
  market.sandbox.fault("lost-reply");
  CHECK(market.shop.run(query).code == 4);
}

TEST_CASE("wrong usage of api is told, and nothing is sent") {
  const Market market;
  const auto fields = market.shop.write("fields", order_fields());
  const auto not_text = market.shop.write("bytes", "{\"out_trade_no\":\"\xFF\"}");
  struct Row {
    std::vector<std::string> arguments;
    const char* message;
  };
  const Row rows[] = {
      {{"POST"}, "PATH"},
      {{"FETCH", "/v3/certificates"}, "unknown method"},
      {{"GET", "https://evil.example/v3/certificates"}, "names a host"},
      {{"GET", "//evil.example/v3/certificates"}, "names a host"},
      {{"GET", "v3/certificates"}, "must begin with /"},
      {{"GET", "/v3/a b"}, "percent-encoded"},
      {{"GET", "/v3/支付"}, "percent-encoded"},
      {{"GET", "/v3/certificates#x"}, "fragment"},
      {{"POST", "/v3/certificates", "--data", "{\"a\":1}"}, "name of a file"},
      {{"GET", "/v3/certificates", "--data", fields.string()}, "has no body"},
      {{"POST", "/pay/orderquery", "--xml"}, "--xml needs the fields"},
      {{"POST", "/pay/orderquery", "--data", fields.string()}, "of API v2"},
      {{"POST", "/pay/orderquery", "--xml", "--data", not_text.string()}, "not UTF-8"},
      {{"GET", "/x", "--header", "no colon"}, "'Name: value'"},
      {{"GET", "/x", "--header", "X-A:"}, "no usable value"},
      {{"GET", "/x", "--header", "X-A: 1\r\nHost: evil.example"}, "no usable value"},
      {{"GET", "/x", "--header", "Authorization: x"}, "set by the program itself"},
      {{"GET", "/x", "--header", "HOST: evil.example"}, "set by the program itself"},
  };
  const int before = market.sandbox.requests();
  for (const auto& row : rows) {
    CAPTURE(row.message);
    std::vector<std::string> arguments{"api"};
    arguments.insert(arguments.end(), row.arguments.begin(), row.arguments.end());
    const auto result = market.shop.run(arguments);
    CHECK(result.code == 2);
    CHECK(contains(result.err, row.message));
    CHECK(result.out.empty());
  }
  CHECK(market.sandbox.requests() == before);
}
