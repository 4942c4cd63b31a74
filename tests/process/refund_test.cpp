#include <doctest/doctest.h>

#include <deque>

#include "support/market.hpp"

using namespace wxpay::test;

namespace {

/// A market with paid orders.
struct PaidMarket : Market {
  /// Pays it, and has the ledger know.
  void pay(const std::string& order, int fee = 1000) const {
    json(create(order, {"--total-fee", std::to_string(fee)}));
    sandbox.pay(order);
    json({"query", order});
  }

  Json refund(const std::string& order, const std::string& number, std::vector<std::string> how,
              int code = 0) const {
    std::vector<std::string> arguments{"refund", order, "--out-refund-no", number};
    arguments.insert(arguments.end(), how.begin(), how.end());
    return json(std::move(arguments), code);
  }

  Json order_of(const std::string& order) const { return json({"orders", "show", order}); }

  /// What WeChat Pay has of a refund.
  Json refund_at_gateway(const std::string& number, int code = 0) const {
    return json({"query-refund", number, "--read-only"}, code);
  }
};

}  // namespace

TEST_CASE("a refund is accepted, makes its order REFUND, and stands in its history") {
  const PaidMarket market;
  market.pay("20261128-1");
  auto result = market.refund("20261128-1", "R20261128-1", {"--refund-fee", "300", "--reason", "杯子破了"});
  CHECK(result["outTradeNo"] == "20261128-1");
  CHECK(result["outRefundNo"] == "R20261128-1");
  CHECK(result["refundId"].get<std::string>().size() >= 20);
  CHECK(result["refundFee"] == 300);
  CHECK(result["totalFee"] == 1000);
  CHECK(result["refundState"] == "PROCESSING");
  CHECK(result["resultCode"] == "SUCCESS");
  auto order = market.order_of("20261128-1");
  CHECK(order["state"] == "REFUND");
  REQUIRE(order["refunds"].size() == 1);
  CHECK(order["refunds"][0]["outRefundNo"] == "R20261128-1");
  CHECK(order["refunds"][0]["refundFee"] == 300);
  CHECK(order["refunds"][0]["refundState"] == "PROCESSING");
  CHECK(order["refunds"][0]["reason"] == "杯子破了");
  market.check_ledger();
}

TEST_CASE("the same refund again is answered from the ledger: nothing is sent") {
  const PaidMarket market;
  market.pay("20261128-1");
  market.refund("20261128-1", "R20261128-1", {"--amount", "3.00"});
  const int before = market.sandbox.requests();
  auto again = market.refund("20261128-1", "R20261128-1", {"--refund-fee", "300"});
  CHECK(again["refundState"] == "PROCESSING");
  CHECK(again["resultCode"] == "SUCCESS");
  CHECK(market.sandbox.requests() == before);
}

TEST_CASE("a number that is known with another amount or order is refused without a request") {
  const PaidMarket market;
  market.pay("20261128-1");
  market.pay("20261128-2");
  market.refund("20261128-1", "R20261128-1", {"--refund-fee", "300"});
  const int before = market.sandbox.requests();
  CHECK(market.refund("20261128-1", "R20261128-1", {"--refund-fee", "301"}, 1)["errCode"] ==
        "REFUND_FEE_MISMATCH");
  CHECK(market.refund("20261128-2", "R20261128-1", {"--refund-fee", "300"}, 1)["errCode"] ==
        "REFUND_FEE_MISMATCH");
  CHECK(market.sandbox.requests() == before);
  CHECK(market.order_of("20261128-2")["state"] == "SUCCESS");
}

