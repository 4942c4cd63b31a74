// Notifications of refunds: those that the sandbox makes, of either API, and some made by hand.
#include <doctest/doctest.h>

#include "cli/config/settings.hpp"
#include "support/market.hpp"
#include "support/v2_wire.hpp"
#include "wire/req_info.hpp"

using namespace wxpay::test;

namespace {

/// A market where ORDER-1 is paid with 1000 fen, as the ledger knows.
struct NotifyingMarket : Market {
  NotifyingMarket() { pay("ORDER-1"); }
  void pay(const std::string& order) const {
    json(create(order));
    sandbox.pay(order);
    json({"query", order});
  }
  Json refund(const std::string& number, const std::string& fee, int code = 0,
              const std::string& order = "ORDER-1") const {
    return json({"refund", order, "--out-refund-no", number, "--refund-fee", fee}, code);
  }
  /// Settles the refund at WeChat Pay, and gives the file of what it tells of it.
  std::string told(const std::string& number, const std::string& state) const {
    auto file = number + "-" + state + ".saved";
    json({"sandbox", "refund", number, "--state", state, "--notify", "--out", file});
    return file;
  }
  Json replay(const std::string& file, int code = 0, std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments{"replay-notify", file};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return json(std::move(arguments), code);
  }
  std::string state(const std::string& number, const std::string& order = "ORDER-1") const {
    auto shown = json({"orders", "show", order});
    for (auto& refund : shown["refunds"]) {
      if (refund["outRefundNo"] == number) return refund["refundState"];
    }
    return "none";
  }
  std::string head() const { return json({"ledger", "check"})["head"]; }
};

/// What a notification of API v2 about refund R-1 of 300 fen tells, encrypted by this key.
std::string by_hand(const WireFields& changes = {},
                    const std::string& key = std::string{wxpay::cli::sandbox_key}) {
  WireFields fields{{"out_refund_no", "R-1"},
                    {"out_trade_no", "ORDER-1"},
                    {"refund_account", "REFUND_SOURCE_RECHARGE_FUNDS"},
                    {"refund_fee", "300"},
                    {"refund_id", "50300908092026112800012345678"},
                    {"refund_recv_accout", "支付用户零钱"},
                    {"refund_request_source", "API"},
                    {"refund_status", "SUCCESS"},
                    {"settlement_refund_fee", "300"},
                    {"settlement_total_fee", "1000"},
                    {"success_time", "2026-11-28 18:05:49"},
                    {"total_fee", "1000"}};
  for (const auto& [name, value] : changes) fields[name] = value;
  std::string document{"<root>"};
  for (const auto& [name, value] : fields)
    document += "<" + name + "><![CDATA[" + value + "]]></" + name + ">";
  return wxpay::wire::seal_req_info(document + "</root>", wxpay::Secret{key});
}

std::string envelope(const std::string& req_info, const std::string& merchant = "1900000109") {
  return v2_xml({{"return_code", "SUCCESS"},
                 {"appid", "wxd678efh567hg6787"},
                 {"mch_id", merchant},
                 {"nonce_str", "5K8264ILTKCH16CQ2502SI8ZNMTM67VS"},
                 {"req_info", req_info}});
}

}  // namespace

TEST_CASE("the end of a refund is taken from its notification, once") {
  struct Row {
    const char* told;
    const char* state;
  };
  for (const auto& row :
       {Row{"SUCCESS", "SUCCESS"}, Row{"ABNORMAL", "ABNORMAL"}, Row{"CLOSED", "REFUNDCLOSE"}}) {
    CAPTURE(row.told);
    const NotifyingMarket market;
    market.refund("R-1", "300");
    const auto file = market.told("R-1", row.told);
    const auto before = market.head();
    CHECK(market.replay(file, 0, {"--dry-run"})["outcome"] == "APPLIED");
    CHECK(market.head() == before);
    CHECK(market.state("R-1") == "PROCESSING");

    auto applied = market.replay(file, 0, {"--reply"});
    CHECK(applied["kind"] == "refund");
    CHECK(applied["outTradeNo"] == "ORDER-1");
    CHECK(applied["outRefundNo"] == "R-1");
    CHECK(applied["outcome"] == "APPLIED");
    CHECK(contains(applied["reply"].get<std::string>(), "SUCCESS"));
    CHECK(market.state("R-1") == row.state);
    const auto after = market.head();
    CHECK(market.replay(file)["outcome"] == "ALREADY_APPLIED");
    CHECK(market.head() == after);

    auto order = market.json({"orders", "show", "ORDER-1"});
    CHECK(order["state"] == "REFUND");
    auto last = order["history"].back();
    CHECK(last["source"] == "notify");
    CHECK(last["to"] == row.state);
    CHECK(last["outRefundNo"] == "R-1");
  }
}

