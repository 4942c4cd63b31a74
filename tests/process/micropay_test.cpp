#include <doctest/doctest.h>

#include <csignal>

#include "support/market.hpp"

using namespace wxpay::test;

// Of API v2 alone. The last two digits of the payer's code say how it ends (wxpayctl-sandbox(1)).

namespace {

struct Till : Market {
  Command command(const std::string& order, const std::string& code,
                  const std::vector<std::string>& more = {}) const {
    const auto file = shop.write("code-" + order, code + "\n");
    std::vector<std::string> arguments{"micropay", "--out-trade-no",   order, "--total-fee", "1250", "--body",
                                       "coffee",   "--auth-code-file", file,  "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return shop.command(std::move(arguments));
  }
  Result pay(const std::string& order, const std::string& code,
             const std::vector<std::string>& more = {}) const {
    return run(command(order, code, more));
  }
  std::string state(const std::string& order) const { return json({"orders", "show", order})["state"]; }
};

constexpr const char* paid_at_once = "134567890123456700";

}  // namespace

TEST_CASE("a code that pays at once") {
  const Till till;
  const auto result = till.pay("20261128-1", paid_at_once);
  CHECK(result.code == 0);
  auto order = json_line(result.out);
  CHECK(order["tradeState"] == "SUCCESS");
  CHECK(order["totalFee"] == 1250);
  CHECK(order["ledgerState"] == "SUCCESS");
  CHECK(order["resultCode"] == "SUCCESS");
  CHECK(order["transactionId"].get<std::string>().size() == 28);
  CHECK_FALSE(order.contains("reversed"));
  CHECK(till.json({"orders", "show", "20261128-1"})["tradeType"] == "MICROPAY");
  till.check_ledger();
}

TEST_CASE("the same payment again is answered from the ledger, and a code is never sent twice") {
  const Till till;
  till.pay("20261128-1", paid_at_once);
  const int before = till.sandbox.requests();
  const auto again = till.pay("20261128-1", "134567890123456800");
  CHECK(again.code == 0);
  CHECK(json_line(again.out)["tradeState"] == "SUCCESS");
  CHECK(till.sandbox.requests() == before);
  const auto other = till.shop.run({"micropay", "--out-trade-no", "20261128-1", "--amount", "99.00", "--body",
                                    "coffee", "--auth-code-file", "-", "--json"},
                                   "134567890123456800\n");
  CHECK(other.code == 1);
  CHECK(json_line(other.out)["errCode"] == "ORDERPAID");
  CHECK(till.sandbox.requests() == before);
}

TEST_CASE("a code that is refused: exit 1, and nothing is to be reversed") {
  const Till till;
  for (const auto* code : {"134567890123456706", "134567890123456707", "134567890123456708"}) {
    const auto result = till.pay(std::string{"20261128-"} + &code[16], code);
    CHECK(result.code == 1);
    CHECK(json_line(result.out)["ledgerState"] == "FAILED");
  }
  till.check_ledger();
}

TEST_CASE("a code is refused where it is no code, and does not show anywhere") {
  const Till till;
  for (const auto* code : {"13456789012345670", "1345678901234567000", "164567890123456700", "abc", ""}) {
    const auto result = till.pay("20261128-1", code);
    CAPTURE(code);
    CHECK(result.code == 2);
    if (std::string_view{code}.size() > 3) CHECK_FALSE(contains(result.err + result.out, code));
  }
  CHECK(till.shop
            .run({"micropay", "--out-trade-no", "20261128-1", "--total-fee", "1250", "--auth-code",
                  paid_at_once})
            .code == 2);
  CHECK(till.sandbox.requests() == 0);
}

TEST_CASE("on API v3 there is no such payment: exit 2, and nothing is written or sent") {
  const Till till;
  till.json(create("20261128-1", {"-p", "sandbox-v3"}));
  const int before = till.sandbox.requests();
  CHECK(till.pay("20261128-2", paid_at_once, {"-p", "sandbox-v3"}).code == 2);
  CHECK(till.shop.run({"reverse", "20261128-1", "-p", "sandbox-v3"}).code == 2);
  CHECK(till.sandbox.requests() == before);
  CHECK(till.shop.run({"orders", "show", "20261128-2", "-p", "sandbox-v3"}).code == 1);
}

TEST_CASE("what takes as long as a payer does: all of it at once") {
  const Till till;
  const auto begun = std::chrono::steady_clock::now();
  {
    Process killed{till.command("20261128-killed", "134567890123456702")};
    till.sandbox.wait_for_requests(1);
    killed.kill(SIGKILL);
    killed.wait();
  }
  CHECK((till.state("20261128-killed") == "CREATING" || till.state("20261128-killed") == "USERPAYING"));
  till.pay("20261128-back", paid_at_once);
  till.pay("20261128-refunded", "134567890123456900");
  till.json({"refund", "20261128-refunded", "--out-refund-no", "R-2", "--refund-fee", "100"});
  Process paying{till.command("20261128-paying", "134567890123456801")};
  Process leaving{till.command("20261128-leaving", "134567890123456902", {"--for", "1s"})};
  Process cancelling{till.command("20261128-cancelling", "134567890123456903")};
  Process reversing{till.shop.command({"reverse", "20261128-back", "--json"})};
  Process refused{till.shop.command({"reverse", "20261128-refunded", "--json"})};

  INFO("the payer pays while he is waited for");
  const auto paid = paying.wait();
  CHECK(paid.code == 0);
  CHECK(json_line(paid.out)["tradeState"] == "SUCCESS");
  CHECK(till.state("20261128-paying") == "SUCCESS");

  INFO("a payer who never pays, and one who is refused by his bank: reversed, and the order is REVOKED");
  for (auto* process : {&leaving, &cancelling}) {
    const auto result = process->wait();
    CHECK(result.code == 1);
    auto order = json_line(result.out);
    CHECK(order["reversed"] == true);
    CHECK(order["ledgerState"] == "REVOKED");
    CHECK(till.state(order["outTradeNo"]) == "REVOKED");
  }

  INFO("reverse gives back a payment by code, once");
  const auto reversed = reversing.wait();
  CHECK(reversed.code == 0);
  CHECK(json_line(reversed.out)["resultCode"] == "SUCCESS");
  CHECK(json_line(reversed.out)["ledgerState"] == "REVOKED");
  CHECK(till.json({"reverse", "20261128-back"})["ledgerState"] == "REVOKED");

  INFO("an order that was refunded, wholly or in part, is not reversed");
  const auto result = refused.wait();
  CHECK(result.code == 1);
  CHECK(json_line(result.out)["errCode"] == "ORDER_REFUNDED");

  INFO("a till that is killed while it waits leaves an order that reconcile decides");
  std::this_thread::sleep_until(begun + std::chrono::seconds{17});
  auto summary = till.json({"reconcile", "--older-than", "0s"});
  CHECK(summary["reversed"] == 1);
  CHECK(till.state("20261128-killed") == "REVOKED");
  till.check_ledger();
}