TEST_CASE("more than what is left of what was paid is refused without a request; --all takes what is left") {
  const PaidMarket market;
  market.pay("20261128-1");
  const int before = market.sandbox.requests(Operation::any);
  CHECK(market.refund("20261128-1", "R-1", {"--refund-fee", "1001"}, 1)["errCode"] == "REFUND_EXCEEDS_PAID");
  CHECK(market.sandbox.requests() == before);
  CHECK(market.refund("20261128-1", "R-2", {"--refund-fee", "300"})["refundFee"] == 300);
  CHECK(market.refund("20261128-1", "R-3", {"--refund-fee", "701"}, 1)["errCode"] == "REFUND_EXCEEDS_PAID");
  CHECK(market.refund("20261128-1", "R-4", {"--all"})["refundFee"] == 700);
  CHECK(market.refund("20261128-1", "R-5", {"--all"}, 1)["errCode"] == "REFUND_EXCEEDS_PAID");
  CHECK(market.refund("20261128-1", "R-4", {"--all"})["refundFee"] == 700);
  market.check_ledger();
}

TEST_CASE("where the ledger has the order unpaid or not at all, WeChat Pay is asked first") {
  const PaidMarket market;
  market.json(create("20261128-1"));
  auto unpaid = market.refund("20261128-1", "R-1", {"--refund-fee", "300"}, 1);
  CHECK(unpaid["errCode"] == "ORDER_NOT_PAID");
  market.sandbox.pay("20261128-1");
  CHECK(market.refund("20261128-1", "R-1", {"--refund-fee", "300"})["refundState"] == "PROCESSING");
  CHECK(market.order_of("20261128-1")["state"] == "REFUND");

  CHECK(market.refund("20261128-9", "R-9", {"--refund-fee", "300"}, 1)["errCode"] == "ORDER_NOT_PAID");

  const auto other = market.shop.path("other.db").string();
  market.json(create("20261128-2", {"--ledger", other}));
  market.sandbox.pay("20261128-2");
  CHECK(market.refund("20261128-2", "R-2", {"--all"})["refundFee"] == 1000);
  CHECK(market.order_of("20261128-2")["state"] == "REFUND");
  market.check_ledger();
}

TEST_CASE("a lost reply is exit 4, and the same command finishes it: one refund at WeChat Pay") {
  const PaidMarket market;
  market.pay("20261128-1");
  market.sandbox.fault("lost-reply", 1, Operation::refund);
  auto lost = market.refund("20261128-1", "R-1", {"--refund-fee", "300"}, 4);
  CHECK(lost["resultCode"] == "UNKNOWN");
  CHECK(lost["refundState"] == "UNKNOWN");
  CHECK(lost["refundFee"] == 300);
  CHECK(market.order_of("20261128-1")["state"] == "SUCCESS");
  CHECK(market.refund("20261128-1", "R-2", {"--refund-fee", "701"}, 1)["errCode"] == "REFUND_EXCEEDS_PAID");
  auto again = market.refund("20261128-1", "R-1", {"--refund-fee", "300"});
  CHECK(again["refundState"] == "PROCESSING");
  CHECK(market.refund("20261128-1", "R-2", {"--refund-fee", "700"})["refundState"] == "PROCESSING");
  market.check_ledger();
}

TEST_CASE("a lost reply is finished by query-refund and by reconcile as well") {
  const PaidMarket market;
  market.pay("20261128-1");
  market.pay("20261128-2");
  market.sandbox.fault("lost-reply", 2, Operation::refund);
  market.refund("20261128-1", "R-1", {"--all"}, 4);
  market.refund("20261128-2", "R-2", {"--all"}, 4);
  auto asked = market.json({"query-refund", "R-1"});
  CHECK(asked["refundState"] == "PROCESSING");
  CHECK(asked["ledgerState"] == "PROCESSING");
  CHECK(asked["resultMsg"] == "UPDATE_SUCCESS");
  CHECK(market.order_of("20261128-1")["state"] == "REFUND");
  auto summary = market.json({"reconcile", "--older-than", "0s"});
  CHECK(summary["refundsChecked"] == 2);
  CHECK(summary["refundsUpdated"] == 1);
  CHECK(summary["refundsAbnormal"] == 0);
  CHECK(market.order_of("20261128-2")["state"] == "REFUND");
  auto second = market.json({"reconcile", "--older-than", "0s"});
  CHECK(second["refundsUpdated"] == 0);
  market.check_ledger();
}

