#include <doctest/doctest.h>

#include "support/market.hpp"

using namespace wxpay::test;

// The refunds of the ledger as they are listed, written, shown, backed up and restored.

namespace {

using Texts = std::vector<std::string>;

/// Three refunds: R-1 of 300 fen done, R-2 of 200 under way, R-3 of 1000 without an answer.
struct RefundsMarket : Market {
  RefundsMarket() {
    for (const auto* order : {"20261128-1", "20261128-2"}) {
      json(create(order));
      sandbox.pay(order);
      json({"query", order});
    }
    refund("20261128-1", "R-1", "300", {"--reason", "=杯子破了, 一只"});
    json({"sandbox", "refund", "R-1", "--state", "SUCCESS"});
    json({"query-refund", "R-1"});
    refund("20261128-1", "R-2", "200", {"--funds-account", "AVAILABLE"});
    sandbox.fault("lost-reply", 1, Operation::refund);
    refund("20261128-2", "R-3", "1000", {}, 4);
  }
  void refund(const std::string& order, const std::string& number, const std::string& fee,
              const Texts& more = {}, int code = 0) const {
    Texts arguments{"refund", order, "--out-refund-no", number, "--refund-fee", fee};
    arguments.insert(arguments.end(), more.begin(), more.end());
    json(std::move(arguments), code);
  }
  Texts numbers(const char* command, const Texts& filters) const {
    Texts arguments{"refunds", command, "--json"};
    arguments.insert(arguments.end(), filters.begin(), filters.end());
    const auto result = shop.run(arguments);
    CAPTURE(result.err);
    CHECK(result.code == 0);
    Texts found;
    for (const auto& refund : json_lines(result.out)) found.push_back(refund.at("outRefundNo"));
    return found;
  }
};

}  // namespace

TEST_CASE("refunds list filters by state, order, time and amount, newest first; export is oldest first") {
  const RefundsMarket market;
  CHECK(market.numbers("list", {}) == Texts{"R-3", "R-2", "R-1"});
  CHECK(market.numbers("export", {}) == Texts{"R-1", "R-2", "R-3"});
  for (const auto* command : {"list", "export"}) {
    CAPTURE(std::string{command});
    CHECK(market.numbers(command, {"--state", "PROCESSING"}) == Texts{"R-2"});
    CHECK(market.numbers(command, {"--state", "UNKNOWN"}) == Texts{"R-3"});
    CHECK(market.numbers(command, {"--state", "ABNORMAL"}).empty());
    CHECK(market.numbers(command, {"--order", "20261128-2"}) == Texts{"R-3"});
    CHECK(market.numbers(command, {"--order", "20261128-9"}).empty());
    CHECK(market.numbers(command, {"--since", "1h"}).size() == 3);
    CHECK(market.numbers(command, {"--until", "1h"}).empty());
  }
  CHECK(market.numbers("list", {"--min-fee", "300"}) == Texts{"R-3", "R-1"});
  CHECK(market.numbers("list", {"--max-fee", "300"}) == Texts{"R-2", "R-1"});
  CHECK(market.numbers("list", {"--limit", "2"}) == Texts{"R-3", "R-2"});
}

TEST_CASE("refunds are the same as JSON, as CSV and as a table") {
  const RefundsMarket market;
  const auto rows = json_lines(market.shop.run({"refunds", "export"}).out);
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].at("outTradeNo") == "20261128-1");
  CHECK(rows[0].at("refundFee") == 300);
  CHECK(rows[0].at("totalFee") == 1000);
  CHECK(rows[0].at("refundState") == "SUCCESS");
  CHECK(rows[0].at("reason") == "=杯子破了, 一只");
  CHECK(rows[0].contains("successAt"));
  CHECK_FALSE(rows[0].contains("fundsAccount"));
  CHECK(rows[1].at("fundsAccount") == "AVAILABLE");
  CHECK_FALSE(rows[2].contains("refundId"));
  const auto csv = market.shop.run({"refunds", "export", "-o", "csv"}).out;
  CHECK(
      csv.starts_with("outTradeNo,outRefundNo,refundId,refundFee,totalFee,refundState,reason,createdAt,"
                      "successAt,updatedAt,fundsAccount"));
  CHECK(contains(csv, "\"=杯子破了, 一只\""));
  CHECK(contains(csv, "20261128-2,R-3,,1000,1000,UNKNOWN,,"));
  const auto text = market.shop.run({"refunds", "list"}).out;
  for (const auto* word : {"outRefundNo", "R-1", "R-2", "R-3", "SUCCESS", "PROCESSING", "UNKNOWN"})
    CHECK(contains(text, word));
}

