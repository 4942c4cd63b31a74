// Refunds on API v2: what is sent, and what their answers prove.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "gateway/v2/answers.hpp"
#include "gateway/v2/requests.hpp"
#include "support/certified_shop.hpp"
#include "support/fakes.hpp"
#include "support/signed_answer.hpp"
#include "wxpay/time.hpp"

using namespace wxpay;
using namespace wxpay::test;

namespace {

constexpr const char* order_number = "T20261123180001";
constexpr const char* refund_number = "R20261123180001@shop-7|01";
constexpr const char* refund_id = "50300908092026112300012345678";
constexpr const char* transaction = "4200000001202611230000000001";

RefundIntent refund_of(std::int64_t fee = 300) {
  return {.mch_id = shop_merchant().mch_id,
          .out_trade_no = OutTradeNo::parse(order_number),
          .out_refund_no = OutRefundNo::parse(refund_number),
          .refund_fee = Fen{fee},
          .total_fee = Fen{1000},
          .reason = "商品已售完",
          .notify_url = "https://pay.example.com/notify/refund"};
}

Fields accepted_refund(FieldChanges changes = {}) {
  const auto fields = answer_fields({{"transaction_id", transaction},
                                     {"out_trade_no", order_number},
                                     {"out_refund_no", refund_number},
                                     {"refund_id", refund_id},
                                     {"refund_fee", "300"},
                                     {"total_fee", "1000"},
                                     {"cash_fee", "1000"},
                                     {"refund_channel", "ORIGINAL"}});
  return with_changes(fields, changes);
}

/// The answer to a query, of three refunds, of which the second is the one that was asked for.
Fields listed_refunds(FieldChanges changes = {}) {
  const auto fields = answer_fields({{"transaction_id", transaction},
                                     {"out_trade_no", order_number},
                                     {"total_fee", "1000"},
                                     {"refund_count", "3"},
                                     {"refund_fee", "600"},
                                     {"out_refund_no_0", "R20261123180000"},
                                     {"refund_id_0", "50300908092026112300012345677"},
                                     {"refund_fee_0", "100"},
                                     {"refund_status_0", "REFUNDCLOSE"},
                                     {"out_refund_no_1", refund_number},
                                     {"refund_id_1", refund_id},
                                     {"refund_fee_1", "300"},
                                     {"refund_status_1", "SUCCESS"},
                                     {"refund_recv_accout_1", "招商银行信用卡0403"},
                                     {"refund_success_time_1", "2026-11-23 18:20:00"},
                                     {"out_refund_no_10", "R20261123180002"},
                                     {"refund_id_10", "50300908092026112300012345679"},
                                     {"refund_fee_10", "200"},
                                     {"refund_status_10", "CHANGE"}});
  return with_changes(fields, changes);
}

RefundOutcome applied(const std::string& body) {
  return v2::read_refund({200, body, {}}, shop_account(), refund_of());
}

RefundOutcome asked(const std::string& body, const char* number = refund_number) {
  return v2::read_refundquery({200, body, {}}, shop_account(), OutRefundNo::parse(number));
}

std::string in_words(const RefundOutcome& outcome) {
  if (const auto* answer = std::get_if<RefundAnswer>(&outcome))
    return std::string{to_string(answer->evidence.state)};
  if (const auto* refused = std::get_if<Refused>(&outcome)) {
    switch (refused->reaction) {
      case Reaction::refuse:
        return "refuse";
      case Reaction::ask_by_query:
        return "ask";
      case Reaction::slow_down:
        return "slow";
      case Reaction::order_unknown:
        return "none";
      case Reaction::wrong_key:
        return "key";
      default:
        return "another reaction";
    }
  }
  const auto& unknown = std::get<Unknown>(outcome);
  return (unknown.repeatable ? "again " : "") + unknown.code;
}

struct Changed {
  const char* what;
  FieldChanges changes;
  const char* outcome;
};

}  // namespace

