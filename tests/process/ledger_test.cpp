#include <doctest/doctest.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "base/handle.hpp"
#include "support/shop.hpp"

using namespace wxpay::test;

namespace {

struct Market {
  Shop shop;
  Sandbox sandbox{shop};

  Json check(std::vector<std::string> more = {}, int code = 0) const {
    std::vector<std::string> arguments{"ledger", "check", "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto result = shop.run(arguments);
    CAPTURE(result.err);
    CHECK(result.code == code);
    return json_line(result.out);
  }
};

}  // namespace

TEST_CASE("ledger check counts orders and entries and gives the head of the chain") {
  const Market market;
  for (const auto* number : {"20261123-1", "20261123-2", "20261123-3"}) market.shop.run(create(number));
  auto whole = market.check();
  CHECK(keys_of(whole) == std::vector<std::string>{"ok", "orders", "entries", "head", "notifications", "notificationsHead"});
  CHECK(whole["ok"] == true);
  CHECK(whole["orders"] == 3);
  CHECK(whole["entries"] == 6);
  CHECK(whole["head"].get<std::string>().size() == 64);
  CHECK(market.check()["head"] == whole["head"]);
  CHECK(contains(market.shop.run({"ledger", "check"}).out, whole["head"].get<std::string>()));
}

TEST_CASE("ledger check --head accepts every head the chain ever had, and no other") {
  const Market market;
  market.shop.run(create("20261123-1"));
  const auto first = market.check()["head"].get<std::string>();
  market.shop.run(create("20261123-2"));
  const auto second = market.check()["head"].get<std::string>();
  CHECK(first != second);
  CHECK(market.check({"--head", first})["ok"] == true);
  CHECK(market.check({"--head", second})["ok"] == true);
  CHECK(market.check({"--head", std::string(64, '0')})["ok"] == true);  // that of an empty ledger

  auto wrong = first;
  wrong[5] = wrong[5] == 'a' ? 'b' : 'a';
  auto found = market.check({"--head", wrong}, 7);
  CHECK(found["ok"] == false);
  CHECK(found["head"] == second);
  CHECK(contains(found["problem"].get<std::string>(), wrong));

  for (const auto& malformed : {std::string{}, std::string{"abc"}, std::string(64, 'g'), first + "0"}) {
    CHECK(market.shop.run({"ledger", "check", "--head", malformed}).code == 2);
  }
}

TEST_CASE("ledger check and backup need a ledger: exit 7") {
  const Market market;
  CHECK(market.shop.run({"ledger", "check"}).code == 7);
  CHECK(market.shop.run({"ledger", "backup", market.shop.path("copy.db").string()}).code == 7);
  CHECK_FALSE(std::filesystem::exists(market.shop.ledger()));
  CHECK_FALSE(std::filesystem::exists(market.shop.path("copy.db")));
  const auto named = market.shop.run({"ledger", "check", "--json", "--ledger", "/nowhere/x.db"});
  CHECK(named.code == 7);
  CHECK(json_line(named.err)["error"]["code"] == "LEDGER");
}

TEST_CASE("ledger backup copies the ledger whole while another process writes") {
  const Market market;
  for (const auto* number : {"20261123-1", "20261123-2"}) market.shop.run(create(number));
  auto before = market.check();
  sqlite3* opened = nullptr;
  REQUIRE(sqlite3_open(market.shop.ledger().c_str(), &opened) == SQLITE_OK);
  const wxpay::Handle<sqlite3, sqlite3_close> writer{opened};
  REQUIRE(sqlite3_exec(opened, "BEGIN IMMEDIATE; UPDATE orders SET updated_at = 1", nullptr, nullptr,
                       nullptr) == SQLITE_OK);

  const auto copy = market.shop.path("copy.db");
  CHECK(market.shop.run({"ledger", "backup", copy.string()}).code == 0);
  REQUIRE(sqlite3_exec(opened, "ROLLBACK", nullptr, nullptr, nullptr) == SQLITE_OK);
  CHECK(market.check({"--ledger", copy.string()}) == before);
  struct stat found {};
  REQUIRE(::stat(copy.c_str(), &found) == 0);
  CHECK((found.st_mode & 0777U) == 0600U);
  CHECK(contains(market.shop.run({"orders", "list", "--ledger", copy.string()}).out, "20261123-2"));
}

TEST_CASE("ledger backup never writes over a file, and says which it cannot write: exit 8") {
  const Market market;
  market.shop.run(create("20261123-1"));
  const auto kept = market.shop.write("kept.db", "precious");
  for (const auto& target : {kept, market.shop.path("missing/copy.db"), market.shop.path()}) {
    CAPTURE(target.string());
    const auto result = market.shop.run({"ledger", "backup", target.string(), "--json"});
    CHECK(result.code == 8);
    auto error = json_line(result.err)["error"];
    CHECK(error["code"] == "FILE");
    CHECK(contains(error["message"].get<std::string>(), target.string()));
  }
  CHECK(market.shop.read("kept.db") == "precious");
}

TEST_CASE("--ledger takes a path or sqlite:PATH") {
  const Market market;
  const auto path = market.shop.path("mine.db").string();
  CHECK(market.shop.run(create("20261123-1", {"--ledger", "sqlite:" + path})).code == 0);
  CHECK(market.check({"--ledger", path})["orders"] == 1);
  CHECK(market.check({"--ledger", "mine.db"})["orders"] == 1);  // in the working folder
  CHECK(market.shop.run({"ledger", "check", "--ledger", "postgresql://db/x"}).code == 2);
}
