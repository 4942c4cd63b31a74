#include <doctest/doctest.h>

#include <csignal>

#include "support/market.hpp"
#include "support/scripted_gateway.hpp"

using namespace wxpay::test;

namespace {

/// A shop at a gateway of whose answers the test decides, with one open order, OPEN-1.
struct Case {
  Case() {
    shop.configure(gateway.server().url(""));
    REQUIRE(shop.run(create("OPEN-1")).code == 0);
  }
  Json query(int code, std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments{"query", "OPEN-1", "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto result = shop.run(arguments);
    CAPTURE(result.err);
    CHECK(result.code == code);
    return json_line(result.out);
  }
  Json shown() const { return json_line(shop.run({"orders", "show", "OPEN-1", "--json"}).out); }

  ScriptedGateway gateway;
  Shop shop;
};

using Keys = std::vector<std::string>;

}  // namespace

TEST_CASE("query prints a payment field by field and writes it into the ledger") {
  const Market market;
  market.json(create("20261123-1"));
  market.sandbox.pay("20261123-1");
  auto there = market.sandbox.order("20261123-1");
  auto paid = market.json({"query", "20261123-1"});
  CHECK(keys_of(paid) == Keys{"outTradeNo", "transactionId", "tradeState", "tradeStateDesc", "totalFee",
                              "timeEnd", "ledgerState", "resultMsg"});
  CHECK(paid["outTradeNo"] == "20261123-1");
  CHECK(paid["transactionId"] == there["transactionId"]);
  CHECK(paid["tradeState"] == "SUCCESS");
  CHECK(paid["tradeStateDesc"] == "支付成功");
  CHECK(paid["totalFee"] == 1000);
  CHECK(paid["timeEnd"] == there["timeEnd"]);
  CHECK(paid["timeEnd"].get<std::string>().ends_with("+08:00"));
  CHECK(paid["ledgerState"] == "SUCCESS");
  CHECK(paid["resultMsg"] == "UPDATE_SUCCESS");

  auto order = market.json({"orders", "show", "20261123-1"});
  CHECK(order["state"] == "SUCCESS");
  CHECK(order["transactionId"] == there["transactionId"]);
  CHECK(order["paidAt"] == there["timeEnd"]);
  CHECK(order["history"].back()["source"] == "query");
  CHECK(order["history"].back()["digest"].get<std::string>().size() == 64);
}

TEST_CASE("query again of a paid order writes nothing: ALREADY_PAID") {
  const Market market;
  market.json(create("20261123-1"));
  market.sandbox.pay("20261123-1");
  market.json({"query", "20261123-1"});
  auto again = market.json({"query", "20261123-1"});
  CHECK(again["resultMsg"] == "UNABLE_TO_UPDATE");
  CHECK(again["reason"] == "ALREADY_PAID");
  CHECK(again["ledgerState"] == "SUCCESS");
  CHECK(market.json({"orders", "show", "20261123-1"})["history"].size() == 3);
}

TEST_CASE("query of an open order: NOT_PAID, and a lost creation becomes NOTPAY") {
  const Market market;
  market.sandbox.fault("lost-reply");
  market.json(create("20261123-1"), 4);
  auto open = market.json({"query", "20261123-1"});
  Keys keys{"outTradeNo", "tradeState", "tradeStateDesc", "ledgerState", "resultMsg", "reason"};
  if (tested_api().names_fee_of_unpaid) keys.insert(keys.begin() + 3, "totalFee");
  CHECK(keys_of(open) == keys);
  CHECK(open["tradeState"] == "NOTPAY");
  CHECK(open["ledgerState"] == "NOTPAY");
  CHECK(open["resultMsg"] == "UNABLE_TO_UPDATE");
  CHECK(open["reason"] == "NOT_PAID");
  CHECK(market.json({"orders", "show", "20261123-1"})["history"].size() == 2);
  CHECK(market.json({"query", "20261123-1"})["reason"] == "NOT_PAID");
  CHECK(market.json({"orders", "show", "20261123-1"})["history"].size() == 2);
}

TEST_CASE("query of a number that WeChat Pay does not know is exit 1 and leaves the ledger") {
  const Market market;
  auto unknown = market.json({"query", "20261123-9"}, 1);
  CHECK(unknown.dump() == R"({"outTradeNo":"20261123-9","resultMsg":"NO_SUCH_PAYMENT_ORDER_IN_WECHAT"})");
  market.sandbox.fault("5xx", 9);
  market.json(create("20261123-8", {"--timeout", "1"}), 4);
  market.sandbox.fault("none");
  auto creating = market.json({"query", "20261123-8"}, 1);
  CHECK(creating["resultMsg"] == "NO_SUCH_PAYMENT_ORDER_IN_WECHAT");
  CHECK(creating["ledgerState"] == "CREATING");
  CHECK(market.json({"orders", "show", "20261123-8"})["state"] == "CREATING");
}

TEST_CASE("query of another ledger's order: NOT_IN_LEDGER, and none is added") {
  const Market market;
  market.json(create("20261123-1", {"--ledger", market.shop.path("other.db").string()}));
  market.sandbox.pay("20261123-1");
  auto foreign = market.json({"query", "20261123-1"});
  CHECK(foreign["tradeState"] == "SUCCESS");
  CHECK(foreign["resultMsg"] == "UNABLE_TO_UPDATE");
  CHECK(foreign["reason"] == "NOT_IN_LEDGER");
  CHECK_FALSE(foreign.contains("ledgerState"));
  CHECK(market.shop.run({"orders", "list", "--json"}).out.empty());
}

TEST_CASE("--read-only writes nothing, says what is due and makes no ledger") {
  const Market market;
  const auto other = market.shop.path("other.db").string();
  market.json(create("20261123-1", {"--ledger", other}));
  CHECK(market.json({"query", "20261123-1", "--read-only"})["reason"] == "NOT_IN_LEDGER");
  CHECK_FALSE(std::filesystem::exists(market.shop.path("state/wxpayctl/" + tested_api().profile + ".db")));

  CHECK(market.json({"query", "20261123-1", "--read-only", "--ledger", other})["reason"] == "NOT_PAID");
  market.sandbox.pay("20261123-1");
  auto due = market.json({"query", "20261123-1", "--read-only", "--ledger", other});
  CHECK(due["resultMsg"] == "UNABLE_TO_UPDATE");
  CHECK(due["reason"] == "READ_ONLY");
  CHECK(due["ledgerState"] == "NOTPAY");
  CHECK(market.json({"orders", "show", "20261123-1", "--ledger", other})["history"].size() == 2);
}

TEST_CASE("a payment of another amount at the sandbox is AMOUNT_MISMATCH: exit 5") {
  const Market market;
  market.json(create("20261123-1"));
  market.sandbox.pay("20261123-1", 999);
  auto mismatch = market.json({"query", "20261123-1"}, 5);
  CHECK(mismatch["totalFee"] == 999);
  CHECK(mismatch["reason"] == "AMOUNT_MISMATCH");
  CHECK(mismatch["ledgerState"] == "NOTPAY");
}

TEST_CASE("a second payment by another transaction is TRANSACTION_MISMATCH: exit 5") {
  Case at;
  CHECK(at.query(0)["resultMsg"] == "UPDATE_SUCCESS");
  at.gateway.change({{"transaction_id", "1217752501201407033233368099"}});
  auto mismatch = at.query(5);
  CHECK(mismatch["resultMsg"] == "UNABLE_TO_UPDATE");
  CHECK(mismatch["reason"] == "TRANSACTION_MISMATCH");
  CHECK(at.shown()["transactionId"] == "1217752501201407033233368018");
}

TEST_CASE("a paid order that WeChat Pay has not as paid is STATE_MISMATCH: exit 5, and stays paid") {
  Case at;
  at.query(0);
  for (const std::string state : {"NOTPAY", "CLOSED", "PAYERROR", "USERPAYING"}) {
    CAPTURE(state);
    at.gateway.change({{"trade_state", state}, {"transaction_id", ""}, {"total_fee", ""}, {"time_end", ""}});
    auto mismatch = at.query(5);
    CHECK(mismatch["reason"] == "STATE_MISMATCH");
    CHECK(mismatch["ledgerState"] == "SUCCESS");
    CHECK(at.query(5, {"--read-only"})["reason"] == "STATE_MISMATCH");
  }
  CHECK(at.shown()["history"].size() == 3);
}

TEST_CASE("every decided state is written: UPDATE_SUCCESS") {
  for (const std::string state : {"SUCCESS", "CLOSED", "REFUND", "REVOKED", "PAYERROR"}) {
    CAPTURE(state);
    Case at;
    WireFields changes{{"trade_state", state}};
    if (state != "SUCCESS" && state != "REFUND") {
      changes.insert({{"transaction_id", ""}, {"total_fee", ""}, {"time_end", ""}});
    }
    at.gateway.change(changes);
    auto decided = at.query(0);
    CHECK(decided["tradeState"] == state);
    CHECK(decided["ledgerState"] == state);
    CHECK(decided["resultMsg"] == "UPDATE_SUCCESS");
    CHECK(at.shown()["state"] == state);
    CHECK(at.query(0)["resultMsg"] == "UNABLE_TO_UPDATE");
  }
}

TEST_CASE("a payer who is at it is USERPAYING and NOT_PAID yet") {
  Case at;
  at.gateway.change({{"trade_state", "USERPAYING"}, {"transaction_id", ""}, {"time_end", ""}});
  auto paying = at.query(0);
  CHECK(paying["reason"] == "NOT_PAID");
  CHECK(paying["ledgerState"] == "USERPAYING");
  // Never backwards: an older message changes nothing.
  at.gateway.change({{"trade_state", "NOTPAY"}, {"transaction_id", ""}, {"time_end", ""}});
  CHECK(at.query(0)["ledgerState"] == "USERPAYING");
}

TEST_CASE("an order that was paid after it was closed becomes SUCCESS with a note and a warning") {
  Case at;
  REQUIRE(at.shop.run({"close", "OPEN-1"}).code == 0);
  const auto result = at.shop.run({"query", "OPEN-1", "--json"});
  auto order = json_line(result.out);
  CHECK(order["resultMsg"] == "UPDATE_SUCCESS");
  CHECK(order["ledgerState"] == "SUCCESS");
  CHECK(order["note"] == "PAID_AFTER_CLOSE");
  CHECK(result.err.starts_with("wxpayctl: warning: "));
}

TEST_CASE("query by WeChat Pay's own number finds the order and writes its payment") {
  const Market market;
  market.json(create("20261123-1"));
  market.sandbox.pay("20261123-1");
  const auto id = market.sandbox.order("20261123-1")["transactionId"].get<std::string>();
  auto paid = market.json({"query", "--transaction-id", id});
  CHECK(paid["outTradeNo"] == "20261123-1");
  CHECK(paid["transactionId"] == id);
  CHECK(paid["resultMsg"] == "UPDATE_SUCCESS");
  auto unknown = market.json({"query", "--transaction-id", "4200000000000000000000000000"}, 1);
  CHECK(unknown["resultMsg"] == "NO_SUCH_PAYMENT_ORDER_IN_WECHAT");
}

TEST_CASE("query of several numbers prints them in their order, and the gravest exit code counts") {
  const Market market;
  for (const auto* number : {"20261123-1", "20261123-2", "20261123-3"}) market.json(create(number));
  market.sandbox.pay("20261123-1", 7);
  market.sandbox.pay("20261123-3");
  const auto result =
      market.shop.run({"query", "20261123-3", "20261123-9", "20261123-1", "20261123-2", "--json"});
  CHECK(result.code == 5);
  const auto orders = json_lines(result.out);
  REQUIRE(orders.size() == 4);
  CHECK(orders[0].at("resultMsg") == "UPDATE_SUCCESS");
  CHECK(orders[1].at("resultMsg") == "NO_SUCH_PAYMENT_ORDER_IN_WECHAT");
  CHECK(orders[2].at("reason") == "AMOUNT_MISMATCH");
  CHECK(orders[3].at("reason") == "NOT_PAID");
  CHECK(market.shop.run({"query", "20261123-3", "20261123-9"}).code == 1);

  const auto csv = lines_of(market.shop.run({"query", "20261123-3", "20261123-2", "-o", "csv"}).out);
  REQUIRE(csv.size() == 3);
  CHECK(csv[0].starts_with(
      "outTradeNo,transactionId,tradeState,tradeStateDesc,totalFee,timeEnd,ledgerState,resultMsg,reason"));
  CHECK(csv[1].starts_with("20261123-3,"));
  CHECK(csv[2].starts_with("20261123-2,,NOTPAY,"));
}

TEST_CASE("one order's trouble does not keep the others from being asked about") {
  const Market market;
  market.json(create("20261123-1"));
  market.json(create("20261123-2"));
  market.sandbox.fault("lost-reply", 1, Operation::query);
  const auto result = market.shop.run({"query", "20261123-1", "20261123-2", "--json"});
  CHECK(result.code == 4);
  CHECK(json_line(result.out)["outTradeNo"] == "20261123-2");
  auto error = json_line(result.err)["error"];
  CHECK(error["code"] == "NETWORK");
  CHECK(contains(error["message"].get<std::string>(), "20261123-1"));
}

TEST_CASE("--watch ends as soon as the order is decided") {
  const Market market;
  market.json(create("20261123-1"));
  Process watching{market.shop.command({"query", "20261123-1", "--watch", "--json"})};
  market.sandbox.wait_for_requests(1, Operation::query);
  market.sandbox.pay("20261123-1");
  const auto result = watching.wait();
  CHECK(result.code == 0);
  CHECK(result.err.empty());
  CHECK(json_line(result.out)["resultMsg"] == "UPDATE_SUCCESS");
}

TEST_CASE("--watch of an order that stays undecided is exit 4, with what it is") {
  const Market market;
  market.json(create("20261123-1"));
  auto open = market.json({"query", "20261123-1", "--watch", "--for", "2s"}, 4);
  CHECK(open["tradeState"] == "NOTPAY");
  CHECK(open["reason"] == "NOT_PAID");
  CHECK(market.sandbox.requests(Operation::query) >= 2);
  CHECK(market.shop.run({"query", "20261123-1", "--for", "2s"}).code == 2);
  CHECK(market.shop.run({"query", "20261123-1", "--watch", "--for", "soon"}).code == 2);
}

TEST_CASE("--watch outlives a gateway that is away for a while") {
  const Market market;
  market.json(create("20261123-1"));
  market.sandbox.fault("lost-reply", 1, Operation::query);
  Process watching{market.shop.command({"query", "20261123-1", "--watch", "--json"})};
  market.sandbox.wait_for_requests(2, Operation::query);
  market.sandbox.pay("20261123-1");
  const auto result = watching.wait();
  CHECK(result.code == 0);
  CHECK(json_line(result.out)["ledgerState"] == "SUCCESS");
}

TEST_CASE("Ctrl-C and a termination during --watch end it at once, with whole lines or none") {
  for (const int signal : {SIGINT, SIGTERM}) {
    CAPTURE(signal);
    const Market market;
    market.json(create("20261123-1"));
    market.json(create("20261123-2"));
    Process watching{
        market.shop.command({"query", "20261123-1", "20261123-2", "--watch", "--for", "10m", "--json"})};
    market.sandbox.wait_for_requests(3, Operation::query);
    watching.kill(signal);
    const auto result = watching.wait();
    CHECK(result.code == (signal == SIGINT ? 130 : 143));
    CHECK(result.signal == 0);
    CHECK(result.err.empty());
    CHECK((result.out.empty() || result.out.back() == '\n'));
    for (const auto& order : json_lines(result.out)) CHECK(order.at("tradeState") == "NOTPAY");
    CHECK(market.json({"ledger", "check"})["ok"] == true);
  }
}

TEST_CASE("Ctrl-C during a single query that waits for its answer is 130 without a word") {
  const Market market;
  market.json(create("20261123-1"));
  market.sandbox.fault("delay", 1, Operation::query, 3600);
  Process asking{market.shop.command({"query", "20261123-1"})};
  market.sandbox.wait_for_requests(1, Operation::query);
  asking.kill(SIGINT);
  const auto result = asking.wait();
  CHECK(result.code == 130);
  CHECK(result.out.empty());
  CHECK(result.err.empty());
}

TEST_CASE("query wants numbers or a transaction id, not both or none") {
  const Shop shop;
  CHECK(shop.run({"query", "-p", tested_api().profile}).code == 2);
  CHECK(shop.run({"query", "-p", tested_api().profile, "T1", "--transaction-id", "42"}).code == 2);
  CHECK(shop.run({"query", "-p", tested_api().profile, "--transaction-id", "4 2"}).code == 2);
  CHECK(shop.run({"query", "-p", tested_api().profile, "--transaction-id", std::string(33, '4')}).code == 2);
}
