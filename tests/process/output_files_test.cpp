// Files that a run writes: none takes the place of what it lives on, and none is emptied before it has begun.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "base/unique_fd.hpp"
#include "support/batch_market.hpp"
#include "support/shell.hpp"
#include "support/small_disk.hpp"

using namespace wxpay::test;
using wxpay::UniqueFd;

namespace fs = std::filesystem;

namespace {

using Texts = std::vector<std::string>;

std::string bytes_of(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream{file, std::ios::binary}.rdbuf();
  return text.str();
}

mode_t mode_of(const fs::path& path) {
  struct stat about {};
  REQUIRE(::stat(path.c_str(), &about) == 0);
  return about.st_mode & 0777U;
}

/// A profile whose files stand beside each other.
struct Place : BatchMarket {
  Place() {
    shop.write("config/wxpayctl/config.toml", "[profiles.sandbox]\nkey_file = \"sandbox.key\"\nledger = \"" +
                                                  shop.path("sandbox.db").string() + "\"\n");
    shop.write("config/wxpayctl/sandbox.key", "wxpayctlSandboxKey00000000000000\n");
    shop.write("batch", header + row("OTHER-2026112300001") + "BAD-2026112300001,o,0\n");
    CHECK(shop.run(create("ORDER-2026112300001")).code == 0);
    fs::create_hard_link(shop.path("sandbox.db"), shop.path("hard.db"));
    fs::create_symlink("sandbox.db", shop.path("soft.db"));
    fs::create_symlink(shop.path("sandbox.db-wal"), shop.path("log-to-be"));
  }

  const Texts in_use{"sandbox.db",
                     "sandbox.db-wal",
                     "sandbox.db-shm",
                     "sandbox.db-journal",
                     "sandbox.db.reconcile.lock",
                     "hard.db",
                     "soft.db",
                     "log-to-be",
                     "config/wxpayctl/config.toml",
                     "config/wxpayctl/sandbox.key"};
};

}  // namespace

TEST_CASE("no output takes the place of the ledger, the configuration, the key or the input: exit 2") {
  const Place at;
  const auto before = at.sandbox.requests();
  std::map<std::string, std::string> bytes;
  for (const auto& file : at.in_use) bytes[file] = bytes_of(at.shop.path(file));
  const auto refused = [&](const Texts& arguments) {
    CAPTURE(arguments);
    const auto result = at.shop.run(arguments);
    CHECK(result.code == 2);
    CHECK(contains(result.err, " names the "));
    for (const auto& file : at.in_use) CHECK(bytes_of(at.shop.path(file)) == bytes[file]);
  };
  for (const auto& file : at.in_use) {
    refused({"create-order", "--batch", "batch", "--failed", file});
    refused({"create-order", "--batch", "batch", "--dry-run", "--failed", at.shop.path(file).string()});
    refused({"query", "ORDER-2026112300001", "-vv", "--log-file", file});
    refused({"sandbox", "notify", "ORDER-2026112300001", "--out", file});
    refused({"sandbox", "serve", "--port", "0", "--state", file});
    refused({"ledger", "backup", file});
  }
  refused({"create-order", "--batch", "batch", "--failed", "batch"});
  refused({"create-order", "--batch", "batch", "--failed", "./batch"});
  refused({"create-order", "--batch", "batch", "-vv", "--log-file", "batch"});
  refused({"create-order", "--batch", "batch", "--log-file", "log", "--failed", "log"});
  refused({"create-order", "--request", "batch", "-vv", "--log-file", "batch"});
  refused({"orders", "import", "batch", "-vv", "--log-file", "batch"});
  refused({"sign", "--params", "batch", "-vv", "--log-file", "batch"});
  refused({"replay-notify", "batch", "-vv", "--log-file", "batch"});
  refused({"sandbox", "serve", "--port", "0", "--state", "log", "--log-file", "log"});
  CHECK(at.sandbox.requests() == before);
  CHECK(at.shop.run({"ledger", "check"}).code == 0);

  auto from_file = by_shell(at.shop.command({"create-order", "--batch", "-", "--failed", "batch"}), "",
                            "< batch > results");
  CHECK(run(from_file).code == 2);
  from_file = by_shell(at.shop.command({"create-order", "--batch", "batch", "--failed", "results"}), "",
                       ">> results");
  CHECK(run(from_file).code == 2);
  CHECK(at.sandbox.requests() == before);
}

TEST_CASE("init does not write where the ledger or the key is to be") {
  const Shop shop;
  const Texts usual{"init",    "-p", "shop", "--mch-id", "1900000109", "--app-id", "wxd678efh567hg6787",
                    "--config"};
  const auto initialised = [&](const std::string& config, const Texts& more) {
    auto arguments = usual;
    arguments.push_back(config);
    arguments.insert(arguments.end(), more.begin(), more.end());
    return shop.run(arguments).code;
  };
  CHECK(initialised("shop.db", {"--ledger", "shop.db"}) == 2);
  CHECK(initialised("shop.db-wal", {"--ledger", "shop.db"}) == 2);
  CHECK(initialised("shop.key", {"--key-file", "shop.key"}) == 2);
  CHECK(initialised(shop.ledger("shop").string(), {}) == 2);
  CHECK(fs::is_empty(shop.path()));
  CHECK(initialised("config.toml", {"--ledger", "shop.db", "--key-file", "shop.key"}) == 0);
}

