#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "sandbox/auth_code.hpp"
#include "sandbox/state_file.hpp"
#include "support/sandbox_fixture.hpp"

// Payments by code and reversals, as the sandbox's API v2 has them.

using namespace std::chrono_literals;
using wxpay::Fields;
using wxpay::OrderState;
using wxpay::test::call_fields;
using wxpay::test::changed;
using wxpay::test::Changes;
using wxpay::test::holds;
using wxpay::test::number_request;
using wxpay::test::order_request;
using wxpay::test::refund_request;

namespace {

constexpr auto counter_no = "ORDER-20261123001";

/// An auth code whose last digits are these.
std::string code_ending(const std::string& digits) { return "1304561234567890" + digits; }

struct Counter : wxpay::test::Gateway {
  explicit Counter(std::chrono::seconds reverse_after = 0s)
      : Gateway{nullptr, {.refund_interval = 0s, .reverse_after = reverse_after}} {}

  Fields pay(const std::string& auth_code, Changes changes = {}) {
    Fields request = call_fields();
    request.add("body", "测试商品");
    request.add("out_trade_no", counter_no);
    request.add("total_fee", "88");
    request.add("spbill_create_ip", "127.0.0.1");
    request.add("auth_code", auth_code);
    return call("/pay/micropay", changed(request, changes));
  }
  Fields reverse(const std::string& number = counter_no) {
    return call("/secapi/pay/reverse", number_request(number));
  }
  std::string state() {
    const auto answer = query(counter_no);
    return answer.has("trade_state") ? answer.get("trade_state") : answer.get("err_code");
  }
};

std::string outcome_of(const Fields& answer) {
  return answer.get("result_code") == "SUCCESS" ? "SUCCESS" : answer.get("err_code");
}

}  // namespace

TEST_CASE("a payment by code ends as its last digits say") {
  struct Row {
    const char* digits;
    const char* answer;
    const char* first;  ///< that a query finds
    const char* third;  ///< that the third query finds
  };
  const Row rows[] = {
      {"00", "SUCCESS", "SUCCESS", "SUCCESS"},
      {"01", "USERPAYING", "USERPAYING", "SUCCESS"},
      {"02", "USERPAYING", "USERPAYING", "USERPAYING"},
      {"03", "USERPAYING", "USERPAYING", "PAYERROR"},
      {"04", "SYSTEMERROR", "SUCCESS", "SUCCESS"},
      {"05", "SYSTEMERROR", "NOTPAY", "NOTPAY"},
      {"06", "NOTENOUGH", "PAYERROR", "PAYERROR"},
      {"07", "AUTHCODEEXPIRE", "ORDERNOTEXIST", "ORDERNOTEXIST"},
      {"08", "AUTH_CODE_INVALID", "ORDERNOTEXIST", "ORDERNOTEXIST"},
      {"09", "BANKERROR", "USERPAYING", "SUCCESS"},
      {"10", "SUCCESS", "SUCCESS", "SUCCESS"},
      {"11", "USERPAYING", "USERPAYING", "NOTPAY"},
      {"12", "USERPAYING", "USERPAYING", "USERPAYING"},
      {"13", "TRADE_ERROR", "PAYERROR", "PAYERROR"},
      {"14", "SUCCESS", "SUCCESS", "SUCCESS"},
      {"99", "SUCCESS", "SUCCESS", "SUCCESS"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.digits);
    Counter counter;
    const auto answer = counter.pay(code_ending(row.digits));
    CHECK(outcome_of(answer) == row.answer);
    CHECK(holds(answer));
    CHECK(counter.state() == row.first);
    counter.state();
    CHECK(counter.state() == row.third);
    if (outcome_of(answer) != "SUCCESS") continue;
    CHECK(answer.get("trade_type") == "MICROPAY");
    CHECK(answer.get("total_fee") == "88");
    CHECK(answer.get("transaction_id").size() == 28);
    CHECK(answer.get("transaction_id") == counter.query(counter_no).get("transaction_id"));
  }
}

