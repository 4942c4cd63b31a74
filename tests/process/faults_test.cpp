#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <random>
#include <thread>

#include "support/market.hpp"

using namespace wxpay::test;

namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr int kills =
    40;  // a process takes ten times as long to start; the other builds kill as often as is asked for
#else
constexpr int kills = 200;
#endif
constexpr std::size_t most_runs = 600;

/// Each of these orders is in the ledger and at the gateway, once, in this state, with this prepay_id.
void check_orders(const Market& market, const std::map<std::string, std::string>& prepay_ids,
                  const std::string& state) {
  const auto listed = json_lines(market.shop.run({"orders", "list", "--json"}).out);
  const auto placed = market.sandbox.orders();
  CHECK(listed.size() == prepay_ids.size());
  CHECK(placed.size() == prepay_ids.size());
  for (const auto& order : listed) {
    CAPTURE(order.dump());
    CHECK(order.at("state") == state);
    CHECK(order.at("prepayId") == prepay_ids.at(order.at("outTradeNo")));
  }
  for (const auto& order : placed) {
    CAPTURE(order.dump());
    CHECK(order.at("tradeState") == state);
    CHECK(order.at("prepayId") == prepay_ids.at(order.at("outTradeNo")));
  }
}

}  // namespace

TEST_CASE("kill -9 at any moment of create-order and query: the same command again finishes it") {
  const Market market;
  auto random = seeded();

  std::map<std::string, std::string> prepay_ids;
  int had_finished = 0;
  Killer creations{random};
  while (creations.killed() < kills && prepay_ids.size() < most_runs) {
    const auto number = numbered("KILLED-", static_cast<int>(prepay_ids.size()));
    CAPTURE(number);
    creations.run(market.shop.command(create(number)));
    auto again = market.json(create(number));
    CHECK((again["ledger"] == "CREATED" || again["ledger"] == "REUSED"));
    had_finished += again["ledger"] == "REUSED" ? 1 : 0;
    prepay_ids[number] = again.value("prepayId", "");
  }
  MESSAGE("create-order: " << creations.killed() << " of " << prepay_ids.size() << " were killed, "
                           << had_finished << " had written the answer");
  CHECK(creations.killed() == kills);
  CHECK(static_cast<std::size_t>(had_finished) < prepay_ids.size());
  check_orders(market, prepay_ids, "NOTPAY");
  auto created = market.json({"ledger", "check"});
  CHECK(created["ok"] == true);

  for (const auto& order : prepay_ids) market.sandbox.pay(order.first);
  had_finished = 0;
  Killer queries{random};
  for (const auto& order : prepay_ids) {
    const auto& number = order.first;
    CAPTURE(number);
    if (queries.killed() < kills) queries.run(market.shop.command({"query", number}));
    auto again = market.json({"query", number});
    const bool was_written = again["resultMsg"] == "UNABLE_TO_UPDATE" && again["reason"] == "ALREADY_PAID";
    had_finished += was_written ? 1 : 0;
    CHECK((was_written || again["resultMsg"] == "UPDATE_SUCCESS"));
    CHECK(again["ledgerState"] == "SUCCESS");
  }
  MESSAGE("query: " << queries.killed() << " were killed, " << had_finished << " of " << prepay_ids.size()
                    << " had written the answer");
  CHECK(queries.killed() > kills / 2);
  check_orders(market, prepay_ids, "SUCCESS");
  auto paid = market.json({"ledger", "check"});
  CHECK(paid["ok"] == true);
  // One entry for each payment, and none more.
  CHECK(paid["entries"].get<std::size_t>() == created["entries"].get<std::size_t>() + prepay_ids.size());
}