TEST_CASE("--failed keeps what the last run left where this one cannot begin") {
  const BatchMarket market;
  const auto left = header + row("LEFT-2026112300001");
  market.shop.write("again", left);
  fs::create_directory(market.shop.path("folder"));
  market.shop.write("text.db", std::string(5'000, 'x'));
  struct Row {
    Texts more;
    int code;
  };
  const Row cases[] = {
      {{"--ledger", "folder"}, 7},  {{"--ledger", "missing/shop.db"}, 7},
      {{"--ledger", "text.db"}, 7}, {{"--base-url", "ftp://127.0.0.1"}, 3},
      {{"--jobs", "0"}, 2},         {{"-p", "nobody"}, 3},
  };
  for (const auto& one : cases) {
    CAPTURE(one.more);
    auto more = one.more;
    more.insert(more.end(), {"--failed", "again"});
    CHECK(market.batch(rows("ORDER-20261123-", 3), more).code == one.code);
    CHECK(market.shop.read("again") == left);
  }
  CHECK(market.batch("outTradeNo,colour\nA-2026112300001,red\n", {"--failed", "again"}).code == 2);
  CHECK(market.shop.read("again") == left);
  CHECK(market.sandbox.requests() == 0);

  // Nor is anything that no batch left.
  for (const std::string text :
       {"what to do on Monday\n", "{\n  \"name\": \"shop\"\n}\n", "{\"name\":\"shop\",\"version\":\"1\"}\n",
        R"({"outTradeNo":"A-2026112300001","resultCode":"SUCCESS","totalFee":1000})",
        R"({"outTradeNo":"A-2026112300001","state":"NOTPAY","totalFee":1000})"}) {
    CAPTURE(text);
    market.shop.write("notes", text);
    CHECK(market.batch(rows("ORDER-20261123-", 3), {"--failed", "notes"}).code == 2);
    CHECK(market.shop.read("notes") == text);
  }
  CHECK(market.sandbox.requests() == 0);

  CHECK(market.batch(rows("ORDER-20261123-", 3), {"--failed", "again"}).code == 0);
  CHECK(market.shop.read("again") == header);
  // What a batch of JSON leaves may be no good JSON.
  for (const std::string text : {R"({"outTradeNo":"A-2026112300001","opneid":"o1"})",
                                 R"({"outTradeNo":"A-2026112300001","body":"cut)", R"({"total_fee":1000})"}) {
    CAPTURE(text);
    market.shop.write("again", text);
    CHECK(market.batch(rows("ORDER-20261123-", 3), {"--failed", "again"}).code == 0);
  }
}

TEST_CASE("a batch that is killed leaves --failed as it was") {
  const BatchMarket market;
  const auto left = header + row("LEFT-2026112300001");
  market.shop.write("again", left, 0640);
  market.shop.write("batch", rows("ORDER-20261123-", 500));
  const auto command = market.shop.command(
      {"create-order", "--batch", "batch", "--json", "--rate", "50", "--failed", "again"});
  Process killed{command};
  killed.read_line();
  killed.kill(SIGKILL);
  killed.wait();
  CHECK(market.shop.read("again") == left);
  const UniqueFd nameless{::open(market.shop.path().c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600)};
  if (nameless) {
    for (const auto& entry : fs::directory_iterator{market.shop.path()}) {
      CHECK_FALSE(contains(entry.path().filename().string(), ".partial-"));
    }
  }
  Process ended{command};
  ended.read_line();
  ended.kill(SIGTERM);
  CHECK(ended.wait().code == 143);
  CHECK(lines_of(market.shop.read("again")).size() > 1);
  CHECK_FALSE(contains(market.shop.read("again"), "LEFT"));
  CHECK(mode_of(market.shop.path("again")) == 0640);
}

TEST_CASE("--failed goes through a pipe and to standard error as before") {
  const BatchMarket market;
  market.shop.write("batch", header + "BAD-2026112300001,o,0\n");
  const auto command =
      market.shop.command({"create-order", "--batch", "batch", "-q", "--failed", "/dev/stderr"});
  const auto piped = run(command);
  CHECK(piped.code == 1);
  CHECK(piped.err == header + "BAD-2026112300001,o,0\n");
  const auto filed = run(by_shell(command, "", "2> messages"));
  CHECK(filed.code == 1);
  CHECK(market.shop.read("messages") == header + "BAD-2026112300001,o,0\n");
}

TEST_CASE("a log file is for its owner alone, follows no link, and is told once where it cannot be written") {
  const Market market;
  REQUIRE(market.shop.run(create("ORDER-2026112300001")).code == 0);
  const Texts query{"query", "ORDER-2026112300001", "--json", "-vvv", "--log-file"};
  const auto logging_to = [&](const std::string& file) {
    auto arguments = query;
    arguments.push_back(file);
    return market.shop.command(arguments);
  };
  const auto result = run(by_shell(logging_to("logs/new.log"), "umask 000;"));
  CHECK(result.code == 0);
  CHECK(mode_of(market.shop.path("logs/new.log")) == 0600);
  const auto first = market.shop.read("logs/new.log");
  CHECK(contains(first, tested_api().path(Operation::query)));
  CHECK(run(logging_to("logs/new.log")).code == 0);
  CHECK(market.shop.read("logs/new.log").starts_with(first));

  market.shop.write("precious", "precious\n");
  fs::create_symlink("precious", market.shop.path("link"));
  const auto followed = run(logging_to("link"));
  CHECK(followed.code == 8);
  CHECK(contains(followed.err, "it is a link"));
  CHECK(market.shop.read("precious") == "precious\n");
  CHECK(contains(run(logging_to("/dev/stderr")).err, tested_api().path(Operation::query)));

  const auto full = run(logging_to("/dev/full"));
  CHECK(full.code == 0);
  CHECK(json_line(full.out)["tradeState"] == "NOTPAY");
  CHECK(
      full.err ==
      "wxpayctl: warning: cannot write the log file /dev/full: No space left on device; lines of the log are "
      "lost\n");
}
