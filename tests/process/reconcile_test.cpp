#include <doctest/doctest.h>

#include <map>

#include "support/reconcile_market.hpp"
#include "support/scripted_gateway.hpp"

using namespace wxpay::test;

TEST_CASE("reconcile writes back what lost notifications left unpaid, and a second run changes nothing") {
  const ReconcileMarket market;
  for (int i = 0; i < 40; ++i) market.order(numbered("ORDER-", i));
  for (int i = 0; i < 10; ++i) market.sandbox.pay(numbered("ORDER-", i));
  const auto first = market.reconcile();
  CHECK(keys_of(first) == Texts{"mode", "checked", "updated", "stillOpen", "closed", "mismatched",
                                "paidAfterClose", "failed", "refundsChecked", "refundsUpdated",
                                "refundsAbnormal", "startedAt", "durationMs"});
  CHECK(first.at("mode") == "orders");
  CHECK(counts(first) == Counts{{"checked", 40}, {"updated", 10}, {"stillOpen", 30}});
  CHECK(market.state("ORDER-3") == "SUCCESS");
  CHECK(market.state("ORDER-30") == "NOTPAY");
  const auto head = market.json({"ledger", "check"})["head"];
  CHECK(counts(market.reconcile()) == Counts{{"checked", 30}, {"stillOpen", 30}});
  CHECK(market.json({"ledger", "check"})["head"] == head);
}

TEST_CASE("orders whose creation had no answer are found out: known to WeChat Pay or not, none is created") {
  const ReconcileMarket market;
  market.sandbox.fault("lost-reply", 1, Operation::create);
  CHECK(market.shop.run(create("ARRIVED-1", {"--timeout", "1"})).code == 4);
  market.sandbox.fault("5xx", 1000, Operation::create);
  CHECK(market.shop.run(create("REFUSED-1", {"--timeout", "1"})).code == 4);
  market.sandbox.fault("none");
  CHECK(counts(market.reconcile()) == Counts{{"checked", 2}, {"stillOpen", 2}});
  CHECK(market.state("ARRIVED-1") == "NOTPAY");
  CHECK(market.state("REFUSED-1") == "CREATING");
  CHECK(market.sandbox.orders().size() == 1);
}

TEST_CASE("young orders are left alone, and the filters choose by the time of creation") {
  const ReconcileMarket market;
  market.order("ORDER-1");
  CHECK(counts(market.json({"reconcile"})).empty());
  CHECK(counts(market.reconcile({"--since", "1h"})) == Counts{{"checked", 1}, {"stillOpen", 1}});
  CHECK(counts(market.reconcile({"--until", "1h"})).empty());
  market.order("ORDER-2");
  CHECK(counts(market.reconcile({"--limit", "1"})) == Counts{{"checked", 1}, {"stillOpen", 1}});
}

TEST_CASE("--details prints each order before the summary, as query does; --dry-run writes nothing") {
  const ReconcileMarket market;
  market.order("ORDER-1");
  market.order("ORDER-2");
  market.sandbox.pay("ORDER-2");
  const auto head = market.json({"ledger", "check"})["head"];
  const auto dry = market.shop.run({"reconcile", "--older-than", "0s", "--dry-run", "--details", "--json"});
  CHECK(dry.code == 0);
  const auto planned = json_lines(dry.out);
  REQUIRE(planned.size() == 3);
  CHECK(planned[1].at("reason") == "READ_ONLY");
  for (const auto& line : planned) CHECK(line.at("dryRun") == true);
  CHECK(counts(planned[2]) == Counts{{"checked", 2}, {"updated", 1}, {"stillOpen", 1}});
  CHECK(market.json({"ledger", "check"})["head"] == head);

  const auto lines =
      json_lines(market.shop.run({"reconcile", "--older-than", "0s", "--details", "--json"}).out);
  REQUIRE(lines.size() == 3);
  CHECK(lines[0].at("outTradeNo") == "ORDER-1");
  CHECK(lines[0].at("reason") == "NOT_PAID");
  CHECK(lines[1].at("resultMsg") == "UPDATE_SUCCESS");
  CHECK(lines[1].at("ledgerState") == "SUCCESS");
  const auto csv =
      lines_of(market.shop.run({"reconcile", "--older-than", "0s", "--details", "-o", "csv"}).out);
  REQUIRE(csv.size() == 5);
  CHECK(csv[0].starts_with("outTradeNo,"));
  CHECK(csv[2].empty());
  CHECK(csv[3].starts_with("mode,checked,"));
}

