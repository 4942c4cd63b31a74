// Rows of the ledger that an older program wrote with an impossible time: they are told and in nobody's way.
#include <doctest/doctest.h>
#include <sqlite3.h>

#include "base/handle.hpp"
#include "support/batch_market.hpp"
#include "support/replay_case.hpp"

using namespace wxpay::test;

namespace {

constexpr const char* bad = "ORDER-2026112300000002";

void execute(const std::filesystem::path& file, const std::string& statements) {
  sqlite3* opened = nullptr;
  REQUIRE(sqlite3_open(file.c_str(), &opened) == SQLITE_OK);
  const wxpay::Handle<sqlite3, sqlite3_close> database{opened};
  REQUIRE(sqlite3_exec(opened, statements.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
}

void spoil(const Shop& shop, const char* profile, const std::string& change) {
  execute(shop.ledger(profile),
          "UPDATE orders SET " + change + " WHERE out_trade_no = '" + std::string{bad} + "'");
}

struct UnreadableMarket : BatchMarket {
  UnreadableMarket() {
    for (int i = 1; i <= 4; ++i) json(create("ORDER-202611230000000" + std::to_string(i)));
  }
};

}  // namespace

TEST_CASE("orders list, export and show give every other order, tell the bad one, and end with 7") {
  const UnreadableMarket market;
  spoil(market.shop, "sandbox", "paid_at = -28800");
  for (const auto* command : {"list", "export"}) {
    for (const std::string format : {"json", "csv", "text"}) {
      CAPTURE(std::string{command});
      CAPTURE(format);
      const auto result = market.shop.run({"orders", command, "-o", format});
      CHECK(result.code == 7);
      for (const int other : {1, 3, 4})
        CHECK(contains(result.out, "ORDER-202611230000000" + std::to_string(other)));
      CHECK_FALSE(contains(result.out, bad));
      CHECK(contains(result.err, std::string{"order "} + bad));
      CHECK(contains(result.err, "its paid_at is -28800, which is no time"));
    }
  }
  const auto shown = market.shop.run({"orders", "show", bad, "--json"});
  CHECK(shown.code == 7);
  auto error = json_line(shown.err)["error"];
  CHECK(error["code"] == "LEDGER");
  CHECK(contains(error["message"].get<std::string>(), bad));
  CHECK_FALSE(contains(error["hint"].get<std::string>(), "restore"));
  CHECK(market.shop.run({"orders", "show", "ORDER-2026112300000001"}).code == 0);
}

TEST_CASE("query of another order works, and of several the bad one is told") {
  const UnreadableMarket market;
  spoil(market.shop, "sandbox", "paid_at = -28800");
  market.sandbox.pay("ORDER-2026112300000001");
  market.sandbox.pay("ORDER-2026112300000003");
  CHECK(market.json({"query", "ORDER-2026112300000001"})["resultMsg"] == "UPDATE_SUCCESS");
  const auto several = market.shop.run({"query", bad, "ORDER-2026112300000003", "--json"});
  CHECK(several.code == 7);
  CHECK(contains(several.out, R"("outTradeNo":"ORDER-2026112300000003")"));
  CHECK(contains(several.out + several.err, bad));
  CHECK(market.json({"orders", "show", "ORDER-2026112300000003"})["state"] == "SUCCESS");
}

TEST_CASE("reconcile asks about every other order, names the one that it cannot read, and ends with 7") {
  for (const auto* change : {"expire_in = 999999999999999", "updated_at = -5"}) {
    CAPTURE(std::string{change});
    const UnreadableMarket market;
    spoil(market.shop, "sandbox", change);
    for (const int other : {1, 3}) market.sandbox.pay("ORDER-202611230000000" + std::to_string(other));
    const auto result = market.shop.run({"reconcile", "--older-than", "0s", "--json"});
    CHECK(result.code == 7);
    auto summary = json_line(result.out);
    CHECK(summary["checked"] == 3);
    CHECK(summary["updated"] == 2);
    CHECK(contains(result.err, bad));
    CHECK(contains(market.shop.run({"-q", "reconcile", "--older-than", "0s"}).err, bad));
  }
  // One that is paid is asked about by no reconcile.
  const UnreadableMarket market;
  spoil(market.shop, "sandbox", "state = 7, proven_state = 7, paid_at = -28800");
  CHECK(market.json({"reconcile", "--older-than", "0s"})["checked"] == 3);
}

TEST_CASE("replay-notify applies the notifications of the others, and FAILED is that of the bad one alone") {
  const ReplayCase at;
  for (int i = 1; i <= 4; ++i) at.order("ORDER-202611230000000" + std::to_string(i));
  spoil(at.shop, "shop", "updated_at = -28800");
  std::string documents;
  for (int i = 1; i <= 4; ++i) documents += payment("ORDER-202611230000000" + std::to_string(i));
  const auto result = at.replay({"-"}, documents);
  CHECK(result.code == 7);
  CHECK(outcomes_of(result.out) == std::vector<std::string>{"APPLIED", "FAILED", "APPLIED", "APPLIED"});
  CHECK(contains(json_lines(result.out)[1].at("reason").get<std::string>(), bad));
  CHECK(at.shown("ORDER-2026112300000003")["state"] == "SUCCESS");
  const auto rehearsed = at.replay({"-", "--dry-run"}, documents);
  CHECK(rehearsed.code == 7);
  CHECK(outcomes_of(rehearsed.out) ==
        std::vector<std::string>{"ALREADY_APPLIED", "FAILED", "ALREADY_APPLIED", "ALREADY_APPLIED"});
}

TEST_CASE("a batch creates every other order, and the bad number has its own result") {
  const UnreadableMarket market;
  spoil(market.shop, "sandbox", "created_at = -28800");
  const auto text = header + row("ORDER-2026112300000011") + row(bad) + row("ORDER-2026112300000012");
  for (const bool dry : {true, false}) {
    CAPTURE(dry);
    const auto result = market.batch(
        text, dry ? std::vector<std::string>{"--dry-run"} : std::vector<std::string>{"--failed", "again"});
    CHECK(result.code == 7);
    const auto lines = json_lines(result.out);
    REQUIRE(lines.size() == 3);
    CHECK(lines[0].at("resultCode") == "SUCCESS");
    CHECK(lines[1].at("resultCode") == "FAIL");
    CHECK(lines[1].at("errCode") == "LEDGER");
    CHECK(contains(lines[1].at("errCodeDes").get<std::string>(), "its created_at is -28800"));
    CHECK(lines[2].at("resultCode") == "SUCCESS");
  }
  CHECK(market.shop.read("again") == header + row(bad));
  CHECK(market.sandbox.orders().size() == 6);
}
