#include <doctest/doctest.h>

#include <csignal>

#include "support/reconcile_market.hpp"

// What reconcile says, to whom, and with which exit code.
using namespace wxpay::test;

TEST_CASE("an order paid after it was closed becomes SUCCESS, is named also with -q, and is exit 6") {
  const ReconcileMarket market;
  for (const auto* number : {"ORDER-1", "ORDER-2"}) {
    market.order(number);
    market.close_by_hand(number);
  }
  market.sandbox.pay("ORDER-1");
  wait_for_next_second();
  const auto result = market.quiet({"--details", "--json"});
  CHECK(result.code == 6);
  const auto told = lines_of(result.err);
  REQUIRE(told.size() == 1);
  CHECK(told[0].starts_with("wxpayctl: warning: order ORDER-1 was paid after it was closed (transaction 42"));
  CHECK(told[0].ends_with("): deliver or refund"));
  const auto lines = json_lines(result.out);
  CHECK(counts(lines.back()) == Counts{{"checked", 2}, {"updated", 1}, {"paidAfterClose", 1}});
  CHECK(lines.front().at("note") == "PAID_AFTER_CLOSE");
  CHECK(market.state("ORDER-1") == "SUCCESS");
  CHECK(market.state("ORDER-2") == "CLOSED");
  // Told once: it is settled.
  const auto again = market.quiet();
  CHECK(again.code == 0);
  CHECK((again.out + again.err).empty());
}

TEST_CASE("an order that is closed here and can still be paid at WeChat Pay is named") {
  const ReconcileMarket market;
  market.order("ORDER-1");
  market.close_by_hand("ORDER-1");
  wait_for_next_second();
  const auto result = market.shop.run({"reconcile"});
  CHECK(result.code == 0);
  CHECK(contains(result.err, "order ORDER-1 is closed here and can still be paid: 'wxpayctl close ORDER-1'"));
  CHECK(market.shop.run({"close", "ORDER-1"}).code == 0);
  CHECK(market.shop.run({"reconcile"}).err.empty());
}

TEST_CASE("with -q, what does not agree is named in every run, beside an order paid after it was closed") {
  const ReconcileMarket market;
  for (const auto* number : {"ORDER-1", "ORDER-2", "ORDER-3"}) market.order(number);
  market.close_by_hand("ORDER-2");
  market.sandbox.pay("ORDER-1", 7);
  market.sandbox.pay("ORDER-2");
  wait_for_next_second();
  const auto first = market.quiet({"--json"});
  CHECK(first.code == 5);
  CHECK(lines_of(first.err).size() == 2);
  CHECK(contains(first.err,
                 "order ORDER-1 does not agree: AMOUNT_MISMATCH; nothing was applied: compare 'wxpayctl "
                 "query --read-only ORDER-1' with 'wxpayctl orders show ORDER-1'"));
  CHECK(contains(first.err, "order ORDER-2 was paid after it was closed"));
  CHECK(counts(json_line(first.out)) ==
        Counts{{"checked", 3}, {"updated", 1}, {"stillOpen", 1}, {"mismatched", 1}, {"paidAfterClose", 1}});
  const auto second = market.quiet();
  CHECK(second.code == 5);
  CHECK(lines_of(second.err).size() == 1);

  market.sandbox.fault("wrong-sign", 2, Operation::query);
  const auto forged = market.quiet();
  CHECK(forged.code == 5);
  for (const auto* number : {"ORDER-1", "ORDER-3"}) {
    CAPTURE(number);
    CHECK(contains(forged.err, "order " + std::string{number} + " does not agree: "));
    CHECK(contains(forged.err, "signature"));
    CHECK(contains(forged.err, "does not hold; nothing was applied: a wrong key"));
  }
}

TEST_CASE("an output that cannot be written hides nothing of what was found") {
  const ReconcileMarket market;
  market.order("ORDER-1");
  auto nothing_wrong = market.shop.command({"reconcile"});
  nothing_wrong.output = "/dev/full";
  CHECK(run(nothing_wrong).code == 8);
  market.sandbox.pay("ORDER-1", 7);
  for (const auto* details : {"", "--details"}) {
    CAPTURE(details);
    Texts arguments{"reconcile", "--older-than", "0s"};
    if (*details != 0) arguments.emplace_back(details);
    for (const auto* format : {"text", "json"}) {
      auto command = market.shop.command(arguments);
      command.arguments.insert(command.arguments.end(), {"--output", format});
      command.output = "/dev/full";
      const auto result = run(command);
      CHECK(result.code == 5);
      CHECK(contains(result.err, "order ORDER-1 does not agree"));
      const auto written = result.err.find("cannot write standard output");
      REQUIRE(written != std::string::npos);
      CHECK(result.err.find("cannot write standard output", written + 1) == std::string::npos);
      CHECK(contains(result.err.substr(written), "mismatched"));
    }
  }
}

