// Ctrl-Z at any moment: a program that is stopped keeps nobody from the ledger, and goes on when it is
// continued.
#include <doctest/doctest.h>
#include <sqlite3.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <random>
#include <thread>

#include "base/handle.hpp"
#include "support/batch_market.hpp"

using namespace wxpay::test;

namespace {

using std::chrono::milliseconds;

/// The letter that /proc has for what a process does: Z where it has ended, a blank where it cannot be read
/// now.
char state_of(const Process& process) {
  std::ifstream file{"/proc/" + std::to_string(process.pid()) + "/stat"};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  const auto name_end = text.rfind(')');
  return name_end == std::string::npos || name_end + 2 >= text.size() ? ' ' : text[name_end + 2];
}

/// Whether it was stopped; not where it has ended before.
bool suspend(const Process& process) {
  process.kill(SIGTSTP);
  for (int tries = 0; tries < 5'000; ++tries) {
    const char state = state_of(process);
    if (state == 'T') return true;
    if (state == 'Z') return false;
    std::this_thread::sleep_for(milliseconds{1});
  }
  FAIL("the program was not stopped");
  return false;
}

/// Whether another connection can write at once.
bool can_be_written(const std::filesystem::path& ledger) {
  sqlite3* opened = nullptr;
  REQUIRE(sqlite3_open_v2(ledger.c_str(), &opened, SQLITE_OPEN_READWRITE, nullptr) == SQLITE_OK);
  const wxpay::Handle<sqlite3, sqlite3_close> database{opened};
  // Long enough for what another one that is not stopped may be at.
  sqlite3_busy_timeout(opened, 500);
  const int code =
      sqlite3_exec(opened, "BEGIN IMMEDIATE; UPDATE orders SET updated_at = updated_at; ROLLBACK", nullptr,
                   nullptr, nullptr);
  CAPTURE(sqlite3_errmsg(opened));
  return code == SQLITE_OK;
}

/// Stops it at random moments and lets it go on.
/// @return how often it was stopped
int disturb(const Process& process, const std::filesystem::path& ledger, std::mt19937& random, int times) {
  std::uniform_int_distribution<int> pause_us{0, 12'000};
  int stopped = 0;
  for (int i = 0; i < times; ++i) {
    std::this_thread::sleep_for(std::chrono::microseconds{pause_us(random)});
    if (!suspend(process)) return stopped;
    ++stopped;
    CHECK(can_be_written(ledger));
    process.kill(SIGCONT);
  }
  return stopped;
}

Command in_own_group(Command command) {
  command.own_group = true;
  return command;
}

}  // namespace

TEST_CASE("Ctrl-Z in a batch holds no transaction, and the batch goes on") {
  auto random = seeded();
  const BatchMarket market;
  market.shop.make_ledger();
  market.shop.write("batch", rows("ORDER-20261123000", 3'000));
  auto command = market.shop.command({"create-order", "--batch", "batch", "--json", "--rate", "1500"});
  command.output = market.shop.path("results");
  Process batch{in_own_group(command)};
  CHECK(disturb(batch, market.shop.ledger(), random, 60) > 5);
  const auto result = batch.wait();
  CAPTURE(result.err);
  CHECK(result.code == 0);
  CHECK(json_lines(market.shop.read("results")).size() == 3'000);
  CHECK(market.sandbox.orders().size() == 3'000);
  market.check_ledger();
}

TEST_CASE("Ctrl-Z in an import holds no transaction, and the import goes on") {
  auto random = seeded();
  const Market market;
  const auto& shop = market.shop;
  shop.make_ledger();
  std::string text{"outTradeNo,totalFee\n"};
  for (int i = 0; i < 60'000; ++i) text += numbered("ORDER-20261123000", i) + ",1000\n";
  shop.write("orders", text);
  Process import{in_own_group(shop.command({"orders", "import", "orders", "--json"}))};
  CHECK(disturb(import, shop.ledger(), random, 60) > 5);
  const auto result = import.wait();
  CHECK(result.code == 0);
  CHECK(json_line(result.out).at("imported") == 60'000);
  CHECK(json_line(shop.run({"ledger", "check", "--json"}).out).at("ok") == true);
}

TEST_CASE("Ctrl-Z while the ledger is opened or closed keeps nobody from it") {
  auto random = seeded();
  const Market market;
  const auto& shop = market.shop;
  shop.make_ledger();
  for (int i = 0; i < 30; ++i) {
    shop.write("orders", "outTradeNo,totalFee\n" + numbered("ORDER-20261123000", i) + ",1000\n");
    Process import{in_own_group(shop.command({"orders", "import", "orders", "-q"}))};
    disturb(import, shop.ledger(), random, 1);
    CHECK(import.wait().code == 0);
  }
  CHECK(json_lines(shop.run({"orders", "list", "--json"}).out).size() == 30);
}

TEST_CASE("Ctrl-Z does not wait for another process that holds the ledger") {
  const Market market;
  const auto& shop = market.shop;
  shop.make_ledger();
  shop.write("orders", "outTradeNo,totalFee\nORDER-20261123001,1000\n");
  sqlite3* opened = nullptr;
  REQUIRE(sqlite3_open(shop.ledger().c_str(), &opened) == SQLITE_OK);
  const wxpay::Handle<sqlite3, sqlite3_close> holder{opened};
  REQUIRE(sqlite3_exec(opened, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
  Process import{in_own_group(shop.command({"orders", "import", "orders", "--json"}))};
  std::this_thread::sleep_for(milliseconds{300});
  const auto asked = std::chrono::steady_clock::now();
  CHECK(suspend(import));
  CHECK(std::chrono::steady_clock::now() - asked < std::chrono::seconds{2});
  REQUIRE(sqlite3_exec(opened, "COMMIT", nullptr, nullptr, nullptr) == SQLITE_OK);
  CHECK(can_be_written(shop.ledger()));
  import.kill(SIGCONT);
  CHECK(import.wait().code == 0);
}
