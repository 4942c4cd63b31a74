#include <doctest/doctest.h>

#include "support/market.hpp"
#include "support/scripted_gateway.hpp"

using namespace wxpay::test;

TEST_CASE("close ends an open order at WeChat Pay and in the ledger") {
  const Market market;
  market.json(create("20261123-1"));
  CHECK(market.json({"close", "20261123-1"}).dump() ==
        R"({"outTradeNo":"20261123-1","resultCode":"SUCCESS","ledgerState":"CLOSED"})");
  CHECK(market.sandbox.order("20261123-1")["tradeState"] == "CLOSED");
  auto order = market.json({"orders", "show", "20261123-1"});
  CHECK(order["state"] == "CLOSED");
  CHECK(order["history"].back()["source"] == "close");

  auto again = market.json({"close", "20261123-1"});
  CHECK(again["resultCode"] == "SUCCESS");
  CHECK(again["ledgerState"] == "CLOSED");
}

TEST_CASE("close warns of an order younger than five minutes, and does it all the same") {
  const Market market;
  market.json(create("20261123-1"));
  const auto result = market.shop.run({"close", "20261123-1"});
  CHECK(result.code == 0);
  CHECK(result.err.starts_with("wxpayctl: warning: "));
  CHECK(contains(result.err, "5 minutes"));
  CHECK(lines_of(result.err).size() == 1);
  CHECK(contains(result.out, "CLOSED"));
}

TEST_CASE("close of a paid order is refused: without a request where the ledger knows, else after asking") {
  const Market market;
  market.json(create("20261123-1"));
  market.sandbox.pay("20261123-1");
  auto told = market.json({"close", "20261123-1"}, 1);
  CHECK(told["resultCode"] == "FAIL");
  CHECK(told["errCode"] == "ORDERPAID");
  CHECK(told["ledgerState"] == "SUCCESS");
  const int before = market.sandbox.requests();
  auto known = market.json({"close", "20261123-1"}, 1);
  CHECK(known["errCode"] == "ORDERPAID");
  CHECK(known["ledgerState"] == "SUCCESS");
  CHECK(market.sandbox.requests() == before);
}

TEST_CASE("close of an order that only WeChat Pay knows closes it there; one that nobody knows is refused") {
  const Market market;
  market.json(create("20261123-1", {"--ledger", market.shop.path("other.db").string()}));
  CHECK(market.shop.run({"close", "20261123-1"}).code == 7);
  CHECK(market.sandbox.order("20261123-1")["tradeState"] == "NOTPAY");
  market.shop.make_ledger();
  auto foreign = market.json({"close", "20261123-1"});
  CHECK(foreign["resultCode"] == "SUCCESS");
  CHECK_FALSE(foreign.contains("ledgerState"));
  CHECK(market.sandbox.order("20261123-1")["tradeState"] == "CLOSED");

  auto unknown = market.json({"close", "20261123-9"}, 1);
  CHECK(unknown["resultCode"] == "FAIL");
  CHECK(unknown["errCode"] == "ORDERNOTEXIST");
}

TEST_CASE("an answer to close that cannot be believed changes nothing: exit 5") {
  struct Row {
    WireFields change;
    bool is_signed_well = true;
  };
  std::vector<Row> rows{{{}, false}};
  if (tested_api().names_closed_order) {
    rows.push_back({{{"mch_id", "1900000108"}}});
    rows.push_back({{{"out_trade_no", "OPEN-2"}}});
    rows.push_back({{{"appid", "wx8888888888888887"}}});
  }
  for (const auto& row : rows) {
    ScriptedGateway gateway;
    const Shop shop;
    shop.configure(gateway.server().url(""));
    REQUIRE(shop.run(create("OPEN-1")).code == 0);
    gateway.change(row.change, row.is_signed_well);
    const auto result = shop.run({"close", "OPEN-1", "--json"});
    CHECK(result.code == 5);
    auto order = json_line(result.out);
    CHECK(order["resultCode"] == "UNKNOWN");
    CHECK(order["errCode"] == "UNTRUSTED");
    CHECK(order["ledgerState"] == "NOTPAY");
  }
}

TEST_CASE("close asks first on a terminal: a no is 130 with nothing done, --yes answers") {
  const Market market;
  for (const auto* number : {"20261123-1", "20261123-2", "20261123-3"}) market.json(create(number));
  {
    TerminalProcess asking{market.shop.command({"close", "20261123-1"})};
    asking.read_until("[y/N] ");
    asking.type("n\n");
    CHECK(asking.wait().code == 130);
  }
  {
    TerminalProcess asking{market.shop.command({"close", "20261123-1"})};
    asking.read_until("[y/N] ");
    asking.type("\x03");
    CHECK(asking.wait().code == 130);
  }
  CHECK(market.sandbox.requests(Operation::close) == 0);
  CHECK(market.json({"orders", "show", "20261123-1"})["history"].size() == 2);
  {
    TerminalProcess asking{market.shop.command({"close", "20261123-2"})};
    asking.read_until("20261123-2");
    asking.read_until("[y/N] ");
    asking.type("y\n");
    const auto result = asking.wait();
    CHECK(result.code == 0);
    CHECK(contains(result.out, "CLOSED"));
  }
  const auto answered = TerminalProcess{market.shop.command({"close", "20261123-3", "--yes"})}.wait();
  CHECK(answered.code == 0);
  CHECK_FALSE(contains(answered.out, "[y/N]"));
}
