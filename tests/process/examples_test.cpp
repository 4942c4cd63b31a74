#include <doctest/doctest.h>

#include <csignal>

#include "support/shop.hpp"

using namespace wxpay::test;

namespace {

/// The example as somebody would run it who has nothing but bash, curl and openssl.
Result run_example(const Shop& shop, const std::string& gateway, const std::string& out_trade_no) {
  auto command = shop.command({out_trade_no});
  command.program = WXPAYCTL_PROJECT "/examples/create-and-query.sh";
  command.environment["GATEWAY"] = gateway;
  return run(command);
}

}  // namespace

TEST_CASE("another maker's client creates an order at the sandbox, asks about it and verifies the answers") {
  Shop shop;
  const Sandbox sandbox{shop};
  const auto result = run_example(shop, sandbox.url(), "E202611230001");
  CAPTURE(result.err);
  CHECK(result.code == 0);
  CHECK(result.err.empty());
  const auto said = lines_of(result.out);
  REQUIRE(said.size() == 2);
  CHECK(said[0] ==
        "created  E202611230001  " + sandbox.order("E202611230001")["prepayId"].get<std::string>());
  CHECK(said[1] == "state    E202611230001  NOTPAY");
  CHECK(run_example(shop, sandbox.url(), "E202611230001").out == result.out);
  sandbox.pay("E202611230001");
  const auto paid = run_example(shop, sandbox.url(), "E202611230001");
  CHECK(paid.code == 1);
  CHECK(contains(paid.err, "ORDERPAID"));
}

TEST_CASE("the example believes no answer that does not hold") {
  Shop shop;
  const Sandbox sandbox{shop};
  struct Row {
    const char* fault;
    Operation operation;
    const char* said;
  };
  const Row rows[] = {
      {"wrong-sign", Operation::create, "signature"},
      {"unsigned", Operation::create, "signature"},
      {"other-merchant", Operation::create, "another merchant"},
      {"other-app", Operation::create, "another merchant"},
      {"lost-reply", Operation::create, "no answer"},
      {"html", Operation::create, "no gateway"},
      {"wrong-sign", Operation::query, "signature"},
      {"other-order", Operation::query, "another order"},
      {"truncated", Operation::query, "no answer"},
  };
  int number = 0;
  for (const auto& row : rows) {
    CAPTURE(row.fault);
    sandbox.fault(row.fault, 1, row.operation);
    const auto result = run_example(shop, sandbox.url(), "E20261123100" + std::to_string(++number));
    CHECK(result.code == 1);
    CHECK(contains(result.err, row.said));
  }
}

TEST_CASE("sandbox serve prints the public key of its profile, and no other profile's") {
  Shop shop;
  shop.configure("http://127.0.0.1:1");
  for (const std::string output : {"json", "text", "csv"}) {
    Process serving{shop.command({"sandbox", "serve", "--port", "0", "-o", output})};
    auto first = serving.read_line();
    for (int line = 1; output == "text" ? line < 5 : output == "csv" && line < 2; ++line) {
      first += "\n" + serving.read_line();
    }
    CHECK(contains(first, "wxpayctlSandboxKey00000000000000"));
    CHECK(contains(first, "public"));
    serving.kill(SIGTERM);
    CHECK(serving.wait().code == 143);
  }
  Process serving{shop.command({"-p", "shop", "sandbox", "serve", "--port", "0", "--json"})};
  const auto told = json_line(serving.read_line());
  CHECK(keys_of(told) == std::vector<std::string>{"listening", "mchId", "appId"});
  serving.kill(SIGTERM);
  const auto result = serving.wait();
  CHECK_FALSE(contains(told.dump() + result.out + result.err, shop_key));
}
