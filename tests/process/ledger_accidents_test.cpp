// A name that is too long, a making that was broken off, too few files, Ctrl-C while another process has the
// ledger.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <thread>

#include "base/handle.hpp"
#include "base/unique_fd.hpp"
#include "support/batch_market.hpp"
#include "support/shell.hpp"

using namespace wxpay::test;

namespace {

namespace fs = std::filesystem;
using Database = wxpay::Handle<sqlite3, sqlite3_close>;

Database open_database(const fs::path& file) {
  sqlite3* opened = nullptr;
  REQUIRE(sqlite3_open(file.c_str(), &opened) == SQLITE_OK);
  return Database{opened};
}

void execute(const Database& database, const char* statements) {
  REQUIRE(sqlite3_exec(database.get(), statements, nullptr, nullptr, nullptr) == SQLITE_OK);
}

std::string message_of(const Result& result) { return json_line(result.err)["error"]["message"]; }
std::string hint_of(const Result& result) { return json_line(result.err)["error"]["hint"]; }

}  // namespace

TEST_CASE("a name that leaves no room for the files beside it makes no ledger") {
  const Market market;
  const auto folder = market.shop.path("folder");
  fs::create_directory(folder);
  const auto deep = folder / std::string(200, 'd') / std::string(200, 'e') / std::string(100, 'f');
  fs::create_directories(deep);
  const std::string number{"ORDER-2026112300000001"};
  for (const auto& path :
       {folder / std::string(241, 'n'), folder / std::string(250, 'n'), deep / "orders.db"}) {
    CAPTURE(path.string().size());
    const auto result = market.shop.run(create(number, {"--ledger", path.string(), "--json"}));
    CHECK(result.code == 7);
    CHECK(contains(message_of(result), "is too long for the files beside it"));
    CHECK(contains(hint_of(result), "--ledger"));
    CHECK_FALSE(fs::exists(path));
  }
  const auto longest = folder / std::string(240, 'n');
  CHECK(market.shop.run(create(number, {"--ledger", longest.string()})).code == 0);
  CHECK(market.shop.run({"reconcile", "-q", "--ledger", longest.string()}).code == 0);
  CHECK(market.sandbox.orders().size() == 1);
}

TEST_CASE("a ledger whose making was broken off is told as that, and the next writer goes on") {
  const Market market;
  const auto ledger = market.shop.path("orders.db");
  {
    // As a program is killed while its first transaction goes to the disk.
    const auto half = market.shop.path("half.db");
    const auto database = open_database(half);
    execute(database,
            "PRAGMA journal_mode = DELETE; CREATE TABLE a (b); INSERT INTO a VALUES (zeroblob(100000))");
    execute(database, "PRAGMA cache_size = 1; BEGIN; UPDATE a SET b = randomblob(100000)");
    execute(database, "INSERT INTO a VALUES (randomblob(100000)); DROP TABLE a");
    fs::copy_file(half, ledger);
    fs::copy_file(half.string() + "-journal", ledger.string() + "-journal");
    REQUIRE(fs::file_size(ledger.string() + "-journal") > 0);
  }
  const auto read = market.shop.run({"orders", "list", "--ledger", ledger.string(), "--json"});
  CHECK(read.code == 7);
  CHECK(contains(message_of(read), "was broken off, most likely its making"));
  CHECK_FALSE(contains(hint_of(read), "must be writable"));
}

TEST_CASE("too few files are told as that, and with more the same batch goes on") {
  if (!measures_memory) return;  // a sanitizer needs some itself
  const BatchMarket market;
  market.shop.make_ledger();
  market.shop.write("batch", rows("ORDER-20261123000", 40));
  const auto command = market.shop.command(
      {"create-order", "--batch", "batch", "--json", "--rate", "10000", "--max-errors", "3"});
  for (int limit = 5; limit <= 12; ++limit) {
    CAPTURE(limit);
    const auto result = run(by_shell(command, "ulimit -n " + std::to_string(limit) + ";"));
    CAPTURE(result.err);
    CHECK(result.signal == 0);
    if (result.code == 7) {
      CHECK(contains(result.err, "may open no more files"));
      CHECK(contains(result.err, "ulimit -n"));
    } else if (result.code == 4) {
      CHECK(contains(result.out, "may open no more files (ulimit -n)"));
    } else {
      CHECK((result.code == 0 || result.code == 2 || result.code == 127));
    }
  }
  CHECK(run(command).code == 0);
  CHECK(market.sandbox.orders().size() == 40);
  market.check_ledger();
}

TEST_CASE("Ctrl-C ends every wait for another process that has the ledger: exit 130") {
  const Market market;
  market.json(create("ORDER-2026112300000001"));
  market.sandbox.pay("ORDER-2026112300000001");
  const auto copy = market.shop.path("copy.db").string();
  REQUIRE(market.shop.run({"ledger", "backup", copy}).code == 0);
  const auto holder = open_database(market.shop.ledger());
  execute(holder, "BEGIN IMMEDIATE");
  const auto notification = market.shop.path("notification.xml").string();
  REQUIRE(market.shop.run({"sandbox", "notify", "ORDER-2026112300000001", "--out", notification}).code == 0);
  market.shop.write("orders", "outTradeNo,totalFee\nORDER-2026112300000003,1\n");
  const std::vector<std::vector<std::string>> commands{
      create("ORDER-2026112300000002"),
      {"query", "ORDER-2026112300000001"},
      {"close", "ORDER-2026112300000001"},
      {"orders", "mark", "ORDER-2026112300000001", "--state", "CLOSED", "--reason", "x"},
      {"orders", "import", "orders"},
      {"replay-notify", notification},
      {"ledger", "restore", copy}};
  for (const auto& arguments : commands) {
    CAPTURE(arguments);
    Process waiting{market.shop.command(arguments)};
    std::this_thread::sleep_for(std::chrono::milliseconds{400});
    const auto asked = std::chrono::steady_clock::now();
    waiting.kill(SIGINT);
    const auto result = waiting.wait();
    CAPTURE(result.err);
    CHECK(result.code == 130);
    CHECK(std::chrono::steady_clock::now() - asked < std::chrono::seconds{3});
  }
  execute(holder, "COMMIT");
  market.check_ledger();
  CHECK(market.sandbox.orders().size() == 1);
}

