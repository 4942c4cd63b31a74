#include <doctest/doctest.h>
#include <pwd.h>
#include <unistd.h>

#include "cli/actor.hpp"
#include "support/market.hpp"

using namespace wxpay::test;
namespace cli = wxpay::cli;

namespace {

using Texts = std::vector<std::string>;

struct OrdersMarket : Market {
  Texts listed(std::vector<std::string> filters) const {
    std::vector<std::string> arguments{"orders", "list", "--json"};
    arguments.insert(arguments.end(), filters.begin(), filters.end());
    const auto result = shop.run(arguments);
    CHECK(result.code == 0);
    Texts numbers;
    for (const auto& order : json_lines(result.out)) numbers.push_back(order.at("outTradeNo"));
    return numbers;
  }
  Json mark(const std::string& number, const std::string& state, int code,
            const std::string& reason = "seen on the platform") const {
    return json({"orders", "mark", number, "--state", state, "--reason", reason}, code);
  }
  std::string state(const std::string& number) const { return json({"orders", "show", number})["state"]; }
};

/// Whom the history names when no sudo is said to be behind it.
std::string me() {
  const auto nothing = [](const std::string&) { return std::optional<std::string>{}; };
  return cli::actor_of(cli::this_caller(nothing), cli::user_name);
}

}  // namespace

TEST_CASE("orders list filters by state, time and amount, newest first") {
  const OrdersMarket market;
  market.json(create("20261123-1", {"--total-fee", "100"}));
  market.json(create("20261123-2", {"--total-fee", "200"}));
  market.json(create("20261123-3", {"--total-fee", "300"}));
  market.sandbox.pay("20261123-2");
  market.json({"query", "20261123-2"});

  CHECK(market.listed({}) == Texts{"20261123-3", "20261123-2", "20261123-1"});
  CHECK(market.listed({"--state", "SUCCESS"}) == Texts{"20261123-2"});
  CHECK(market.listed({"--state", "CLOSED"}) == Texts{});
  CHECK(market.listed({"--min-fee", "200"}) == Texts{"20261123-3", "20261123-2"});
  CHECK(market.listed({"--max-fee", "200"}) == Texts{"20261123-2", "20261123-1"});
  CHECK(market.listed({"--min-fee", "101", "--max-fee", "299"}) == Texts{"20261123-2"});
  CHECK(market.listed({"--limit", "2"}) == Texts{"20261123-3", "20261123-2"});
  CHECK(market.listed({"--since", "1h"}).size() == 3);
  CHECK(market.listed({"--since", "today", "--until", "1h"}).empty());
  CHECK(market.listed({"--until", "yesterday"}).empty());
  CHECK(market.listed({"--until", "2099-01-01T00:00:00+08:00"}).size() == 3);
  CHECK(market.listed({"--since", "2099-01-01 00:00:00"}).empty());
}

TEST_CASE("orders list shows the same as a table and as CSV, and nothing of an empty ledger") {
  const OrdersMarket market;
  market.shop.make_ledger();
  CHECK(market.shop.run({"orders", "list"}).out.empty());
  market.json(create("20261123-1"));
  auto order = json_line(market.shop.run({"orders", "list", "--json"}).out);
  CHECK(keys_of(order) ==
        Texts{"outTradeNo", "state", "totalFee", "tradeType", "prepayId", "createdAt", "updatedAt", "appId"});
  const auto csv = lines_of(market.shop.run({"orders", "list", "-o", "csv"}).out);
  REQUIRE(csv.size() == 2);
  CHECK(csv[0] ==
        "outTradeNo,state,totalFee,tradeType,prepayId,transactionId,createdAt,paidAt,updatedAt,"
        "appId,subMchId,subAppId");
  CHECK(csv[1].starts_with("20261123-1,NOTPAY,1000,JSAPI," + order["prepayId"].get<std::string>() + ",,20"));
  const auto table = lines_of(market.shop.run({"orders", "list"}).out);
  REQUIRE(table.size() == 2);
  CHECK(table[0].starts_with("outTradeNo "));
  CHECK(table[1].starts_with("20261123-1 "));
}