TEST_CASE("a refund is sent from what is stored, the same whenever it is repeated but for the nonce") {
  auto intent = refund_of();
  const auto account = shop_account();
  const auto fields = v2::refund_request(intent, account, "n1");
  CHECK(verify_fields(fields, SignType::md5, account.key));
  auto again = v2::refund_request(intent, account, "n1");
  CHECK(std::vector(fields.begin(), fields.end()) == std::vector(again.begin(), again.end()));
  const Fields expected{{"appid", "wxd678efh567hg6787"},
                        {"mch_id", "1900000109"},
                        {"nonce_str", "n1"},
                        {"sign_type", "MD5"},
                        {"out_trade_no", order_number},
                        {"out_refund_no", refund_number},
                        {"total_fee", "1000"},
                        {"refund_fee", "300"},
                        {"refund_desc", "商品已售完"},
                        {"notify_url", "https://pay.example.com/notify/refund"},
                        {"sign", fields.get("sign")}};
  CHECK(std::vector(fields.begin(), fields.end()) == std::vector(expected.begin(), expected.end()));
  intent.funds_account = FundsAccount::available;
  intent.reason.clear();
  intent.notify_url.clear();
  const auto other = v2::refund_request(intent, account, "n1");
  CHECK(other.get("refund_account") == "REFUND_SOURCE_RECHARGE_FUNDS");
  CHECK_FALSE(other.has("refund_desc"));
  CHECK_FALSE(other.has("notify_url"));
}

TEST_CASE("a provider's refund is the provider's, of the sub-merchant") {
  auto account = shop_account();
  account.merchant.sub_mch_id = MerchantId{"1900000209"};
  for (const auto& fields : {v2::refund_request(refund_of(), account, "n1"),
                             v2::refundquery_request(OutRefundNo::parse(refund_number), account, "n1")}) {
    CHECK(fields.get("mch_id") == "1900000109");
    CHECK(fields.get("sub_mch_id") == "1900000209");
    CHECK(fields.get("out_refund_no") == refund_number);
  }
}

TEST_CASE("an accepted refund is on its way, whatever else its answer holds") {
  const auto outcome = applied(signed_answer(accepted_refund()));
  const auto& evidence = std::get<RefundAnswer>(outcome).evidence;
  CHECK((evidence.source == EvidenceSource::refund));
  CHECK((evidence.state == RefundState::processing));
  CHECK(evidence.merchant.mch_id.text() == "1900000109");
  CHECK(evidence.out_trade_no.text() == order_number);
  CHECK(evidence.out_refund_no.text() == refund_number);
  CHECK(evidence.refund_id.text() == refund_id);
  CHECK(evidence.transaction_id.text() == transaction);
  CHECK((evidence.refund_fee == Fen{300}));
  CHECK((evidence.total_fee == Fen{1000}));
  CHECK_FALSE(evidence.success_at);
  CHECK(evidence.digest.size() == 64);
}

