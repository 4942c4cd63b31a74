// What doctor sees of the ledger's file, of the log beside it, and of reconcile's lock.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/handle.hpp"
#include "base/unique_fd.hpp"
#include "support/market.hpp"

using namespace wxpay::test;

namespace {

namespace fs = std::filesystem;

struct DoctorMarket : Market {
  const std::string ledger = shop.ledger().string();
  const std::string lock = ledger + ".reconcile.lock";

  DoctorMarket() { json(create("ORDER-2026112300000001")); }

  Json diagnose(const std::string& check, const char* status, std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"doctor", "--json"});
    const auto result = shop.run(std::move(more));
    CHECK(result.code == (std::string{status} == "FAIL" ? 3 : 0));
    for (const auto& line : json_lines(result.out)) {
      if (line.at("check") != check) continue;
      CAPTURE(line.dump());
      CHECK(line.at("status") == status);
      return line;
    }
    FAIL("no such check");
    return {};
  }
  std::string hint(const std::string& check, const char* status) const {
    return diagnose(check, status).at("hint").get<std::string>();
  }
};

void set_mode(const fs::path& path, mode_t mode) { REQUIRE(::chmod(path.c_str(), mode) == 0); }

}  // namespace

TEST_CASE("doctor warns of a ledger that everybody may write, with the command that mends it") {
  const DoctorMarket market;
  market.hint("ledger", "OK");
  const auto folder = fs::path{market.ledger}.parent_path();
  { const std::ofstream made{market.lock}; }
  struct Row {
    fs::path path;
    mode_t open, closed;
  };
  for (const auto& row : {Row{market.ledger, 0666, 0600}, Row{folder, 0777, 0700}}) {
    CAPTURE(row.path.string());
    set_mode(row.path, row.open);
    set_mode(market.lock, 0600);
    const auto hint = market.hint("ledger", "WARN");
    market.hint("lock", "OK");  // one mode that is too open is told once
    const auto at = hint.find("chmod o-w " + row.path.string());
    REQUIRE(at != std::string::npos);
    REQUIRE(std::system(hint.substr(at).c_str()) == 0);
    set_mode(market.lock, 0660);  // for the group, which may still write the ledger
    market.hint("ledger", "OK");
    set_mode(row.path, row.closed);
  }
  // The folder of a link counts as well as that of the file.
  const auto links = market.shop.path("links");
  fs::create_directory(links);
  fs::create_symlink(market.ledger, links / "orders.db");
  for (const auto& open : {links, folder}) {
    set_mode(open, 0777);
    auto told = market.diagnose("ledger", "WARN", {"--ledger", (links / "orders.db").string()});
    CHECK(contains(told["hint"].get<std::string>(), "chmod o-w " + open.string()));
    set_mode(open, 0700);
  }
  // In a folder as /tmp nobody touches what is another's.
  set_mode(folder, 01777);
  market.hint("ledger", "OK");
}

TEST_CASE("doctor sees a log that does not belong to the ledger, and the way that it names mends it") {
  const DoctorMarket market;
  // As large as the other one, so that the pages of a foreign log lie within it.
  std::string ours{"outTradeNo,totalFee\n"};
  for (int i = 0; i < 300; ++i) ours += numbered("OURS-20261123000", i) + ",5\n";
  REQUIRE(market.shop.run({"orders", "import", "-", "-q"}, ours).code == 0);
  const auto copy = market.shop.path("copy.db").string();
  REQUIRE(market.shop.run({"ledger", "backup", copy}).code == 0);
  // Another copy of the ledger went on and its program was killed: its log is left.
  std::string text{"outTradeNo,totalFee\n"};
  for (int i = 0; i < 300; ++i) text += numbered("OTHER-20261123000", i) + ",5\n";
  market.shop.write("orders", text);
  const auto other = market.shop.path("other.db").string();
  {
    REQUIRE(market.shop.run({"orders", "import", "orders", "--ledger", other}).code == 0);
    sqlite3* opened = nullptr;
    REQUIRE(sqlite3_open(other.c_str(), &opened) == SQLITE_OK);
    const wxpay::Handle<sqlite3, sqlite3_close> holder{opened};
    REQUIRE(sqlite3_exec(opened,
                         "PRAGMA wal_autocheckpoint = 0; UPDATE orders SET updated_at = updated_at + 1",
                         nullptr, nullptr, nullptr) == SQLITE_OK);
    fs::copy_file(other + "-wal", market.ledger + "-wal", fs::copy_options::overwrite_existing);
    fs::remove(market.ledger + "-shm");
  }
  REQUIRE(fs::file_size(market.ledger + "-wal") > 0);
  const auto hint = market.hint("ledger", "FAIL");
  CHECK(contains(hint, "its log " + market.ledger + "-wal") ==
        !contains(hint, "the log " + market.ledger + "-wal does not belong to the ledger"));
  CHECK(contains(hint, "`wxpayctl ledger restore FILE`"));
  REQUIRE(market.shop.run({"ledger", "restore", copy}).code == 0);
  market.hint("ledger", "OK");
  CHECK(json_lines(market.shop.run({"orders", "list", "--json"}).out).size() == 301);
}

