#include <doctest/doctest.h>

#include <string>

#include "cli/order_record.hpp"

using namespace wxpay;

TEST_CASE("the fast ways to write an order write what the record's own do") {
  const std::chrono::sys_seconds now{std::chrono::seconds{1'795'420'800}};
  Order plain{
      .intent = {.merchant = {}, .out_trade_no = OutTradeNo::trusted("T1|*-_"), .total_fee = Fen{1000}},
      .state = OrderState::notpay,
      .created_at = now,
      .updated_at = now};
  auto paid = plain;
  paid.state = OrderState::success;
  paid.transaction_id = TransactionId{"4200001"};
  paid.paid_at = now - std::chrono::hours{100'000};
  paid.prepay = Prepay{PrepayId{"wx1"}, {}, {}, PayScheme::md5, now};
  auto without_id = paid;
  without_id.prepay->prepay_id = PrepayId{};
  auto quoted = paid;
  quoted.prepay->prepay_id = PrepayId{"a\"b\\c,d\ne"};
  auto of_partner = paid;
  of_partner.intent.merchant = {MerchantId{"1900000109"}, AppId{"wxd678efh567hg6787"},
                                MerchantId{"1900007777"}, AppId{"wxaaaaaaaaaaaaaaaa"}};
  auto chinese = paid;
  chinese.transaction_id = TransactionId{"茶\xff"};
  for (const auto& order : {plain, paid, without_id, quoted, of_partner, chinese}) {
    std::string json{"before "};
    cli::append_json(json, order);
    CHECK(json == "before " + report::to_json(cli::describe_order(order)));
    std::string csv;
    cli::append_csv(csv, order);
    CHECK(csv == report::csv_row(cli::describe_order(order), cli::exported_columns()));
  }
}
