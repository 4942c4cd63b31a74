#include <doctest/doctest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "base/handle.hpp"
#include "support/shop.hpp"
#include "support/small_disk.hpp"

using namespace wxpay::test;

namespace {

constexpr uid_t nobody = 65534;

std::string bytes_of(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream{file, std::ios::binary}.rdbuf();
  return text.str();
}

void write_bytes(const std::filesystem::path& file, const std::string& bytes) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream{file, std::ios::binary} << bytes;
}

using Database = wxpay::Handle<sqlite3, sqlite3_close>;

Database open_database(const std::filesystem::path& file) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(file.c_str(), &database) == SQLITE_OK);
  return Database{database};
}

void execute(const Database& database, const std::string& statements) {
  CAPTURE(statements);
  REQUIRE(sqlite3_exec(database.get(), statements.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
}

struct Market {
  Shop shop;
  Sandbox sandbox{shop};

  void create_orders(int count) const {
    for (int i = 1; i <= count; ++i) REQUIRE(shop.run(create("ORDER-" + std::to_string(i))).code == 0);
  }
  /// The command ends with 7 and this error, and nothing was sent.
  void fails(const std::vector<std::string>& arguments, const std::string& about,
             const std::string& code = "LEDGER") const {
    const int before = sandbox.requests();
    auto with_json = arguments;
    with_json.emplace_back("--json");
    const auto result = shop.run(with_json);
    CAPTURE(arguments);
    CAPTURE(result.err);
    CHECK(result.code == 7);
    CHECK(result.out.empty());
    auto error = json_line(result.err)["error"];
    CHECK(error["code"] == code);
    CHECK(contains(error.value("message", ""), about));
    CHECK_FALSE(error.value("hint", "").empty());
    CHECK(sandbox.requests() == before);
  }
  void every_command_fails(const std::string& about) const {
    fails(create("20261123-1"), about);
    fails({"query", "ORDER-1"}, about);
    fails({"query", "ORDER-1", "--read-only"}, about);
    fails({"close", "ORDER-1"}, about);
    fails({"orders", "list"}, about);
    fails({"orders", "show", "ORDER-1"}, about);
    fails({"orders", "mark", "ORDER-1", "--state", "CLOSED", "--reason", "x"}, about);
    fails({"ledger", "check"}, about);
    fails({"ledger", "backup", shop.path("copy.db").string()}, about);
    CHECK_FALSE(std::filesystem::exists(shop.path("copy.db")));
  }
  Json check(int code) const {
    const auto result = shop.run({"ledger", "check", "--json"});
    CAPTURE(result.err);
    CHECK(result.code == code);
    return json_line(result.out);
  }
};

}  // namespace

TEST_CASE("a file that is no ledger is refused by every command and left as it is") {
  const Market market;
  const auto other = market.shop.path("other.db");
  execute(open_database(other), "CREATE TABLE t (a); INSERT INTO t VALUES (1)");
  const std::string contents[] = {"hello\n", std::string(2000, 'x'), bytes_of(other),
                                  "SQLite format 3" + std::string(2000, '\0')};
  for (const auto& content : contents) {
    write_bytes(market.shop.ledger(), content);
    market.every_command_fails(market.shop.ledger().string());
    CHECK(bytes_of(market.shop.ledger()) == content);
  }
  std::filesystem::remove(market.shop.ledger());
  std::filesystem::create_directory(market.shop.ledger());
  market.every_command_fails(market.shop.ledger().string());
}

TEST_CASE("a ledger of a newer schema is refused by every command, with the way out") {
  const Market market;
  market.create_orders(1);
  execute(open_database(market.shop.ledger()), "PRAGMA user_version = 99");
  market.every_command_fails("schema version 99");
  CHECK(contains(market.shop.run({"orders", "list"}).err, "hint: use the newer wxpayctl"));
}

TEST_CASE("a ledger in a folder where nothing may be written: reading goes on, writing is refused") {
  const Market market;
  const auto folder = market.shop.path("closed");
  std::filesystem::create_directory(folder);
  const auto ledger = (folder / "orders.db").string();
  REQUIRE(market.shop.run(create("ORDER-1", {"--ledger", ledger})).code == 0);

  // Root may write everywhere, so then the program runs as somebody else, who must reach it.
  std::filesystem::permissions(market.shop.path(), std::filesystem::perms{0755});
  const auto program = market.shop.path("wxpayctl");
  std::filesystem::copy_file(WXPAYCTL_PROGRAM, program);
  const bool is_root = ::geteuid() == 0;
  std::filesystem::permissions(ledger, std::filesystem::perms{is_root ? 0644U : 0444U});
  std::filesystem::permissions(folder, std::filesystem::perms{0555});
  const auto run_there = [&](std::vector<std::string> arguments) {
    auto command = market.shop.command(std::move(arguments));
    command.program = program;
    if (is_root) command.user = nobody;
    return run(command);
  };
  const int before = market.sandbox.requests();

  for (const auto& path : {ledger, (folder / "new.db").string()}) {
    CAPTURE(path);
    const auto refused = run_there(create("ORDER-2", {"--ledger", path, "--json"}));
    CHECK(refused.code == 7);
    auto error = json_line(refused.err)["error"];
    CHECK(error["code"] == "LEDGER");
    CHECK(contains(error.value("message", ""), path));
    CHECK_FALSE(error.value("hint", "").empty());
  }
  CHECK(run_there({"query", "ORDER-1", "--ledger", ledger}).code == 7);
  CHECK(market.sandbox.requests() == before);
  const auto listed = run_there({"orders", "list", "--json", "--ledger", ledger});
  CHECK(listed.code == 0);
  CHECK(json_line(listed.out)["outTradeNo"] == "ORDER-1");
  CHECK(run_there({"ledger", "check", "--ledger", ledger}).code == 0);
  CHECK(run_there({"query", "ORDER-1", "--read-only", "--ledger", ledger}).code == 0);

  std::filesystem::permissions(ledger, std::filesystem::perms{0});
  CHECK(run_there({"orders", "list", "--ledger", ledger}).code == 7);
  std::filesystem::permissions(folder, std::filesystem::perms{0700});
}

TEST_CASE("a ledger whose folder does not exist is not made elsewhere") {
  const Market market;
  const auto ledger = market.shop.path("missing/orders.db").string();
  const auto result = market.shop.run(create("20261123-1", {"--ledger", ledger}));
  CHECK(result.code == 7);
  CHECK(contains(result.err, ledger));
  CHECK_FALSE(std::filesystem::exists(market.shop.path("missing")));
}

TEST_CASE("a ledger that another process keeps locked past the wait: exit 7, LOCKED, nothing sent") {
  const Market market;
  market.create_orders(1);
  const auto holder = open_database(market.shop.ledger());
  execute(holder, "BEGIN IMMEDIATE");
  Process creation{market.shop.command(create("20261123-1", {"--json"}))};
  Process marking{
      market.shop.command({"orders", "mark", "ORDER-1", "--state", "CLOSED", "--reason", "x", "--json"})};
  // Reading does not wait for a writer.
  CHECK(json_line(market.shop.run({"orders", "list", "--json"}).out)["outTradeNo"] == "ORDER-1");
  CHECK(market.shop.run({"query", "ORDER-1", "--read-only"}).code == 0);
  const int before = market.sandbox.requests();
  for (auto* waiting : {&creation, &marking}) {
    const auto result = waiting->wait();
    CHECK(result.code == 7);
    CHECK(result.out.empty());
    auto error = json_line(result.err)["error"];
    CHECK(error["code"] == "LOCKED");
    CHECK(contains(error.value("message", ""), market.shop.ledger().string()));
  }
  CHECK(market.sandbox.requests() == before);
  execute(holder, "COMMIT");
  CHECK(market.shop.run(create("20261123-1")).code == 0);
}

TEST_CASE("a payment that cannot be written into a locked ledger is UPDATE_FAIL: exit 7") {
  const Market market;
  market.create_orders(1);
  market.sandbox.pay("ORDER-1");
  const auto holder = open_database(market.shop.ledger());
  execute(holder, "BEGIN IMMEDIATE");
  const auto result = market.shop.run({"query", "ORDER-1", "--json"});
  CHECK(result.code == 7);
  auto order = json_line(result.out);
  CHECK(order["tradeState"] == "SUCCESS");
  CHECK(order["resultMsg"] == "UPDATE_FAIL");
  execute(holder, "COMMIT");
  CHECK(json_line(market.shop.run({"query", "ORDER-1", "--json"}).out)["resultMsg"] == "UPDATE_SUCCESS");
}

namespace {

void check_full(const Market& market, const Command& command) {
  const int before = market.sandbox.requests();
  const auto result = run(command);
  CAPTURE(result.err);
  CHECK(result.code == 7);
  CHECK(result.out.empty());
  auto error = json_line(result.err)["error"];
  CHECK(error["code"] == "LEDGER");
  CHECK(contains(error.value("message", ""), "disk full"));
  CHECK_FALSE(error.value("hint", "").empty());
  CHECK(market.sandbox.requests() == before);
}

}  // namespace

TEST_CASE("a full disk: nothing is sent that is not in the ledger, and with space the same command goes on") {
  const Market market;
  const SmallDisk disk{market.shop.path("disk")};
  if (!disk.mounted()) {
    MESSAGE("no small disk can be mounted by this user; the next test limits the size of files instead");
    return;
  }
  const auto ledger = disk.path("orders.db").string();
  REQUIRE(market.shop.run(create("ORDER-1", {"--ledger", ledger})).code == 0);
  market.sandbox.pay("ORDER-1");
  disk.fill();
  check_full(market, market.shop.command(create("ORDER-2", {"--ledger", ledger, "--json"})));

  const auto asked = market.shop.run({"query", "ORDER-1", "--ledger", ledger, "--json"});
  CHECK(asked.code == 7);

  std::filesystem::remove(disk.path("filler"));
  CHECK(market.shop.run(create("ORDER-2", {"--ledger", ledger})).code == 0);
  CHECK(market.shop.run({"query", "ORDER-1", "--ledger", ledger}).code == 0);
  CHECK(market.shop.run({"ledger", "check", "--ledger", ledger}).code == 0);
  CHECK(market.sandbox.orders().size() == 2);
}

TEST_CASE("a file that may not grow: nothing is sent that is not in the ledger") {
  const Market market;
  market.create_orders(3);
  const auto before = market.check(0).dump();
  auto command = market.shop.command(create("ORDER-4", {"--json"}));
  for (const rlim_t size : {rlim_t{0}, rlim_t{4096}}) {
    command.largest_file = size;
    const auto result = run(command);
    CAPTURE(result.err);
    CHECK(result.code == 7);
    CHECK(json_line(result.err)["error"]["code"] == "LEDGER");
  }
  CHECK(market.sandbox.requests() == 3);
  CHECK(market.check(0).dump() == before);
  CHECK(market.shop.run(create("ORDER-4")).code == 0);
}

TEST_CASE("a cut ledger is found damaged, and no command crashes over it") {
  const Market market;
  market.create_orders(20);
  const auto whole = bytes_of(market.shop.ledger());
  REQUIRE(whole.size() > 4096);
  for (const auto size : {whole.size() - 1, whole.size() - 4096, whole.size() / 2, std::size_t{4096},
                          std::size_t{1000}, std::size_t{100}}) {
    CAPTURE(size);
    write_bytes(market.shop.ledger(), whole.substr(0, size));
    const auto checked = market.shop.run({"ledger", "check", "--json"});
    CHECK(checked.code == 7);
    const bool told = checked.out.empty() ? json_line(checked.err)["error"]["code"] == "LEDGER"
                                          : json_line(checked.out)["ok"] == false;
    CHECK(told);
    // Where a command does not need what was cut off it may do its work; it never crashes.
    for (const auto& arguments : {create("ORDER-20"),
                                  create("ORDER-99"),
                                  {"orders", "list"},
                                  {"orders", "show", "ORDER-20"},
                                  {"query", "ORDER-20"}}) {
      CAPTURE(arguments);
      const int code = market.shop.run(arguments).code;
      CHECK((code == 7 || code == 0 || code == 1));
    }
  }
}

TEST_CASE("one byte of the history changed: ledger check names the entry, exit 7") {
  const Market market;
  market.create_orders(5);
  CHECK(market.check(0)["entries"] == 10);
  const auto whole = bytes_of(market.shop.ledger());
  for (const int order : {1, 3, 5}) {
    const auto number = "ORDER-" + std::to_string(order);
    auto history = json_line(market.shop.run({"orders", "show", number, "--json"}).out)["history"];
    const auto digest = history[1]["digest"].get<std::string>();
    auto changed = whole;
    const auto at = changed.find(digest);
    REQUIRE(at != std::string::npos);
    changed[at] = changed[at] == '0' ? '1' : '0';
    write_bytes(market.shop.ledger(), changed);

    auto found = market.check(7);
    CHECK(found["ok"] == false);
    CHECK(found["badEntry"] == 2 * order);
    CHECK(contains(found["problem"].get<std::string>(), "entry " + std::to_string(2 * order)));
    write_bytes(market.shop.ledger(), whole);
  }
  CHECK(market.check(0)["ok"] == true);
}

TEST_CASE("entries and orders changed, taken out or put in with SQL are found") {
  const Market market;
  market.create_orders(4);
  auto healthy = market.check(0);
  const auto whole = bytes_of(market.shop.ledger());
  struct Row {
    std::string statements;
    std::string about;
  };
  const std::string no_triggers =
      "DROP TRIGGER history_no_update; DROP TRIGGER history_no_delete; "
      "DROP TRIGGER orders_no_delete; PRAGMA foreign_keys = OFF; ";
  const Row rows[] = {
      {no_triggers + "UPDATE history SET actor = 'mallory' WHERE number = 3", "entry 3"},
      {no_triggers + "DELETE FROM history WHERE number = 5", "entry 5"},
      {no_triggers + "UPDATE history SET at = at + 1 WHERE number = 8", "entry 8"},
      {"UPDATE orders SET state = 7, paid_at = 1, transaction_id = 'x' WHERE out_trade_no = 'ORDER-2'",
       "ORDER-2"},
      {"UPDATE orders SET total_fee = 1 WHERE out_trade_no = 'ORDER-3'", "ORDER-3"},
      {no_triggers + "DELETE FROM orders WHERE out_trade_no = 'ORDER-1'", "entry 1"},
  };
  for (const auto& row : rows) {
    execute(open_database(market.shop.ledger()), row.statements);
    auto found = market.check(7);
    CAPTURE(row.statements);
    CAPTURE(found.dump());
    CHECK(found["ok"] == false);
    CHECK(contains(found.value("problem", ""), row.about));
    for (const auto* rest : {"-wal", "-shm"}) std::filesystem::remove(market.shop.ledger().string() + rest);
    write_bytes(market.shop.ledger(), whole);
  }
  // A whole chain with its end cut off holds in itself; only a head kept elsewhere shows it.
  execute(open_database(market.shop.ledger()),
          "DROP TRIGGER history_no_delete; DELETE FROM history WHERE number > 6; "
          "DROP TRIGGER orders_no_delete; DELETE FROM orders WHERE out_trade_no = 'ORDER-4'");
  const auto cut =
      market.shop.run({"ledger", "check", "--json", "--head", healthy["head"].get<std::string>()});
  CHECK(cut.code == 7);
  CHECK(json_line(cut.out)["ok"] == false);
}