TEST_CASE("doctor tells of a log that a crash has left, and not of one that is in use") {
  const DoctorMarket market;
  const auto kept = market.shop.path("kept-wal");
  {
    sqlite3* opened = nullptr;
    REQUIRE(sqlite3_open(market.ledger.c_str(), &opened) == SQLITE_OK);
    const wxpay::Handle<sqlite3, sqlite3_close> holder{opened};
    REQUIRE(sqlite3_exec(opened, "CREATE TABLE passing (a); DROP TABLE passing", nullptr, nullptr, nullptr) ==
            SQLITE_OK);
    fs::copy_file(market.ledger + "-wal", kept);
    REQUIRE(fs::file_size(kept) > 0);
    market.hint("ledger", "OK");
  }
  fs::copy_file(kept, market.ledger + "-wal", fs::copy_options::overwrite_existing);
  const auto hint = market.hint("ledger", "WARN");
  CHECK(contains(hint, "as after a crash"));
  CHECK(fs::file_size(market.ledger + "-wal") == fs::file_size(kept));
  market.json(create("ORDER-2026112300000002"));
  market.hint("ledger", "OK");
  market.check_ledger();
}

TEST_CASE("doctor sees what keeps a ledger from being written: a second name, a trigger") {
  const DoctorMarket market;
  const auto second = market.shop.path("second.db");
  fs::create_hard_link(market.ledger, second);
  CHECK(contains(market.hint("ledger", "FAIL"), "has a second name"));
  fs::remove(second);
  sqlite3* opened = nullptr;
  REQUIRE(sqlite3_open(market.ledger.c_str(), &opened) == SQLITE_OK);
  REQUIRE(sqlite3_exec(opened, "CREATE TRIGGER evil BEFORE UPDATE ON orders BEGIN SELECT RAISE(IGNORE); END",
                       nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(opened);
  CHECK(contains(market.hint("ledger", "FAIL"), "the trigger evil was added"));
}

TEST_CASE("doctor tries the lock of reconcile, lets it go, and makes none") {
  const DoctorMarket market;
  market.hint("lock", "OK");
  CHECK_FALSE(fs::exists(market.lock));
  CHECK(market.shop.run({"reconcile", "-q"}).code == 0);
  market.hint("lock", "OK");
  CHECK(market.shop.run({"reconcile", "-q"}).code == 0);
  {
    const wxpay::UniqueFd held{::open(market.lock.c_str(), O_RDWR | O_CLOEXEC)};
    REQUIRE(::flock(held.get(), LOCK_EX | LOCK_NB) == 0);
    market.hint("lock", "OK");
  }
  fs::remove(market.lock);
  const auto foreign = market.shop.write("foreign", "mine\n");
  SUBCASE("a link") { fs::create_symlink(foreign, market.lock); }
  SUBCASE("another's file") { fs::create_hard_link(foreign, market.lock); }
  SUBCASE("a pipe") { REQUIRE(::mkfifo(market.lock.c_str(), 0600) == 0); }
  SUBCASE("a folder") { fs::create_directory(market.lock); }
  CHECK(contains(market.hint("lock", "FAIL"), "is not a plain file of its own; move it away"));
  CHECK(market.shop.run({"reconcile", "-q"}).code == 7);
  CHECK(market.shop.read("foreign") == "mine\n");
  fs::remove(market.lock);
  market.hint("lock", "OK");
}

TEST_CASE("doctor sees a lock that the ledger's owner cannot take, also as root, and names what mends it") {
  if (::geteuid() != 0) return;
  const DoctorMarket market;
  REQUIRE(::chown(market.ledger.c_str(), 65'534, 65'534) == 0);
  { std::ofstream{market.lock}; }
  set_mode(market.lock, 0600);
  const auto hint = market.hint("lock", "FAIL");
  const auto at = hint.find("chown --reference=");
  REQUIRE(at != std::string::npos);
  REQUIRE(std::system(hint.substr(at).c_str()) == 0);
  market.hint("lock", "OK");
  struct stat found {};
  REQUIRE(::stat(market.lock.c_str(), &found) == 0);
  CHECK(found.st_uid == 65'534);
}