TEST_CASE(
    "a reply that is lost after the order was accepted leaves CREATING, and a query or the same "
    "command finishes it") {
  for (const std::string fault : {"lost-reply", "truncated", "delay", "wrong-sign", "html"}) {
    CAPTURE(fault);
    const Market market;
    const int code = fault == "wrong-sign" ? 5 : 4;
    const bool is_placed = fault != "html";
    for (const auto* number : {"ASKED-1", "AGAIN-1", "PAID-1"}) {
      market.sandbox.fault(fault, 1, Operation::create, 2);
      auto lost = market.json(create(number, {"--timeout", "1"}), code);
      CHECK(lost["resultCode"] == "UNKNOWN");
      CHECK(lost["ledgerState"] == "CREATING");
      CHECK_FALSE(lost.contains("prepayId"));
    }
    CHECK(market.sandbox.orders().size() == (is_placed ? 3 : 0));

    auto asked = market.json({"query", "ASKED-1"}, is_placed ? 0 : 1);
    if (is_placed) {
      CHECK(asked["reason"] == "NOT_PAID");
      CHECK(asked["ledgerState"] == "NOTPAY");
      CHECK(market.steps("ASKED-1") == std::vector<std::string>{"CREATING", "NOTPAY"});
      CHECK(market.json(create("ASKED-1"))["prepayId"] == market.sandbox.order("ASKED-1")["prepayId"]);

      market.sandbox.pay("PAID-1");
      auto paid = market.json(create("PAID-1"), 1);
      CHECK(paid["errCode"] == "ORDERPAID");
      CHECK(paid["ledgerState"] == "SUCCESS");
    } else {
      CHECK(asked["resultMsg"] == "NO_SUCH_PAYMENT_ORDER_IN_WECHAT");
      CHECK(asked["ledgerState"] == "CREATING");
    }
    auto again = market.json(create("AGAIN-1"));
    CHECK(again["ledger"] == "CREATED");
    CHECK(again["prepayId"] == market.sandbox.order("AGAIN-1")["prepayId"]);
    market.check_ledger();
  }
}

TEST_CASE("a lost reply to close leaves the order as it was, and the same command finishes it") {
  const Market market;
  market.json(create("CLOSED-1"));
  market.sandbox.fault("lost-reply", 1, Operation::close);
  auto lost = market.json({"close", "CLOSED-1"}, 4);
  CHECK(lost["resultCode"] == "UNKNOWN");
  CHECK(lost["errCode"] == "NETWORK");
  CHECK(lost["ledgerState"] == "NOTPAY");
  auto again = market.json({"close", "CLOSED-1"});
  CHECK(again["resultCode"] == "SUCCESS");
  CHECK(again["ledgerState"] == "CLOSED");
  market.check_ledger();
}

TEST_CASE("four processes creating at once: every order is there, right and once") {
  const Market market;
  constexpr int orders_each = 25;
  std::vector<std::thread> writers;
  std::array<int, 4> failures{};
  for (std::size_t writer = 0; writer < failures.size(); ++writer) {
    writers.emplace_back([&, writer] {
      for (int i = 0; i < orders_each; ++i) {
        const auto number = "W" + std::to_string(writer) + "-" + std::to_string(i) + "-ORDER";
        const auto fee = std::to_string(100 * writer + static_cast<std::size_t>(i) + 1);
        failures[writer] += market.shop.run(create(number, {"--total-fee", fee})).code == 0 ? 0 : 1;
      }
    });
  }
  for (auto& writer : writers) writer.join();
  CHECK(failures == std::array<int, 4>{});

  auto checked = market.json({"ledger", "check"});
  CHECK(checked["ok"] == true);
  CHECK(checked["orders"] == 4 * orders_each);
  CHECK(checked["entries"] == 2 * 4 * orders_each);
  const auto listed = json_lines(market.shop.run({"orders", "list", "--json"}).out);
  const auto placed = market.sandbox.orders();
  REQUIRE(listed.size() == 4 * orders_each);
  REQUIRE(placed.size() == listed.size());
  for (const auto& order : listed) {
    auto there = market.sandbox.order(order.at("outTradeNo"));
    CHECK(order.at("state") == "NOTPAY");
    CHECK(order.at("totalFee") == there["totalFee"]);
    CHECK(order.at("prepayId") == there["prepayId"]);
  }
}

TEST_CASE("four processes after the same number: one order, whose parameters are those that were accepted") {
  const Market market;
  for (int round = 0; round < 10; ++round) {
    const auto number = numbered("CONTESTED-", round);
    CAPTURE(number);
    std::array<std::unique_ptr<Process>, 4> processes;
    for (std::size_t i = 0; i < processes.size(); ++i) {
      processes[i] = std::make_unique<Process>(
          market.shop.command(create(number, {"--total-fee", std::to_string(i + 1), "--json"})));
    }
    int accepted = 0;
    for (std::size_t i = 0; i < processes.size(); ++i) {
      const auto result = processes[i]->wait();
      auto order = json_line(result.out);
      if (result.code == 0) {
        ++accepted;
        CHECK(market.sandbox.order(number)["totalFee"] == i + 1);
        CHECK(market.json({"orders", "show", number})["totalFee"] == i + 1);
      } else {
        CHECK(result.code == 1);
        CHECK(order["errCode"] == "OUT_TRADE_NO_USED");
        CHECK(order["differs"] == Json{"total_fee"});
      }
    }
    CHECK(accepted == 1);
  }
  CHECK(market.sandbox.requests() == 10);
  market.check_ledger();
}

