#include <doctest/doctest.h>

#include "support/shop.hpp"

using namespace wxpay::test;

namespace {

using Texts = std::vector<std::string>;

const Texts commands[] = {{"create-order"},
                          {"sign"},
                          {"query"},
                          {"close"},
                          {"orders"},
                          {"orders", "list"},
                          {"orders", "show"},
                          {"orders", "mark"},
                          {"ledger"},
                          {"ledger", "check"},
                          {"ledger", "backup"},
                          {"sandbox"},
                          {"sandbox", "serve"},
                          {"sandbox", "pay"},
                          {"sandbox", "notify"},
                          {"sandbox", "fault"},
                          {"sandbox", "keys"},
                          {"sandbox", "rotate"},
                          {"api"},
                          {"init"},
                          {"doctor"}};

}  // namespace

TEST_CASE("a misspelt command is exit 2 and gets the nearest one suggested") {
  const Shop shop;
  const std::pair<Texts, std::string> rows[] = {
      {{"creat-order"}, "'create-order'"}, {{"create_order", "--json"}, "'create-order'"},
      {{"qurey", "X"}, "'query'"},         {{"clsoe", "X"}, "'close'"},
      {{"order", "list"}, "'orders'"},     {{"orders", "lst"}, "'list'"},
      {{"orders", "shwo", "X"}, "'show'"}, {{"ledger", "chek"}, "'check'"},
      {{"sandbox", "server"}, "'serve'"}};
  for (const auto& row : rows) {
    CAPTURE(row.first);
    const auto result = shop.run(row.first);
    CHECK(result.code == 2);
    CHECK(result.out.empty());
    CHECK(contains(result.err, "did you mean " + row.second + "?"));
  }
}

TEST_CASE("a misspelt option is exit 2 and gets the nearest one suggested") {
  const Shop shop;
  const std::pair<Texts, std::string> rows[] = {{create("T-00001", {"--totl-fee", "1"}), "'--total-fee'"},
                                                {create("T-00001", {"--bdy=x"}), "'--body'"},
                                                {{"query", "X", "--wach"}, "'--watch'"},
                                                {{"query", "X", "--jsno"}, "'--json'"},
                                                {{"--profil", "shop", "query", "X"}, "'--profile'"},
                                                {{"orders", "list", "--stat", "NOTPAY"}, "'--state'"},
                                                {{"ledger", "check", "--haed", "x"}, "'--head'"}};
  for (const auto& row : rows) {
    CAPTURE(row.first);
    const auto result = shop.run(row.first);
    CHECK(result.code == 2);
    CHECK(contains(result.err, "did you mean " + row.second + "?"));
    CHECK(contains(result.err, "(USAGE)"));
  }
}

TEST_CASE("what belongs to later versions is unknown: exit 2, and not in any help") {
  const Shop shop;
  const Texts later[] = {{"download-bill"},
                         {"download-fund-flow"},
                         {"differences"},
                         {"explain", "NOAUTH"},
                         {"listen"},
                         {"reconcile", "--bill", "today"},
                         {"reconcile", "--fund-flow", "today"},
                         {"orders", "list", "--ledger", "x.db", "--fix"}};
  for (const auto& arguments : later) {
    CAPTURE(arguments);
    auto with_profile = arguments;
    with_profile.insert(with_profile.end(), {"-p", tested_api().profile});
    const auto result = shop.run(with_profile);
    CHECK(result.code == 2);
    CHECK(contains(result.err, "(USAGE)"));
  }
  std::string help = shop.run({"--help"}).out;
  for (const auto& command : commands) {
    auto arguments = command;
    arguments.emplace_back("--help");
    help += shop.run(arguments).out;
  }
  for (const auto* word : {"--bill", "download-bill", "postgresql", "--fix"}) {
    CAPTURE(std::string{word});
    CHECK_FALSE(contains(help, word));
  }
}

TEST_CASE("--help of the program and of every command is on standard output and names its exit codes") {
  const Shop shop;
  const auto all = shop.run({"--help"});
  CHECK(all.code == 0);
  CHECK(all.err.empty());
  CHECK(shop.run({"-h"}).out == all.out);
  for (const auto& command : commands) {
    if (command.size() == 1) CHECK(contains(all.out, "\n  " + command[0] + " "));
    auto arguments = command;
    arguments.emplace_back("--help");
    const auto result = shop.run(arguments);
    CAPTURE(arguments);
    CHECK(result.code == 0);
    CHECK(result.err.empty());
    CHECK(contains(result.out, "Usage: wxpayctl " + command[0]));
  }
  for (const auto* name : {"create-order", "sign", "query", "close", "init", "doctor"}) {
    CHECK(contains(shop.run({name, "--help"}).out, "Exit codes:"));
  }
}

TEST_CASE("--version names the program and the libraries in use") {
  const Shop shop;
  const auto result = shop.run({"--version"});
  CHECK(result.code == 0);
  CHECK(result.out.starts_with("wxpayctl "));
  for (const auto* library : {"libcurl/", "OpenSSL/", "SQLite/"}) CHECK(contains(result.out, library));
}

