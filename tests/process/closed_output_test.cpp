// Standard output that nobody reads any more: what only reads ends with 0, and what was found is never
// hidden.
#include <doctest/doctest.h>

#include <fstream>

#include "support/reconcile_market.hpp"
#include "support/replay_case.hpp"

using namespace wxpay::test;

namespace {

/// Runs it with a pipe that nobody reads from the start.
Result unread(const Shop& shop, const Texts& arguments) {
  Process process{shop.command(arguments)};
  process.close_output();
  return process.wait();
}

struct Row {
  Texts arguments;
  int code;
};

}  // namespace

TEST_CASE("what only reads ends with 0 and without a word") {
  const ReconcileMarket market;
  for (const auto* number : {"ORDER-2026112300001", "ORDER-2026112300002"}) market.order(number);
  market.shop.write("batch", batch_of("NEW-20261123-", 3));
  market.shop.write("set", "a=1\n");
  market.shop.write("ids", "wx201410272009395522657a690389285100\n");
  for (const auto& arguments :
       {Texts{"orders", "list"}, Texts{"orders", "list", "--json"}, Texts{"orders", "list", "-o", "csv"},
        Texts{"orders", "show", "ORDER-2026112300001"}, Texts{"orders", "export"}, Texts{"ledger", "check"},
        Texts{"doctor", "--json"}, Texts{"sign", "--params", "set"}, Texts{"sign", "--batch", "ids"},
        Texts{"query", "--read-only", "ORDER-2026112300001", "ORDER-2026112300002", "--json"},
        Texts{"reconcile", "--dry-run", "-q", "--details", "--json"},
        Texts{"create-order", "--batch", "batch", "--dry-run", "-q"}, Texts{"--help"}, Texts{"--version"},
        Texts{"sandbox", "--help"}}) {
    CAPTURE(arguments);
    const auto result = unread(market.shop, arguments);
    CHECK(result.code == 0);
    CHECK(result.err.empty());
  }
}

TEST_CASE("what a reading command found wrong is its exit code, though nobody reads the result") {
  const ReconcileMarket market;
  market.order("ORDER-2026112300001");
  market.sandbox.pay("ORDER-2026112300001", 7);
  market.shop.write("bad.xml", "<xml><a>1</a><sign>0123456789ABCDEF0123456789ABCDEF</sign></xml>");
  market.shop.write("ids", "wx201410272009395522657a690389285100\nno id\n");
  market.shop.write("batch", "outTradeNo,openid,totalFee\nBAD-2026112300001,o,0\n");
  const Row rows[] = {{{"query", "--read-only", "ORDER-2026112300001"}, 5},
                      {{"query", "--read-only", "ORDER-2026112300001", "NONE-2026112300001"}, 5},
                      {{"sign", "--verify", "bad.xml"}, 5},
                      {{"sign", "--batch", "ids", "--json"}, 1},
                      {{"create-order", "--batch", "batch", "--dry-run"}, 1},
                      {{"orders", "show", "NONE-2026112300001"}, 1},
                      {{"doctor", "--base-url", "http://127.0.0.1:1"}, 3}};
  for (const auto& row : rows) {
    CAPTURE(row.arguments);
    CHECK(unread(market.shop, row.arguments).code == row.code);
  }
}

TEST_CASE("a changing command that did its work has the code that it found") {
  const ReconcileMarket market;
  for (int i = 1; i <= 3; ++i) market.order(numbered("ORDER-202611230000", i));
  const auto of_orders = [](const char* name) { return Texts{"orders", name}; };
  market.shop.write("new", "outTradeNo,totalFee\nIMPORTED-2026112300001,5\n");
  market.shop.write("bad", "outTradeNo,totalFee\nIMPORTED-2026112300002,5\nIMPORTED-2026112300003,x\n");
  auto marked = of_orders("mark");
  marked.insert(marked.end(), {"ORDER-2026112300003", "--state", "CLOSED", "--reason", "a test"});
  const Row rows[] = {
      {create("ORDER-2026112300004"), 0},
      {create("ORDER-2026112300004", {"--total-fee", "7"}), 1},
      {{"query", "ORDER-2026112300001"}, 0},
      {{"query", "NONE-2026112300001"}, 1},
      {{"close", "ORDER-2026112300002"}, 0},
      {{"close", "NONE-2026112300001"}, 1},
      {marked, 0},
      {{"orders", "import", "new"}, 0},
      {{"orders", "import", "bad"}, 1},
      {{"ledger", "backup", "copy.db"}, 0},
      {{"sandbox", "pay", "ORDER-2026112300001"}, 0},
      {{"query", "ORDER-2026112300001", "--watch", "--for", "1s"}, 0},
      {{"query", "ORDER-2026112300004", "--watch", "--for", "1s"}, 4},
  };
  for (const auto& row : rows) {
    CAPTURE(row.arguments);
    CHECK(unread(market.shop, row.arguments).code == row.code);
  }
  CHECK(market.state("ORDER-2026112300004") == "NOTPAY");
  CHECK(market.state("ORDER-2026112300001") == "SUCCESS");
  CHECK(market.state("ORDER-2026112300003") == "CLOSED");
  CHECK(market.state("IMPORTED-2026112300002") == "NOTPAY");

  market.sandbox.fault("wrong-sign", 1);
  CHECK(unread(market.shop, create("ORDER-2026112300005")).code == 5);
  market.sandbox.pay("ORDER-2026112300004", 7);
  CHECK(unread(market.shop, {"query", "ORDER-2026112300004"}).code == 5);
  CHECK(unread(market.shop, {"query", "ORDER-2026112300004", "ORDER-2026112300001", "--json"}).code == 5);
  // Of a full disk, too.
  auto full = market.shop.command({"query", "ORDER-2026112300004"});
  full.output = "/dev/full";
  CHECK(run(full).code == 5);
}

