#include <doctest/doctest.h>

#include <array>
#include <deque>
#include <map>

#include "support/market.hpp"

using namespace wxpay::test;

namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr int kills = 20;  // a process takes ten times as long to start
#else
constexpr int kills = 200;
#endif
constexpr int most_runs = 3 * kills;
constexpr std::int64_t fee = 1250;

/// How a code ends, by its last two digits (wxpayctl-sandbox(1)).
struct Ending {
  std::string digits;
  bool waits = false;    ///< for the payer, or to be told
  bool refuses = false;  ///< so that the number is free for another code
};

const Ending& ending_of(int run) {
  static const std::array endings{Ending{"00"},
                                  Ending{"02", true},
                                  Ending{"00"},
                                  Ending{"04", true},
                                  Ending{"00"},
                                  Ending{"05", true},
                                  Ending{"01", true},
                                  Ending{"12", true},
                                  Ending{"06", false, true},
                                  Ending{"07", false, true}};
  return endings.at(static_cast<std::size_t>(run) % endings.size());
}

struct TillFaults : Market {
  Command pay(const std::string& order, const std::string& digits, const std::string& longest = "45s") {
    // A code pays once.
    const auto code = "13456789" + std::to_string(10'000'000 + codes++) + digits;
    return shop.command({"micropay", "--out-trade-no", order, "--total-fee", std::to_string(fee), "--body",
                         "coffee", "--auth-code-file", shop.write("code-" + code, code), "--for", longest,
                         "--json"});
  }

  /// Ledger and WeChat Pay have the same end of each order, the same payments, and the chain is whole.
  void check_payments() const {
    std::map<std::string, Json> at_gateway;
    for (auto& order : sandbox.orders()) at_gateway.emplace(order.at("outTradeNo"), order);
    std::size_t at_both = 0;
    std::int64_t booked = 0;
    for (const auto& order : json_lines(shop.run({"orders", "export", "--json"}).out)) {
      CAPTURE(order.dump());
      const std::string state = order.at("state");
      if (state == "SUCCESS") booked += order.at("totalFee").get<std::int64_t>();
      const auto found = at_gateway.find(order.at("outTradeNo"));
      if (found == at_gateway.end()) {
        CHECK((state == "REVOKED" || state == "FAILED"));
        continue;
      }
      ++at_both;
      const auto& theirs = found->second;
      CAPTURE(theirs.dump());
      // What was refused stays unpaid at WeChat Pay, under its own name.
      if (state == "FAILED") {
        CHECK(theirs.at("tradeState") == "PAYERROR");
        continue;
      }
      CHECK(state == theirs.at("tradeState"));
      CHECK((state == "SUCCESS" || state == "REVOKED" || state == "PAYERROR"));
      CHECK(theirs.contains("transactionId") == (state == "SUCCESS"));
      if (state == "SUCCESS") CHECK(order.at("transactionId") == theirs.at("transactionId"));
    }
    CHECK(at_both == at_gateway.size());
    std::int64_t paid = 0;
    for (const auto& [number, order] : at_gateway) {
      if (order.contains("paidFee")) paid += order.at("paidFee").get<std::int64_t>();
    }
    CHECK(paid > 0);
    CHECK(booked == paid);
    check_ledger();
  }

  int codes = 0;
};

}  // namespace

TEST_CASE("kill -9 at any moment of micropay: reconcile finishes it, and nobody pays twice") {
  TillFaults market;
  auto random = seeded();
  Killer killer{random};
  int runs = 0;
  for (; killer.killed() < kills && runs < most_runs; ++runs) {
    const auto& ending = ending_of(runs);
    const auto command = market.pay(numbered("20261128-", runs), ending.digits);
    if (ending.waits) {
      killer.run_waiting(command);
    } else {
      killer.run(command);
    }
  }
  CHECK(killer.killed() == kills);

  // Some are begun again with a code that would pay: what was sent is only asked about, then reversed.
  std::deque<Process> again;
  for (int i = 0; i < runs; i += kills / 10 + 1) {
    if (ending_of(i).refuses) continue;
    again.emplace_back(market.pay(numbered("20261128-", i), "00", "1s"));
  }
  // Others are killed about when they are paid or reversed at last, which takes 15 s.
  const auto begun = std::chrono::steady_clock::now();
  std::deque<Process> late;
  for (const auto* digits : {"02", "12", "01", "03", "02", "12", "01", "03", "02", "12"}) {
    const auto number = numbered("20261128-late-", static_cast<int>(late.size()));
    late.emplace_back(market.pay(number, digits, std::string_view{digits} == "01" ? "45s" : "1s"));
  }
  std::this_thread::sleep_until(begun + std::chrono::seconds{15});
  std::uniform_int_distribution<int> pause_ms{0, 40};
  for (auto& process : late) {
    std::this_thread::sleep_for(std::chrono::milliseconds{pause_ms(random)});
    process.kill(SIGKILL);
    process.wait();
  }
  for (auto& process : again) {
    const auto result = process.wait();
    CAPTURE(result.out);
    CAPTURE(result.err);
    CHECK((result.code == 0 || result.code == 1));
  }
  // No order was sent twice.
  CHECK(market.sandbox.requests_below("/pay/micropay") <= runs + static_cast<int>(late.size()));

  std::this_thread::sleep_until(begun + std::chrono::seconds{18});
  const auto reconciled = market.shop.run({"reconcile", "--older-than", "0s", "--rate", "10000", "--json"});
  CAPTURE(reconciled.err);
  CHECK(reconciled.code == 0);
  auto summary = json_line(reconciled.out);
  CAPTURE(summary.dump());
  CHECK(summary["failed"] == 0);
  CHECK(summary["mismatched"] == 0);
  CHECK(summary["reversed"] > 0);
  market.check_payments();
}
