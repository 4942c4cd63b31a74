#include "cli/files_in_use.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>

#include <filesystem>

#include "base/unique_fd.hpp"
#include "support/config_folder.hpp"

using namespace wxpay;
using namespace wxpay::test;
using cli::FilesInUse;

namespace fs = std::filesystem;

namespace {

/// What a refusal says; empty: there was none.
std::string refusal(const FilesInUse& files, const fs::path& output) {
  try {
    files.refuse("--failed", output);
    return {};
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    return error.what();
  }
}

}  // namespace

TEST_CASE("an output is refused by whatever name it leads to a file in use, and anything else is not") {
  const ConfigFolder folder;
  const auto ledger = folder.write("data/shop.db", "ledger");
  folder.write("data/other.csv", "other");
  fs::create_hard_link(ledger, folder.path("hard.db"));
  fs::create_symlink(ledger, folder.path("soft.db"));
  fs::create_symlink("soft.db", folder.path("softer.db"));
  fs::create_directory_symlink("data", folder.path("link"));
  fs::create_symlink(folder.path("link/shop.db-wal"), folder.path("to-be"));
  fs::create_symlink(folder.path("loop"), folder.path("loop"));
  FilesInUse files;
  files.add_ledger(LedgerAddress{folder.path("soft.db")});

  struct Row {
    const char* output;
    bool refused;
  };
  const Row rows[] = {
      {"data/shop.db", true},
      {"data/../data/./shop.db", true},
      {"hard.db", true},
      {"soft.db", true},
      {"softer.db", true},
      {"link/shop.db", true},
      {"data/shop.db-wal", true},  // not there yet
      {"link/shop.db-wal", true},
      {"to-be", true},
      {"data/shop.db-shm", true},
      {"data/shop.db-journal", true},
      {"link/shop.db.reconcile.lock", true},
      {"data/other.csv", false},
      {"data/shop.db2", false},
      {"data/new.csv", false},
      {"shop.db", false},
      {"soft.db-wal", false},  // the log stands beside the file, not beside the link
      {"data", false},
      {"nowhere/shop.db", false},
      {"loop", false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.output);
    CHECK(refusal(files, folder.path(row.output)).empty() != row.refused);
  }
  CHECK(refusal(files, "/dev/null").empty());
  CHECK(refusal(files, folder.path("data/shop.db-shm")) ==
        "--failed names the log of the ledger " + folder.path("soft.db").string());
}

TEST_CASE("a ledger whose folder is not there yet, and an open file, are in use too") {
  const ConfigFolder folder;
  FilesInUse files;
  files.add_ledger(LedgerAddress{folder.path("state/wxpayctl/shop.db")});
  CHECK_FALSE(refusal(files, folder.path("state/wxpayctl/shop.db")).empty());
  CHECK_FALSE(refusal(files, folder.path("state/../state/wxpayctl/shop.db-wal")).empty());

  const auto results = folder.write("results", "rows");
  const UniqueFd opened{::open(results.c_str(), O_RDONLY | O_CLOEXEC)};
  const UniqueFd device{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  files.add("the file that the results go to", opened.get());
  files.add("a device", device.get());
  CHECK(refusal(files, results) == "--failed names the file that the results go to");
  CHECK(refusal(files, "/dev/null").empty());
}

TEST_CASE("a run lives on its configuration and on the files that all profiles in it name") {
  ConfigFolder folder;
  const auto config =
      folder.write("config.toml",
                   "default_profile = \"shop\"\n"
                   "[profiles.shop]\nmch_id = \"1900000109\"\napp_id = \"wxd678efh567hg6787\"\n"
                   "key_file = \"shop.key\"\nca_file = \"ca.pem\"\nledger = \"sqlite:shop.db\"\n"
                   "[profiles.cafe]\nmch_id = \"1900000108\"\napp_id = \"wxd678efh567hg6788\"\n"
                   "key_file = \"cafe.key\"\n");
  cli::SettingOptions options;
  options.config = config.string();
  options.ledger = folder.path("given.db").string();
  folder.variables["XDG_STATE_HOME"] = folder.path("state").string();
  const auto files = cli::files_in_use(options, folder.environment());
  for (const auto* name : {"config.toml", "shop.key", "ca.pem", "shop.db", "shop.db-wal", "cafe.key",
                           "given.db", "state/wxpayctl/cafe.db", "state/wxpayctl/sandbox.db",
                           "state/wxpayctl/platform-certificates-1900000108",
                           "state/wxpayctl/platform-certificates-1900000109"}) {
    CAPTURE(name);
    CHECK_FALSE(refusal(files, folder.path(name)).empty());
  }
  CHECK(refusal(files, folder.path("cafe.key")) == "--failed names the key_file of profile cafe");
  CHECK(refusal(files, folder.path("again.csv")).empty());

  folder.write("config.toml", "malformed [");
  const auto of_malformed = cli::files_in_use(options, folder.environment());
  CHECK_FALSE(refusal(of_malformed, config).empty());
  CHECK(refusal(of_malformed, folder.path("shop.key")).empty());
}