TEST_CASE("what runs of reconcile found after the copy was made is asked about again once it is restored") {
  const Market market;
  const std::string number{"ORDER-2026112300000001"};
  market.json(create(number));
  market.json({"orders", "mark", number, "--state", "CLOSED", "--reason", "a test"});
  const auto copied = market.json({"orders", "show", number})["updatedAt"].get<std::string>();
  const auto copy = market.shop.path("copy.db").string();
  REQUIRE(market.shop.run({"ledger", "backup", copy}).code == 0);
  std::this_thread::sleep_for(std::chrono::milliseconds{1'100});
  market.json({"reconcile", "--older-than", "0s"});
  const auto lock = "state/wxpayctl/sandbox.db.reconcile.lock";
  CHECK_FALSE(contains(market.shop.read(lock), copied));
  {
    const wxpay::UniqueFd held{::open(market.shop.path(lock).c_str(), O_RDWR | O_CLOEXEC)};
    REQUIRE(::flock(held.get(), LOCK_EX | LOCK_NB) == 0);
    CHECK(market.shop.run({"ledger", "restore", copy}).code == 75);
    CHECK_FALSE(contains(market.shop.read(lock), copied));
  }
  CHECK(market.shop.run({"ledger", "restore", copy}).code == 0);
  CHECK(contains(market.shop.read(lock), " 1970-01-01T08:00:00+08:00\n"));
}

TEST_CASE("who reads a ledger through a link, and may write no folder, sees what is in its log") {
  if (::geteuid() != 0) return;
  const Market market;
  market.json(create("ORDER-2026112300000001"));
  const auto ledger = market.shop.ledger();
  // A connection that stays keeps what comes next in the log.
  const auto holder = open_database(ledger);
  execute(holder, "SELECT count(*) FROM orders");
  market.json(create("ORDER-2026112300000002"));
  REQUIRE(fs::file_size(ledger.string() + "-wal") > 0);
  for (auto folder = ledger.parent_path(); folder != market.shop.path().parent_path();
       folder = folder.parent_path())
    fs::permissions(folder, fs::perms{0755});
  for (const auto* suffix : {"", "-wal", "-shm"}) fs::permissions(ledger.string() + suffix, fs::perms{0644});
  const auto links = market.shop.path("links");
  fs::create_directory(links);
  fs::permissions(links, fs::perms{0755});
  fs::create_symlink(ledger, links / "orders.db");
  auto command =
      market.shop.command({"orders", "list", "--ledger", (links / "orders.db").string(), "--json"});
  command.user = 65'534;
  const auto result = run(command);
  CAPTURE(result.err);
  CHECK(result.code == 0);
  CHECK(json_lines(result.out).size() == 2);
}

TEST_CASE("query asks about an order whose ledger is in a folder that may not be entered, and says so") {
  if (::geteuid() != 0) return;
  const Market market;
  const auto folder = market.shop.path("closed");
  fs::create_directory(folder);
  const auto ledger = (folder / "orders.db").string();
  market.json(create("ORDER-2026112300000001", {"--ledger", ledger}));
  fs::permissions(market.shop.path(), fs::perms{0755});
  fs::permissions(folder, fs::perms{0700});
  const auto as_nobody = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--ledger", ledger});
    auto command = market.shop.command(arguments);
    command.user = 65'534;
    return run(command);
  };
  const auto asked = as_nobody({"query", "ORDER-2026112300000001", "--json"});
  CHECK(asked.code == 0);
  CHECK(json_line(asked.out).at("tradeState") == "NOTPAY");
  CHECK(contains(asked.err, "cannot be reached: Permission denied: nothing is written back"));
  CHECK(as_nobody({"orders", "list"}).code == 7);
}

TEST_CASE("a restore through a link replaces what the link leads to, and its log goes with it") {
  const Market market;
  market.json(create("ORDER-2026112300000001"));
  const auto copy = market.shop.path("copy.db").string();
  REQUIRE(market.shop.run({"ledger", "backup", copy}).code == 0);
  market.json(create("ORDER-2026112300000002"));
  const auto link = market.shop.path("link.db");
  fs::create_symlink(market.shop.ledger(), link);
  auto restored = market.json({"ledger", "restore", copy, "--ledger", link.string()});
  CHECK(fs::is_symlink(link));
  CHECK(restored["keptAs"][0].get<std::string>().starts_with(market.shop.ledger().string() + ".before-"));
  for (const auto& name : {link.string(), market.shop.ledger().string()})
    CHECK(json_lines(market.shop.run({"orders", "list", "--ledger", name, "--json"}).out).size() == 1);
  CHECK(market.shop.run(create("ORDER-2026112300000003", {"--ledger", link.string()})).code == 0);
  market.check_ledger();
}
