// How a batch ends that does not come to the end of its input in peace.
#include <doctest/doctest.h>

#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "support/batch_market.hpp"
#include "support/shell.hpp"
#include "support/small_disk.hpp"

using namespace wxpay::test;

namespace {

/// The same command with standard input from a file, as a shell has it.
Command with_input_from(const Command& command, const std::string& file) {
  return by_shell(command, "", "< " + file);
}

std::set<int> lines_with_results(const std::string& out) {
  std::set<int> lines;
  for (const auto& result : json_lines(out)) lines.insert(result.at("line").get<int>());
  return lines;
}

/// How many results are orders that can be paid.
std::size_t orders_in(const std::string& out) {
  std::size_t count = 0;
  for (const auto& result : json_lines(out)) {
    if (result.at("resultCode") == "SUCCESS") ++count;
  }
  return count;
}

}  // namespace

TEST_CASE("on a terminal, a file as standard input is read once and whole") {
  const BatchMarket market;
  market.shop.write("batch", rows("ORDER-A-LONG-NUMBER-", 3'000));
  const auto command = market.shop.command(
      {"create-order", "--batch", "-", "--json", "--rate", "10000", "--ledger", "ledger.db"});
  const auto result = TerminalProcess{with_input_from(command, "batch")}.wait();
  CHECK(result.code == 0);
  CHECK(contains(result.out, "3000 records: 3000 created"));
  CHECK(market.sandbox.orders().size() == 3'000);

  std::string ids;
  for (int i = 0; i < 3'000; ++i) ids += numbered("wx20141027200939552265", i) + "\n";
  market.shop.write("ids", ids);
  const auto signing = market.shop.command({"sign", "--batch", "-", "--json"});
  CHECK(contains(TerminalProcess{with_input_from(signing, "ids")}.wait().out, "3000 signed, 0 bad"));
}

TEST_CASE("a file that shrinks while it is read is an error, and its cut last record is not sent") {
  const BatchMarket market;
  constexpr std::size_t count = 8000;
  std::string text = header;
  for (std::size_t i = 0; i < count; ++i) text += "ORDER-" + std::to_string(100'000 + i) + ",oUser,10000\n";
  const auto record = std::string{"ORDER-100000,oUser,10000\n"}.size();
  market.shop.write("batch", text);
  Process batch{market.shop.command(
      {"create-order", "--batch", "batch", "--json", "--rate", "1000", "--failed", "again"})};
  batch.read_line();
  // In the middle of an amount, beyond what can have been read by now.
  std::filesystem::resize_file(market.shop.path("batch"), header.size() + record * (count - 10) - 3);
  const auto result = batch.wait();
  CHECK(result.code == 8);
  CHECK(contains(result.err, "became shorter while it was read"));
  CHECK(contains(result.err, "created"));
  const auto orders = market.sandbox.orders();
  CHECK(orders.size() >= json_lines(result.out).size());
  CHECK(orders.size() < count - 10);
  for (const auto& order : orders) CHECK(order.at("totalFee") == 10000);
  // What was read and not sent is there for another run.
  CHECK(json_lines(result.out).size() + 1 + lines_of(market.shop.read("again")).size() - 1 == count - 11);
  market.check_ledger();
}

TEST_CASE("a full disk under the ledger: what was finished is printed, the rest is named and kept") {
  const BatchMarket market;
  const SmallDisk disk{market.shop.path("disk"), "600k"};
  if (!disk.mounted()) {
    MESSAGE("no small disk can be mounted by this user");
    return;
  }
  std::string text = header;
  for (int i = 0; i < 3'000; ++i)
    text += i % 10 == 0 ? numbered("BAD-", i) + ",oUser,x\n" : row(numbered("GOOD-", i));
  const auto result = market.batch(text, {"--ledger", disk.path("orders.db").string(), "--failed", "again"});
  CHECK(result.code == 7);
  CHECK(contains(result.err, "disk full"));
  CHECK(contains(result.err, "3000 records: "));
  CHECK(contains(result.err, "not sent"));
  const auto printed = lines_with_results(result.out);
  const auto good = orders_in(result.out);
  // Every record has a result, or stands in the file to run again, or both where it is bad.
  CHECK(lines_of(market.shop.read("again")).size() - 1 == 3'000 - good);
  CHECK(printed.size() < 3'000);

  const auto again = market.batch(market.shop.read("again"));
  CHECK(again.code == 1);
  CHECK(contains(again.err, "created, 300 bad"));
  CHECK(market.sandbox.orders().size() == 2'700);
}

TEST_CASE("an input that cannot be read on ends the batch with its results, a summary and the rest kept") {
  const BatchMarket market;
  const std::string huge(17 << 20, 'x');
  const auto quote = market.batch(header + row("FIRST-1") + "SECOND-1,\"" + huge, {"--failed", "again"});
  CHECK(quote.code == 8);
  CHECK(contains(quote.err, "the record that begins on line 3 is longer"));
  CHECK(contains(quote.err, "1 record: "));
  const bool sent = contains(quote.out, "FIRST-1");
  CHECK(market.shop.read("again") == (sent ? header : header + row("FIRST-1")));

  // What is counted ahead for a terminal is no reason to end earlier.
  market.shop.write("batch", header + row("THIRD-1") + "FOURTH-1,\"" + huge);
  const auto shown = TerminalProcess{market.shop.command({"create-order", "--batch", "batch"})}.wait();
  CHECK(shown.code == 8);
  CHECK(contains(shown.out, "1 record: "));
}

TEST_CASE("a pipe that stays open does not keep a batch that nobody listens to, nor one that is to end") {
  const BatchMarket market;
  const auto fifo = market.shop.path("pipe");
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  SUBCASE("standard output is closed") {
    Process batch{market.shop.command({"create-order", "--batch", "pipe", "--json"})};
    std::ofstream input{fifo};
    input << header << row("ORDER-1") << std::flush;
    batch.read_line();
    batch.close_output();
    input << row("ORDER-2") << std::flush;
    const auto result = batch.wait();
    CHECK(result.code == 141);
    CHECK(contains(result.err, "run the same command again to go on"));
  }
  SUBCASE("it gave up, and is told to end") {
    market.sandbox.fault("5xx", 1000);
    Process batch{market.shop.command({"create-order", "--batch", "pipe", "--json", "--max-errors", "1",
                                       "--jobs", "1", "--timeout", "1", "--failed", "again"})};
    std::ofstream input{fifo};
    input << header << row("ORDER-1") << row("ORDER-2") << std::flush;
    batch.read_line();
    batch.kill(SIGTERM);
    const auto result = batch.wait();
    CHECK(result.code == 143);
    CHECK(contains(result.err, "stopped, as too many in a row failed"));
    CHECK(market.shop.read("again") == header + row("ORDER-1") + row("ORDER-2"));
  }
}

TEST_CASE("--failed is not the file that the results go to, and losing it costs no result") {
  const BatchMarket market;
  market.shop.write("batch", rows("ORDER-", 3));
  auto command = market.shop.command({"create-order", "--batch", "batch", "--failed", "/dev/stdout"});
  command.output = market.shop.write("results", "precious");
  CHECK(run(command).code == 2);
  CHECK(market.sandbox.requests() == 0);

  const SmallDisk disk{market.shop.path("disk"), "64k"};
  if (!disk.mounted()) {
    MESSAGE("no small disk can be mounted by this user");
    return;
  }
  std::string text = header;
  for (int i = 0; i < 4'000; ++i) {
    text +=
        i % 2 == 0 ? numbered("BAD-", i) + "," + std::string(60, 'o') + ",x\n" : row(numbered("GOOD-", i));
  }
  const auto result = market.batch(text, {"--failed", disk.path("again").string()});
  CHECK(result.code == 8);
  CHECK(contains(result.err, "cannot write"));
  CHECK(orders_in(result.out) == market.sandbox.orders().size());
}

TEST_CASE("after Ctrl-C what was never sent has no result, and the summary names its first line") {
  const BatchMarket market;
  market.shop.write("batch", rows("ORDER-", 100));
  Process batch{market.shop.command(
      {"create-order", "--batch", "batch", "--json", "--rate", "5", "--jobs", "16", "--failed", "again"})};
  market.sandbox.wait_for_requests(3);
  batch.kill(SIGINT);
  const auto result = batch.wait();
  CHECK(result.code == 130);
  const auto placed = market.sandbox.orders().size();
  CHECK(json_lines(result.out).size() == placed);
  CHECK(contains(result.err,
                 std::to_string(placed) + " created, " + std::to_string(100 - placed) + " not sent"));
  CHECK_FALSE(contains(result.err, "without a certain answer"));
  auto first = 2;
  for (const auto lines = lines_with_results(result.out); lines.count(first) == 1; ++first) {
  }
  CHECK(contains(result.err, "the first not sent is line " + std::to_string(first)));
  CHECK(lines_of(market.shop.read("again")).size() == 1 + 100 - placed);
}

TEST_CASE("--dry-run shows what it found before a slow pipe, and Ctrl-C ends it with a summary") {
  const BatchMarket market;
  const auto fifo = market.shop.path("pipe");
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  Process batch{market.shop.command({"create-order", "--batch", "pipe", "--dry-run", "--json"})};
  std::ofstream input{fifo};
  input << header << row("ORDER-1") << std::flush;
  CHECK(contains(batch.read_line(), "ORDER-1"));
  batch.kill(SIGINT);
  const auto result = batch.wait();
  CHECK(result.code == 130);
  CHECK(contains(result.err, "1 record: 1 would be created"));
}

TEST_CASE(
    "an answer that is not to be trusted is exit 5, whatever else failed, and leaves the order CREATING") {
  const BatchMarket market;
  for (const auto* fault : {"wrong-sign", "unsigned", "other-merchant", "other-app"}) {
    CAPTURE(fault);
    market.sandbox.fault(fault, 1, Operation::create);
    const auto result = market.batch(rows(std::string{fault} + "-", 5) + "BAD-1,oUser,x\n", {"--jobs", "1"});
    CHECK(result.code == 5);
    const auto first = json_lines(result.out)[0];
    CHECK(first.at("resultCode") == "UNKNOWN");
    CHECK(first.at("ledgerState") == "CREATING");
    CHECK(contains(result.err, "1 with an answer that is not to be trusted"));
  }
  market.check_ledger();
}

TEST_CASE("standard output closed: stops with its summary, exit 141, and all that was sent is kept") {
  const BatchMarket market;
  market.shop.write("batch", rows("ORDER-", 5'000));
  Process batch{market.shop.command({"create-order", "--batch", "batch", "--json", "--rate", "10000"})};
  batch.read_line();
  batch.close_output();
  const auto result = batch.wait();
  CHECK(result.code == 141);
  CHECK(contains(result.err, "wxpayctl: 5000 records: "));
  CHECK(contains(result.err, "the first not sent is line "));
  CHECK_FALSE(contains(result.err, "error"));
  const auto listed = json_lines(market.shop.run({"orders", "list", "--state", "NOTPAY", "--json"}).out);
  CHECK(listed.size() == market.sandbox.orders().size());
  CHECK(listed.size() < 5'000);
}

TEST_CASE("a full disk under --failed or standard output is exit 8, and what was finished is kept") {
  const BatchMarket market;
  const auto failed = market.batch(header + "BAD-01,o1,0\n" + row("ORDER-1"), {"--failed", "/dev/full"});
  CHECK(failed.code == 8);
  CHECK(contains(failed.err, "/dev/full"));
  CHECK(contains(failed.out, "BAD-01"));

  market.shop.write("batch", rows("OTHER-", 50));
  auto command = market.shop.command({"create-order", "--batch", "batch", "--json"});
  command.output = "/dev/full";
  const auto full = run(command);
  CHECK(full.code == 8);
  CHECK(contains(full.err, "standard output"));
  const auto placed = market.sandbox.orders().size();
  CHECK(json_lines(market.shop.run({"orders", "list", "--state", "NOTPAY", "--json"}).out).size() == placed);
  CHECK(market.batch(rows("OTHER-", 50)).code == 0);
}

TEST_CASE("Ctrl-C ends what is under way, says how to go on, and the same command finishes") {
  const BatchMarket market;
  const auto text = rows("ORDER-", 2'000);
  market.shop.write("batch", text);
  for (const int signal : {SIGINT, SIGTERM}) {
    Process batch{market.shop.command(
        {"create-order", "--batch", "batch", "--json", "--rate", "300", "--failed", "again"})};
    batch.read_line();
    batch.kill(signal);
    const auto result = batch.wait();
    CHECK(result.code == (signal == SIGINT ? 130 : 143));
    CHECK(contains(result.err, "not sent"));
    CHECK(contains(result.err, "run the same command again to go on"));
    const auto results = json_lines(result.out);
    CHECK(results.size() < 1'999);
    // Every record has a result or stands in the file to run again.
    const auto left = lines_of(market.shop.read("again"));
    CHECK(results.size() + 1 + left.size() - 1 >= 2'000);
  }
  CHECK(market.batch(text).code == 0);
  CHECK(market.sandbox.orders().size() == 2'000);
  market.check_ledger();
}

TEST_CASE("on a terminal a batch shows how far it is") {
  const BatchMarket market;
  market.shop.write("batch", rows("ORDER-", 60));
  TerminalProcess batch{
      market.shop.command({"create-order", "--batch", "batch", "--rate", "40", "--jobs", "2"})};
  batch.read_until(" of 60");
  batch.read_until("/s");
  const auto result = batch.wait();
  CHECK(result.code == 0);
  CHECK(contains(result.out, "s left"));
  CHECK(contains(result.out, "60 records: 60 created"));
  TerminalProcess quiet{market.shop.command({"create-order", "--batch", "batch", "--no-progress"})};
  CHECK_FALSE(contains(quiet.wait().out, " of 60"));
}
