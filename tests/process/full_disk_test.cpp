// A disk that is full, and a ledger that is mounted without its folder.
#include <doctest/doctest.h>
#include <sys/mount.h>

#include <filesystem>
#include <fstream>

#include "support/market.hpp"
#include "support/small_disk.hpp"

using namespace wxpay::test;

namespace {

constexpr const char* cannot_mount = "this user may not mount, so this is not tested";

/// A file that is mounted over another, as a container does it with `-v FILE:FILE`.
class MountedFile {
 public:
  MountedFile(const std::filesystem::path& from, std::filesystem::path to) : to_{std::move(to)} {
    const std::ofstream empty{to_};
    mounted_ = ::mount(from.c_str(), to_.c_str(), nullptr, MS_BIND, nullptr) == 0;
  }
  MountedFile(const MountedFile&) = delete;
  MountedFile& operator=(const MountedFile&) = delete;
  MountedFile(MountedFile&&) = delete;
  MountedFile& operator=(MountedFile&&) = delete;
  ~MountedFile() {
    if (mounted_) ::umount2(to_.c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }

 private:
  std::filesystem::path to_;
  bool mounted_ = false;
};

}  // namespace

TEST_CASE("a ledger on a full disk can be read, checked, exported, and backed up to another disk") {
  // Whether the log and its index are there decides how the file is read.
  for (const std::string beside : {"the log and its index", "nothing", "a log alone"}) {
    CAPTURE(beside);
    const Market market;
    const SmallDisk disk{market.shop.path("disk")};
    if (!disk.mounted()) {
      MESSAGE(cannot_mount);
      return;
    }
    const auto ledger = disk.path("orders.db").string();
    const std::vector<std::string> numbers{"ORDER-2026112300000001", "ORDER-2026112300000002"};
    for (const auto& number : numbers)
      REQUIRE(market.shop.run(create(number, {"--ledger", ledger})).code == 0);
    if (beside != "the log and its index") std::filesystem::remove(ledger + "-shm");
    if (beside == "nothing") std::filesystem::remove(ledger + "-wal");
    disk.fill();
    const auto run = [&](std::vector<std::string> arguments) {
      arguments.insert(arguments.end(), {"--ledger", ledger, "--json"});
      auto result = market.shop.run(std::move(arguments));
      CAPTURE(result.err);
      CHECK(result.code == 0);
      return result.out;
    };
    CHECK(json_lines(run({"orders", "list"})).size() == 2);
    CHECK(json_line(run({"orders", "show", numbers[0]})).at("state") == "NOTPAY");
    CHECK(json_lines(run({"orders", "export"})).size() == 2);
    const auto checked = json_line(run({"ledger", "check"}));
    CHECK(checked.at("ok") == true);
    CHECK(json_line(run({"query", numbers[1], "--read-only"})).at("ledgerState") == "NOTPAY");
    const auto copy = market.shop.path("copy.db").string();
    run({"ledger", "backup", copy});
    const auto of_copy = json_line(market.shop.run({"ledger", "check", "--ledger", copy, "--json"}).out);
    CHECK(of_copy == checked);
  }
}

TEST_CASE("a backup that does not fit on its disk leaves nothing there, and the ledger as it is") {
  const Market market;
  const SmallDisk disk{market.shop.path("disk"), "40k"};
  if (!disk.mounted()) {
    MESSAGE(cannot_mount);
    return;
  }
  market.json(create("ORDER-2026112300000001"));
  const auto result = market.shop.run({"ledger", "backup", disk.path("copy.db").string(), "--json"});
  CHECK(result.code == 8);
  CHECK(contains(json_line(result.err)["error"]["hint"].get<std::string>(), "free some space"));
  CHECK(std::filesystem::is_empty(market.shop.path("disk")));
  market.check_ledger();
}

TEST_CASE("a ledger that is mounted without its folder is read and not written") {
  const Market market;
  market.json(create("ORDER-2026112300000001"));
  const auto inside = market.shop.path("orders.db");
  const MountedFile file{market.shop.ledger(), inside};
  if (!file.mounted()) {
    MESSAGE(cannot_mount);
    return;
  }
  const auto ledger = inside.string();
  for (const auto& arguments : {create("ORDER-2026112300000002"), std::vector<std::string>{"reconcile"},
                                std::vector<std::string>{"orders", "mark", "ORDER-2026112300000001",
                                                         "--state", "CLOSED", "--reason", "x"}}) {
    auto with_ledger = arguments;
    with_ledger.insert(with_ledger.end(), {"--ledger", ledger, "--json"});
    const auto refused = market.shop.run(with_ledger);
    CHECK(refused.code == 7);
    auto error = json_line(refused.err)["error"];
    CHECK(contains(error["message"].get<std::string>(), "is mounted alone, without its folder"));
    CHECK(contains(error["hint"].get<std::string>(), "mount the folder"));
  }
  CHECK(json_lines(market.shop.run({"orders", "list", "--ledger", ledger, "--json"}).out).size() == 1);
  CHECK(json_line(market.shop.run({"ledger", "check", "--ledger", ledger, "--json"}).out).at("ok") == true);
  CHECK(contains(market.shop.run({"doctor", "--ledger", ledger}).out, "is mounted alone"));
  CHECK(market.sandbox.orders().size() == 1);
  // Outside it has its folder, and goes on.
  CHECK(market.shop.run(create("ORDER-2026112300000002")).code == 0);
}
