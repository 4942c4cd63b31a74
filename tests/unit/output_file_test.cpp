#include "cli/output_file.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

#include "cli/failed_file.hpp"
#include "support/config_folder.hpp"

using namespace wxpay;
using namespace wxpay::test;
using cli::FailedFile;
using cli::OutputFile;

namespace fs = std::filesystem;

namespace {

mode_t mode_of(const fs::path& path) {
  struct stat about {};
  REQUIRE(::stat(path.c_str(), &about) == 0);
  return about.st_mode & 0777U;
}

std::ptrdiff_t files_in(const fs::path& folder) {
  return std::distance(fs::directory_iterator{folder}, fs::directory_iterator{});
}

}  // namespace

TEST_CASE("what stands in the place stays whole until the new file takes it") {
  const ConfigFolder folder;
  const auto place = folder.write("again.csv", "old", 0640);
  {
    OutputFile file{place.string()};
    file.write("new");
    CHECK(folder.read("again.csv") == "old");
  }
  CHECK(folder.read("again.csv") == "old");
  CHECK(files_in(folder.path()) == 1);
  {
    OutputFile file{place.string()};
    file.write("new");
    file.write(" text");
    file.finish();
  }
  CHECK(folder.read("again.csv") == "new text");
  CHECK(mode_of(place) == 0640);
  CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("a new file is for its owner alone, whatever the mask, and may have the longest name there is") {
  const ConfigFolder folder;
  const auto mask = ::umask(0);
  for (const auto& name : {std::string{"again.csv"}, std::string(255, 'n')}) {
    OutputFile file{folder.path(name).string()};
    file.write("new");
    file.finish();
    CHECK(folder.read(name) == "new");
    CHECK(mode_of(folder.path(name)) == 0600);
  }
  ::umask(mask);
  CHECK(files_in(folder.path()) == 2);
}

TEST_CASE("a link is followed to a file that is there, and to nothing else") {
  const ConfigFolder folder;
  folder.write("data/again.csv", "old");
  fs::create_symlink("data/again.csv", folder.path("link"));
  fs::create_symlink("data/nothing.csv", folder.path("nowhere"));
  OutputFile file{folder.path("link").string()};
  file.write("new");
  file.finish();
  CHECK(folder.read("data/again.csv") == "new");
  CHECK(fs::is_symlink(folder.path("link")));
  CHECK_THROWS_AS(OutputFile{folder.path("nowhere").string()}, Error);
  CHECK_FALSE(fs::exists(folder.path("data/nothing.csv")));
  CHECK_THROWS_AS(OutputFile{folder.path("data").string()}, Error);
  CHECK_THROWS_AS(OutputFile{folder.path("missing/again.csv").string()}, Error);
}

TEST_CASE("a device is written at once") {
  OutputFile good{"/dev/null"};
  good.write("text");
  good.finish();
  CHECK(fs::is_character_file("/dev/null"));
  OutputFile full{"/dev/full"};
  CHECK_THROWS_AS(full.write("text"), Error);
}

TEST_CASE("a new file that cannot be written whole leaves the old one") {
  const ConfigFolder folder;
  const auto place = folder.write("again.csv", "outTradeNo,totalFee\nOLD-2026112300001,1\n");
  rlimit usual{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &usual) == 0);
  auto* const handler = ::signal(SIGXFSZ, SIG_IGN);
  FailedFile file{place.string(), "outTradeNo,totalFee"};
  const rlimit small{1'000, usual.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  std::string problem;
  try {
    for (int i = 0; i < 10'000; ++i) file.add("NEW-2026112300001,1");
    file.finish();
  } catch (const Error& error) {
    problem = error.what();
  }
  ::setrlimit(RLIMIT_FSIZE, &usual);
  ::signal(SIGXFSZ, handler);
  CHECK(problem == "cannot write " + place.string() + ": File too large");
  CHECK(folder.read("again.csv") == "outTradeNo,totalFee\nOLD-2026112300001,1\n");
}

TEST_CASE("--failed takes the place of records of a batch, and of nothing else") {
  const ConfigFolder folder;
  struct Row {
    std::string there;
    bool replaced;
  };
  const std::string zero(1, '\0');
  const Row rows[] = {
      {"", true},
      {"outTradeNo,openId,amount\n", true},
      {"outTradeNo,openId,amount\nX,o,1.00\n", true},
      {"\xEF\xBB\xBFout_trade_no,total_fee\r\nX,1\r\n", true},
      {"{\"outTradeNo\":\"X\",\"totalFee\":1}\n", true},
      {"{broken\n", true},
      {"SQLite format 3" + zero + "\x10" + zero, false},
      {"Syn7heticTestKey0123456789abcdef\n", false},
      {"-----BEGIN PRIVATE KEY-----\nMIIE\n", false},
      {"default_profile = \"shop\"\n[profiles.shop]\n", false},
      {"<xml><return_code>SUCCESS</return_code></xml>", false},
      {"notes of the week\n", false},
      {std::string(100'000, 'x'), false},
      {"\"unclosed", false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.there);
    const auto place = folder.write("again", row.there);
    if (!row.replaced) {
      CHECK_THROWS_AS((FailedFile{place.string(), "outTradeNo,totalFee"}), Error);
      CHECK(folder.read("again") == row.there);
      continue;
    }
    FailedFile file{place.string(), "outTradeNo,totalFee"};
    file.add("Y,1");
    file.finish();
    CHECK(folder.read("again") == "outTradeNo,totalFee\nY,1\n");
  }
  CHECK(files_in(folder.path()) == 1);
}
