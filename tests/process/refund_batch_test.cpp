#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>

#include "support/market.hpp"

using namespace wxpay::test;

namespace {

/// A market with orders that are paid, as the ledger knows.
struct PaidOrders : Market {
  explicit PaidOrders(int count) {
    std::string orders = "outTradeNo,openId,totalFee,body\n";
    for (int i = 0; i < count; ++i) orders += order(i) + ",oTrainee000000000000000000,1000,tea\n";
    shop.write("orders.csv", orders);
    CHECK(shop.run({"create-order", "--batch", shop.path("orders.csv"), "-q", "--rate", "1000"}).code == 0);
    for (int i = 0; i < count; ++i) sandbox.pay(order(i));
    CHECK(shop.run({"reconcile", "--older-than", "0s", "-q", "--rate", "1000"}).code == 0);
  }

  static std::string order(int i) { return "20261128" + std::to_string(100000 + i); }
  static std::string refund(int i) { return "R-" + order(i); }

  Result batch(const std::string& file, std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments{"refund", "--batch", shop.path(file), "--json", "--rate", "1000"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return shop.run(std::move(arguments));
  }

  /// What the ledger has of all refunds: number → state.
  std::map<std::string, std::string> refunds() const {
    std::map<std::string, std::string> states;
    for (auto& refund : json_lines(shop.run({"refunds", "export", "--json"}).out))
      states[refund["outRefundNo"]] = refund["refundState"];
    return states;
  }
};

std::map<std::string, Json> by_refund(const std::string& out) {
  std::map<std::string, Json> results;
  for (auto& result : json_lines(out)) results[result.value("outRefundNo", "")] = result;
  return results;
}

}  // namespace

TEST_CASE("a batch of refunds: one result a record in its order, bad ones do not stop the others") {
  const PaidOrders market{4};
  market.shop.write("refunds.csv", "\xEF\xBB\xBFoutTradeNo,outRefundNo,amount,reason\r\n" + market.order(0) +
                                       "," + market.refund(0) + ",3.00,\"broken, cup\"\r\n" +
                                       market.order(1) + "," + market.refund(1) + ",3.005,\r\n" +
                                       market.order(2) + "," + market.refund(2) + ",10.01,\r\n" +
                                       market.order(3) + "," + market.refund(3) + ",10.00,\r\n" +
                                       market.order(3) + "," + market.refund(3) + ",10.00,\r\n" +
                                       market.order(3) + "," + market.refund(3) + ",9.00,\r\n");
  const auto result = market.batch("refunds.csv", {"--failed", market.shop.path("again.csv")});
  CHECK(result.code == 1);
  auto lines = json_lines(result.out);
  REQUIRE(lines.size() == 6);
  for (std::size_t i = 0; i < lines.size(); ++i) CHECK(lines[i]["line"] == i + 2);
  CHECK(lines[0]["refundState"] == "PROCESSING");
  CHECK(lines[0]["refundFee"] == 300);
  CHECK(lines[1]["errCode"] == "PARAM_ERROR");
  CHECK(lines[1]["outRefundNo"] == market.refund(1));
  CHECK(lines[2]["errCode"] == "REFUND_EXCEEDS_PAID");
  CHECK(lines[3]["refundState"] == "PROCESSING");
  CHECK(lines[4]["resultCode"] == "SUCCESS");
  CHECK(lines[5]["errCode"] == "REFUND_FEE_MISMATCH");
  CHECK(lines_of(market.shop.read("again.csv")).size() == 4);
  CHECK(contains(result.err, "6 records: 2 accepted, 1 known before, 2 refused, 1 bad"));
  CHECK(market.sandbox.requests(Operation::refund) == 2);
  market.check_ledger();
}

TEST_CASE("JSON Lines, --all, and a dry run that sends and writes nothing") {
  const PaidOrders market{2};
  market.shop.write("refunds.jsonl", R"({"outTradeNo":")" + market.order(0) + R"(","outRefundNo":")" +
                                         market.refund(0) + R"(","all":true})" + "\n" +
                                         R"({"out_trade_no":")" + market.order(1) + R"(","out_refund_no":")" +
                                         market.refund(1) + R"(","refund_fee":300})" + "\n" +
                                         R"({"outTradeNo":")" + market.order(1) +
                                         R"(","outRefundNo":"R-x","refundFee":701})" + "\n");
  const int before = market.sandbox.requests();
  const auto dry = market.batch("refunds.jsonl", {"--dry-run"});
  CHECK(dry.code == 1);
  auto planned = json_lines(dry.out);
  REQUIRE(planned.size() == 3);
  CHECK(planned[0]["refundFee"] == 1000);
  CHECK(planned[0]["dryRun"] == true);
  CHECK(planned[2]["errCode"] == "REFUND_EXCEEDS_PAID");
  CHECK(market.sandbox.requests() == before);
  CHECK(market.refunds().empty());

  const auto result = market.batch("refunds.jsonl");
  CHECK(result.code == 1);
  auto done = by_refund(result.out);
  CHECK(done[market.refund(0)]["refundFee"] == 1000);
  CHECK(done[market.refund(1)]["refundFee"] == 300);
  market.check_ledger();
}

TEST_CASE("the same batch again refunds nothing twice") {
  const PaidOrders market{20};
  std::string refunds = "outTradeNo,outRefundNo,refundFee\n";
  for (int i = 0; i < 20; ++i) refunds += market.order(i) + "," + market.refund(i) + ",1000\n";
  market.shop.write("refunds.csv", refunds);
  market.sandbox.fault("lost-reply", 5, Operation::refund);
  CHECK(market.batch("refunds.csv").code == 4);
  CHECK(market.batch("refunds.csv").code == 0);
  const int before = market.sandbox.requests();
  CHECK(market.batch("refunds.csv").code == 0);
  CHECK(market.sandbox.requests() == before);
  for (auto& [number, state] : market.refunds()) CHECK(state == "PROCESSING");
  market.check_ledger();
}

TEST_CASE("a batch that is killed again and again: each refund once, the chain whole") {
  constexpr int count = 200;
  const PaidOrders market{count};
  std::string refunds = "outTradeNo,outRefundNo,refundFee\n";
  for (int i = 0; i < count; ++i) refunds += market.order(i) + "," + market.refund(i) + ",400\n";
  market.shop.write("refunds.csv", refunds);
  auto random = seeded();
  Killer killer{random, 0.1};
  const auto command = market.shop.command(
      {"refund", "--batch", market.shop.path("refunds.csv"), "-q", "--json", "--rate", "1000"});
  for (int i = 0; i < 12; ++i) killer.run(command);
  CHECK(killer.killed() > 0);
  CHECK(market.batch("refunds.csv").code == 0);
  CHECK(market.refunds().size() == count);
  for (auto& [number, state] : market.refunds()) CHECK(state == "PROCESSING");
  // At WeChat Pay each order has one refund of 400 fen, so that 600 are left and no fen more.
  for (int i = 0; i < count; i += 20) {
    const auto left =
        market.json({"refund", market.order(i), "--out-refund-no", "L-" + market.order(i), "--all"});
    CHECK(left["refundFee"] == 600);
    CHECK(left["refundState"] == "PROCESSING");
  }
  market.check_ledger();
}
