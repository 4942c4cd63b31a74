#include <doctest/doctest.h>

#include <atomic>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <thread>

#include "sandbox/v2_request.hpp"
#include "support/sandbox_fixture.hpp"
#include "wire/req_info.hpp"

// Refunds as the sandbox's API v2 and its control have them.

using namespace std::chrono_literals;
using wxpay::Fen;
using wxpay::Fields;
using wxpay::OrderState;
using wxpay::PayScheme;
using wxpay::RefundState;
using wxpay::sandbox::GatewayRefund;
using wxpay::sandbox::RefundOfOrder;
using wxpay::sandbox::RefundRefused;
using wxpay::sandbox::RefundTerms;
using wxpay::sandbox::StoreRules;
using wxpay::test::Changes;
using wxpay::test::Gateway;
using wxpay::test::holds;
using wxpay::test::order_request;
using wxpay::test::read_xml;
using wxpay::test::refund_request;

namespace {

constexpr auto order_no = "ORDER-20261123001";

/// A gateway with a paid order of 88 fen.
struct Shop : Gateway {
  explicit Shop(StoreRules rules = {.refund_interval = 0s}) : Gateway{nullptr, rules} { sell(order_no); }
  void sell(const std::string& number) {
    place(order_request(number));
    REQUIRE(control("/sandbox/pay", R"({"outTradeNo":")" + number + R"("})").status == 200);
  }
  wxpay::sandbox::Reply settle(const std::string& refund, const std::string& state) {
    return control("/sandbox/refund", R"({"outRefundNo":")" + refund + R"(","state":")" + state + R"("})");
  }
  nlohmann::json notification(const std::string& refund) {
    return nlohmann::json::parse(control("/sandbox/notify", R"({"outRefundNo":")" + refund + R"("})").body);
  }
};

std::string code_of(const Fields& answer) {
  return answer.get("result_code") == "SUCCESS" ? "SUCCESS" : answer.get("err_code");
}

std::string transaction_of(Shop& shop) { return shop.query(order_no).get("transaction_id"); }

/// What a notification of API v2 holds, opened by this key.
Fields opened(const nlohmann::json& told, const char* key = wxpay::test::gateway_key) {
  const auto message = read_xml(told.at("notification").get<std::string>());
  const auto document = wxpay::wire::open_req_info(message.get("req_info"), wxpay::Secret{key});
  return document ? read_xml(*document) : Fields{};
}

}  // namespace

TEST_CASE("a refund is accepted, and the order is REFUND from then on") {
  Shop shop;
  const auto answer = shop.refund(refund_request(order_no, "R-1", "30", {{"refund_desc", "少了一杯"}}));
  CHECK(code_of(answer) == "SUCCESS");
  CHECK(holds(answer));
  CHECK(answer.get("out_trade_no") == order_no);
  CHECK(answer.get("out_refund_no") == "R-1");
  CHECK(answer.get("transaction_id") == transaction_of(shop));
  CHECK(answer.get("refund_id").size() == 29);
  CHECK(answer.get("refund_fee") == "30");
  CHECK(answer.get("total_fee") == "88");
  CHECK(shop.query(order_no).get("trade_state") == "REFUND");
  CHECK(shop.query(order_no).get("total_fee") == "88");
  // Neither closed, paid nor placed again.
  CHECK(code_of(shop.close(order_no)) == "ORDERPAID");
  CHECK(code_of(shop.place(order_request(order_no))) == "ORDERPAID");
  CHECK(shop.control("/sandbox/pay", std::string{R"({"outTradeNo":")"} + order_no + "\"}").status == 409);

  const auto asked = shop.query_refunds({{"out_refund_no", "R-1"}});
  CHECK(holds(asked));
  CHECK(asked.get("refund_count") == "1");
  CHECK(asked.get("out_refund_no_0") == "R-1");
  CHECK(asked.get("refund_id_0") == answer.get("refund_id"));
  CHECK(asked.get("refund_status_0") == "PROCESSING");
  CHECK(asked.get("refund_fee_0") == "30");
  CHECK_FALSE(asked.has("refund_success_time_0"));
}

