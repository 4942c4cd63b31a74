#include <doctest/doctest.h>

#include <csignal>
#include <map>
#include <memory>
#include <set>

#include "support/market.hpp"

using namespace wxpay::test;

namespace {

constexpr int orders = 3'000;

std::string batch_of(const std::string& prefix, int count) {
  std::string text = "outTradeNo,openid,totalFee\n";
  for (int i = 0; i < count; ++i) text += numbered(prefix, i) + ",oUser,1000\n";
  return text;
}

std::vector<std::string> create_batch(const std::string& file) {
  return {"create-order", "--batch", file, "--jobs", "16", "--rate", "100000", "--json"};
}

const std::vector<std::string> reconcile{"reconcile", "--older-than", "0s",     "--jobs",
                                         "16",        "--rate",       "100000", "--json"};

/// The state of every order in the ledger, by number.
std::map<std::string, std::string> states(const Shop& shop, const std::filesystem::path& ledger) {
  std::map<std::string, std::string> found;
  const auto exported = shop.run({"orders", "export", "--ledger", ledger.string()});
  for (const auto& order : json_lines(exported.out)) {
    CHECK(found.emplace(order.at("outTradeNo"), order.at("state")).second);
  }
  return found;
}

/// Each number is at the gateway once, and the ledger has the prepay_id that the gateway gave.
void check_placed_once(const Market& market, const std::vector<Json>& results, std::size_t count) {
  std::map<std::string, std::string> placed;
  for (const auto& order : market.sandbox.orders()) {
    CHECK(placed.emplace(order.at("outTradeNo"), order.at("prepayId")).second);
  }
  CHECK(placed.size() == count);
  std::set<std::string> seen;
  for (const auto& result : results) {
    CHECK(seen.insert(result.at("outTradeNo")).second);
    CHECK(result.at("prepayId") == placed.at(result.at("outTradeNo")));
  }
  market.check_ledger();
}

}  // namespace

TEST_CASE("kill -9 at many moments of a batch: the same command again, and each order exists once") {
  const Market market;
  auto random = seeded();
  for (int round = 0; round < 3; ++round) {
    const auto prefix = "KILLED-" + std::to_string(round) + "-";
    market.shop.write("batch", batch_of(prefix, orders));
    Killer killer{random, 0.3};
    for (int run = 0; run < 8; ++run) killer.run(market.shop.command(create_batch("batch")));
    CHECK(killer.killed() > 0);
    const auto last = market.shop.run(create_batch("batch"));
    CAPTURE(last.err);
    CHECK(last.code == 0);
    const auto results = json_lines(last.out);
    CHECK(results.size() == orders);
    check_placed_once(market, results,
                      static_cast<std::size_t>(orders) * static_cast<std::size_t>(round + 1));
  }
}

