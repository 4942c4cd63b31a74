// The terminal goes away, a limit is met, a stream is closed or does not block: what a parent may leave
// behind.
#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>

#include "support/reconcile_market.hpp"
#include "support/shell.hpp"

using namespace wxpay::test;

namespace {

constexpr const char* all_closed = "<&- >&- 2>&-";

}  // namespace

TEST_CASE(
    "SIGHUP ends a batch as SIGTERM does: summary, --failed whole, exit 129, and the same again goes on") {
  const ReconcileMarket market;
  const auto text = batch_of("ORDER-20261123-", 1'000);
  market.shop.write("batch", text);
  const auto command = market.shop.command(
      {"create-order", "--batch", "batch", "--json", "--rate", "200", "--failed", "again"});
  Process batch{command};
  batch.read_line();
  batch.kill(SIGHUP);
  const auto result = batch.wait();
  CHECK(result.signal == 0);
  CHECK(result.code == 129);
  CHECK(contains(result.err, "wxpayctl: 1000 records: "));
  CHECK(contains(result.err, "run the same command again to go on"));
  // Each record has a result or stands in the file to run again.
  CHECK(1 + lines_of(result.out).size() + lines_of(market.shop.read("again")).size() - 1 >= 1'000);
  CHECK(market.shop.run({"create-order", "--batch", "again", "--rate", "10000"}).code == 0);
  CHECK(market.sandbox.orders().size() == 1'000);
  market.check_ledger();
}

TEST_CASE("SIGHUP ends reconcile, query --watch, a question and the sandbox too") {
  ReconcileMarket market;
  for (int i = 0; i < 20; ++i) market.order(numbered("ORDER-20261123-", i));
  Process reconcile{market.shop.command({"reconcile", "--older-than", "0s", "--json", "--rate", "2"})};
  market.sandbox.wait_for_requests(21);
  reconcile.kill(SIGHUP);
  const auto reconciled = reconcile.wait();
  CHECK(reconciled.code == 129);
  CHECK(json_line(reconciled.out).at("checked") < 20);

  const auto before = market.sandbox.requests();
  Process watching{market.shop.command({"query", "ORDER-20261123-1", "--watch", "--for", "1h"})};
  market.sandbox.wait_for_requests(before + 1);
  watching.kill(SIGHUP);
  CHECK(watching.wait().code == 129);

  TerminalProcess closing{market.shop.command({"close", "ORDER-20261123-1"})};
  closing.read_until("for good?");
  REQUIRE(::kill(closing.pid(), SIGHUP) == 0);
  CHECK(closing.wait().code == 129);
  CHECK(market.sandbox.order("ORDER-20261123-1")["tradeState"] == "NOTPAY");

  market.sandbox.process().kill(SIGHUP);
  CHECK(market.sandbox.process().wait().code == 129);
}

TEST_CASE("SIGHUP that is ignored already, as nohup has it, stays ignored") {
  const ReconcileMarket market;
  market.shop.write("batch", batch_of("ORDER-20261123-", 60));
  Process batch{by_shell(market.shop.command({"create-order", "--batch", "batch", "--json", "--rate", "100"}),
                         "trap '' HUP;")};
  batch.read_line();
  batch.kill(SIGHUP);
  CHECK(batch.wait().code == 0);
  CHECK(market.sandbox.orders().size() == 60);
}

TEST_CASE("a limit on the size of files is an error of the file, not the end by a signal") {
  const ReconcileMarket market;
  // The shell counts blocks of 512 bytes.
  const auto output = run(by_shell(market.shop.command({"--help"}), "ulimit -f 1;", "> help"));
  CHECK(output.signal == 0);
  CHECK(output.code == 8);
  CHECK(contains(output.err, "File too large"));

  std::string text = "outTradeNo,openid,totalFee\n";
  for (int i = 0; i < 10'000; ++i) text += numbered("BAD-20261123-", i) + ",o1,0\n";
  market.shop.write("batch", text);
  const auto failed =
      run(by_shell(market.shop.command({"create-order", "--batch", "batch", "--json", "--failed", "again"}),
                   "ulimit -f 300;"));
  CHECK(failed.code == 8);
  CHECK(contains(failed.err, "cannot write again: File too large"));
  CHECK_FALSE(std::filesystem::exists(market.shop.path("again")));
  CHECK(contains(failed.err, "wxpayctl: 10000 records: "));
  CHECK(contains(failed.out, "BAD-20261123-0"));

  market.shop.write("orders", batch_of("ORDER-2026112400", 2'000));
  const auto ledger =
      run(by_shell(market.shop.command({"create-order", "--batch", "orders", "-q"}), "ulimit -f 200;"));
  CHECK(ledger.code == 7);
  market.check_ledger();
}

TEST_CASE("a standard stream that is closed is taken by no file, and using it is exit 8") {
  const ReconcileMarket market;
  market.order("ORDER-2026112300001");
  for (const auto& arguments : {Texts{"orders", "export"}, Texts{"orders", "list"}, Texts{"ledger", "check"},
                                Texts{"query", "ORDER-2026112300001"}, Texts{"--help"}}) {
    CAPTURE(arguments);
    CHECK(run(by_shell(market.shop.command(arguments), "", all_closed)).code == 8);
  }
  CHECK(run(by_shell(market.shop.command({"create-order", "--batch", "-"}), "", "<&-")).code == 8);
  market.shop.write("batch", batch_of("ORDER-2026112400", 3));
  CHECK(run(by_shell(market.shop.command({"create-order", "--batch", "batch", "--failed", "again"}), "",
                     all_closed))
            .code == 8);
  CHECK(market.shop.read("again") == "outTradeNo,openid,totalFee\n");
  // What prints nothing needs none of them.
  CHECK(run(by_shell(market.shop.command({"-q", "reconcile"}), "", all_closed)).code == 0);
  market.check_ledger();
}

TEST_CASE("standard output that does not block is waited for, however slowly it is read") {
  const ReconcileMarket market;
  market.shop.write("batch", batch_of("ORDER-20261123-", 600));
  auto command =
      market.shop.command({"create-order", "--batch", "batch", "--json", "--rate", "10000", "--jobs", "16"});
  command.nonblocking = true;
  Process batch{command};
  batch.read_line();
  // Meanwhile the pipe, which holds 64 KiB, is filled several times over.
  std::this_thread::sleep_for(std::chrono::seconds{1});
  const auto result = batch.wait();
  CHECK(result.code == 0);
  CHECK(1 + lines_of(result.out).size() == 600);
  CHECK(contains(result.err, "600 records: 600 created"));
  CHECK(market.sandbox.orders().size() == 600);
}

TEST_CASE("Ctrl-C does not wait for ever for a reader of standard output that does not block") {
  const ReconcileMarket market;
  market.shop.write("orders", batch_of("ORDER-20261123-", 2'000));
  CHECK(market.shop.run({"create-order", "--batch", "orders", "--rate", "10000", "-q"}).code == 0);
  auto command = market.shop.command({"orders", "export"});
  command.nonblocking = true;
  Process stuck{command};
  std::this_thread::sleep_for(std::chrono::milliseconds{500});
  stuck.kill(SIGINT);
  // Nobody reads, so that only the program itself can end this.
  CHECK(stuck.ends_unread());
  CHECK(stuck.wait().code == 130);
}

TEST_CASE("where the process may open no more files, the message says so") {
  if (!measures_memory) return;  // a sanitizer needs some itself
  const ReconcileMarket market;
  market.order("ORDER-2026112300001");
  int failures = 0;
  // With fewer the program itself is not loaded, where this test was started with a descriptor more.
  for (int files = 6; files <= 10; ++files) {
    CAPTURE(files);
    const auto result = run(by_shell(market.shop.command({"query", "ORDER-2026112300001"}),
                                     "ulimit -n " + std::to_string(files) + ";"));
    if (result.code == 0) continue;
    ++failures;
    CHECK((contains(result.err, "may open no more files") || contains(result.err, "Too many open files")));
  }
  CHECK(failures > 0);
}