TEST_CASE("an answer to a refund that is about something else is not believed") {
  const Changed rows[] = {
      {"another refund", {{"out_refund_no", "R20261123180002"}}, "UNTRUSTED"},
      {"another order", {{"out_trade_no", "T20261123180002"}}, "UNTRUSTED"},
      {"another amount", {{"refund_fee", "301"}}, "UNTRUSTED"},
      {"another total", {{"total_fee", "1001"}}, "UNTRUSTED"},
      {"another merchant", {{"mch_id", "1900000110"}}, "UNTRUSTED"},
      {"another app", {{"appid", "wxd678efh567hg6788"}}, "UNTRUSTED"},
      {"no refund", {{"out_refund_no", ""}}, "GATEWAY"},
      {"no order", {{"out_trade_no", ""}}, "GATEWAY"},
      {"no amount", {{"refund_fee", ""}}, "GATEWAY"},
      {"an amount that is none", {{"refund_fee", "3.00"}}, "GATEWAY"},
      {"more than the order", {{"refund_fee", "1001"}}, "GATEWAY"},
      {"nothing refunded", {{"refund_fee", "0"}}, "GATEWAY"},
      {"no total", {{"total_fee", ""}}, "GATEWAY"},
      {"no refund_id", {{"refund_id", ""}}, "GATEWAY"},
      {"a refund_id too long", {{"refund_id", "503009080920261123000123456789012"}}, "GATEWAY"},
      {"a refund_id for terminals", {{"refund_id", "503 0090"}}, "GATEWAY"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    CHECK(in_words(applied(signed_answer(accepted_refund(row.changes)))) == row.outcome);
  }
  CHECK(in_words(applied(signed_answer(accepted_refund(), SignType::md5, "another key"))) == "UNTRUSTED");
  CHECK(in_words(applied(signed_answer(accepted_refund(), SignType::hmac_sha256))) == "UNTRUSTED");
  CHECK(in_words(applied(wire::to_xml(accepted_refund()))) == "UNTRUSTED");
}

TEST_CASE("of the refunds that an answer lists the one that was asked for is read") {
  struct Row {
    const char* number;
    RefundState state;
    std::int64_t fee;
  };
  for (const auto& row :
       {Row{"R20261123180000", RefundState::closed, 100}, Row{refund_number, RefundState::success, 300},
        Row{"R20261123180002", RefundState::abnormal, 200}}) {
    CAPTURE(row.number);
    const auto outcome = asked(signed_answer(listed_refunds()), row.number);
    REQUIRE(std::holds_alternative<RefundAnswer>(outcome));
    const auto& evidence = std::get<RefundAnswer>(outcome).evidence;
    CHECK((evidence.source == EvidenceSource::query));
    CHECK((evidence.state == row.state));
    CHECK((evidence.refund_fee == Fen{row.fee}));
    CHECK((evidence.total_fee == Fen{1000}));
    CHECK(evidence.out_refund_no.text() == row.number);
    CHECK(evidence.success_at.has_value() == (row.state == RefundState::success));
  }
  const auto outcome = asked(signed_answer(listed_refunds()));
  CHECK((std::get<RefundAnswer>(outcome).evidence.success_at == parse_rfc3339("2026-11-23T18:20:00+08:00")));
}

TEST_CASE("an answer to a query that does not tell of the refund proves nothing") {
  const Changed rows[] = {
      {"other refunds alone", {{"out_refund_no_1", "R20261123180009"}}, "UNTRUSTED"},
      {"none at all",
       {{"out_refund_no_0", ""}, {"out_refund_no_1", ""}, {"out_refund_no_10", ""}},
       "UNTRUSTED"},
      {"a name that only begins so",
       {{"out_refund_no_1", ""}, {"out_refund_no_x", refund_number}},
       "UNTRUSTED"},
      {"the same refund twice", {{"out_refund_no_0", refund_number}}, "GATEWAY"},
      {"no state", {{"refund_status_1", ""}}, "GATEWAY"},
      {"an unknown state", {{"refund_status_1", "FAIL"}}, "GATEWAY"},
      {"no amount", {{"refund_fee_1", ""}}, "GATEWAY"},
      {"no order", {{"out_trade_no", ""}}, "GATEWAY"},
      {"no total", {{"total_fee", ""}}, "GATEWAY"},
      {"a time that is none", {{"refund_success_time_1", "20261123182000"}}, "GATEWAY"},
      {"a time before all payments", {{"refund_success_time_1", "1999-11-23 18:20:00"}}, "SUCCESS"},
      {"another merchant", {{"mch_id", "1900000110"}}, "UNTRUSTED"},
      {"CLOSED, as API v3 has it", {{"refund_status_1", "CLOSED"}}, "REFUNDCLOSE"},
      {"still on its way", {{"refund_status_1", "PROCESSING"}, {"refund_success_time_1", ""}}, "PROCESSING"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    CHECK(in_words(asked(signed_answer(listed_refunds(row.changes)))) == row.outcome);
  }
}

TEST_CASE("each err_code of a refund and of a query for it is one reaction") {
  struct Row {
    const char* err_code;
    const char* refund;
    const char* query;
  };
  const Row rows[] = {
      {"SYSTEMERROR", "again SYSTEMERROR", "again SYSTEMERROR"},
      {"BIZERR_NEED_RETRY", "again BIZERR_NEED_RETRY", "again BIZERR_NEED_RETRY"},
      {"ORDER_NOT_READY", "again ORDER_NOT_READY", "ask"},
      {"FREQUENCY_LIMITED", "slow", "slow"},
      {"INVALID_REQ_TOO_MUCH", "slow", "slow"},
      {"TRADE_OVERDUE", "refuse", "ask"},
      {"ERROR", "refuse", "ask"},
      {"USER_ACCOUNT_ABNORMAL", "refuse", "ask"},
      {"NOTENOUGH", "refuse", "refuse"},
      {"INVALID_TRANSACTIONID", "refuse", "refuse"},
      {"PARAM_ERROR", "refuse", "refuse"},
      {"INVALID_REQUEST", "refuse", "refuse"},
      {"ORDERNOTEXIST", "refuse", "ask"},
      {"REFUNDNOTEXIST", "ask", "none"},
      {"REFUND_FEE_MISMATCH", "ask", "ask"},
      {"NOAUTH", "refuse", "refuse"},
      {"CERT_ERROR", "key", "ask"},
      {"SIGNERROR", "key", "key"},
      {"APPID_NOT_EXIST", "refuse", "refuse"},
      {"ORDERCLOSED", "ask", "another reaction"},
      {"SOMETHING_NEW", "ask", "ask"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.err_code);
    CHECK(in_words(applied(signed_refusal(row.err_code))) == row.refund);
    CHECK(in_words(asked(signed_refusal(row.err_code))) == row.query);
  }
  const auto outcome = applied(signed_refusal("CERT_ERROR"));
  CHECK(std::get<Refused>(outcome).said.to_check.find("certificate") != std::string_view::npos);
}

TEST_CASE("unsigned words about a refund are asked about, unless they say that nothing was done") {
  CHECK(in_words(applied(unsigned_refusal_text(""))) == "ask");
  CHECK(in_words(applied(unsigned_refusal_text("system error"))) == "ask");
  CHECK(in_words(applied(unsigned_refusal_text("退款处理中"))) == "ask");
  CHECK(in_words(applied(unsigned_refusal_text("签名失败"))) == "key");
  CHECK(in_words(applied(unsigned_refusal_text("频率限制"))) == "slow");
  CHECK(in_words(applied(unsigned_refusal_text("不识别的参数foo"))) == "refuse");
  CHECK(in_words(asked(unsigned_refusal_text("system error"))) == "GATEWAY");
  const auto outcome = v2::read_refund({400, "<html>", {}}, shop_account(), refund_of());
  CHECK(std::get<Unknown>(outcome).message.find("certificate") != std::string::npos);
}

TEST_CASE(
    "a refund is repeated with the same bytes where that cannot refund twice, and never after a time-out") {
  FakeWorld world;
  const auto gateway = make_v2_gateway(certified_shop(), world.deps());
  auto client = world.client(*gateway);
  world.transport.then(HttpResponse{503, ""})
      .then(HttpResponse{200, signed_refusal("SYSTEMERROR")})
      .then(HttpResponse{200, signed_answer(accepted_refund())});
  CHECK(in_words(client.refund(refund_of())) == "PROCESSING");
  const auto& requests = world.transport.requests;
  REQUIRE(requests.size() == 3);
  CHECK(requests[0].url == "https://main.example/secapi/pay/refund");
  CHECK(requests[0].body == requests[1].body);
  CHECK(requests[0].body == requests[2].body);
  world.transport.then(TransportFailure{ErrorKind::timeout, true, "no answer in time"});
  CHECK(in_words(client.refund(refund_of())) == "TIMEOUT");
  CHECK(requests.size() == 4);
  world.transport.then(HttpResponse{200, signed_refusal("SYSTEMERROR")})
      .then(HttpResponse{200, signed_refusal("NOTENOUGH")});
  const auto refused = client.refund(refund_of());
  CHECK(std::get<Refused>(refused).doubtful_before);
  world.transport.then(HttpResponse{200, signed_answer(listed_refunds())});
  CHECK(in_words(client.query_refund(OutRefundNo::parse(refund_number))) == "SUCCESS");
  CHECK(requests.back().url == "https://main.example/pay/refundquery");
  CHECK(world.transport.used_up());
}