TEST_CASE("a refund that never arrived: WeChat Pay has none, and the number is free for the same refund") {
  const PaidMarket market;
  market.pay("20261128-1");
  market.sandbox.fault("5xx", 100, Operation::refund);
  CHECK(market.refund("20261128-1", "R-1", {"--all"}, 4)["refundState"] == "UNKNOWN");
  market.sandbox.fault("none");
  auto asked = market.json({"query-refund", "R-1"}, 1);
  CHECK(asked["resultMsg"] == "NO_SUCH_REFUND_IN_WECHAT");
  auto summary = market.json({"reconcile", "--older-than", "0s"});
  CHECK(summary["refundsUpdated"] == 1);
  CHECK(market.order_of("20261128-1")["refunds"][0]["refundState"] == "FAILED");
  CHECK(market.order_of("20261128-1")["state"] == "SUCCESS");
  CHECK(market.refund("20261128-1", "R-1", {"--all"})["refundState"] == "PROCESSING");
  market.check_ledger();
}

TEST_CASE("WeChat Pay refuses for want of balance: exit 1, and the number is free") {
  const PaidMarket market;
  market.pay("20261128-1");
  market.sandbox.fault("not-enough", 1, Operation::refund);
  auto refused = market.refund("20261128-1", "R-1", {"--all"}, 1);
  CHECK(refused["errCode"] == "NOTENOUGH");
  CHECK(refused["refundState"] == "FAILED");
  CHECK(market.order_of("20261128-1")["state"] == "SUCCESS");
  CHECK(market.refund("20261128-1", "R-1", {"--all"})["refundState"] == "PROCESSING");
  market.check_ledger();
}

TEST_CASE("query-refund follows a refund to its end; ABNORMAL is exit 6, REFUNDCLOSE frees its amount") {
  const PaidMarket market;
  market.pay("20261128-1");
  market.refund("20261128-1", "R-1", {"--refund-fee", "300"});
  market.json({"sandbox", "refund", "R-1", "--state", "SUCCESS"});
  auto done = market.json({"query-refund", "R-1"});
  CHECK(done["refundState"] == "SUCCESS");
  CHECK(done["ledgerState"] == "SUCCESS");
  CHECK(done.contains("successAt"));
  CHECK(market.json({"query-refund", "R-1"})["reason"] == "ALREADY_APPLIED");

  market.refund("20261128-1", "R-2", {"--refund-fee", "700"});
  market.json({"sandbox", "refund", "R-2", "--state", "ABNORMAL"});
  CHECK(market.json({"reconcile", "--older-than", "0s"}, 6)["refundsAbnormal"] == 1);
  CHECK(market.json({"query-refund", "R-2"}, 6)["refundState"] == "ABNORMAL");

  market.pay("20261128-2");
  market.refund("20261128-2", "R-3", {"--all"});
  market.json({"sandbox", "refund", "R-3", "--state", "CLOSED"});
  CHECK(market.json({"query-refund", "R-3"})["refundState"] == "REFUNDCLOSE");
  CHECK(market.refund("20261128-2", "R-3", {"--all"}, 1)["errCode"] == "REFUNDCLOSE");
  CHECK(market.refund("20261128-2", "R-4", {"--all"})["refundFee"] == 1000);
  market.check_ledger();
}

TEST_CASE("a refund that the ledger does not know is taken over by query-refund") {
  const PaidMarket market;
  market.pay("20261128-1");
  const auto other = market.shop.path("other.db").string();
  market.json(create("20261128-1", {"--ledger", other}), 1);
  market.json({"refund", "20261128-1", "--out-refund-no", "R-1", "--refund-fee", "300", "--ledger", other});
  auto read = market.json({"query-refund", "R-1", "--read-only"});
  CHECK(read["reason"] == "READ_ONLY");
  auto taken = market.json({"query-refund", "R-1"});
  CHECK(taken["resultMsg"] == "UPDATE_SUCCESS");
  CHECK(market.order_of("20261128-1")["state"] == "REFUND");
  CHECK(market.refund("20261128-1", "R-2", {"--refund-fee", "701"}, 1)["errCode"] == "REFUND_EXCEEDS_PAID");
  market.check_ledger();
}

