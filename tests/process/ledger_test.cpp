#include <doctest/doctest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/handle.hpp"
#include "support/shop.hpp"

using namespace wxpay::test;

namespace {

struct Market {
  Shop shop;
  Sandbox sandbox{shop};

  Json check(std::vector<std::string> more = {}, int code = 0) const {
    std::vector<std::string> arguments{"ledger", "check", "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto result = shop.run(arguments);
    CAPTURE(result.err);
    CHECK(result.code == code);
    return json_line(result.out);
  }
};

}  // namespace

TEST_CASE("ledger check counts orders and entries and gives the head of the chain") {
  const Market market;
  for (const auto* number : {"20261123-1", "20261123-2", "20261123-3"}) market.shop.run(create(number));
  auto whole = market.check();
  CHECK(keys_of(whole) == std::vector<std::string>{"ok", "orders", "refunds", "entries", "head",
                                                   "notifications", "notificationsHead"});
  CHECK(whole["ok"] == true);
  CHECK(whole["orders"] == 3);
  CHECK(whole["entries"] == 6);
  CHECK(whole["head"].get<std::string>().size() == 64);
  CHECK(market.check()["head"] == whole["head"]);
  CHECK(contains(market.shop.run({"ledger", "check"}).out, whole["head"].get<std::string>()));
}

TEST_CASE("ledger check --head accepts every head the chain ever had, and no other") {
  const Market market;
  market.shop.run(create("20261123-1"));
  const auto first = market.check()["head"].get<std::string>();
  market.shop.run(create("20261123-2"));
  const auto second = market.check()["head"].get<std::string>();
  CHECK(first != second);
  CHECK(market.check({"--head", first})["ok"] == true);
  CHECK(market.check({"--head", second})["ok"] == true);
  CHECK(market.check({"--head", std::string(64, '0')})["ok"] == true);  // that of an empty ledger

  auto wrong = first;
  wrong[5] = wrong[5] == 'a' ? 'b' : 'a';
  auto found = market.check({"--head", wrong}, 7);
  CHECK(found["ok"] == false);
  CHECK(found["head"] == second);
  CHECK(contains(found["problem"].get<std::string>(), wrong));

  for (const auto& malformed : {std::string{}, std::string{"abc"}, std::string(64, 'g'), first + "0"}) {
    CHECK(market.shop.run({"ledger", "check", "--head", malformed}).code == 2);
  }
}

TEST_CASE("ledger check and backup need a ledger: exit 7") {
  const Market market;
  CHECK(market.shop.run({"ledger", "check"}).code == 7);
  CHECK(market.shop.run({"ledger", "backup", market.shop.path("copy.db").string()}).code == 7);
  CHECK_FALSE(std::filesystem::exists(market.shop.ledger()));
  CHECK_FALSE(std::filesystem::exists(market.shop.path("copy.db")));
  const auto named = market.shop.run({"ledger", "check", "--json", "--ledger", "/nowhere/x.db"});
  CHECK(named.code == 7);
  CHECK(json_line(named.err)["error"]["code"] == "LEDGER");
}

TEST_CASE("ledger backup copies the ledger whole while another process writes") {
  const Market market;
  for (const auto* number : {"20261123-1", "20261123-2"}) market.shop.run(create(number));
  auto before = market.check();
  sqlite3* opened = nullptr;
  REQUIRE(sqlite3_open(market.shop.ledger().c_str(), &opened) == SQLITE_OK);
  const wxpay::Handle<sqlite3, sqlite3_close> writer{opened};
  REQUIRE(sqlite3_exec(opened, "BEGIN IMMEDIATE; UPDATE orders SET updated_at = 1", nullptr, nullptr,
                       nullptr) == SQLITE_OK);

  const auto copy = market.shop.path("copy.db");
  CHECK(market.shop.run({"ledger", "backup", copy.string()}).code == 0);
  REQUIRE(sqlite3_exec(opened, "ROLLBACK", nullptr, nullptr, nullptr) == SQLITE_OK);
  CHECK(market.check({"--ledger", copy.string()}) == before);
  struct stat found {};
  REQUIRE(::stat(copy.c_str(), &found) == 0);
  CHECK((found.st_mode & 0777U) == 0600U);
  CHECK(contains(market.shop.run({"orders", "list", "--ledger", copy.string()}).out, "20261123-2"));
}

TEST_CASE("ledger backup never writes over a file, and says which it cannot write: exit 8") {
  const Market market;
  market.shop.run(create("20261123-1"));
  const auto kept = market.shop.write("kept.db", "precious");
  for (const auto& target : {kept, market.shop.path("missing/copy.db"), market.shop.path()}) {
    CAPTURE(target.string());
    const auto result = market.shop.run({"ledger", "backup", target.string(), "--json"});
    CHECK(result.code == 8);
    auto error = json_line(result.err)["error"];
    CHECK(error["code"] == "FILE");
    CHECK(contains(error["message"].get<std::string>(), target.string()));
  }
  CHECK(market.shop.read("kept.db") == "precious");
}

TEST_CASE("--ledger takes a path or sqlite:PATH") {
  const Market market;
  const auto path = market.shop.path("mine.db").string();
  CHECK(market.shop.run(create("20261123-1", {"--ledger", "sqlite:" + path})).code == 0);
  CHECK(market.check({"--ledger", path})["orders"] == 1);
  CHECK(market.check({"--ledger", "mine.db"})["orders"] == 1);  // in the working folder
  CHECK(market.shop.run({"ledger", "check", "--ledger", "postgresql://db/x"}).code == 2);
}

TEST_CASE("ledger restore puts a checked copy in the ledger's place and keeps what was there with its log") {
  const Market market;
  const auto ledger = market.shop.ledger().string();
  market.shop.run(create("20261123-1"));
  auto before = market.check();
  const auto copy = market.shop.path("copy.db").string();
  REQUIRE(market.shop.run({"ledger", "backup", copy}).code == 0);
  market.shop.run(create("20261123-2"));
  // A log as a killed process leaves it, and a ledger that is damaged.
  std::filesystem::resize_file(ledger, 5000);
  std::ofstream{ledger + "-wal", std::ios::binary} << std::string(9000, 'w');
  CHECK(contains(market.shop.run({"ledger", "check"}).out + market.shop.run({"ledger", "check"}).err,
                 "damaged"));
  const auto result = market.shop.run({"ledger", "restore", copy, "--json"});
  CAPTURE(result.err);
  REQUIRE(result.code == 0);
  auto restored = json_line(result.out);
  CHECK(restored["head"] == before["head"]);
  CHECK(market.check()["head"] == before["head"]);
  REQUIRE(restored["keptAs"].size() >= 2);
  CHECK(std::filesystem::file_size(restored["keptAs"][0].get<std::string>()) == 5000);
  CHECK(std::filesystem::file_size(restored["keptAs"][1].get<std::string>()) == 9000);
  CHECK(market.shop.run(create("20261123-3")).code == 0);
  CHECK(market.check()["orders"] == 2);
}

TEST_CASE("ledger restore leaves the ledger as it is where the copy is none") {
  const Market market;
  market.shop.run(create("20261123-1"));
  const auto before = market.check();
  const auto ledger = market.shop.ledger().string();
  const auto text = market.shop.write("text.db", std::string(5000, 'x')).string();
  CHECK(market.shop.run({"ledger", "restore", text}).code == 7);
  CHECK(market.shop.run({"ledger", "restore", "gone.db"}).code == 7);
  CHECK(market.shop.run({"ledger", "restore", ledger}).code == 2);
  const auto copy = market.shop.path("copy.db").string();
  REQUIRE(market.shop.run({"ledger", "backup", copy}).code == 0);
  sqlite3* opened = nullptr;
  REQUIRE(sqlite3_open(copy.c_str(), &opened) == SQLITE_OK);
  REQUIRE(sqlite3_exec(opened, "UPDATE orders SET openid = 'x'", nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(opened);
  const auto changed = market.shop.run({"ledger", "restore", copy});
  CHECK(changed.code == 7);
  CHECK(contains(changed.err, "is not whole"));
  CHECK(market.check() == before);
  for (const auto& entry : std::filesystem::directory_iterator{market.shop.ledger().parent_path()}) {
    CHECK_FALSE(contains(entry.path().string(), ".restored-"));
    CHECK_FALSE(contains(entry.path().string(), ".before-"));
  }
}

TEST_CASE("a ledger with a second name is read and not written") {
  const Market market;
  market.shop.run(create("20261123-1"));
  const auto other = market.shop.path("other.db");
  std::filesystem::create_hard_link(market.shop.ledger(), other);
  for (const auto& name : {market.shop.ledger().string(), other.string()}) {
    const auto refused = market.shop.run(create("20261123-2", {"--ledger", name}));
    CHECK(refused.code == 7);
    CHECK(contains(refused.err, "second name"));
  }
  CHECK(market.shop.run({"orders", "list"}).code == 0);
  std::filesystem::remove(other);
  CHECK(market.shop.run(create("20261123-2")).code == 0);
}

TEST_CASE("ledger backup removes what a killed backup to the same file left") {
  const Market market;
  market.shop.run(create("20261123-1"));
  const auto left = market.shop.write("copy.db.partial-abc123", std::string{"SQLite format 3\0half", 20});
  market.shop.write("copy.db.partial-abc123-journal", "");
  // SQLite copies the first page last.
  const auto blank = market.shop.write("copy.db.partial-abc124", std::string(4096, '\0') + "pages");
  const auto foreign = market.shop.write("copy.db.partial-report", "mine");
  CHECK(market.shop.run({"ledger", "backup", market.shop.path("copy.db").string()}).code == 0);
  CHECK_FALSE(std::filesystem::exists(left));
  CHECK_FALSE(std::filesystem::exists(left.string() + "-journal"));
  CHECK_FALSE(std::filesystem::exists(blank));
  CHECK(std::filesystem::exists(foreign));
}

TEST_CASE("what is wrong with a copy that shall be restored is said of the copy") {
  const Market market;
  market.shop.run(create("20261123-1"));
  const auto before = market.check();
  const auto junk = market.shop.write("junk.db", std::string(8192, 'x')).string();
  for (const auto& copy : {market.shop.path("none.db").string(), junk}) {
    CAPTURE(copy);
    const auto refused = market.shop.run({"ledger", "restore", copy});
    CHECK(refused.code == 7);
    CHECK(contains(refused.err, "the copy cannot be used"));
    CHECK(contains(refused.err, "the ledger was left as it is"));
  }
  CHECK(market.check() == before);
}

TEST_CASE("the reconcile lock belongs to the ledger's owner, and a link is not followed") {
  if (::geteuid() != 0) return;
  const Market market;
  market.shop.run(create("20261123-1"));
  REQUIRE(::chown(market.shop.ledger().c_str(), 65'534, 65'534) == 0);
  REQUIRE(::chmod(market.shop.ledger().c_str(), 0660) == 0);
  CHECK(market.shop.run({"reconcile", "-q"}).code == 0);
  const auto lock = market.shop.ledger().string() + ".reconcile.lock";
  struct stat found {};
  REQUIRE(::stat(lock.c_str(), &found) == 0);
  CHECK(found.st_uid == 65'534);
  CHECK((found.st_mode & 0777U) == 0660U);
  std::filesystem::remove(lock);
  std::filesystem::create_symlink(market.shop.path("made-by-a-link"), lock);
  CHECK(market.shop.run({"reconcile", "-q"}).code == 7);
  CHECK_FALSE(std::filesystem::exists(market.shop.path("made-by-a-link")));
}

TEST_CASE("who may not write the folder sees the ledger whole while others write it") {
  if (::geteuid() != 0) return;
  Market market;
  market.shop.make_ledger();
  for (auto path = market.shop.ledger().parent_path(); path != market.shop.path().parent_path();
       path = path.parent_path()) {
    REQUIRE(::chmod(path.c_str(), 0755) == 0);
  }
  REQUIRE(::chmod(market.shop.ledger().c_str(), 0644) == 0);
  std::string csv{"outTradeNo,totalFee\n"};
  for (int i = 0; i < 20'000; ++i) csv += "A" + std::to_string(1'000'000 + i) + ",5\n";
  REQUIRE(market.shop.run({"orders", "import", "-", "-q"}, csv).code == 0);
  std::string more{"outTradeNo,totalFee\n"};
  for (int i = 0; i < 60'000; ++i) more += "B" + std::to_string(1'000'000 + i) + ",5\n";
  market.shop.write("more.csv", more);
  Process import{market.shop.command({"orders", "import", "more.csv", "-q"})};
  for (int round = 0; round < 3; ++round) {
    auto command = market.shop.command({"ledger", "check", "--json"});
    command.user = 65'534;
    const auto result = run(command);
    CAPTURE(result.err);
    REQUIRE(result.code == 0);
    CHECK(json_line(result.out)["orders"].get<int>() >= 20'000);
  }
  CHECK(import.wait().code == 0);
}