TEST_CASE("orders list refuses filters that cannot be, with a suggestion") {
  const OrdersMarket market;
  for (const auto& filter :
       {Texts{"--state", "NOTPAID"}, Texts{"--since", "whenever"}, Texts{"--min-fee", "1.5"},
        Texts{"--max-fee", "-1"}, Texts{"--limit", "0"}, Texts{"--limit", "many"}}) {
    CAPTURE(filter[0]);
    Texts arguments{"orders", "list"};
    arguments.insert(arguments.end(), filter.begin(), filter.end());
    CHECK(market.shop.run(arguments).code == 2);
  }
  CHECK(contains(market.shop.run({"orders", "list", "--state", "NOTPAID"}).err, "NOTPAY"));
}

TEST_CASE("orders show prints an order with its whole history") {
  const OrdersMarket market;
  market.json(create("20261123-1"));
  market.sandbox.pay("20261123-1");
  market.json({"query", "20261123-1"});

  auto order = market.json({"orders", "show", "20261123-1"});
  CHECK(keys_of(order) == Texts{"outTradeNo", "state", "totalFee", "tradeType", "prepayId", "transactionId",
                                "createdAt", "paidAt", "updatedAt", "appId", "history"});
  auto& history = order["history"];
  REQUIRE(history.size() == 3);
  CHECK(keys_of(history[0]) == Texts{"at", "to", "source", "actor"});
  CHECK(keys_of(history[1]) == Texts{"at", "from", "to", "source", "actor", "digest"});
  CHECK(history[0]["to"] == "CREATING");
  CHECK(history[1]["from"] == "CREATING");
  CHECK(history[1]["to"] == "NOTPAY");
  CHECK(history[1]["source"] == "create");
  CHECK(history[2]["from"] == "NOTPAY");
  CHECK(history[2]["to"] == "SUCCESS");
  CHECK(history[2]["source"] == "query");
  CHECK(history[2]["actor"] == me());

  const auto text = market.shop.run({"orders", "show", "20261123-1"}).out;
  for (const auto* part : {"20261123-1", "SUCCESS", "CREATING", "query"}) {
    CHECK(contains(text, part));
  }
}