TEST_CASE("four processes with the same order or the same news of it: one order, applied once") {
  const Market market;
  for (int round = 0; round < 10; ++round) {
    const auto number = numbered("SHARED-", round);
    CAPTURE(number);
    const auto four = [&](const std::vector<std::string>& arguments) {
      std::array<std::unique_ptr<Process>, 4> processes;
      for (auto& process : processes) process = std::make_unique<Process>(market.shop.command(arguments));
      std::vector<Json> results;
      for (auto& process : processes) {
        const auto result = process->wait();
        CAPTURE(result.err);
        CHECK(result.code == 0);
        results.push_back(json_line(result.out));
      }
      return results;
    };
    const auto prepay_id = [&](const Json& order) { return order.at("prepayId"); };
    const auto created = four(create(number, {"--json"}));
    for (const auto& order : created) CHECK(prepay_id(order) == market.sandbox.order(number)["prepayId"]);

    market.sandbox.pay(number);
    int updates = 0;
    for (const auto& order : four({"query", number, "--json"})) {
      CHECK(order.at("ledgerState") == "SUCCESS");
      if (order.at("resultMsg") == "UPDATE_SUCCESS") {
        ++updates;
      } else {
        CHECK(order.at("reason") == "ALREADY_PAID");
      }
    }
    CHECK(updates == 1);
    const auto steps = market.steps(number);
    CHECK(std::count(steps.begin(), steps.end(), "SUCCESS") == 1);
  }
  CHECK(market.sandbox.orders().size() == 10);
  market.check_ledger();
}

TEST_CASE("a gateway that dies and comes back with its state: everything goes on where it was") {
  Shop shop;
  const auto state = shop.path("sandbox.jsonl");
  auto sandbox = std::make_unique<Sandbox>(shop, state);
  auto first = json_line(shop.run(create("BEFORE-1", {"--json"})).out);
  sandbox->pay("BEFORE-1");
  sandbox->process().kill(SIGKILL);
  sandbox->process().wait();

  const auto lost = shop.run(create("DURING-1", {"--json", "--timeout", "1"}));
  CHECK(lost.code == 4);
  CHECK(json_line(lost.out)["errCode"] == "NETWORK");
  CHECK(json_line(lost.out)["ledgerState"] == "CREATING");
  CHECK(shop.run({"query", "BEFORE-1", "--timeout", "1"}).code == 4);
  CHECK(json_line(shop.run(create("BEFORE-1", {"--json"})).out)["ledger"] == "REUSED");

  sandbox = std::make_unique<Sandbox>(shop, state);
  CHECK(json_line(shop.run({"query", "BEFORE-1", "--json"}).out)["resultMsg"] == "UPDATE_SUCCESS");
  CHECK(json_line(shop.run(create("DURING-1", {"--json"})).out)["ledger"] == "CREATED");
  CHECK(sandbox->orders().size() == 2);
  CHECK(sandbox->order("BEFORE-1")["prepayId"] == first["prepayId"]);
  CHECK(shop.run({"ledger", "check"}).code == 0);
}

TEST_CASE("Ctrl-C while a creation waits for its answer: 130 soon, and the order is kept as CREATING") {
  const Market market;
  for (const int signal : {SIGINT, SIGTERM}) {
    CAPTURE(signal);
    const auto number = numbered("STOPPED-", signal);
    const int before = market.sandbox.requests();
    market.sandbox.fault("delay", 1, Operation::create, 3600);
    Process creation{market.shop.command(create(number, {"--json"}))};
    market.sandbox.wait_for_requests(before + 1);
    creation.kill(signal);
    const auto result = creation.wait();
    CHECK(result.code == (signal == SIGINT ? 130 : 143));
    CHECK(market.json({"orders", "show", number})["state"] == "CREATING");
    CHECK(market.json(create(number))["ledger"] == "CREATED");
  }
  market.check_ledger();
}
