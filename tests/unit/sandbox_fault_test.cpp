#include "sandbox/fault.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "sandbox/state_file.hpp"
#include "sandbox/v2_request.hpp"
#include "support/sandbox_fixture.hpp"

using wxpay::Fields;
using wxpay::sandbox::Delivery;
using wxpay::sandbox::FaultBook;
using wxpay::sandbox::FaultKind;
using wxpay::sandbox::v2_operations_at;
using wxpay::test::Gateway;
using wxpay::test::gateway_app_id;
using wxpay::test::gateway_mch_id;
using wxpay::test::holds;
using wxpay::test::order_request;
using wxpay::test::read_xml;
using wxpay::test::signed_xml;

namespace {

constexpr auto query_path = "/pay/orderquery";

/// A gateway with order T1 of 88 fen, and a fault for the next request.
struct Spoilt : Gateway {
  explicit Spoilt(const std::string& kind) {
    place(order_request("T1"));
    REQUIRE(control("/sandbox/fault", R"({"kind":")" + kind + R"("})").status == 200);
  }
  wxpay::sandbox::Reply query_reply() {
    return send(query_path, signed_xml(wxpay::test::number_request("T1")));
  }
  wxpay::sandbox::Reply place_reply(const std::string& number) {
    return send("/pay/unifiedorder", signed_xml(order_request(number)));
  }
};

std::string trade_state(Gateway& gateway, const std::string& number) {
  const auto answer = gateway.query(number);
  return answer.has("trade_state") ? answer.get("trade_state") : answer.get("err_code");
}

}  // namespace

TEST_CASE("every kind of fault has one name, which is understood") {
  for (const auto& name : wxpay::sandbox::fault_names()) {
    CAPTURE(name);
    if (name == "none") continue;
    REQUIRE(wxpay::sandbox::parse_fault_kind(name));
    CHECK(wxpay::sandbox::to_string(*wxpay::sandbox::parse_fault_kind(name)) == name);
  }
  CHECK(wxpay::sandbox::fault_names().size() == 22);
  CHECK((wxpay::sandbox::parse_fault_kind("LOST_REPLY") == FaultKind::lost_reply));
  CHECK((wxpay::sandbox::parse_fault_kind("forged") == FaultKind::wrong_sign));
  CHECK_FALSE(wxpay::sandbox::parse_fault_kind("none"));
  CHECK_FALSE(wxpay::sandbox::parse_fault_kind(""));
}

TEST_CASE("faults are used up in the order in which they were asked for, where they match") {
  FaultBook book;
  const auto taken = [&](std::string_view path) {
    const auto operation = wxpay::sandbox::v2_operation(path);
    const auto fault = operation ? book.take(*operation) : std::nullopt;
    return fault ? std::string{wxpay::sandbox::to_string(fault->kind)} : "-";
  };
  CHECK(taken(query_path) == "-");
  book.add({FaultKind::unsigned_reply}, 2, v2_operations_at("/pay/"));
  book.add({FaultKind::html}, 1, v2_operations_at("unifiedorder"));
  book.add({FaultKind::other_amount}, 1, v2_operations_at("/pay/"));
  CHECK(taken("/sandbox/pay") == "-");
  CHECK(taken(query_path) == "unsigned");
  CHECK(taken("/pay/unifiedorder") == "unsigned");
  CHECK(taken("/pay/closeorder") == "-");
  CHECK(taken("/pay/unifiedorder") == "html");
  CHECK(taken("/pay/unifiedorder") == "-");
  CHECK(taken(query_path) == "other-amount");
  CHECK(taken(query_path) == "-");
  book.add({FaultKind::html}, 5, v2_operations_at(""));
  book.clear();
  CHECK(taken(query_path) == "-");
}

TEST_CASE("a fault either leaves the request undone or spoils nothing but the answer") {
  struct Row {
    std::string kind;
    bool carried_out;
    int status;
    Delivery delivery;
  };
  const Row rows[] = {
      {"lost-reply", true, 200, Delivery::nothing}, {"delay", true, 200, Delivery::whole},
      {"5xx", false, 502, Delivery::whole},         {"truncated", true, 200, Delivery::half},
      {"wrong-sign", true, 200, Delivery::whole},   {"unsigned", true, 200, Delivery::whole},
      {"other-order", true, 200, Delivery::whole},  {"other-merchant", true, 200, Delivery::whole},
      {"other-app", true, 200, Delivery::whole},    {"system-error", false, 200, Delivery::whole},
      {"rate-limit", false, 200, Delivery::whole},  {"redirect", false, 302, Delivery::whole},
      {"html", false, 200, Delivery::whole},        {"refusal", false, 200, Delivery::whole},
  };
  for (const auto& row : rows) {
    CAPTURE(row.kind);
    Spoilt gateway{row.kind};
    const auto reply = gateway.place_reply("T2");
    CHECK(reply.status == row.status);
    CHECK(reply.delivery == row.delivery);
    CHECK((reply.delay > std::chrono::seconds{0}) == (row.kind == "delay"));
    CHECK(reply.headers.has("Location") == (row.kind == "redirect"));
    CHECK(trade_state(gateway, "T2") == (row.carried_out ? "NOTPAY" : "ORDERNOTEXIST"));
    CHECK(holds(gateway.query("T1")));
  }
}