TEST_CASE(
    "who did it is what the system knows; sudo's word stands beside the user, and only where it can be "
    "true") {
  OrdersMarket market;
  market.json(create("20261123-1"));
  bool closed = false;
  const auto marked_by = [&](const std::string& user, const std::string& uid) {
    market.shop.environment["SUDO_USER"] = user;
    market.shop.environment["SUDO_UID"] = uid;
    closed = !closed;
    market.mark("20261123-1", closed ? "CLOSED" : "NOTPAY", 0);
    market.shop.environment.erase("SUDO_USER");
    market.shop.environment.erase("SUDO_UID");
    return market.json({"orders", "show", "20261123-1"})["history"].back()["actor"].get<std::string>();
  };
  const std::string long_name(2'000, 'x');
  for (const auto& row : std::vector<std::pair<std::string, std::string>>{{"boss", ""},
                                                                          {"boss", "0"},
                                                                          {"boss", "65534"},
                                                                          {"", "65534"},
                                                                          {long_name, "65534"},
                                                                          {"a\xff", "65534"}}) {
    CAPTURE(row.first.substr(0, 10));
    CHECK(marked_by(row.first, row.second) == me());
  }
  const auto* nobody = ::getpwuid(65'534);
  // Where the system knows who logged in, its word counts.
  const bool logged_in = cli::this_caller(cli::process_environment()).login.has_value();
  if (nobody != nullptr && !logged_in && ::getuid() != 65'534) {
    CHECK(marked_by(nobody->pw_name, "65534") == std::string{nobody->pw_name} + " (" + me() + ")");
  }
  CHECK(market.json({"ledger", "check"})["ok"] == true);
}

TEST_CASE("orders show names the notifications that were kept of an order by their digest") {
  const OrdersMarket market;
  market.json(create("20261123-1"));
  const auto shown = market.json({"orders", "show", "20261123-1"});
  CHECK(shown.count("notifications") == 0);
  market.sandbox.pay("20261123-1");
  const auto file = market.shop.path("paid.xml").string();
  REQUIRE(market.shop.run({"sandbox", "notify", "20261123-1", "--out", file}).code == 0);
  REQUIRE(market.shop.run({"replay-notify", file}).code == 0);
  const auto order = market.json({"orders", "show", "20261123-1"});
  const auto& kept = order.at("notifications");
  REQUIRE(kept.size() == 1);
  CHECK(keys_of(kept[0]) == Texts{"at", "outcome", "digest"});
  CHECK(kept[0].at("outcome") == "APPLIED");
  CHECK(kept[0].at("digest") == order.at("history").back().at("digest"));
  const auto text = market.shop.run({"orders", "show", "20261123-1"});
  CHECK(contains(text.out, "\nnotifications\nat "));
  CHECK(contains(text.out, kept[0].at("digest").get<std::string>()));
}

TEST_CASE("a ledger that is not there is told and not made") {
  const OrdersMarket market;
  for (const auto& arguments :
       {Texts{"orders", "list"}, Texts{"orders", "export"}, Texts{"orders", "show", "20261123-9"},
        Texts{"orders", "mark", "20261123-9", "--state", "CLOSED", "--reason", "gone"},
        Texts{"close", "20261123-9"}, Texts{"reconcile"}, Texts{"reconcile", "--dry-run"},
        Texts{"ledger", "check"}, Texts{"ledger", "backup", "copy.db"}, Texts{"replay-notify", "-"},
        Texts{"replay-notify", "-", "--dry-run"}}) {
    CAPTURE(arguments);
    const auto result = market.shop.run(arguments, "");
    CHECK(result.code == 7);
    CHECK(result.out.empty());
    CHECK(contains(result.err, market.shop.ledger().string()));
    CHECK(contains(result.err, "hint: "));
  }
  const auto asked = market.shop.run({"query", "20261123-9"});
  CHECK(asked.code == 1);
  CHECK(contains(asked.err, "warning: there is no ledger"));
  CHECK_FALSE(std::filesystem::exists(market.shop.ledger()));
}

TEST_CASE("orders show of an unknown order is exit 1") {
  const OrdersMarket market;
  market.shop.make_ledger();
  for (int round = 0; round < 2; ++round) {
    const auto result = market.shop.run({"orders", "show", "20261123-9", "--json"});
    CHECK(result.code == 1);
    CHECK(result.out.empty());
    CHECK(json_line(result.err)["error"]["code"] == "ORDERNOTEXIST");
    market.json(create("20261123-1"));
  }
}

TEST_CASE("orders mark moves an order forward and keeps who did it and why") {
  const OrdersMarket market;
  market.json(create("20261123-1"));
  CHECK(market.mark("20261123-1", "SUCCESS", 0, "ticket 42, 平台已到账").dump() ==
        R"({"outTradeNo":"20261123-1","resultCode":"SUCCESS","ledgerState":"SUCCESS"})");
  auto order = market.json({"orders", "show", "20261123-1"});
  CHECK(order["state"] == "SUCCESS");
  auto entry = order["history"].back();
  CHECK(entry["source"] == "hand");
  CHECK(entry["reason"] == "ticket 42, 平台已到账");
  CHECK(entry.contains("actor"));
  CHECK(market.json(create("20261123-1"), 1)["errCode"] == "ORDERPAID");
  CHECK(market.json({"ledger", "check"})["ok"] == true);
}

TEST_CASE("a reason reads as it is: no other direction of writing and no further line is kept for good") {
  const OrdersMarket market;
  market.json(create("20261123-1"));
  for (const auto* reason : {"a\xE2\x80\xAE"
                             "b",
                             "a\xE2\x81\xA6",
                             "a\xE2\x80\xA8"
                             "b",
                             "\xD8\x9C",
                             "a\xC2\x9B"
                             "b",
                             "a\nb", "\xff"}) {
    CAPTURE(reason);
    const auto result =
        market.shop.run({"orders", "mark", "20261123-1", "--state", "CLOSED", "--reason", reason});
    CHECK(result.code == 2);
    CHECK(result.err.starts_with("wxpayctl: error: --reason "));
  }
  CHECK(market.json({"orders", "show", "20261123-1"})["state"] == "NOTPAY");
  market.mark("20261123-1", "CLOSED", 0, "“工单” 42…");
}

TEST_CASE("orders mark undoes an earlier mark, and both stay in the history") {
  const OrdersMarket market;
  market.json(create("20261123-1"));
  market.mark("20261123-1", "SUCCESS", 0);
  CHECK(market.mark("20261123-1", "NOTPAY", 0, "marked the wrong one")["ledgerState"] == "NOTPAY");
  CHECK(market.json({"orders", "show", "20261123-1"})["history"].size() == 4);
  CHECK(market.json(create("20261123-1"))["ledger"] == "REUSED");
}

TEST_CASE("orders mark does not move back what WeChat Pay proved: exit 1, STATE_PROVEN") {
  const OrdersMarket market;
  market.json(create("20261123-1"));
  market.sandbox.pay("20261123-1");
  market.json({"query", "20261123-1"});
  for (const std::string state : {"NOTPAY", "CLOSED", "CREATING", "FAILED"}) {
    CAPTURE(state);
    auto refused = market.mark("20261123-1", state, 1);
    CHECK(refused["resultCode"] == "FAIL");
    CHECK(refused["errCode"] == "STATE_PROVEN");
    CHECK(refused["ledgerState"] == "SUCCESS");
  }
  CHECK(market.json({"orders", "show", "20261123-1"})["history"].size() == 3);
  market.json(create("20261123-2"));
  CHECK(market.mark("20261123-2", "CREATING", 1)["errCode"] == "STATE_PROVEN");
}

TEST_CASE("a mark that WeChat Pay confirms is proven from then on; one it contradicts is a mismatch") {
  const OrdersMarket market;
  market.json(create("20261123-1"));
  market.mark("20261123-1", "SUCCESS", 0);
  market.sandbox.pay("20261123-1");
  market.json({"query", "20261123-1"});
  auto order = market.json({"orders", "show", "20261123-1"});
  CHECK(order["transactionId"] == market.sandbox.order("20261123-1")["transactionId"]);
  CHECK(market.mark("20261123-1", "NOTPAY", 1)["errCode"] == "STATE_PROVEN");

  market.json(create("20261123-2"));
  market.mark("20261123-2", "SUCCESS", 0);
  CHECK(market.json({"query", "20261123-2"}, 5)["reason"] == "STATE_MISMATCH");
}

TEST_CASE("orders mark of an unknown order is exit 1; the state must exist and the reason must be given") {
  const OrdersMarket market;
  market.json(create("20261123-1"));
  CHECK(market.mark("20261123-9", "SUCCESS", 1)["errCode"] == "ORDERNOTEXIST");
  for (const auto& arguments :
       {Texts{"orders", "mark", "20261123-1", "--state", "SUCCESS"},
        Texts{"orders", "mark", "20261123-1", "--state", "SUCCESS", "--reason", ""},
        Texts{"orders", "mark", "20261123-1", "--state", "SUCCESS", "--reason", "  "},
        Texts{"orders", "mark", "20261123-1", "--state", "SUCCESS", "--reason", "\xff"},
        Texts{"orders", "mark", "20261123-1", "--reason", "x"}, Texts{"orders", "mark"},
        Texts{"orders", "mark", "20261123-1", "--state", "PAID", "--reason", "x"}}) {
    const auto result = market.shop.run(arguments);
    CAPTURE(arguments);
    CHECK(result.code == 2);
    CHECK(contains(result.err, "(USAGE)"));
  }
  CHECK(contains(market.shop.run({"orders", "mark", "20261123-1", "--state", "SUCESS", "--reason", "x"}).err,
                 "did you mean SUCCESS?"));
  CHECK(market.state("20261123-1") == "NOTPAY");
}

TEST_CASE("orders mark asks first on a terminal: a no is 130 with nothing done") {
  const OrdersMarket market;
  market.json(create("20261123-1"));
  const Texts marking{"orders", "mark", "20261123-1", "--state", "SUCCESS", "--reason", "x"};
  for (const std::string answer : {"n\n", "\n", "yes please\n", "\x04", "\x03"}) {
    CAPTURE(answer);
    TerminalProcess asking{market.shop.command(marking)};
    asking.read_until("[y/N] ");
    asking.type(answer);
    CHECK(asking.wait().code == 130);
    CHECK(market.state("20261123-1") == "NOTPAY");
  }
  TerminalProcess asking{market.shop.command(marking)};
  asking.read_until("[y/N] ");
  asking.type("y\n");
  CHECK(asking.wait().code == 0);
  CHECK(market.state("20261123-1") == "SUCCESS");

  auto undoing = marking;
  undoing[4] = "NOTPAY";
  undoing.emplace_back("--yes");
  CHECK(TerminalProcess{market.shop.command(undoing)}.wait().code == 0);
  CHECK(market.state("20261123-1") == "NOTPAY");
}