TEST_CASE("a changing command that was cut short is exit 141, unless it found something graver") {
  const ReconcileMarket market;
  for (int i = 1; i <= 3; ++i) market.order(numbered("ORDER-202611230000", i));
  const auto cut = unread(market.shop, {"query", "ORDER-2026112300001", "ORDER-2026112300002", "--json"});
  CHECK(cut.code == 141);
  CHECK(cut.err.empty());
  CHECK(unread(market.shop, {"query", "NONE-2026112300001", "ORDER-2026112300002", "--json"}).code == 1);
  CHECK(unread(market.shop, {"sandbox", "serve", "--port", "0"}).code == 141);

  constexpr int count = 5'000;
  std::string text = batch_of("BATCH-20261123-", count);
  market.shop.write("batch", text);
  market.shop.write("with-bad",
                    "outTradeNo,openid,totalFee\nBAD-2026112300001,o,0\n" + text.substr(text.find('\n') + 1));
  for (const auto& row : {std::pair{"batch", 141}, std::pair{"with-bad", 1}}) {
    const char* const file = row.first;
    const int code = row.second;
    CAPTURE(file);
    Process batch{market.shop.command(
        {"create-order", "--batch", file, "--json", "--rate", "10000", "--failed", "again"})};
    batch.read_line();
    batch.close_output();
    const auto result = batch.wait();
    CHECK(result.code == code);
    CHECK(contains(result.err, " records: "));
    CHECK(contains(result.err, "the first not sent is line "));
    CHECK(contains(result.err, "run the same command again to go on"));
    CHECK_FALSE(contains(result.err, "error"));
    CHECK(lines_of(market.shop.read("again")).size() > 1);
  }
  market.check_ledger();
}

TEST_CASE("a batch that came to its end has the code that it found, and tells its summary") {
  const ReconcileMarket market;
  market.shop.write("good", batch_of("GOOD-20261123-", 20));
  market.shop.write("bad", batch_of("GOOD-20261123-", 20) + "BAD-2026112300001,o,0\n");
  // In a table all results are printed at the end.
  const auto good = unread(market.shop, {"create-order", "--batch", "good"});
  CHECK(good.code == 0);
  CHECK(good.err == "wxpayctl: 20 records: 20 created\n");
  const auto bad = unread(market.shop, {"create-order", "--batch", "bad"});
  CHECK(bad.code == 1);
  CHECK(bad.err == "wxpayctl: 21 records: 0 created, 20 reused, 1 bad\n");
}

TEST_CASE("reconcile has the code that it found, and its summary goes to standard error") {
  const ReconcileMarket market;
  for (int i = 1; i <= 4; ++i) market.order(numbered("ORDER-202611230000", i));
  const Texts reconcile{"reconcile", "--older-than", "0s", "--json"};
  const auto fine = unread(market.shop, reconcile);
  CHECK(fine.code == 0);
  CHECK(json_line(fine.err).at("checked") == 4);
  market.sandbox.pay("ORDER-2026112300001", 7);
  const auto mismatched = unread(market.shop, reconcile);
  CHECK(mismatched.code == 5);
  CHECK(contains(mismatched.err, "ORDER-2026112300001 does not agree"));
  CHECK(contains(mismatched.err, "\"mismatched\":1"));

  market.shop.write("batch", batch_of("MANY-20261123-", 3'000));
  CHECK(market.shop.run({"create-order", "--batch", "batch", "--rate", "10000"}).code == 0);
  const ReconcileMarket other;
  other.shop.write("batch", batch_of("MANY-20261123-", 3'000));
  CHECK(other.shop.run({"create-order", "--batch", "batch", "--rate", "10000"}).code == 0);
  const Texts detailed{"reconcile", "--older-than", "0s", "--json", "--details", "--rate", "10000"};
  for (const auto& row : {std::pair{&market, 5}, std::pair{&other, 141}}) {
    const int code = row.second;
    Process process{row.first->shop.command(detailed)};
    process.read_line();
    process.close_output();
    const auto result = process.wait();
    CHECK(result.code == code);
    CHECK(contains(result.err, "\"mode\":\"orders\""));
    static constexpr std::string_view checked{"\"checked\":"};
    const auto place = result.err.find(checked);
    REQUIRE(place != std::string::npos);
    CHECK(std::stoi(result.err.substr(place + checked.size())) < 3'000);
  }
}

TEST_CASE("a replay has the code that it found, or 141 where it was cut short") {
  const ReplayCase at;
  std::string lines;
  std::string input;
  constexpr int count = 3'000;
  for (int i = 0; i < count; ++i) {
    const auto number = "ORDER-20261123-" + std::to_string(i);
    lines += Json{{"outTradeNo", number}, {"totalFee", 1000}}.dump() + "\n";
    input += payment(number);
  }
  at.import(lines);
  at.shop.write("many.xml", input);
  at.shop.write("one.xml", payment("ORDER-20261123-0"));
  at.shop.write("forged.xml", replaced(payment("ORDER-20261123-1"), "1000", "1"));
  const auto one = unread(at.shop, {"replay-notify", "one.xml"});
  CHECK(one.code == 0);
  CHECK(one.err == "wxpayctl: 1 notification: 1 applied\n");
  const auto forged = unread(at.shop, {"replay-notify", "forged.xml"});
  CHECK(forged.code == 5);
  const auto many = unread(at.shop, {"replay-notify", "many.xml", "--json"});
  CHECK(many.code == 141);
  CHECK(contains(many.err, "run the same command again"));
  CHECK(unread(at.shop, {"replay-notify", "many.xml", "--json", "--dry-run", "-q"}).code == 0);
}