TEST_CASE("what is refused, and in which words") {
  struct Row {
    const char* what;
    Changes changes;
    const char* expected;
  };
  const Row rows[] = {
      {"more than was paid", {{"refund_fee", "89"}}, "ERROR"},
      {"another total", {{"total_fee", "89"}}, "REFUND_FEE_MISMATCH"},
      {"unknown order", {{"out_trade_no", "ORDER-20261123999"}}, "ORDERNOTEXIST"},
      {"unpaid order", {{"out_trade_no", "ORDER-20261123002"}}, "ORDERNOTEXIST"},
      {"closed order", {{"out_trade_no", "ORDER-20261123003"}}, "ORDERNOTEXIST"},
      {"a sub-merchant's", {{"sub_mch_id", "1900000200"}}, "ORDERNOTEXIST"},
      {"unknown transaction", {{"transaction_id", "4200000001202611230000000417"}}, "ORDERNOTEXIST"},
      {"no transaction", {{"transaction_id", "42x"}}, "INVALID_TRANSACTIONID"},
      {"no order", {{"out_trade_no", ""}}, "LACK_PARAMS"},
      {"no number", {{"out_refund_no", ""}}, "LACK_PARAMS"},
      {"no amount", {{"refund_fee", ""}}, "LACK_PARAMS"},
      {"nothing", {{"refund_fee", "0"}}, "PARAM_ERROR"},
      {"a fraction", {{"refund_fee", "1.5"}}, "PARAM_ERROR"},
      {"less than nothing", {{"refund_fee", "-1"}}, "PARAM_ERROR"},
      {"a blank in the number", {{"out_refund_no", "R 1"}}, "PARAM_ERROR"},
      {"another currency", {{"refund_fee_type", "USD"}}, "PARAM_ERROR"},
      {"another account", {{"refund_account", "MINE"}}, "PARAM_ERROR"},
      {"a query in the URL", {{"notify_url", "https://a.cn/n?x=1"}}, "PARAM_ERROR"},
      {"the whole", {{"refund_fee", "88"}}, "SUCCESS"},
      {"by available funds", {{"refund_account", "REFUND_SOURCE_RECHARGE_FUNDS"}}, "SUCCESS"},
      {"every character of a number", {{"out_refund_no", "aZ0_-|*@"}}, "SUCCESS"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    Shop shop;
    shop.place(order_request("ORDER-20261123002"));
    shop.place(order_request("ORDER-20261123003"));
    shop.close("ORDER-20261123003");
    const auto answer = shop.refund(refund_request(order_no, "R-1", "30", row.changes));
    CHECK(code_of(answer) == row.expected);
    CHECK(holds(answer));
  }
  Shop shop;
  const std::string longest(64, 'R');
  CHECK(code_of(shop.refund(refund_request(order_no, longest + "R", "30"))) == "PARAM_ERROR");
  CHECK(code_of(shop.refund(refund_request(order_no, longest, "30"))) == "SUCCESS");
  const std::string reason(81, 'r');
  CHECK(code_of(shop.refund(refund_request(order_no, "R-2", "30", {{"refund_desc", reason}}))) ==
        "PARAM_ERROR");
  const auto unknown = shop.refund(refund_request(order_no, "R-2", "30", {{"body", "x"}}));
  CHECK(unknown.get("return_msg") == "不识别的参数body");
}

TEST_CASE("one number refunds once") {
  Shop shop;
  const auto first = shop.refund(refund_request(order_no, "R-1", "30"));
  const auto again = shop.refund(refund_request(order_no, "R-1", "30"));
  CHECK(code_of(again) == "SUCCESS");
  CHECK(again.get("refund_id") == first.get("refund_id"));
  CHECK(shop.query_refunds({{"out_trade_no", order_no}}).get("refund_fee") == "30");
  CHECK(code_of(shop.refund(refund_request(order_no, "R-1", "31"))) == "REFUND_FEE_MISMATCH");
  shop.sell("ORDER-20261123002");
  CHECK(code_of(shop.refund(refund_request("ORDER-20261123002", "R-1", "30"))) == "REFUND_FEE_MISMATCH");
  // The payment's number wins over the order's.
  const auto by_transaction =
      refund_request("ORDER-20261123002", "R-2", "58", {{"transaction_id", transaction_of(shop)}});
  CHECK(shop.refund(by_transaction).get("out_trade_no") == order_no);
  CHECK(code_of(shop.refund(refund_request(order_no, "R-3", "1"))) == "ERROR");
}

TEST_CASE("the sum never passes what was paid, also where a closed refund is opened again") {
  Shop shop;
  REQUIRE(code_of(shop.refund(refund_request(order_no, "R-1", "60"))) == "SUCCESS");
  CHECK(code_of(shop.refund(refund_request(order_no, "R-2", "29"))) == "ERROR");
  CHECK(shop.settle("R-1", "ABNORMAL").status == 200);
  CHECK(code_of(shop.refund(refund_request(order_no, "R-2", "29"))) == "ERROR");
  CHECK(shop.settle("R-1", "CLOSED").status == 200);
  CHECK(code_of(shop.refund(refund_request(order_no, "R-2", "88"))) == "SUCCESS");
  const auto opened_again = shop.settle("R-1", "SUCCESS");
  CHECK(opened_again.status == 409);
  CHECK(nlohmann::json::parse(opened_again.body).at("code") == "REFUND_EXCEEDS_PAID");
  CHECK(shop.query_refunds({{"out_refund_no", "R-1"}}).get("refund_status_0") == "REFUNDCLOSE");
  CHECK(shop.query(order_no).get("trade_state") == "REFUND");
}

TEST_CASE("many threads at the last fen of an order") {
  Shop shop;
  std::atomic<int> accepted{0};
  std::vector<std::thread> workers;
  for (int worker = 0; worker < 8; ++worker) {
    workers.emplace_back([&shop, &accepted, worker] {
      for (int i = 0; i < 5; ++i) {
        const auto number = "R-" + std::to_string(worker) + "-" + std::to_string(i);
        if (code_of(shop.refund(refund_request(order_no, number, "22"))) == "SUCCESS") ++accepted;
      }
    });
  }
  for (auto& worker : workers) worker.join();
  CHECK(accepted == 4);
}

TEST_CASE("refunds of one order take turns, unless the tester lets them") {
  Shop shop{{.refund_interval = 60s}};
  CHECK(code_of(shop.refund(refund_request(order_no, "R-1", "1"))) == "SUCCESS");
  shop.clock.advance(59s);
  CHECK(code_of(shop.refund(refund_request(order_no, "R-2", "1"))) == "FREQUENCY_LIMITED");
  // The same one again is no second refund.
  CHECK(code_of(shop.refund(refund_request(order_no, "R-1", "1"))) == "SUCCESS");
  shop.sell("ORDER-20261123002");
  CHECK(code_of(shop.refund(refund_request("ORDER-20261123002", "R-3", "1"))) == "SUCCESS");
  shop.clock.advance(1s);
  CHECK(code_of(shop.refund(refund_request(order_no, "R-2", "1"))) == "SUCCESS");
}

TEST_CASE("fifty refunds an order, within a year") {
  Shop shop;
  for (int i = 0; i < 50; ++i)
    REQUIRE(code_of(shop.refund(refund_request(order_no, "R-" + std::to_string(i), "1"))) == "SUCCESS");
  CHECK(code_of(shop.refund(refund_request(order_no, "R-50", "1"))) == "INVALID_REQUEST");
  // Closed ones count.
  shop.settle("R-0", "CLOSED");
  CHECK(code_of(shop.refund(refund_request(order_no, "R-50", "1"))) == "INVALID_REQUEST");

  Shop late;
  late.clock.advance(std::chrono::days{365});
  CHECK(code_of(late.refund(refund_request(order_no, "R-1", "1"))) == "SUCCESS");
  late.clock.advance(1s);
  CHECK(code_of(late.refund(refund_request(order_no, "R-2", "1"))) == "TRADE_OVERDUE");
}

TEST_CASE("refunds are asked about by four numbers, ten at a time") {
  Shop shop;
  for (int i = 0; i < 12; ++i) shop.refund(refund_request(order_no, "R-" + std::to_string(i), "1"));
  const auto first = shop.query_refunds({{"out_trade_no", order_no}});
  CHECK(holds(first));
  CHECK(first.get("refund_count") == "10");
  CHECK(first.get("total_refund_count") == "12");
  CHECK(first.get("out_refund_no_9") == "R-9");
  CHECK_FALSE(first.has("out_refund_no_10"));
  const auto rest = shop.query_refunds({{"transaction_id", transaction_of(shop)}, {"offset", "10"}});
  CHECK(rest.get("refund_count") == "2");
  CHECK(rest.get("out_refund_no_0") == "R-10");
  CHECK(code_of(shop.query_refunds({{"out_trade_no", order_no}, {"offset", "12"}})) == "PARAM_ERROR");
  CHECK(code_of(shop.query_refunds({{"out_trade_no", order_no}, {"offset", "x"}})) == "PARAM_ERROR");
  // A refund's own numbers win, WeChat Pay's over the merchant's.
  const auto id = rest.get("refund_id_1");
  const auto by_id = shop.query_refunds({{"refund_id", id}, {"out_refund_no", "R-3"}});
  CHECK(by_id.get("out_refund_no_0") == "R-11");
  CHECK(by_id.get("refund_count") == "1");
  CHECK(shop.query_refunds({{"out_refund_no", "R-3"}, {"out_trade_no", "ORDER-20261123999"}})
            .get("out_refund_no_0") == "R-3");
  CHECK(code_of(shop.query_refunds({})) == "LACK_PARAMS");
  CHECK(code_of(shop.query_refunds({{"out_refund_no", "R-99"}})) == "REFUNDNOTEXIST");
  CHECK(code_of(shop.query_refunds({{"out_refund_no", "R-3"}, {"sub_mch_id", "1900000200"}})) ==
        "REFUNDNOTEXIST");
  shop.sell("ORDER-20261123002");
  CHECK(code_of(shop.query_refunds({{"out_trade_no", "ORDER-20261123002"}})) == "REFUNDNOTEXIST");
}

TEST_CASE("a refund's end is told by query and by notification") {
  struct Row {
    const char* state;
    const char* status;
    bool has_time;
  };
  for (const auto& row : {Row{"SUCCESS", "SUCCESS", true}, Row{"CLOSED", "REFUNDCLOSE", false},
                          Row{"REFUNDCLOSE", "REFUNDCLOSE", false}, Row{"ABNORMAL", "CHANGE", false}}) {
    CAPTURE(row.state);
    Shop shop;
    shop.refund(refund_request(order_no, "R-1", "30", {{"notify_url", "http://127.0.0.1:9/refunds"}}));
    CHECK(shop.control("/sandbox/notify", R"({"outRefundNo":"R-1"})").status == 409);
    shop.clock.advance(349s);
    REQUIRE(shop.settle("R-1", row.state).status == 200);
    const auto asked = shop.query_refunds({{"out_refund_no", "R-1"}});
    CHECK(asked.get("refund_status_0") == row.status);
    CHECK(asked.get("refund_success_time_0") == (row.has_time ? "2026-11-23 10:05:49" : ""));

    const auto told = shop.notification("R-1");
    CHECK(told.at("notifyUrl") == "http://127.0.0.1:9/refunds");
    CHECK(told.at("outRefundNo") == "R-1");
    CHECK(told.at("api") == "v2");
    const auto message = read_xml(told.at("notification").get<std::string>());
    CHECK(message.get("return_code") == "SUCCESS");
    CHECK(message.get("mch_id") == wxpay::test::gateway_mch_id);
    CHECK_FALSE(message.has("sign"));
    const auto held = opened(told);
    CHECK(held.get("out_refund_no") == "R-1");
    CHECK(held.get("out_trade_no") == order_no);
    CHECK(held.get("refund_status") == row.status);
    CHECK(held.get("refund_fee") == "30");
    CHECK(held.get("total_fee") == "88");
    CHECK(held.get("transaction_id") == transaction_of(shop));
    CHECK(held.has("success_time") == row.has_time);
    CHECK(opened(told, "another-key-of-thirty-two-bytes!").empty());
  }
}

TEST_CASE("a tester decides about refunds that are there, in states that there are") {
  Shop shop;
  shop.refund(refund_request(order_no, "R-1", "30"));
  CHECK(shop.settle("R-2", "SUCCESS").status == 404);
  for (const auto* state : {"", "FAILED", "UNKNOWN", "success"}) {
    CAPTURE(state);
    CHECK(shop.settle("R-1", state).status == 400);
  }
  // From any state to any other, to try what must not happen.
  for (const auto* state : {"SUCCESS", "CLOSED", "PROCESSING", "ABNORMAL", "SUCCESS"})
    CHECK(shop.settle("R-1", state).status == 200);
  CHECK(shop.control("/sandbox/refund", R"({"outRefundNo":"R-1","state":"SUCCESS","x":1})").status == 400);
  CHECK(shop.control("/sandbox/notify", R"({"outRefundNo":"R-1","outTradeNo":"T"})").status == 400);
  CHECK(shop.control("/sandbox/notify", R"({"outRefundNo":"R-2"})").status == 404);
  const auto listed = shop.service.handle({"GET", "/sandbox/refunds", "", {{"Host", "127.0.0.1"}}});
  const auto line = nlohmann::json::parse(listed.body);
  CHECK(line.at("refundState") == "SUCCESS");
  CHECK(line.at("refundFee") == 30);
}

TEST_CASE("faults spoil refunds as they spoil orders") {
  struct Row {
    const char* fault;
    const char* field;
    const char* expected;
    bool carried_out;
  };
  const Row rows[] = {
      {"not-enough", "err_code", "NOTENOUGH", false},
      {"system-error", "err_code", "SYSTEMERROR", false},
      {"rate-limit", "err_code", "FREQUENCY_LIMITED", false},
      {"other-refund", "out_refund_no", "R-2", true},
      {"other-order", "out_trade_no", "ORDER-20261123002", true},
      {"other-amount", "refund_fee", "31", true},
      {"other-merchant", "mch_id", "1900000101", true},
      {"lost-reply", "refund_fee", "30", true},
  };
  for (const auto& row : rows) {
    CAPTURE(row.fault);
    Shop shop;
    const std::string kind{row.fault};
    CHECK(
        shop.control("/sandbox/fault", R"({"kind":")" + kind + R"(","match":"/secapi/pay/refund"})").status ==
        200);
    const auto answer = shop.refund(refund_request(order_no, "R-1", "30"));
    CHECK(answer.get(row.field) == row.expected);
    CHECK(holds(answer));
    CHECK((code_of(shop.query_refunds({{"out_refund_no", "R-1"}})) == "SUCCESS") == row.carried_out);
  }
  for (const auto& row : {Row{"other-refund", "out_refund_no_0", "R-2", true},
                          Row{"other-amount", "refund_fee_0", "31", true}}) {
    CAPTURE(row.fault);
    Shop shop;
    shop.refund(refund_request(order_no, "R-1", "30"));
    const std::string kind{row.fault};
    shop.control("/sandbox/fault", R"({"kind":")" + kind + R"("})");
    const auto answer = shop.query_refunds({{"out_refund_no", "R-1"}});
    CHECK(answer.get(row.field) == row.expected);
    CHECK(holds(answer));
  }
}

TEST_CASE("notifications of refunds are spoilt in one respect") {
  Shop shop;
  shop.refund(refund_request(order_no, "R-1", "30"));
  shop.settle("R-1", "SUCCESS");
  const auto spoilt = [&shop](const std::string& kind) {
    shop.control("/sandbox/fault", R"({"kind":")" + kind + R"(","match":"notify"})");
    return shop.notification("R-1");
  };
  CHECK(opened(spoilt("bad-cipher")).empty());
  CHECK(opened(spoilt("wrong-sign")).empty());
  CHECK(opened(spoilt("other-amount")).get("refund_fee") == "31");
  CHECK(opened(spoilt("other-refund")).get("out_refund_no") == "R-2");
  CHECK(opened(spoilt("other-order")).get("out_trade_no") == "ORDER-20261123002");
  CHECK(opened(shop.notification("R-1")).get("refund_fee") == "30");
}