TEST_CASE("what does not agree is exit 5 and not applied; what has no answer is exit 4") {
  const ReconcileMarket market;
  market.order("ORDER-1");
  market.sandbox.pay("ORDER-1", 7);
  CHECK(counts(market.reconcile({}, 5)) == Counts{{"checked", 1}, {"mismatched", 1}});
  CHECK(market.state("ORDER-1") == "NOTPAY");
  market.sandbox.fault("wrong-sign", 1, Operation::query);
  CHECK(counts(market.reconcile({}, 5)) == Counts{{"checked", 1}, {"mismatched", 1}});
  market.sandbox.fault("5xx", 1000);
  CHECK(counts(market.reconcile({"--timeout", "1"}, 4)) == Counts{{"checked", 1}, {"failed", 1}});
}

TEST_CASE("an outage is not asked thousands of times") {
  const ReconcileMarket market;
  market.shop.write("batch", batch_of("ORDER-", 100));
  CHECK(market.shop.run({"create-order", "--batch", "batch", "--rate", "10000"}).code == 0);
  const auto before = market.sandbox.requests(Operation::query);
  market.sandbox.fault("html", 100'000);
  const auto result = market.shop.run({"reconcile", "--older-than", "0s", "--jobs", "4", "--json"});
  CHECK(result.code == 4);
  CHECK(contains(result.err, "too many in a row failed"));
  // Twenty in a row, and what was under way or waited for its turn by then.
  CHECK(market.sandbox.requests(Operation::query) - before <= 50);
}

TEST_CASE("--close-expired asks, closes at WeChat Pay, and asks again; nothing young is closed") {
  const ReconcileMarket market;
  market.order("OLD-001");
  market.order("PAID-01");
  market.sandbox.pay("PAID-01");
  market.sandbox.fault("5xx", 1000, Operation::create);
  CHECK(market.shop.run(create("UNKNOWN-1", {"--timeout", "1"})).code == 4);
  market.sandbox.fault("none");
  // All were made just now.
  CHECK(counts(market.reconcile({"--close-expired", "--expire-after", "1s", "--dry-run"})) ==
        Counts{{"checked", 3}, {"updated", 1}, {"stillOpen", 2}});

  // The same orders as another system made them an hour ago.
  const std::string ledger = market.shop.path("old.db").string();
  const std::string past = "\"createdAt\":\"2026-01-01T10:00:00+08:00\"}\n";
  market.shop.write("old", "{\"outTradeNo\":\"OLD-001\",\"totalFee\":1000," + past +
                               "{\"outTradeNo\":\"PAID-01\",\"totalFee\":1000," + past +
                               "{\"outTradeNo\":\"UNKNOWN-1\",\"totalFee\":1000," + past);
  CHECK(market.shop.run({"orders", "import", "old", "--ledger", ledger}).code == 0);
  CHECK(counts(market.reconcile({"--close-expired", "--ledger", ledger, "--dry-run"})) ==
        Counts{{"checked", 3}, {"updated", 1}, {"closed", 2}});
  CHECK(market.sandbox.requests(Operation::close) == 0);
  CHECK(counts(market.reconcile({"--close-expired", "--ledger", ledger})) ==
        Counts{{"checked", 3}, {"updated", 1}, {"closed", 2}});
  CHECK(market.sandbox.order("OLD-001")["tradeState"] == "CLOSED");
  const std::map<std::string, std::string> wanted{
      {"OLD-001", "CLOSED"}, {"PAID-01", "SUCCESS"}, {"UNKNOWN-1", "CLOSED"}};
  for (const auto& order : wanted) {
    CAPTURE(order.first);
    CHECK(market.json({"orders", "show", order.first, "--ledger", ledger})["state"] == order.second);
  }
  // The intent to close came before the closing.
  auto history = market.json({"orders", "show", "OLD-001", "--ledger", ledger})["history"];
  bool intended = false;
  for (auto& entry : history) {
    intended = intended || contains(entry.value("reason", std::string{}), "closing is asked for");
  }
  CHECK(intended);
  const auto head = market.json({"ledger", "check", "--ledger", ledger})["head"];
  wait_for_next_second();
  CHECK(counts(market.reconcile({"--close-expired", "--ledger", ledger})) == Counts{{"checked", 2}});
  CHECK(market.json({"ledger", "check", "--ledger", ledger})["head"] == head);
}

TEST_CASE("orders of another app are left alone and counted") {
  const ReconcileMarket market;
  market.order("ORDER-1");
  market.sandbox.pay("ORDER-1");
  const auto asked = market.sandbox.requests(Operation::query);
  market.shop.write("config/wxpayctl/config.toml",
                    "[profiles." + tested_api().profile + "]\napp_id = \"wx0000000000000000\"\n");
  const auto result = market.shop.run({"reconcile", "--older-than", "0s", "--close-expired", "--json"});
  CHECK(result.code == 0);
  CHECK(counts(json_line(result.out)).empty());
  CHECK(json_line(result.out).at("otherApps") == 1);
  CHECK(contains(result.err, "1 order of another app or sub-merchant left alone"));
  CHECK((market.quiet().out + market.quiet().err).empty());
  CHECK(market.sandbox.requests(Operation::query) == asked);
  market.shop.write("config/wxpayctl/config.toml", "");
  CHECK(counts(market.reconcile()) == Counts{{"checked", 1}, {"updated", 1}});
}

TEST_CASE("old orders that WeChat Pay never gives a usable answer about keep no newer one from being paid") {
  const Shop shop;
  ScriptedGateway gateway;
  shop.configure(gateway.server().url(""));
  std::string old_ones, new_ones;
  for (int i = 0; i < 40; ++i) old_ones += numbered("{\"outTradeNo\":\"OLD-", i) + "\",\"totalFee\":1000}\n";
  new_ones = "{\"outTradeNo\":\"NEW-1\",\"totalFee\":1000}\n";
  int code = 0;
  std::string ledger;
  bool forged = false;
  SUBCASE("refused each time") { code = 4; }
  SUBCASE("spoilt on the way each time") {
    code = 5;
    forged = true;
  }
  gateway.spoil([forged](Peer& peer, const std::string& request) {
    auto answer = right_answer(request);
    const bool is_old = answer["out_trade_no"].starts_with("OLD");
    if (is_old && !forged) answer["err_code"] = "INVALID_REQUEST";
    if (is_old && !forged) answer["result_code"] = "FAIL";
    peer.send(wire_answer(
        request, {.said = answer, .is_signed_well = !is_old || !forged, .headers = "Connection: close\r\n"}));
  });
  REQUIRE(shop.run({"orders", "import", "-"}, old_ones + new_ones).code == 0);
  const auto result = shop.run({"reconcile", "--older-than", "0s", "--rate", "10000", "--json"});
  CHECK(result.code == code);
  CHECK_FALSE(contains(result.err, "too many"));
  CHECK(json_line(result.out).at("checked") == 41);
  CHECK(json_line(shop.run({"orders", "show", "NEW-1", "--json"}).out).at("state") == "SUCCESS");
  // It says which order to look at.
  CHECK(contains(result.err, "OLD-0"));
}

TEST_CASE("wrong options of reconcile are wrong usage") {
  const ReconcileMarket market;
  for (const auto& more : std::vector<Texts>{{"--older-than", "soon"},
                                             {"--since", "never"},
                                             {"--limit", "0"},
                                             {"--jobs", "1000"},
                                             {"--expire-after", "1h"},
                                             {"--close-expired", "--expire-after", "x"},
                                             {"--bill", "today"},
                                             {"ORDER-1"}}) {
    CAPTURE(more.front());
    Texts arguments{"reconcile"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    CHECK(market.shop.run(arguments).code == 2);
  }
}
