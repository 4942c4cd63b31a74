#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <sstream>

#include "support/raw_server.hpp"
#include "support/shop.hpp"

using namespace wxpay::test;

namespace {

std::string process_file(const Process& process, const std::string& name) {
  std::ifstream file{"/proc/" + std::to_string(process.pid()) + "/" + name};
  return {std::istreambuf_iterator<char>{file}, {}};
}

}  // namespace

TEST_CASE("no core dump is made: the key is in memory") {
  const Shop shop;
  auto command = shop.command({"sandbox", "serve", "--port", "0", "--json"});
  const bool is_root = ::geteuid() == 0;
  if (is_root) {
    REQUIRE(::chown(shop.path().c_str(), 65'534, 65'534) == 0);
    command.user = 65'534;
  }
  Process process{command};
  process.read_line();
  const auto limits = process_file(process, "limits");
  const auto at = limits.find("Max core file size");
  REQUIRE(at != std::string::npos);
  std::istringstream words{limits.substr(at + std::string_view{"Max core file size"}.size())};
  std::string soft, hard;
  words >> soft >> hard;
  CHECK(soft == "0");
  CHECK(hard == "0");
  // The system keeps what it tells of a process that is not to be dumped for root.
  struct stat about {};
  REQUIRE(::stat(("/proc/" + std::to_string(process.pid()) + "/environ").c_str(), &about) == 0);
  CHECK(about.st_uid == 0);
  process.kill(SIGQUIT);
  CHECK(process.wait().signal == SIGQUIT);
}

TEST_CASE("the session keys of TLS are written nowhere, whatever SSLKEYLOGFILE says") {
  Shop shop;
  const auto identity = TlsIdentity::make();
  RawServer server{answering({http_answer("<xml/>")}), &identity};
  shop.write("ca.pem", identity.pem());
  shop.configure(server.url(""), "ca_file = \"" + shop.path("ca.pem").string() + "\"\n");
  shop.environment["SSLKEYLOGFILE"] = shop.path("keys.log").string();
  const auto result = shop.run({"query", "20261123180001", "--timeout", "3s"});
  CAPTURE(result.err);
  CHECK(server.requests() > 0);
  CHECK_FALSE(std::filesystem::exists(shop.path("keys.log")));
}
