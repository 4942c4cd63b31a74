#include <doctest/doctest.h>

#include <chrono>
#include <ctime>

#include "support/reconcile_market.hpp"
#include "support/scripted_gateway.hpp"
#include "support/v2_wire.hpp"

// A machine whose clock was wrong, or is. The program's clock is the system's, so it is the ledger's times
// and the gateway's Date that are off here.
using namespace wxpay::test;
using std::chrono::hours;
using std::chrono::seconds;

namespace {

std::time_t in(seconds after_now) {
  return std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() + after_now);
}

std::string written(const char* format, std::time_t time) {
  std::tm civil{};
  gmtime_r(&time, &civil);
  char text[64];
  return {text, std::strftime(text, sizeof text, format, &civil)};
}

std::string rfc3339(seconds after_now) { return written("%Y-%m-%dT%H:%M:%SZ", in(after_now)); }

std::string dated(seconds after_now) { return written("Date: %a, %d %b %Y %H:%M:%S GMT\r\n", in(after_now)); }

/// An order of another system, of 1000 fen.
std::string record(const std::string& number, const std::string& more) {
  return "{\"outTradeNo\":\"" + number + "\",\"totalFee\":1000," + more + "}\n";
}

/// Answers as it should, except that its Date is so much later than this machine's clock; with none, no Date.
/// What it is asked about is not paid.
void keep_time(ScriptedGateway& gateway, std::optional<seconds> later) {
  gateway.spoil([later](Peer& peer, const std::string& request) {
    auto answer = right_answer(request);
    if (contains(request, tested_api().path(Operation::query))) {
      answer["trade_state"] = "NOTPAY";
      for (const auto* name : {"transaction_id", "time_end", "cash_fee"}) answer.erase(name);
    }
    peer.send(http_answer(v2_signed_xml(answer, shop_key), 200,
                          (later ? dated(*later) : "") + "Connection: close\r\n"));
  });
}

int closings(ScriptedGateway& gateway) {
  int count = 0;
  for (const auto& request : gateway.server().received()) {
    count += contains(request, tested_api().path(Operation::close)) ? 1 : 0;
  }
  return count;
}

std::string after_complete_run(const ReconcileMarket& market, seconds ago) {
  market.reconcile();
  const auto lock = market.shop.ledger().string() + ".reconcile.lock";
  auto line = market.shop.read(lock.substr(market.shop.path().string().size() + 1));
  const auto blank = line.rfind(' ');
  REQUIRE(blank != std::string::npos);
  return line.substr(0, blank + 1) + rfc3339(-ago) + "\n";
}

}  // namespace

TEST_CASE("orders whose time lies in the future are asked about, with one warning, also with -q") {
  const ReconcileMarket market;
  for (const auto* number : {"20261123-00000001", "20261123-00000002", "20261123-00000003"}) {
    market.order(number);
    market.sandbox.pay(number);
  }
  const auto ledger = market.shop.path("other.db").string();
  const auto orders =
      record("20261123-00000001", "\"createdAt\":\"" + rfc3339(hours{8}) + "\"") +
      record("20261123-00000002", "\"createdAt\":\"" + rfc3339(hours{9600}) + "\"") +
      record("20261123-00000003", "\"state\":\"CLOSED\",\"createdAt\":\"" + rfc3339(-hours{90}) +
                                      "\",\"updatedAt\":\"" + rfc3339(hours{8}) + "\"");
  REQUIRE(market.shop.run({"orders", "import", "-", "--ledger", ledger}, orders).code == 0);
  const auto result = market.shop.run({"-q", "reconcile", "--json", "--ledger", ledger});
  CHECK(result.code == 6);
  CHECK(counts(json_line(result.out)) == Counts{{"checked", 3}, {"updated", 3}, {"paidAfterClose", 1}});
  CHECK(
      contains(result.err,
               "wxpayctl: warning: 3 orders: their time lies in the future: was the clock wrong? Asked about "
               "all the same; the first is 20261123-00000001\n"));
  CHECK(lines_of(result.err).size() == 2);
  const auto again = market.shop.run({"-q", "reconcile", "--ledger", ledger});
  CHECK(again.code == 0);
  CHECK((again.out + again.err).empty());
}