TEST_CASE("ten processes that refund the last 400 fen in pieces of 100: four succeed") {
  const PaidMarket market;
  market.pay("20261128-1");
  market.refund("20261128-1", "R-0", {"--refund-fee", "600"});
  std::deque<Process> processes;
  for (int i = 1; i <= 10; ++i) {
    processes.emplace_back(market.shop.command(
        {"refund", "20261128-1", "--out-refund-no", numbered("R-", i), "--refund-fee", "100", "--json"}));
  }
  int accepted = 0;
  for (auto& process : processes) {
    const auto result = process.wait();
    CHECK((result.code == 0 || result.code == 1));
    if (result.code == 0) ++accepted;
    if (result.code == 1) CHECK(json_line(result.out)["errCode"] == "REFUND_EXCEEDS_PAID");
  }
  CHECK(accepted == 4);
  market.check_ledger();
}

TEST_CASE("bad amounts and numbers are exit 2, and nothing is sent or written") {
  const PaidMarket market;
  market.pay("20261128-1");
  const int before = market.sandbox.requests();
  const std::vector<std::vector<std::string>> rows{
      {"--out-refund-no", "R-1", "--refund-fee", "0"},
      {"--out-refund-no", "R-1", "--refund-fee", "-1"},
      {"--out-refund-no", "R-1", "--refund-fee", "1.5"},
      {"--out-refund-no", "R-1", "--refund-fee", "1e3"},
      {"--out-refund-no", "R-1", "--refund-fee", "１０"},
      {"--out-refund-no", "R-1", "--amount", "3.005"},
      {"--out-refund-no", "R-1", "--amount", "0"},
      {"--out-refund-no", "R-1"},
      {"--out-refund-no", "R-1", "--all", "--amount", "1.00"},
      {"--refund-fee", "100"},
      {"--out-refund-no", "R 1", "--refund-fee", "100"},
      {"--out-refund-no", std::string(65, 'R'), "--refund-fee", "100"},
      {"--out-refund-no", "R-1", "--refund-fee", "100", "--reason", std::string(81, 'x')},
      {"--out-refund-no", "R-1", "--refund-fee", "100", "--reason", "x&refund_fee=1"},
      {"--out-refund-no", "R-1", "--refund-fee", "100", "--notify-url", "ftp://shop.example/n"},
      {"--out-refund-no", "R-1", "--refund-fee", "100", "--funds-account", "MINE"}};
  for (const auto& row : rows) {
    std::vector<std::string> arguments{"refund", "20261128-1"};
    arguments.insert(arguments.end(), row.begin(), row.end());
    CAPTURE(row.back());
    CHECK(market.shop.run(arguments).code == 2);
  }
  CHECK(market.sandbox.requests() == before);
  CHECK(market.order_of("20261128-1")["refunds"].empty());
}

TEST_CASE("a refund asks first on a terminal: a no is 130 with nothing done") {
  const PaidMarket market;
  market.pay("20261128-1");
  {
    TerminalProcess asking{
        market.shop.command({"refund", "20261128-1", "--out-refund-no", "R-1", "--amount", "3.00"})};
    asking.read_until("3.00");
    asking.read_until("[y/N] ");
    asking.type("n\n");
    CHECK(asking.wait().code == 130);
  }
  CHECK(market.sandbox.requests(Operation::refund) == 0);
  CHECK(market.order_of("20261128-1")["refunds"].empty());
  const auto answered = TerminalProcess{market.shop.command({"refund", "20261128-1", "--out-refund-no", "R-1",
                                                             "--amount", "3.00", "--yes"})}
                            .wait();
  CHECK(answered.code == 0);
}