TEST_CASE("refunds list refuses filters that cannot be; a ledger that is not there is exit 7") {
  const Market market;
  CHECK(market.shop.run({"refunds", "list"}).code == 7);
  CHECK(market.shop.run({"refunds", "export"}).code == 7);
  market.json(create("20261128-1"));
  CHECK(market.shop.run({"refunds", "list"}).code == 0);
  const auto state = market.shop.run({"refunds", "list", "--state", "REFUNDCLOSED"});
  CHECK(state.code == 2);
  CHECK(contains(state.err, "did you mean REFUNDCLOSE?"));
  for (const auto& row : std::vector<Texts>{{"--since", "yesterdy"},
                                            {"--min-fee", "-1"},
                                            {"--max-fee", "1.5"},
                                            {"--limit", "0"},
                                            {"--order", "no such order"},
                                            {"--reason", "x"}}) {
    Texts arguments{"refunds", "list"};
    arguments.insert(arguments.end(), row.begin(), row.end());
    CAPTURE(row.front());
    CHECK(market.shop.run(arguments).code == 2);
  }
  CHECK(market.shop.run({"refunds", "export", "--limit", "1"}).code == 2);
}

TEST_CASE("orders show lists the refunds of the order, and its history has them") {
  const RefundsMarket market;
  auto order = market.json({"orders", "show", "20261128-1"});
  REQUIRE(order["refunds"].size() == 2);
  CHECK(order["refunds"][0]["outRefundNo"] == "R-1");
  CHECK(order["refunds"][0]["refundState"] == "SUCCESS");
  CHECK(order["refunds"][0].contains("successAt"));
  CHECK(order["refunds"][1]["outRefundNo"] == "R-2");
  CHECK(order["refunds"][1]["refundId"].get<std::string>().size() >= 20);
  const auto history = order["history"].dump();
  for (const auto* word : {"R-1", "R-2", "PROCESSING", "UNKNOWN"}) CHECK(contains(history, word));
  CHECK_FALSE(contains(history, "R-3"));
  const auto text = market.shop.run({"orders", "show", "20261128-1"});
  CHECK(text.code == 0);
  for (const auto* word : {"refunds", "R-1", "R-2"}) CHECK(contains(text.out, word));
  CHECK(market.shop.run({"orders", "show", "20261128-1", "-o", "csv"}).code == 0);
  CHECK(market.shop.run({"orders", "show", "20261128-9"}).code == 1);
}

TEST_CASE("refunds stand in a backup, and come back with a restore") {
  const RefundsMarket market;
  const auto copy = market.shop.path("copy.db").string();
  auto before = market.json({"ledger", "check"});
  REQUIRE(market.shop.run({"ledger", "backup", copy}).code == 0);
  const auto kept = market.shop.run({"refunds", "export"}).out;
  CHECK(market.shop.run({"refunds", "export", "--ledger", copy}).out == kept);
  market.json({"query-refund", "R-3"});
  CHECK(market.shop.run({"refunds", "export"}).out != kept);
  REQUIRE(market.shop.run({"ledger", "restore", copy}).code == 0);
  CHECK(market.shop.run({"refunds", "export"}).out == kept);
  CHECK(market.json({"ledger", "check"})["head"] == before["head"]);
  // What happened since is asked about again.
  CHECK(market.json({"query-refund", "R-3"})["resultMsg"] == "UPDATE_SUCCESS");
  market.check_ledger();
}