TEST_CASE("a command or argument that is missing, or one too many, is exit 2") {
  const Shop shop;
  for (const auto& arguments :
       {Texts{}, Texts{"orders"}, Texts{"ledger"}, Texts{"sandbox"}, Texts{"close"}, Texts{"close", "A", "B"},
        Texts{"orders", "show"}, Texts{"orders", "show", "A", "B"}, Texts{"ledger", "backup"},
        Texts{"create-order", "extra"}, Texts{"sandbox", "pay"}, Texts{"sandbox", "serve", "--port", "70000"},
        Texts{"query", "--for"}, Texts{"query", "X", "--output", "xml"},
        Texts{"query", "X", "--color", "pink"}, Texts{"orders", "list", "--json", "--output", "csv"}}) {
    CAPTURE(arguments);
    const auto result = shop.run(arguments);
    CHECK(result.code == 2);
    CHECK(result.out.empty());
    CHECK(contains(result.err, "USAGE"));
    CHECK(lines_of(result.err).size() <= 2);
  }
}

TEST_CASE("a word among the arguments is an argument: nothing is closed that was to be asked about") {
  Shop shop;
  const Sandbox sandbox{shop};
  for (const auto* number : {"A00001", "B00002", "close", "query", "list"}) {
    REQUIRE(shop.run(create(number)).code == 0);
  }
  const auto asked = shop.run({"query", "A00001", "close", "B00002", "query", "list", "--json"});
  CHECK(asked.code == 0);
  Texts numbers;
  for (auto& line : json_lines(asked.out)) {
    numbers.push_back(line["outTradeNo"]);
    CHECK(line["tradeState"] == "NOTPAY");
  }
  CHECK(numbers == Texts{"A00001", "close", "B00002", "query", "list"});
  for (const auto& arguments :
       {Texts{"close", "A00001", "close"}, Texts{"close", "A00001", "B00002"},
        Texts{"close", "--", "A00001", "close"}, Texts{"orders", "list", "close", "A00001"},
        Texts{"orders", "list", "--", "close", "A00001"}, Texts{"doctor", "--", "close", "A00001"},
        Texts{"orders", "show", "A00001", "close", "B00002"},
        Texts{"sandbox", "pay", "A00001", "--", "close", "B00002"},
        Texts{"ledger", "check", "sandbox", "pay", "A00001"}, Texts{"--", "close", "A00001"}}) {
    CAPTURE(arguments);
    const auto result = shop.run(arguments);
    CHECK(result.code == 2);
    CHECK(result.out.empty());
    CHECK(contains(result.err, "(USAGE)"));
  }
  CHECK(sandbox.requests(Operation::close) == 0);
  CHECK(sandbox.requests_below("/sandbox/pay") == 0);
  CHECK(json_line(shop.run({"close", "close", "--json"}).out)["ledgerState"] == "CLOSED");
}

TEST_CASE("an empty --option= does not take the next argument, and no option takes another for its value") {
  Shop shop;
  const Sandbox sandbox{shop};
  shop.write("b.csv", "outTradeNo,openId,amount\nT20261123000001,oUpF8uMuAJO_M2pxb1Q9zNjWeS6o,1.00\n");
  const std::pair<Texts, std::string> rows[] = {
      {{"create-order", "--batch", "b.csv", "--failed=", "--dry-run"}, "--failed is empty"},
      {{"create-order", "--batch", "b.csv", "--failed", "--dry-run"}, "--failed needs a value"},
      {create("T20261123000002", {"--attach=", "--json"}), "--attach is empty"},
      {create("T20261123000002", {"--body", "", "--timeout=5s"}), "--body is empty"},
      {create("T20261123000002", {"-p=", "sandbox"}), "-p is empty"},
      {{"orders", "mark", "T20261123000001", "--state", "CLOSED", "--reason=", "--yes"}, "--reason is empty"},
      {{"orders", "mark", "T20261123000001", "--state", "CLOSED", "--reason", "--yes"},
       "--reason needs a value"},
      {{"query", "--transaction-id=", "T20261123000001"}, "--transaction-id is empty"},
      {{"--config=", "query", "T20261123000001"}, "--config is empty"},
      {{"sandbox", "notify", "T20261123000001", "--out="}, "--out is empty"}};
  for (const auto& row : rows) {
    CAPTURE(row.first);
    const auto result = shop.run(row.first);
    CHECK(result.code == 2);
    CHECK(result.out.empty());
    CHECK(contains(result.err, row.second));
  }
  CHECK(sandbox.requests() == 0);
  CHECK_FALSE(std::filesystem::exists(shop.ledger()));
  CHECK_FALSE(std::filesystem::exists(shop.path("--dry-run")));
  CHECK(shop.run(create("-2-3-4-20261123", {"--attach=--json", "--body", "-5% tea"})).code == 0);
  CHECK(shop.run({"query", "--", "-2-3-4-20261123"}).code == 0);
}

TEST_CASE("wrong usage is found before the configuration is read") {
  const Shop shop;
  CHECK(shop.run(create("bad number", {"-p", tested_api().profile})).code == 2);
  CHECK(shop.run({"query", "bad number", "-p", "sandbox"}).code == 2);
  CHECK_FALSE(std::filesystem::exists(shop.path("state")));
}