TEST_CASE("what was closed before cron stood still is asked about when it goes again") {
  const ReconcileMarket market;
  market.order("20261123-00000001");
  market.sandbox.pay("20261123-00000001");
  const auto ledger = market.shop.path("other.db").string();
  const auto closed =
      record("20261123-00000001", "\"state\":\"CLOSED\",\"createdAt\":\"" + rfc3339(-hours{90}) +
                                      "\",\"updatedAt\":\"" + rfc3339(-hours{60}) + "\"");
  REQUIRE(market.shop.run({"orders", "import", "-", "--ledger", ledger}, closed).code == 0);
  const auto run = [&](const std::string& lock, const std::vector<std::string>& more = {}) {
    market.shop.write("other.db.reconcile.lock", lock);
    Texts arguments{"--ledger", ledger};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return counts(market.reconcile(arguments, more.empty() ? 0 : 6));
  };
  const auto weekend = after_complete_run(market, hours{62});
  CHECK(run("").empty());
  CHECK(run("nonsense\n").empty());
  CHECK(run(after_complete_run(market, hours{30})).empty());
  CHECK(run(after_complete_run(market, -hours{8})).empty());
  const Counts found{{"checked", 1}, {"updated", 1}, {"paidAfterClose", 1}};
  CHECK(run(weekend, {"--dry-run"}) == found);
  CHECK(market.shop.read("other.db.reconcile.lock") == weekend);
  CHECK(run(weekend, {"--limit", "9"}) == found);
  CHECK(market.shop.read("other.db.reconcile.lock") != weekend);
}

TEST_CASE("what was closed before a restored copy was made is asked about again") {
  const ReconcileMarket market;
  market.order("20261123-00000001");
  const auto ledger = market.shop.path("other.db").string();
  const auto closed =
      record("20261123-00000001", "\"state\":\"CLOSED\",\"createdAt\":\"" + rfc3339(-hours{300}) +
                                      "\",\"updatedAt\":\"" + rfc3339(-hours{240}) + "\"");
  REQUIRE(market.shop.run({"orders", "import", "-", "--ledger", ledger}, closed).code == 0);
  const auto copy = market.shop.path("copy.db").string();
  REQUIRE(market.shop.run({"ledger", "backup", copy, "--ledger", ledger}).code == 0);
  market.sandbox.pay("20261123-00000001");
  market.shop.write("other.db.reconcile.lock", after_complete_run(market, hours{240}));
  const Counts found{{"checked", 1}, {"updated", 1}, {"paidAfterClose", 1}};
  CHECK(counts(market.reconcile({"--ledger", ledger}, 6)) == found);
  CHECK(counts(market.reconcile({"--ledger", ledger})).empty());
  REQUIRE(market.shop.run({"ledger", "restore", copy, "--ledger", ledger}).code == 0);
  CHECK(counts(market.reconcile({"--ledger", ledger}, 6)) == found);
}

TEST_CASE("--close-expired closes nothing while the gateway's Date is more than five minutes off") {
  const Shop shop;
  ScriptedGateway gateway;
  shop.configure(gateway.server().url(""));
  REQUIRE(shop.run({"orders", "import", "-"},
                   record("20261123-00000001", "\"createdAt\":\"" + rfc3339(-hours{3}) + "\"") +
                       record("20261123-00000002", "\"createdAt\":\"" + rfc3339(-hours{3}) + "\""))
              .code == 0);
  struct Row {
    std::optional<seconds> later;
    const char* told;
  };
  const Row rows[] = {
      {-hours{3}, " s ahead of the gateway's; set it by NTP"},
      {hours{3}, " s behind the gateway's; set it by NTP"},
      {seconds{320}, " s behind the gateway's; set it by NTP"},
      {std::nullopt, "the gateway's answers have no Date to hold this machine's clock against"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.told);
    keep_time(gateway, row.later);
    const auto result = shop.run({"-q", "reconcile", "--close-expired", "--json"});
    CHECK(result.code == 4);
    CHECK(lines_of(result.err).size() == 1);
    CHECK(contains(result.err, "wxpayctl: warning: 2 orders may have expired and were not closed: "));
    CHECK(contains(result.err, row.told));
    CHECK(counts(json_line(result.out)) == Counts{{"checked", 2}, {"stillOpen", 2}});
    CHECK(json_line(result.out).at("notClosed") == 2);
    CHECK(closings(gateway) == 0);
  }
  keep_time(gateway, seconds{60});
  const auto result = shop.run({"-q", "reconcile", "--close-expired", "--json"});
  CHECK(result.code == 0);
  CHECK(result.err.empty());
  CHECK(counts(json_line(result.out)) == Counts{{"checked", 2}, {"closed", 2}});
}

