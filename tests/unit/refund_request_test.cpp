#include "app/refund_request.hpp"

#include <doctest/doctest.h>

#include "wxpay/error.hpp"

using namespace wxpay;

namespace {

const MerchantIdentity merchant{MerchantId{"1900000109"}, AppId{"wx8888888888888888"}, {}, {}};

RefundRequest read(std::string_view json) {
  return app::check_refund_fields(app::parse_refund_fields(json), merchant);
}

/// Why it is refused; empty: it is not.
std::string fault(std::string_view json) {
  try {
    read(json);
    return {};
  } catch (const Error& error) {
    CHECK((error.kind() == ErrorKind::usage));
    return error.what();
  }
}

}  // namespace

TEST_CASE("a refund as a JSON object, in camelCase and as WeChat Pay writes it") {
  const auto camel = read(
      R"({"outTradeNo":"20261128-1","outRefundNo":"R@1","refundFee":300,"reason":"杯子破了","fundsAccount":"AVAILABLE"})");
  CHECK(camel.out_trade_no.text() == "20261128-1");
  CHECK(camel.out_refund_no.text() == "R@1");
  CHECK((camel.refund_fee == Fen{300}));
  CHECK(camel.reason == "杯子破了");
  CHECK((camel.funds_account == FundsAccount::available));
  const auto snake =
      read(R"({"out_trade_no":"20261128-1","out_refund_no":"R@1","amount":"3.00","refund_desc":"x"})");
  CHECK((snake.refund_fee == Fen{300}));
  CHECK(snake.reason == "x");
  CHECK((snake.funds_account == FundsAccount::unsettled));
  CHECK_FALSE(read(R"({"outTradeNo":"20261128-1","outRefundNo":"R@1","all":true})").refund_fee);
}

TEST_CASE("what is no refund is refused with the field's name") {
  struct Row {
    const char* json;
    const char* says;
  };
  const std::vector<Row> rows{
      {R"({"outRefundNo":"R1","refundFee":300})", "out_trade_no"},
      {R"({"outTradeNo":"T1","refundFee":300})", "out_refund_no"},
      {R"({"outTradeNo":"T1","outRefundNo":"R1"})", "amount is missing"},
      {R"({"outTradeNo":"T1","outRefundNo":"R1","all":false})", "amount is missing"},
      {R"({"outTradeNo":"T1","outRefundNo":"R1","refundFee":300,"all":true})", "more than one"},
      {R"({"outTradeNo":"T1","outRefundNo":"R1","refundFee":300,"amount":"3.00"})", "more than one"},
      {R"({"outTradeNo":"T1","outRefundNo":"R1","refundFee":0})", "refund_fee"},
      {R"({"outTradeNo":"T1","outRefundNo":"R1","refundFee":-300})", "refund_fee"},
      {R"({"outTradeNo":"T1","outRefundNo":"R1","refundFee":3.5})", "refund_fee"},
      {R"({"outTradeNo":"T1","outRefundNo":"R1","refundFee":"300"})", "refund_fee"},
      {R"({"outTradeNo":"T1","outRefundNo":"R1","refundFee":10000000000})", "refund_fee"},
      {R"({"outTradeNo":"T1","outRefundNo":"R1","amount":"3.005"})", "amount"},
      {R"({"outTradeNo":"T1","outRefundNo":"R1","amount":3})", "amount"},
      {R"({"outTradeNo":"T1","outRefundNo":"R 1","refundFee":300})", "out_refund_no"},
      {R"({"outTradeNo":"T1","outRefundNo":"","refundFee":300})", "out_refund_no"},
      {R"({"outTradeNo":"T1","outRefundNo":"R1","refundFee":300,"refundFee":300})", "repeated"},
      {R"({"outTradeNo":"T1","outRefundNo":"R1","refundFee":300,"refund_fee":300})", "more than once"},
      {R"({"outTradeNo":"T1","outRefundNo":"R1","refundFee":300,"totalFee":1000})", "unknown field"},
      {R"({"outTradeNo":"T1","outRefundNo":"R1","refundFee":300,"reason":"a&total_fee=1"})", "reason"},
      {R"({"outTradeNo":"T1","outRefundNo":"R1","refundFee":300,"reason":" a"})", "reason"},
      {R"({"outTradeNo":"T1","outRefundNo":"R1","refundFee":300,"reason":"🙂"})", "reason"},
      {R"({"outTradeNo":"T1","outRefundNo":"R1","refundFee":300,"notifyUrl":"http://u:p@h/n"})",
       "notify_url"},
      {R"({"outTradeNo":"T1","outRefundNo":"R1","refundFee":300,"fundsAccount":"available"})",
       "funds_account"},
      {R"({"outTradeNo":"T1","outRefundNo":"R1","all":"maybe"})", "all"},
      {R"([1])", "unusable"}};
  for (const auto& row : rows) {
    CAPTURE(row.json);
    const auto why = fault(row.json);
    CAPTURE(why);
    CHECK(why.find(row.says) != std::string::npos);
  }
}

TEST_CASE("a row of CSV; the header must name the numbers and an amount") {
  const app::RefundColumns columns{{"outTradeNo", "outRefundNo", "amount", "all"}};
  const auto fields = columns.read({"20261128-1", "R-1", "", "Y"});
  CHECK_FALSE(app::check_refund_fields(fields, merchant).refund_fee);
  CHECK((app::check_refund_fields(columns.read({"20261128-1", "R-1", "3.00", ""}), merchant).refund_fee ==
         Fen{300}));
  CHECK(columns.numbers_in({"20261128-1"}).out_trade_no == "20261128-1");
  CHECK_THROWS_AS(columns.read({"20261128-1"}), Error);
  using Names = std::vector<std::string>;
  CHECK_THROWS_AS(app::RefundColumns(Names{"outRefundNo", "amount"}), Error);
  CHECK_THROWS_AS(app::RefundColumns(Names{"outTradeNo", "amount"}), Error);
  CHECK_THROWS_AS(app::RefundColumns(Names{"outTradeNo", "outRefundNo"}), Error);
  CHECK_THROWS_AS(app::RefundColumns(Names{"outTradeNo", "outRefundNo", "amount", "amount"}), Error);
  CHECK_THROWS_AS(app::RefundColumns(Names{"outTradeNo", "outRefundNo", "amout"}), Error);
}