TEST_CASE("an auth code has 18 digits that begin with 10 to 15, and is used once") {
  struct Row {
    std::string code;
    const char* expected;
  };
  const Row rows[] = {
      {"100456123456789000", "SUCCESS"},
      {"150456123456789000", "SUCCESS"},
      {"160456123456789000", "PARAM_ERROR"},
      {"090456123456789000", "PARAM_ERROR"},
      {"200456123456789000", "PARAM_ERROR"},
      {"13045612345678900", "PARAM_ERROR"},
      {"1304561234567890000", "PARAM_ERROR"},
      {"13045612345678900x", "PARAM_ERROR"},
      {"", "LACK_PARAMS"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.code);
    Counter counter;
    CHECK(outcome_of(counter.pay(row.code)) == row.expected);
  }
  Counter counter;
  REQUIRE(outcome_of(counter.pay(code_ending("00"))) == "SUCCESS");
  CHECK(outcome_of(counter.pay(code_ending("00"), {{"out_trade_no", "ORDER-20261123002"}})) ==
        "AUTH_CODE_INVALID");
  CHECK(outcome_of(counter.query("ORDER-20261123002")) == "ORDERNOTEXIST");
  for (const auto* lacking : {"body", "out_trade_no", "total_fee", "spbill_create_ip", "nonce_str"}) {
    CAPTURE(lacking);
    CHECK(outcome_of(counter.pay(code_ending("99"), {{lacking, ""}})) == "LACK_PARAMS");
  }
  CHECK(counter.pay(code_ending("99"), {{"trade_type", "MICROPAY"}}).get("return_msg") ==
        "不识别的参数trade_type");
}

TEST_CASE("a number is paid by code once, whatever code comes next") {
  struct Row {
    const char* digits;
    const char* again;
  };
  const Row rows[] = {{"00", "ORDERPAID"}, {"01", "USERPAYING"}, {"05", "SUCCESS"},
                      {"06", "SUCCESS"},   {"07", "SUCCESS"},    {"04", "ORDERPAID"}};
  for (const auto& row : rows) {
    CAPTURE(row.digits);
    Counter counter;
    counter.pay(code_ending(row.digits));
    CHECK(outcome_of(counter.pay(code_ending("99"))) == row.again);
    CHECK(outcome_of(counter.pay(code_ending("98"), {{"total_fee", "89"}})) == "OUT_TRADE_NO_USED");
  }
  Counter counter;
  counter.pay(code_ending("02"));
  REQUIRE(counter.reverse().get("recall") == "N");
  CHECK(outcome_of(counter.pay(code_ending("99"))) == "ORDERREVERSED");
  CHECK(outcome_of(counter.place(order_request(counter_no))) == "ORDERCLOSED");
  CHECK(counter.control("/sandbox/pay", std::string{R"({"outTradeNo":")"} + counter_no + "\"}").status ==
        409);
}

TEST_CASE("a reversal ends any payment by code") {
  for (const auto* digits : {"00", "01", "02", "04", "05", "06", "09", "11", "13"}) {
    CAPTURE(digits);
    Counter counter;
    counter.pay(code_ending(digits));
    const auto reversed = counter.reverse();
    CHECK(outcome_of(reversed) == "SUCCESS");
    CHECK(holds(reversed));
    CHECK(reversed.get("recall") == "N");
    CHECK(counter.state() == "REVOKED");
    CHECK_FALSE(counter.query(counter_no).has("transaction_id"));
    // The answer may be lost: the same again.
    CHECK(counter.reverse().get("recall") == "N");
    CHECK(outcome_of(counter.refund(refund_request(counter_no, "R-1", "1"))) == "ORDERNOTEXIST");
  }
  for (const auto* digits : {"10", "12"}) {
    CAPTURE(digits);
    Counter counter;
    counter.pay(code_ending(digits));
    CHECK(counter.reverse().get("recall") == "Y");
    CHECK(counter.state() != "REVOKED");
    CHECK(counter.reverse().get("recall") == "N");
    CHECK(counter.state() == "REVOKED");
  }
}