TEST_CASE("a table that cannot be written is told once") {
  const ReconcileMarket market;
  std::string orders = "outTradeNo,totalFee\n";
  for (int i = 0; i < 600; ++i) orders += numbered("ORDER-", i) + ",1000\n";
  CHECK(market.shop.run({"orders", "import", "-"}, orders).code == 0);
  market.sandbox.fault("wrong-sign", 1, Operation::query);
  auto command = market.shop.command({"reconcile", "--older-than", "0s", "--rate", "100000", "--details"});
  command.output = "/dev/full";
  const auto result = run(command);
  CHECK(result.code == 5);
  CHECK(result.err.find("cannot write") == result.err.rfind("cannot write"));
}

TEST_CASE("a ledger that fails in the middle hides nothing of what was found before") {
  const ReconcileMarket market;
  market.shop.write("batch", batch_of("ORDER-", 60));
  CHECK(market.shop.run({"create-order", "--batch", "batch", "--rate", "10000"}).code == 0);
  for (int i = 0; i < 60; ++i) market.sandbox.pay(numbered("ORDER-", i), i == 0 ? 7 : 0);
  // One order a transaction, until the write-ahead log may not grow any more.
  auto command =
      market.shop.command({"reconcile", "--older-than", "0s", "--rate", "200", "--jobs", "1", "--json"});
  command.largest_file = 256UL << 10U;
  const auto result = run(command);
  CHECK(result.code == 5);
  CHECK(contains(result.err, "order ORDER-0 does not agree: AMOUNT_MISMATCH"));
  CHECK(contains(result.err, "\"code\":\"LEDGER\""));
  const auto summary = json_line(result.out);
  CHECK(summary.at("mismatched") == 1);
  CHECK(summary.at("updated") < 59);
  // What was counted is kept, and with space the next run does the rest.
  CHECK(counts(market.reconcile({}, 5)) == Counts{{"checked", 60 - summary.at("updated").get<int>()},
                                                  {"updated", 59 - summary.at("updated").get<int>()},
                                                  {"mismatched", 1}});
}

TEST_CASE("one reconcile a ledger: the other is exit 75 and does nothing, also after one was killed") {
  const ReconcileMarket market;
  for (int i = 0; i < 3; ++i) market.order(numbered("ORDER-", i));
  market.sandbox.fault("delay", 1, Operation::query, 3600);
  Process first{market.shop.command({"reconcile", "--older-than", "0s", "--jobs", "1"})};
  market.sandbox.wait_for_requests(1, Operation::query);
  const auto second = market.shop.run({"reconcile", "--older-than", "0s", "--json"});
  CHECK(second.code == 75);
  CHECK(second.out.empty());
  CHECK(Json::parse(second.err)["error"]["code"] == "LOCKED");
  // cron would send a mail at every run, as long as the first one is at it.
  const auto from_cron = market.quiet();
  CHECK(from_cron.code == 75);
  CHECK((from_cron.out + from_cron.err).empty());
  first.kill(SIGKILL);
  first.wait();
  CHECK(counts(market.reconcile()) == Counts{{"checked", 3}, {"stillOpen", 3}});
}

TEST_CASE("with -q a run that found nothing to do prints nothing") {
  const ReconcileMarket market;
  market.shop.make_ledger();
  const auto nothing = market.shop.run({"-q", "reconcile"});
  CHECK(nothing.code == 0);
  CHECK(nothing.out.empty());
  CHECK(nothing.err.empty());
  market.order("ORDER-1");
  const auto not_paid = market.quiet();
  CHECK(not_paid.code == 0);
  CHECK((not_paid.out + not_paid.err).empty());
  market.sandbox.pay("ORDER-1");
  CHECK(contains(market.quiet().out, "updated"));
}

TEST_CASE("on a terminal reconcile shows how far it is") {
  const ReconcileMarket market;
  market.shop.write("batch", batch_of("ORDER-", 60));
  CHECK(market.shop.run({"create-order", "--batch", "batch", "--rate", "10000"}).code == 0);
  TerminalProcess reconcile{
      market.shop.command({"reconcile", "--older-than", "0s", "--rate", "40", "--jobs", "2"})};
  reconcile.read_until(" of 60");
  reconcile.read_until("/s");
  const auto result = reconcile.wait();
  CHECK(result.code == 0);
  CHECK(contains(result.out, "s left"));
  CHECK(contains(result.out, "stillOpen"));
  TerminalProcess without{
      market.shop.command({"reconcile", "--older-than", "0s", "--rate", "10000", "--no-progress"})};
  CHECK_FALSE(contains(without.wait().out, " of 60"));
}