TEST_CASE("spoilt answers lie in one respect and hold in the others") {
  const auto spoilt = [](const char* kind) {
    Spoilt gateway{kind};
    return read_xml(gateway.query_reply().body);
  };
  CHECK(spoilt("wrong-sign").get("sign").size() == 32);
  CHECK_FALSE(holds(spoilt("wrong-sign")));
  CHECK_FALSE(spoilt("unsigned").has("sign"));
  CHECK(spoilt("unsigned").get("trade_state") == "NOTPAY");

  const auto other_order = spoilt("other-order");
  CHECK(holds(other_order));
  CHECK(other_order.get("out_trade_no") == "T2");
  CHECK(other_order.get("trade_state") == "SUCCESS");
  CHECK(other_order.get("total_fee") == "88");

  const auto other_merchant = spoilt("other-merchant");
  CHECK(holds(other_merchant));
  CHECK(other_merchant.get("mch_id") != gateway_mch_id);
  CHECK(other_merchant.get("appid") == gateway_app_id);

  const auto other_app = spoilt("other-app");
  CHECK(holds(other_app));
  CHECK(other_app.get("mch_id") == gateway_mch_id);
  CHECK(other_app.get("appid") != gateway_app_id);

  const auto other_amount = spoilt("other-amount");
  CHECK(holds(other_amount));
  CHECK(other_amount.get("out_trade_no") == "T1");
  CHECK(other_amount.get("trade_state") == "SUCCESS");
  CHECK(other_amount.get("total_fee") == "89");

  CHECK(holds(spoilt("system-error")));
  CHECK(spoilt("system-error").get("err_code") == "SYSTEMERROR");
  CHECK(spoilt("rate-limit").get("err_code") == "FREQUENCY_LIMITED");
}

TEST_CASE("a refusal is unsigned and in the words that were asked for") {
  Spoilt gateway{R"(refusal","words":"openid is invalid)"};
  const auto answer = read_xml(gateway.place_reply("T2").body);
  CHECK(answer.get("return_code") == "FAIL");
  CHECK(answer.get("return_msg") == "openid is invalid");
  CHECK_FALSE(answer.has("sign"));
}

TEST_CASE("a creation's answer about another order names that order") {
  Spoilt gateway{"other-order"};
  const auto answer = read_xml(gateway.place_reply("T7").body);
  CHECK(holds(answer));
  CHECK(answer.get("out_trade_no") == "T1");
}

TEST_CASE("a fault asked for without particulars concerns the next request") {
  Gateway gateway;
  const auto reply = gateway.control("/sandbox/fault", R"({"kind":"drop"})");
  CHECK(nlohmann::json::parse(reply.body) ==
        nlohmann::json{{"fault", "lost-reply"}, {"count", 1}, {"match", "/pay/"}});
  const auto slow =
      gateway.control("/sandbox/fault", R"({"kind":"delay","count":2,"match":"close","seconds":7})");
  CHECK(nlohmann::json::parse(slow.body) ==
        nlohmann::json{{"fault", "delay"}, {"count", 2}, {"match", "close"}, {"seconds", 7}});
  const auto none = gateway.control("/sandbox/fault", R"({"kind":"none"})");
  CHECK(nlohmann::json::parse(none.body) == nlohmann::json{{"fault", "none"}});
  CHECK(gateway.send(query_path, "").delivery == Delivery::whole);
}

TEST_CASE("control commands that make no sense are refused") {
  struct Row {
    const char* path;
    const char* json;
    int status;
  };
  const Row rows[] = {
      {"/sandbox/fault", R"({"kind":"flood"})", 400},
      {"/sandbox/fault", R"({})", 400},
      {"/sandbox/fault", R"({"kind":"html","count":0})", 400},
      {"/sandbox/fault", R"({"kind":"html","count":1.5})", 400},
      {"/sandbox/fault", R"({"kind":"html","count":99999999999999999999})", 400},
      {"/sandbox/fault", R"({"kind":"html","match":1})", 400},
      {"/sandbox/fault", R"({"kind":"refusal","words":1})", 400},
      {"/sandbox/fault", R"({"kind":"refusal","words":"a\nb"})", 400},
      {"/sandbox/fault", R"({"kind":"delay","seconds":-1})", 400},
      {"/sandbox/fault", R"({"kind":"html","colour":"red"})", 400},
      {"/sandbox/pay", R"({"outTradeNo":1})", 400},
      {"/sandbox/pay", R"({"outTradeNo":"T1","fee":0})", 400},
      {"/sandbox/pay", R"({"outTradeNo":"T1","fee":"5"})", 400},
      {"/sandbox/pay", R"({"outTradeNo":"T1","price":5})", 400},
      {"/sandbox/pay", R"({"outTradeNo":"T1"})", 404},
      {"/sandbox/pay", "<xml/>", 400},
      {"/sandbox/pay", "", 400},
      {"/sandbox/notify", R"({"outTradeNo":"T1"})", 404},
  };
  Gateway gateway;
  for (const auto& row : rows) {
    CAPTURE(row.json);
    const auto reply = gateway.control(row.path, row.json);
    CHECK(reply.status == row.status);
    CHECK(nlohmann::json::parse(reply.body).contains("code"));
  }
}

