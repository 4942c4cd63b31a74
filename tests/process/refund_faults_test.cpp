#include <doctest/doctest.h>

#include <csignal>
#include <deque>
#include <map>

#include "support/market.hpp"

using namespace wxpay::test;

namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr int refund_kills = 20;  // a process takes ten times as long to start
#else
constexpr int refund_kills = 200;
#endif
constexpr int most_refund_runs = 600;

/// A market whose orders of 1000 fen are paid, as the ledger knows, until their refunds are killed.
struct RefundFaults : Market {
  void pay(int count) const {
    std::string orders = "outTradeNo,openid,totalFee\n";
    for (int i = 0; i < count; ++i) orders += order(i) + ",oUpF8uMuAJO_M2pxb1Q9zNjWeS6o,1000\n";
    shop.write("orders.csv", orders);
    REQUIRE(shop.run({"create-order", "--batch", "orders.csv", "-q", "--rate", "10000"}).code == 0);
    for (int i = 0; i < count; ++i) sandbox.pay(order(i));
    REQUIRE(shop.run({"reconcile", "--older-than", "0s", "-q", "--rate", "10000"}).code == 0);
  }
  static std::string order(int i) { return "2026112800" + std::to_string(100'000 + i); }
  static std::string number(int i) { return "R-" + order(i); }
  static std::vector<std::string> refund(int i, const std::string& fee = "400") {
    return {"refund", order(i), "--out-refund-no", number(i), "--refund-fee", fee};
  }

  /// Ledger and WeChat Pay have the same refunds with the same amounts, each once, and the chain is whole.
  void check_accounts(std::size_t count) const {
    std::map<std::string, Json> at_gateway;
    for (auto& refund : sandbox.refunds()) {
      const auto inserted = at_gateway.emplace(refund.at("outRefundNo").get<std::string>(), refund).second;
      CHECK(inserted);
    }
    const auto in_ledger = json_lines(shop.run({"refunds", "export", "--json"}).out);
    CHECK(in_ledger.size() == count);
    CHECK(at_gateway.size() == count);
    std::int64_t refunded = 0;
    std::int64_t booked = 0;
    for (const auto& [name, refund] : at_gateway) refunded += refund.at("refundFee").get<std::int64_t>();
    for (const auto& refund : in_ledger) {
      CAPTURE(refund.dump());
      booked += refund.at("refundFee").get<std::int64_t>();
      const auto found = at_gateway.find(refund.at("outRefundNo").get<std::string>());
      REQUIRE(found != at_gateway.end());
      CHECK(found->second.at("outTradeNo") == refund.at("outTradeNo"));
      CHECK(found->second.at("refundFee") == refund.at("refundFee"));
      CHECK(found->second.at("refundId") == refund.at("refundId"));
      CHECK(found->second.at("refundState") == refund.at("refundState"));
    }
    CHECK(booked == refunded);
    check_ledger();
  }
};

}  // namespace

TEST_CASE("kill -9 at any moment of refund: the same command again or reconcile finishes it, once") {
  const RefundFaults market;
  market.pay(most_refund_runs);
  auto random = seeded();
  Killer killer{random};
  int runs = 0;
  for (; killer.killed() < refund_kills && runs < most_refund_runs; ++runs) {
    killer.run(market.shop.command(RefundFaults::refund(runs)));
    if (runs % 2 == 0) continue;
    // Half of them are sent again; the others are left to reconcile.
    auto again = market.json(RefundFaults::refund(runs));
    CHECK(again["refundState"] == "PROCESSING");
  }
  CHECK(killer.killed() == refund_kills);
  CHECK(market.json({"reconcile", "--older-than", "0s", "--rate", "10000"})["refundsAbnormal"] == 0);
  // What was killed before it was in the ledger, or in it but never sent, is refunded by the same command.
  for (int i = 0; i < runs; i += 2) {
    auto again = market.json(RefundFaults::refund(i));
    CHECK(again["refundState"] == "PROCESSING");
  }
  market.check_accounts(static_cast<std::size_t>(runs));
}

TEST_CASE("kill -9 at any moment of a batch of 1,000 refunds: the same batch finishes it, each refund once") {
  constexpr int count = 1'000;
  // API v3 differs on the wire alone.
  const int wanted = tested_api().name == "v3" ? refund_kills / 4 : refund_kills;
  const RefundFaults market;
  market.pay(count);
  // So slow that it is killed many times before it is done.
  const std::vector<std::string> batch{"refund", "--batch", "refunds.csv", "--json", "-q", "--rate", "200"};
  auto random = seeded();
  Killer killer{random, 0.008};
  std::uniform_int_distribution<std::size_t> more{0, 2};
  std::size_t batches = 0;
  while (killer.killed() < wanted) {
    // Each is of the same orders, and of other numbers.
    ++batches;
    REQUIRE(batches <= 9);
    std::string refunds = "outTradeNo,outRefundNo,refundFee\n";
    for (int i = 0; i < count; ++i)
      refunds += RefundFaults::order(i) + "," + RefundFaults::number(i) + "-" + std::to_string(batches) +
                 "," + std::to_string(10 + i % 90) + "\n";
    market.shop.write("refunds.csv", refunds);
    std::size_t told = 0;
    while (killer.killed() < wanted && told < count)
      told = killer.run_beyond(market.shop.command(batch), std::min<std::size_t>(told + more(random), count));
    auto whole = batch;
    whole.back() = "10000";
    const auto result = market.shop.run(whole);
    CAPTURE(result.err);
    CHECK(result.code == 0);
    CHECK(json_lines(result.out).size() == count);
  }
  CHECK(killer.killed() == wanted);
  market.check_accounts(count * batches);
}

TEST_CASE(
    "a reply to a refund that is lost in any way: the same command, query-refund and reconcile finish it") {
  const RefundFaults market;
  market.pay(15);
  int i = 0;
  for (const std::string fault : {"lost-reply", "truncated", "delay", "wrong-sign", "html"}) {
    CAPTURE(fault);
    const bool was_taken = fault != "html";
    const int first = i;
    for (; i < first + 3; ++i) {
      market.sandbox.fault(fault, 1, Operation::refund, 2);
      auto arguments = RefundFaults::refund(i);
      arguments.insert(arguments.end(), {"--timeout", "1"});
      auto lost = market.json(arguments, fault == "wrong-sign" ? 5 : 4);
      CHECK(lost["resultCode"] == "UNKNOWN");
      CHECK(lost["refundState"] == "UNKNOWN");
      CHECK(market.json({"orders", "show", RefundFaults::order(i)})["state"] == "SUCCESS");
    }
    CHECK(market.json(RefundFaults::refund(first))["refundState"] == "PROCESSING");
    auto asked = market.json({"query-refund", RefundFaults::number(first + 1)}, was_taken ? 0 : 1);
    if (was_taken) CHECK(asked["refundState"] == "PROCESSING");
    market.json({"reconcile", "--older-than", "0s"});
    CHECK(market.json(RefundFaults::refund(first + 1))["refundState"] == "PROCESSING");
    CHECK(market.json(RefundFaults::refund(first + 2))["refundState"] == "PROCESSING");
  }
  market.check_accounts(15);
}

TEST_CASE("processes with the same refund at once: it takes effect once, and all say so") {
  const RefundFaults market;
  market.pay(5);
  for (int i = 0; i < 5; ++i) {
    std::deque<Process> processes;
    for (int each = 0; each < 4; ++each) {
      auto arguments = RefundFaults::refund(i, "600");
      arguments.emplace_back("--json");
      processes.emplace_back(market.shop.command(arguments));
    }
    for (auto& process : processes) {
      const auto result = process.wait();
      CAPTURE(result.out);
      CAPTURE(result.err);
      CHECK(result.code == 0);
      CHECK(json_line(result.out)["refundFee"] == 600);
    }
  }
  market.check_accounts(5);
}

TEST_CASE("Ctrl-C while a refund waits for its turn: 130, nothing of it is sent, and it is kept") {
  const RefundFaults market;
  market.pay(1);
  for (const int signal : {SIGINT, SIGTERM}) {
    CAPTURE(signal);
    const auto profile = "sandbox" + std::string{tested_api().name == "v3" ? "-v3" : ""};
    market.shop.write("config/wxpayctl/config.toml",
                      "[profiles." + profile + "]\nrefund_interval = \"10m\"\n");
    const auto first = numbered("R-first-", signal);
    const auto second = numbered("R-second-", signal);
    const auto refund = [&](const std::string& number) {
      return std::vector<std::string>{
          "refund", RefundFaults::order(0), "--out-refund-no", number, "--refund-fee", "200", "--json"};
    };
    if (signal == SIGINT) CHECK(market.shop.run(refund(first)).code == 0);
    const int before = market.sandbox.requests(Operation::refund);
    Process waiting{market.shop.command(refund(second))};
    const auto is_recorded = [&] {
      return contains(market.shop.run({"refunds", "export", "--json"}).out, second);
    };
    for (int i = 0; i < 500 && !is_recorded(); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds{10});
    REQUIRE(is_recorded());
    waiting.kill(signal);
    const auto result = waiting.wait();
    CAPTURE(result.err);
    CHECK(result.code == 128 + signal);
    CHECK(market.sandbox.requests(Operation::refund) == before);
    market.shop.write("config/wxpayctl/config.toml", "");
  }
  market.check_ledger();
}
