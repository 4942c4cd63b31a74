#include <doctest/doctest.h>

#include "support/shop.hpp"
#include "support/v2_wire.hpp"

// The sandbox's refunds of API v2 against real sockets, and the commands about them.
using namespace wxpay::test;

namespace {

constexpr const char* order_no = "ORDER-20261123001";
constexpr const char* sandbox_v2_key = "wxpayctlSandboxKey00000000000000";

/// A sandbox with a paid order of 1000 fen, made by API v2.
struct RefundMarket {
  explicit RefundMarket(const std::vector<std::string>& more = {}) : sandbox{shop, {}, more} {
    shop.environment["WXPAYCTL_PROFILE"] = "sandbox";
    REQUIRE(shop.run(create(order_no)).code == 0);
    sandbox.pay(order_no);
  }
  std::string refund(const std::string& number, const std::string& fee) const {
    return http_exchange(sandbox.url() + "/secapi/pay/refund",
                         v2_signed_xml({{"appid", "wxd678efh567hg6787"},
                                        {"mch_id", "1900000109"},
                                        {"nonce_str", "ibuaiVcKdpRxkhJA"},
                                        {"out_trade_no", order_no},
                                        {"out_refund_no", number},
                                        {"total_fee", "1000"},
                                        {"refund_fee", fee}},
                                       sandbox_v2_key));
  }
  Json json(std::vector<std::string> arguments, int code = 0) const {
    arguments.emplace_back("--json");
    const auto result = shop.run(std::move(arguments));
    CAPTURE(result.err);
    CAPTURE(result.out);
    REQUIRE(result.code == code);
    return result.out.empty() ? Json{} : json_line(result.out);
  }

  Shop shop;
  Sandbox sandbox;
};

}  // namespace

TEST_CASE("a refund is settled and told of by the sandbox's commands") {
  RefundMarket market{{"--refund-interval", "60s"}};
  CHECK(v2_element(market.refund("R-1", "300"), "result_code") == "SUCCESS");
  CHECK(v2_element(market.refund("R-2", "300"), "err_code") == "FREQUENCY_LIMITED");
  CHECK(market.sandbox.requests(Operation::refund) == (tested_api().name == "v2" ? 2 : 0));
  CHECK(market.sandbox.refunds().size() == 1);
  CHECK(market.sandbox.order(order_no)["tradeState"] == "REFUND");

  CHECK(market.shop.run({"sandbox", "notify", "--refund", "R-1", "--out", "-"}).code == 1);
  const auto settled = market.json({"sandbox", "refund", "R-1", "--state", "SUCCESS"});
  CHECK(settled["refundState"] == "SUCCESS");
  CHECK(settled["refundFee"] == 300);
  CHECK(settled.contains("successAt"));
  const auto saved = market.json({"sandbox", "notify", "--refund", "R-1", "--out", "refunded.xml"});
  CHECK(saved["outTradeNo"] == order_no);
  CHECK(saved["outRefundNo"] == "R-1");
  CHECK_FALSE(v2_element(market.shop.read("refunded.xml"), "req_info").empty());

  const auto both =
      market.json({"sandbox", "refund", "R-1", "--state", "abnormal", "--notify", "--out", "change.xml"});
  CHECK(both["outRefundNo"] == "R-1");
  CHECK(market.sandbox.refund("R-1")["refundState"] == "ABNORMAL");
  CHECK_FALSE(v2_element(market.shop.read("change.xml"), "req_info").empty());
}

TEST_CASE("refunds of an order come at once where the sandbox is told so") {
  const RefundMarket market{{"--refund-interval", "0s"}};
  for (const auto* number : {"R-1", "R-2", "R-3"})
    CHECK(v2_element(market.refund(number, "300"), "result_code") == "SUCCESS");
  CHECK(v2_element(market.refund("R-4", "101"), "err_code") == "ERROR");
  CHECK(v2_element(market.refund("R-4", "100"), "result_code") == "SUCCESS");
}

TEST_CASE("bad input of the sandbox's commands about refunds") {
  const RefundMarket market;
  market.refund("R-1", "300");
  struct Row {
    std::vector<std::string> arguments;
    int code;
    const char* said;
  };
  const Row rows[] = {
      {{"refund", "R-9", "--state", "SUCCESS"}, 1, "has no refund R-9"},
      {{"refund", "R-1", "--state", "FAILED"}, 2, "unknown state of a refund"},
      {{"refund", "R-1"}, 2, "--state"},
      {{"refund", "R 1", "--state", "SUCCESS"}, 2, ""},
      {{"refund", "R-1", "--state", "SUCCESS", "--out", "x"}, 2, "--notify"},
      {{"notify", "--refund", "R-1"}, 1, "still being processed"},
      {{"notify", "--refund", "R-1", order_no}, 2, "order number, or a refund"},
      {{"notify"}, 2, "order number, or a refund"},
      {{"notify", "--refund", "R-9"}, 1, "has no refund R-9"},
      {{"serve", "--port", "0", "--refund-interval", "soon"}, 2, "--refund-interval is not a duration"},
  };
  for (const auto& row : rows) {
    auto arguments = row.arguments;
    arguments.insert(arguments.begin(), "sandbox");
    CAPTURE(arguments);
    const auto result = market.shop.run(arguments);
    CAPTURE(result.err);
    CHECK(result.code == row.code);
    CHECK(contains(result.err, row.said));
  }
  // Its refund has no notify_url.
  market.json({"sandbox", "refund", "R-1", "--state", "CLOSED"});
  const auto result = market.shop.run({"sandbox", "notify", "--refund", "R-1"});
  CHECK(result.code == 2);
  CHECK(contains(result.err, "has no notify_url"));
}
