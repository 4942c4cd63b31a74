// Answers about refunds, and at the counter, that may not be believed.
#include <doctest/doctest.h>

#include <atomic>
#include <csignal>

#include "support/certificate_of.hpp"
#include "support/refund_gateway.hpp"

using namespace wxpay::test;

namespace {

/// A shop with one paid order, and the certificate that API v2 wants, at a gateway of whose answers the test
/// decides.
struct RefundReplies {
  RefundReplies() {
    shop.write("config/wxpayctl/cert.pem", certificate_of(shop_mch_id), 0644);
    shop.write("config/wxpayctl/key.pem", data_file("keys-v3/merchant_key.pem"));
    const bool is_v2 = tested_api().name == "v2";
    shop.configure(gateway.server().url(""),
                   is_v2 ? "cert_file = \"cert.pem\"\ncert_key_file = \"key.pem\"\n" : "");
    REQUIRE(shop.run(create(refunded_order)).code == 0);
    REQUIRE(shop.run({"query", refunded_order}).code == 0);
  }
  Result refund() const {
    return shop.run({"refund", refunded_order, "--out-refund-no", "R-20261128001", "--refund-fee", "300",
                     "--json", "--timeout", "1"});
  }
  Json order() const { return json_line(shop.run({"orders", "show", refunded_order, "--json"}).out); }
  std::string head() const { return json_line(shop.run({"ledger", "check", "--json"}).out).dump(); }

  /// No command takes anything from such an answer.
  void check_refund_not_believed(int code) const {
    const auto sent = refund();
    CAPTURE(sent.out);
    CAPTURE(sent.err);
    CHECK(sent.code == code);
    auto result = json_line(sent.out);
    CHECK(result["resultCode"] == "UNKNOWN");
    CHECK(result["refundState"] == "UNKNOWN");
    CHECK_FALSE(result.contains("refundId"));
    check_unapplied();
  }
  void check_query_not_believed(int code) const {
    const auto before = head();
    const auto asked = shop.run({"query-refund", "R-20261128001", "--json", "--timeout", "1"});
    CAPTURE(asked.out);
    CAPTURE(asked.err);
    CHECK(asked.code == code);
    const auto told = shop.run({"reconcile", "--older-than", "0s", "--json", "--timeout", "1"});
    CAPTURE(told.out);
    CAPTURE(told.err);
    CHECK(told.code == code);
    auto summary = json_lines(told.out).back();
    CHECK(summary["refundsChecked"] == 1);
    CHECK(summary["refundsUpdated"] == 0);
    CHECK(summary.value("refundsMismatched", 0) + summary.value("refundsFailed", 0) == 1);
    CHECK(summary.value("refundsMismatched", 0) == (code == 5 ? 1 : 0));
    CHECK(head() == before);
    check_unapplied();
  }
  void check_unapplied() const {
    auto shown = order();
    CHECK(shown["state"] == "SUCCESS");
    REQUIRE(shown["refunds"].size() == 1);
    CHECK(shown["refunds"][0]["refundState"] == "UNKNOWN");
  }
  /// Nothing was spoilt: the right answer settles the refund.
  void check_unspoilt() {
    gateway.change({});
    const auto result = refund();
    CAPTURE(result.err);
    CHECK(result.code == 0);
    CHECK(json_line(result.out)["refundState"] == "PROCESSING");
    CHECK(order()["state"] == "REFUND");
    CHECK(shop.run({"ledger", "check"}).code == 0);
  }