TEST_CASE("an order of which nobody knows when it was made is not closed by reconcile, and close says so") {
  const ReconcileMarket market;
  for (const auto* number : {"20261123-00000001", "20261123-00000002"}) market.order(number);
  const auto ledger = market.shop.path("other.db").string();
  REQUIRE(market.shop
              .run({"orders", "import", "-", "--ledger", ledger},
                   record("20261123-00000001", "\"createdAt\":\"1970-01-02T00:00:00+08:00\"") +
                       record("20261123-00000002", "\"createdAt\":\"" + rfc3339(hours{8}) + "\""))
              .code == 0);
  const auto result = market.shop.run({"-q", "reconcile", "--close-expired", "--json", "--ledger", ledger});
  CHECK(result.code == 0);
  CHECK(contains(result.err,
                 "2 orders were not closed, as nobody knows the true time of creation: the clock was wrong; "
                 "'wxpayctl close 20261123-00000001' closes the first"));
  CHECK(json_line(result.out).at("notClosed") == 2);
  CHECK(market.sandbox.requests(Operation::close) == 0);
  for (const auto* number : {"20261123-00000001", "20261123-00000002"}) {
    const auto closed = market.shop.run({"close", number, "--ledger", ledger});
    CHECK(closed.code == 0);
    CHECK(contains(closed.err, "may be younger than 5 minutes"));
  }
}

TEST_CASE("create-order warns once of a clock that the gateway's Date says is wrong, also with -q") {
  const Shop shop;
  ScriptedGateway gateway;
  shop.configure(gateway.server().url(""));
  std::string batch = "outTradeNo,openid,totalFee\n";
  for (int i = 0; i < 20; ++i)
    batch += numbered("20261123-000010", i) + ",oUpF8uMuAJO_M2pxb1Q9zNjWeS6o,1000\n";
  shop.write("orders.csv", batch);
  keep_time(gateway, -hours{8});
  auto arguments = create("20261123-00000001", {"-q"});
  auto result = shop.run(arguments);
  CHECK(result.code == 0);
  CHECK(lines_of(result.err).size() == 1);
  CHECK(result.err.starts_with("wxpayctl: warning: this machine's clock is 28"));
  CHECK(contains(result.err, " s ahead of the gateway's; set it by NTP"));
  // Its two hours are over by WeChat Pay's clock.
  CHECK(json_line(shop.run(create("20261123-00000001", {"--json"})).out).at("ledger") == "RENEWED");

  result = shop.run({"-q", "create-order", "--batch", "orders.csv"});
  CHECK(result.code == 0);
  CHECK(contains(result.err, " s ahead of the gateway's"));
  CHECK(result.err.find(" s ahead of") == result.err.rfind(" s ahead of"));

  for (const auto later :
       {std::optional<seconds>{}, std::optional{seconds{0}}, std::optional{seconds{-290}}}) {
    keep_time(gateway, later);
    CHECK(shop.run(create("20261123-00000002", {"-q"})).err.empty());
    CHECK(json_line(shop.run(create("20261123-00000002", {"--json"})).out).at("ledger") == "REUSED");
  }
}