TEST_CASE("a notification that comes before the reply to the refund settles it; the late answer is no news") {
  const NotifyingMarket market;
  market.sandbox.fault("lost-reply", 1, Operation::refund);
  market.refund("R-1", "300", 4);
  CHECK(market.state("R-1") == "UNKNOWN");
  CHECK(market.replay(market.told("R-1", "SUCCESS"))["outcome"] == "APPLIED");
  CHECK(market.state("R-1") == "SUCCESS");
  CHECK(market.json({"orders", "show", "ORDER-1"})["state"] == "REFUND");
  auto again = market.refund("R-1", "300");
  CHECK(again["refundState"] == "SUCCESS");
  CHECK(again["resultCode"] == "SUCCESS");
  CHECK(market.json({"query-refund", "R-1"})["reason"] == "ALREADY_APPLIED");
  market.check_ledger();
}

TEST_CASE("a refund that is said to be closed after it succeeded is a mismatch: exit 5, nothing is applied") {
  const NotifyingMarket market;
  market.refund("R-1", "300");
  market.replay(market.told("R-1", "SUCCESS"));
  auto closed = market.replay(market.told("R-1", "CLOSED"), 5);
  CHECK(closed["outcome"] == "STATE_MISMATCH");
  CHECK(market.state("R-1") == "SUCCESS");
  market.check_ledger();
}

TEST_CASE(
    "a refund that the ledger does not know is not taken from a notification; query-refund takes it over") {
  const NotifyingMarket market;
  const auto make = [&market](const std::string& name) {
    auto ledger = market.shop.path(name).string();
    CHECK(
        market.shop.run({"orders", "import", "-", "-q", "--ledger", ledger}, "outTradeNo,totalFee\n").code ==
        0);
    return ledger;
  };
  const auto other = make("other.db");
  market.json({"refund", "ORDER-1", "--out-refund-no", "R-1", "--refund-fee", "300", "--ledger", other});
  const auto file = market.told("R-1", "SUCCESS");
  CHECK(market.replay(file, 1)["outcome"] == "UNKNOWN_REFUND");
  CHECK(market.state("R-1") == "none");
  CHECK(market.json({"orders", "show", "ORDER-1"})["state"] == "SUCCESS");
  CHECK(market.json({"query-refund", "R-1"})["resultMsg"] == "UPDATE_SUCCESS");
  CHECK(market.replay(file)["outcome"] == "ALREADY_APPLIED");

  const auto empty = make("empty.db");
  CHECK(market.replay(file, 1, {"--ledger", empty})["outcome"] == "UNKNOWN_ORDER");
  CHECK(market.json({"ledger", "check", "--ledger", empty})["ok"] == true);
  market.check_ledger();
}

TEST_CASE("notifications of API v2 that may not be believed: exit 5, nothing is applied") {
  if (tested_api().name != "v2") return;
  const NotifyingMarket market;
  market.pay("ORDER-2");
  market.sandbox.fault("lost-reply", 1, Operation::refund);
  market.refund("R-1", "300", 4);
  const auto good = by_hand();
  struct Row {
    const char* what;
    std::string document;
    const char* outcome;
  };
  const Row rows[] = {
      {"another key", envelope(by_hand({}, "Another0Key0of0thirty0two0bytes0")), "BAD_SIGNATURE"},
      {"Base64 that is cut", envelope(good.substr(0, good.size() - 5)), "BAD_SIGNATURE"},
      {"half of the blocks", envelope(good.substr(0, 64)), "BAD_SIGNATURE"},
      {"no Base64", envelope("*" + good), "BAD_SIGNATURE"},
      {"another merchant", envelope(good, "1900000110"), "WRONG_MERCHANT"},
      {"another amount", envelope(by_hand({{"refund_fee", "301"}})), "AMOUNT_MISMATCH"},
      {"an order of another amount", envelope(by_hand({{"total_fee", "999"}})), "AMOUNT_MISMATCH"},
      {"another order", envelope(by_hand({{"out_trade_no", "ORDER-2"}})), "REFUND_MISMATCH"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    market.shop.write("saved.xml", row.document);
    auto result = market.replay("saved.xml", 5, {"--reply"});
    CHECK(result["outcome"] == row.outcome);
    CHECK_FALSE(result["reason"].get<std::string>().empty());
    CHECK(v2_element(result["reply"].get<std::string>(), "return_code") == "FAIL");
    CHECK(market.state("R-1") == "UNKNOWN");
    CHECK(market.json({"orders", "show", "ORDER-1"})["state"] == "SUCCESS");
    market.check_ledger();
  }
  market.shop.write("saved.xml", envelope(good));
  CHECK(market.replay("saved.xml")["outcome"] == "APPLIED");
  CHECK(market.state("R-1") == "SUCCESS");
  market.check_ledger();
}