  RefundGateway gateway;
  Shop shop;
};

struct Spoilt {
  std::string name;
  WireFields changes;
  int code;
  bool of_v2_alone = false;  ///< API v3's answers about refunds do not name it
};

/// The fields as a query's answer of API v2 has them.
WireFields indexed(const WireFields& changes) {
  WireFields fields;
  for (const auto& [name, value] : changes) {
    const bool has_index = name == "refund_fee" || name == "refund_id" || name == "out_refund_no";
    fields[has_index ? name + "_0" : name] = value;
  }
  return fields;
}

const Spoilt spoilt[] = {
    {"another refund", {{"out_refund_no", "R-20261128002"}}, 5},
    {"another order", {{"out_trade_no", "ORDER-20261128002"}}, 5},
    {"another amount", {{"refund_fee", "301"}}, 5},
    {"the amount of the order", {{"refund_fee", "1000"}}, 5},
    {"an order of another amount", {{"total_fee", "999"}}, 5},
    {"another merchant", {{"mch_id", "1900000110"}}, 5, true},
    {"another app", {{"appid", "wx9999999999999999"}}, 5, true},
    {"no amount", {{"refund_fee", ""}}, 4},
    {"an amount of nothing", {{"refund_fee", "0"}}, 4},
    {"more than the order's amount", {{"refund_fee", "1001"}}, 4},
    {"no refund_id", {{"refund_id", ""}}, 4},
    {"no order", {{"out_trade_no", ""}}, 4},
};

bool concerns_tested_api(const Spoilt& row) { return !row.of_v2_alone || tested_api().name == "v2"; }

}  // namespace

TEST_CASE("an answer to a refund that is about something else is not applied: the refund stays UNKNOWN") {
  RefundReplies at;
  for (const auto& row : spoilt) {
    if (!concerns_tested_api(row)) continue;
    CAPTURE(row.name);
    at.gateway.change(row.changes);
    at.check_refund_not_believed(row.code);
  }
  at.gateway.change({}, false);
  at.check_refund_not_believed(5);
  at.check_unspoilt();
}

TEST_CASE(
    "an answer about a refund that is about something else is not applied by query-refund or reconcile") {
  RefundReplies at;
  at.gateway.change({}, false);
  at.check_refund_not_believed(5);
  at.check_query_not_believed(5);
  for (const auto& row : spoilt) {
    // A query's answer that has no record of this refund is none about it.
    if (!concerns_tested_api(row) || row.name == "another refund") continue;
    CAPTURE(row.name);
    at.gateway.change(indexed(row.changes));
    at.check_query_not_believed(row.code);
  }
  at.check_unspoilt();
}

TEST_CASE("what is no answer at all leaves the refund UNKNOWN: exit 4") {
  RefundReplies at;
  struct Row {
    const char* name;
    std::string answer;
  };
  const Row rows[] = {
      {"HTML", http_answer("<!DOCTYPE html><html><body><h1>Welcome</h1></body></html>", 503)},
      {"500", http_answer("", 500)},
      {"cut off",
       "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 500\r\n\r\n<xml><return_code>"},
      {"nothing", ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.name);
    at.gateway.spoil([&row](Peer& peer, const std::string&) {
      if (!row.answer.empty()) peer.send(row.answer);
    });
    at.check_refund_not_believed(4);
    at.check_query_not_believed(4);
  }
  at.check_unspoilt();
}

TEST_CASE("a refusal in words that nobody signed proves nothing: the refund stays UNKNOWN") {
  RefundReplies at;
  const bool is_v2 = tested_api().name == "v2";
  at.gateway.spoil([is_v2](Peer& peer, const std::string&) {
    peer.send(is_v2 ? http_answer(v2_xml({{"return_code", "FAIL"}, {"return_msg", "订单不存在了"}}))
                    : http_answer(R"({"code":"RESOURCE_NOT_EXISTS","message":"订单不存在"})", 404));
  });
  const auto sent = at.refund();
  CAPTURE(sent.out);
  CHECK((sent.code == 4 || sent.code == 5));
  at.check_unapplied();
  const auto before = at.head();
  const auto asked = at.shop.run({"query-refund", "R-20261128001", "--json", "--timeout", "1"});
  CAPTURE(asked.err);
  CHECK((asked.code == 4 || asked.code == 5));
  CHECK(at.head() == before);
  at.check_unapplied();
  at.check_unspoilt();
}