TEST_CASE("what cannot be reversed") {
  Counter slow{15s};
  slow.pay(code_ending("00"));
  slow.clock.advance(14s);
  CHECK(outcome_of(slow.reverse()) == "USERPAYING");
  CHECK(slow.state() == "SUCCESS");
  slow.clock.advance(1s);
  CHECK(outcome_of(slow.reverse()) == "SUCCESS");

  Counter counter;
  CHECK(outcome_of(counter.reverse()) == "ORDERNOTEXIST");
  CHECK(outcome_of(counter.call("/secapi/pay/reverse", call_fields())) == "LACK_PARAMS");
  counter.place(order_request("ORDER-20261123002"));
  CHECK(outcome_of(counter.reverse("ORDER-20261123002")) == "INVALID_REQUEST");
  counter.pay(code_ending("00"));
  counter.clock.advance(std::chrono::days{7} + 1s);
  CHECK(outcome_of(counter.reverse()) == "REVERSE_EXPIRE");
  REQUIRE(outcome_of(counter.refund(refund_request(counter_no, "R-1", "1"))) == "SUCCESS");
  CHECK(outcome_of(counter.reverse()) == "TRADE_ERROR");
  CHECK(counter.state() == "REFUND");
}

TEST_CASE("the payer's own hand decides what waits for him, and nobody is notified of it") {
  Counter counter;
  counter.pay(code_ending("02"));
  const std::string about = std::string{R"({"outTradeNo":")"} + counter_no + "\"}";
  CHECK(counter.control("/sandbox/pay", about).status == 200);
  CHECK(counter.state() == "SUCCESS");
  CHECK(counter.control("/sandbox/notify", about).status == 409);
}

TEST_CASE("faults spoil payments by code and reversals") {
  Counter counter;
  const auto spoil = [&counter](const std::string& kind, const std::string& path) {
    counter.control("/sandbox/fault", R"({"kind":")" + kind + R"(","match":")" + path + "\"}");
  };
  spoil("other-amount", "/pay/micropay");
  CHECK(counter.pay(code_ending("00")).get("total_fee") == "89");
  spoil("system-error", "/secapi/pay/reverse");
  CHECK(outcome_of(counter.reverse()) == "SYSTEMERROR");
  CHECK(counter.state() == "SUCCESS");
  spoil("wrong-sign", "/secapi/pay/reverse");
  CHECK_FALSE(holds(counter.reverse()));
  CHECK(counter.state() == "REVOKED");
}

TEST_CASE("orders that are paid by code outlive the server, with what becomes of them") {
  for (const auto* digits : {"00", "01", "02", "03", "05", "10"}) {
    CAPTURE(digits);
    Counter counter;
    counter.pay(code_ending(digits));
    counter.state();
    const auto order = counter.service.store().find(counter_no).value();
    const auto line = wxpay::sandbox::to_state_line(order);
    const auto read = wxpay::sandbox::parse_state_line(line);
    REQUIRE(read);
    CHECK(wxpay::sandbox::to_state_line(*read) == line);
    CHECK((read->pending == order.pending));
    CHECK(read->recalls == order.recalls);

    Counter next;
    next.service.store().restore(*read);
    next.state();
    CHECK(next.state() == (std::string{digits} == "01"   ? "SUCCESS"
                           : std::string{digits} == "03" ? "PAYERROR"
                                                         : counter.state()));
    CHECK(outcome_of(next.pay(code_ending(digits), {{"out_trade_no", "ORDER-20261123002"}})) ==
          "AUTH_CODE_INVALID");
  }
}
