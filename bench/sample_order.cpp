#include "sample_order.hpp"

#include <stdlib.h>

#include <cerrno>
#include <system_error>

#include "wxpay/signing.hpp"

namespace wxpay::bench {

namespace {

// The instant all samples speak of: 2026-11-23 10:00:00 in Beijing.
constexpr std::chrono::sys_seconds sample_now{std::chrono::seconds{1'795'399'200}};

const MerchantIdentity sample_merchant{MerchantId{"1900000109"}, AppId{"wxd678efh567hg6787"}, MerchantId{},
                                       AppId{}};

PaymentEvidence about(const OrderIntent& intent) {
  const std::string digest(64, 'd');
  return {EvidenceSource::query,
          intent.merchant,
          intent.out_trade_no,
          OrderState::notpay,
          {},
          {},
          {},
          {},
          {},
          {},
          digest,
          {}};
}

}  // namespace

Secret sample_key() { return Secret{"benchKeyThatOpensNothing00000000"}; }

OutTradeNo sample_number(std::int64_t number) {
  std::string digits = std::to_string(number);
  return OutTradeNo::trusted("B" + std::string(10 - std::min<std::size_t>(digits.size(), 10), '0') + digits);
}

OrderIntent sample_intent(std::int64_t number) {
  return {sample_merchant,
          sample_number(number),
          Fen{1 + number % 100'000},
          TradeType::jsapi,
          "示例书店-图书",
          "https://pay.example.com/notify/order",
          "127.0.0.1",
          "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o",
          {},
          {},
          {},
          {},
          {},
          {},
          {},
          {},
          false,
          {},
          {}};
}

PaymentEvidence sample_creation(const OrderIntent& intent) {
  PaymentEvidence evidence = about(intent);
  evidence.source = EvidenceSource::create;
  evidence.state = OrderState::notpay;
  evidence.prepay = Prepay{.prepay_id = PrepayId{"wx23100000" + intent.out_trade_no.text() + "a1b2c3d4e5f"},
                           .code_url = {},
                           .mweb_url = {},
                           .scheme = PayScheme::md5,
                           .expires_at = sample_now + std::chrono::hours{2}};
  evidence.sent = std::make_shared<OrderIntent>(intent);
  return evidence;
}

PaymentEvidence sample_payment(const OrderIntent& intent) {
  PaymentEvidence evidence = about(intent);
  evidence.source = EvidenceSource::query;
  evidence.state = OrderState::success;
  evidence.transaction_id = TransactionId{"4200002026112300" + intent.out_trade_no.text().substr(1)};
  evidence.total_fee = intent.total_fee;
  evidence.fee_type = "CNY";
  evidence.time_end = sample_now;
  return evidence;
}

Order sample_import(std::int64_t number) {
  return {.intent = OrderIntent{.merchant = sample_merchant,
                                .out_trade_no = sample_number(number),
                                .total_fee = Fen{1 + number % 100'000}},
          .state = OrderState::success,
          .transaction_id = TransactionId{"4200002026112300" + std::to_string(number)},
          .paid_at = sample_now,
          .created_at = sample_now,
          .updated_at = sample_now};
}

std::chrono::sys_seconds sample_payment_time() { return sample_now; }

Fields sample_unifiedorder() {
  return {{"appid", "wxd678efh567hg6787"},
          {"mch_id", "1900000109"},
          {"nonce_str", "5K8264ILTKCH16CQ2502SI8ZNMTM67VS"},
          {"sign_type", "MD5"},
          {"body", "示例书店-图书"},
          {"out_trade_no", "B0000000042"},
          {"total_fee", "1000"},
          {"spbill_create_ip", "127.0.0.1"},
          {"time_start", "20261123100000"},
          {"time_expire", "20261123120000"},
          {"notify_url", "https://pay.example.com/notify/order"},
          {"trade_type", "JSAPI"},
          {"openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"}};
}

Fields sample_query_answer() {
  Fields answer{{"return_code", "SUCCESS"},
                {"return_msg", "OK"},
                {"appid", "wxd678efh567hg6787"},
                {"mch_id", "1900000109"},
                {"nonce_str", "rTfgB8X3QmYHc2vN"},
                {"result_code", "SUCCESS"},
                {"openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},
                {"is_subscribe", "N"},
                {"trade_type", "JSAPI"},
                {"bank_type", "OTHERS"},
                {"total_fee", "1000"},
                {"fee_type", "CNY"},
                {"transaction_id", "42000020261123000000000042"},
                {"out_trade_no", "B0000000042"},
                {"attach", ""},
                {"time_end", "20261123100000"},
                {"trade_state", "SUCCESS"},
                {"cash_fee", "1000"},
                {"trade_state_desc", "支付成功"}};
  const std::string sign = sign_fields(answer, SignType::md5, sample_key());
  answer.add("sign", sign);
  return answer;
}

ScratchFolder::ScratchFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "wxpay-bench-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::system_error{errno, std::generic_category(), name};
  path_ = name;
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace wxpay::bench