TEST_CASE("answers to reverse that may not be believed leave the order as it was") {
  if (tested_api().name != "v2") return;
  RefundReplies at;
  struct Row {
    const char* name;
    WireFields changes;
    bool is_signed_well;
    int code;
  };
  const Row rows[] = {{"wrong signature", {}, false, 5},
                      {"another order", {{"out_trade_no", "ORDER-20261128002"}}, true, 5},
                      {"another merchant", {{"mch_id", "1900000110"}}, true, 5},
                      {"another app", {{"appid", "wx9999999999999999"}}, true, 5},
                      {"no word of recall", {{"recall", ""}}, true, 4},
                      {"to be called again", {{"recall", "Y"}}, true, 4}};
  for (const auto& row : rows) {
    CAPTURE(row.name);
    at.gateway.spoil([&row](Peer& peer, const std::string&) {
      WireFields said{{"return_code", "SUCCESS"},
                      {"return_msg", "OK"},
                      {"appid", shop_app_id},
                      {"mch_id", shop_mch_id},
                      {"nonce_str", "IITRi8Ia"},
                      {"result_code", "SUCCESS"},
                      {"recall", "N"}};
      for (const auto& [name, value] : row.changes) said[name] = value;
      std::erase_if(said, [](const auto& field) { return field.second.empty(); });
      peer.send(http_answer(v2_signed_xml(said, row.is_signed_well ? shop_key : "another-key")));
    });
    const auto result = at.shop.run({"reverse", refunded_order, "--json", "--timeout", "1"});
    CAPTURE(result.out);
    CAPTURE(result.err);
    CHECK(result.code == row.code);
    CHECK(at.order()["state"] == "SUCCESS");
  }
  CHECK(at.shop.run({"ledger", "check"}).code == 0);
}

TEST_CASE("answers to micropay that may not be believed are asked about, and Ctrl-C leaves an open order") {
  if (tested_api().name != "v2") return;
  RefundReplies at;
  int number = 0;
  for (const std::string what : {"wrong signature", "another order", "another amount", "HTML"}) {
    CAPTURE(what);
    const auto order = "COUNTER-" + std::to_string(++number);
    std::atomic<int> payments = 0;
    at.gateway.spoil([&](Peer& peer, const std::string& request) {
      WireFields said{{"return_code", "SUCCESS"},
                      {"return_msg", "OK"},
                      {"appid", shop_app_id},
                      {"mch_id", shop_mch_id},
                      {"nonce_str", "IITRi8Ia"},
                      {"result_code", "SUCCESS"},
                      {"trade_type", "MICROPAY"},
                      {"out_trade_no", what == "another order" ? "COUNTER-9" : order},
                      {"total_fee", what == "another amount" ? "1251" : "1250"},
                      {"cash_fee", "1250"},
                      {"transaction_id", "4200000001202611280000000001"},
                      {"time_end", "20261128100000"}};
      peer.send(what == "HTML"
                    ? http_answer("<html><body>busy</body></html>")
                    : http_answer(v2_signed_xml(said, what == "wrong signature" ? "another-key" : shop_key)));
      if (request.starts_with("POST /pay/micropay")) ++payments;
    });
    at.shop.write("code", "134567890123456700\n");
    Process till{at.shop.command({"micropay", "--out-trade-no", order, "--total-fee", "1250",
                                  "--auth-code-file", "code", "--json", "--timeout", "1"})};
    for (int i = 0; i < 1'000 && payments == 0; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds{5});
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
    till.kill(SIGINT);
    const auto result = till.wait();
    CAPTURE(result.out);
    CAPTURE(result.err);
    CHECK(payments == 1);
    CHECK(result.code == (what == "another amount" ? 5 : 130));
    CHECK_FALSE(contains(result.out + result.err, "134567890123456700"));
    auto shown = json_line(at.shop.run({"orders", "show", order, "--json"}).out);
    CHECK(shown["state"] == "CREATING");
    CHECK(at.shop.run({"ledger", "check"}).code == 0);
    at.gateway.change({});
  }
}