TEST_CASE("a web page cannot command the sandbox") {
  Gateway gateway;
  gateway.place(order_request("T1"));
  const auto pay = [&](const char* type, const char* host) {
    return gateway.service
        .handle({"POST", "/sandbox/pay", R"({"outTradeNo":"T1"})", {{"content-type", type}, {"HOST", host}}})
        .status;
  };
  CHECK(pay("text/plain", "127.0.0.1:8971") == 415);
  CHECK(pay("", "127.0.0.1:8971") == 415);
  CHECK(pay("application/x-www-form-urlencoded", "127.0.0.1:8971") == 415);
  CHECK(pay("application/json", "evil.example") == 403);
  CHECK(pay("application/json", "127.0.0.1.evil.example:8971") == 403);
  CHECK(trade_state(gateway, "T1") == "NOTPAY");
  CHECK(pay("Application/JSON; charset=utf-8", "localhost:8971") == 200);
}

TEST_CASE("the notification of a payment has the documented fields and the order's signature type") {
  Gateway gateway;
  gateway.place(order_request("T1", {{"attach", "a<b&c"}}));
  gateway.call("/pay/unifiedorder", order_request("T2", {{"sign_type", "HMAC-SHA256"}}),
               wxpay::SignType::hmac_sha256);
  CHECK(gateway.control("/sandbox/notify", R"({"outTradeNo":"T1"})").status == 409);
  const auto notification = [&](const std::string& number, const std::string& fee) {
    gateway.control("/sandbox/pay", R"({"outTradeNo":")" + number + R"(")" + fee + "}");
    const auto reply = gateway.control("/sandbox/notify", R"({"outTradeNo":")" + number + R"("})");
    REQUIRE(reply.status == 200);
    const auto json = nlohmann::json::parse(reply.body);
    CHECK(json["notifyUrl"] == "http://127.0.0.1:9/notify");
    CHECK(json["api"] == "v2");
    CHECK(json["headers"]["Content-Type"] == "text/xml; charset=utf-8");
    return read_xml(json["notification"].get<std::string>());
  };
  const auto first = notification("T1", "");
  CHECK(holds(first));
  for (const auto* name :
       {"return_code", "appid", "mch_id", "nonce_str", "sign", "result_code", "openid", "is_subscribe",
        "trade_type", "bank_type", "total_fee", "cash_fee", "transaction_id", "out_trade_no", "time_end"}) {
    CAPTURE(name);
    CHECK(first.has(name));
  }
  CHECK(first.get("attach") == "a<b&c");
  CHECK(first.get("total_fee") == "88");
  const auto second = notification("T2", R"(,"fee":87)");
  CHECK(holds(second, wxpay::SignType::hmac_sha256));
  CHECK(second.get("sign_type") == "HMAC-SHA256");
  CHECK(second.get("total_fee") == "87");
}

TEST_CASE("an order of an API that is not served can be paid, and has no notification") {
  Gateway gateway;
  const auto terms = wxpay::sandbox::v2_terms(order_request("T1")).value();
  const auto placed = gateway.service.store().place(terms, wxpay::PayScheme::rsa);
  const auto line = wxpay::sandbox::to_state_line(std::get<wxpay::sandbox::GatewayOrder>(placed));
  CHECK((wxpay::sandbox::parse_state_line(line)->scheme == wxpay::PayScheme::rsa));
  CHECK(gateway.control("/sandbox/pay", R"({"outTradeNo":"T1"})").status == 200);
  const auto reply = gateway.control("/sandbox/notify", R"({"outTradeNo":"T1"})");
  CHECK(reply.status == 409);
  CHECK(nlohmann::json::parse(reply.body)["code"] == "SANDBOX");
}

TEST_CASE("the list of orders has a line each, in the order of creation") {
  Gateway gateway;
  for (const auto* number : {"B", "A", "C"}) gateway.place(order_request(number));
  gateway.control("/sandbox/pay", R"({"outTradeNo":"A"})");
  const auto reply = gateway.service.handle({"GET", "/sandbox/orders", "", {{"Host", "127.0.0.1"}}});
  std::istringstream lines{reply.body};
  std::vector<nlohmann::json> orders;
  for (std::string line; std::getline(lines, line);) orders.push_back(nlohmann::json::parse(line));
  REQUIRE(orders.size() == 3);
  CHECK(orders[0]["outTradeNo"] == "B");
  CHECK(orders[0]["tradeState"] == "NOTPAY");
  CHECK(orders[1]["tradeState"] == "SUCCESS");
  CHECK(orders[1]["paidFee"] == 88);
  CHECK(orders[2]["totalFee"] == 88);
  CHECK(reply.body.find("openid") == std::string::npos);
}