TEST_CASE("kill -9 at many moments of reconcile: the final state is that of an undisturbed run") {
  const Market market;
  auto random = seeded();
  market.shop.write("batch", batch_of("ORDER-", 1'000));
  REQUIRE(market.shop.run(create_batch("batch")).code == 0);
  std::map<std::string, std::string> wanted;
  for (int i = 0; i < 1'000; ++i) {
    const auto number = numbered("ORDER-", i);
    if (i % 3 == 0) market.sandbox.pay(number);
    wanted[number] = i % 3 == 0 ? "SUCCESS" : "NOTPAY";
  }
  Killer killer{random, 0.1};
  for (int run = 0; run < 20; ++run) killer.run(market.shop.command(reconcile));
  CHECK(killer.killed() > 0);
  CHECK(market.shop.run(reconcile).code == 0);
  CHECK(states(market.shop, market.shop.ledger()) == wanted);
  // Applied once, however often it was asked.
  CHECK(market.json({"ledger", "check"})["entries"] == 1'000 * 2 + 334);
}

TEST_CASE("kill -9 at many moments of reconcile --close-expired: the final state is that of one run") {
  constexpr int count = 300;
  const Market market;
  auto random = seeded();
  market.shop.write("batch", batch_of("ORDER-", count));
  REQUIRE(market.shop.run(create_batch("batch")).code == 0);
  // The same orders as another system made them long ago.
  std::string old_ones;
  std::map<std::string, std::string> wanted;
  for (int i = 0; i < count; ++i) {
    const auto number = numbered("ORDER-", i);
    if (i % 3 == 0) market.sandbox.pay(number);
    wanted[number] = i % 3 == 0 ? "SUCCESS" : "CLOSED";
    old_ones +=
        "{\"outTradeNo\":\"" + number + "\",\"totalFee\":1000,\"createdAt\":\"2026-01-01T10:00:00+08:00\"}\n";
  }
  const auto ledger = market.shop.path("old.db").string();
  REQUIRE(market.shop.run({"orders", "import", "-", "--ledger", ledger}, old_ones).code == 0);
  auto closing = reconcile;
  closing.insert(closing.end(), {"--close-expired", "--ledger", ledger});
  Killer killer{random, 0.1};
  for (int run = 0; run < 15; ++run) killer.run(market.shop.command(closing));
  CHECK(killer.killed() > 0);
  CHECK(market.shop.run(closing).code == 0);
  CHECK(states(market.shop, ledger) == wanted);
  for (const auto& order : market.sandbox.orders()) {
    CHECK(order.at("tradeState") == wanted.at(order.at("outTradeNo")));
  }
  CHECK(market.json({"ledger", "check", "--ledger", ledger})["ok"] == true);
  // No order changed twice.
  for (int i = 0; i < count; i += 29) {
    const auto number = numbered("ORDER-", i);
    CAPTURE(number);
    auto order = market.json({"orders", "show", number, "--ledger", ledger});
    int changes = 0;
    for (const auto& entry : order["history"]) {
      changes += entry.contains("from") && entry.at("from") != entry.at("to") ? 1 : 0;
    }
    CHECK(changes == 1);
  }
}

TEST_CASE("two batches, a reconcile, a replay and an export at once on one ledger: nothing lost, no error") {
  const Market market;
  market.shop.write("first", batch_of("FIRST-", 1'000));
  market.shop.write("second", batch_of("SECOND-", 1'000));
  market.shop.write("early", batch_of("EARLY-", 300));
  REQUIRE(market.shop.run(create_batch("early")).code == 0);
  for (int i = 0; i < 300; ++i) market.sandbox.pay(numbered("EARLY-", i));
  std::string notifications;
  for (int i = 0; i < 20; ++i) {
    const auto saved = market.shop.run({"sandbox", "notify", numbered("EARLY-", i), "--out", "saved.xml"});
    REQUIRE(saved.code == 0);
    notifications += market.shop.read("saved.xml");
  }
  market.shop.write("saved.xml", notifications);
  std::vector<std::unique_ptr<Process>> all;
  for (const auto& arguments : std::vector<std::vector<std::string>>{create_batch("first"),
                                                                     create_batch("second"),
                                                                     reconcile,
                                                                     {"replay-notify", "saved.xml", "--json"},
                                                                     {"orders", "export", "--json"}}) {
    all.push_back(std::make_unique<Process>(market.shop.command(arguments)));
  }
  for (auto& process : all) {
    const auto result = process->wait();
    CAPTURE(result.err);
    CHECK(result.code == 0);
    CHECK_FALSE(contains(result.err, "error"));
  }
  const auto found = states(market.shop, market.shop.ledger());
  CHECK(found.size() == 2'300);
  for (int i = 0; i < 300; ++i) CHECK(found.at(numbered("EARLY-", i)) == "SUCCESS");
  for (int i = 0; i < 1'000; ++i) {
    CHECK(found.at(numbered("FIRST-", i)) == "NOTPAY");
    CHECK(found.at(numbered("SECOND-", i)) == "NOTPAY");
  }
  market.check_ledger();
}

TEST_CASE("two batches with the same orders at once: each exists once, and both give its prepay_id") {
  const Market market;
  market.shop.write("batch", batch_of("SHARED-", 1'000));
  Process other{market.shop.command(create_batch("batch"))};
  const auto mine = market.shop.run(create_batch("batch"));
  const auto theirs = other.wait();
  CHECK(mine.code == 0);
  CHECK(theirs.code == 0);
  check_placed_once(market, json_lines(mine.out), 1'000);
  check_placed_once(market, json_lines(theirs.out), 1'000);
}

TEST_CASE("the gateway dies in the middle of a batch and comes back: the next run finishes") {
  Shop shop;
  const auto state = shop.path("sandbox.jsonl");
  auto sandbox = std::make_unique<Sandbox>(shop, state);
  shop.write("batch", batch_of("ORDER-", 1'000));
  Process batch{shop.command({"create-order", "--batch", "batch", "--rate", "1000", "--json", "--failed",
                              "again", "--timeout", "1"})};
  for (int i = 0; i < 100; ++i) batch.read_line();
  sandbox->process().kill(SIGKILL);
  sandbox->process().wait();
  const auto stopped = batch.wait();
  CHECK(stopped.code == 4);
  CHECK(contains(stopped.err, "not sent"));

  sandbox = std::make_unique<Sandbox>(shop, state);
  const auto finished = shop.run(create_batch("batch"));
  CAPTURE(finished.err);
  CHECK(finished.code == 0);
  CHECK(json_lines(finished.out).size() == 1'000);
  CHECK(sandbox->orders().size() == 1'000);
  CHECK(shop.run({"ledger", "check"}).code == 0);
}

TEST_CASE("the gateway dies in the middle of reconcile and comes back: the next run finishes") {
  Shop shop;
  const auto state = shop.path("sandbox.jsonl");
  auto sandbox = std::make_unique<Sandbox>(shop, state);
  shop.write("batch", batch_of("ORDER-", 500));
  REQUIRE(shop.run(create_batch("batch")).code == 0);
  std::map<std::string, std::string> wanted;
  for (int i = 0; i < 500; ++i) {
    const auto number = numbered("ORDER-", i);
    if (i % 2 == 0) sandbox->pay(number);
    wanted[number] = i % 2 == 0 ? "SUCCESS" : "NOTPAY";
  }
  Process run{shop.command(
      {"reconcile", "--older-than", "0s", "--rate", "500", "--details", "--json", "--timeout", "1"})};
  for (int i = 0; i < 50; ++i) run.read_line();
  sandbox->process().kill(SIGKILL);
  sandbox->process().wait();
  const auto stopped = run.wait();
  CHECK(stopped.code == 4);
  CHECK(contains(stopped.err, "too many in a row failed"));
  const auto summary = json_lines(stopped.out).back();
  CHECK(summary.at("checked") < 500);

  sandbox = std::make_unique<Sandbox>(shop, state);
  CHECK(shop.run(reconcile).code == 0);
  CHECK(states(shop, shop.ledger()) == wanted);
  CHECK(json_line(shop.run({"ledger", "check", "--json"}).out).at("entries") == 500 * 2 + 250);
}
