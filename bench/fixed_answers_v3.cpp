#include <ctime>
#include <stdexcept>
#include <utility>

#include "cli/config/settings.hpp"
#include "crypto/base64.hpp"
#include "fixed_answers.hpp"
#include "wire/http_signing.hpp"

namespace wxpay::bench {

namespace {

constexpr std::string_view created = R"({"prepay_id":"wx231000000000000a1b2c3d4e5f600000"})";
constexpr std::string_view query_path = "/v3/pay/transactions/out-trade-no/";
constexpr std::string_view nonce = "c5ac7061fccab6bf3e254dcf98995b8c";

/// The value of `name="…"` in the header Authorization.
std::string_view parameter(std::string_view head, std::string_view name) {
  const auto found = head.find(name);
  if (found == std::string_view::npos) return {};
  const auto value = head.substr(found + name.size());
  return value.substr(0, value.find('"'));
}

std::string unpaid(std::string_view number) {
  std::string body = R"({"appid":")";
  body.append(cli::sandbox_app_id).append(R"(","mchid":")").append(cli::sandbox_mch_id);
  body.append(R"(","out_trade_no":")").append(number);
  return body.append(R"(","trade_state":"NOTPAY","trade_state_desc":"订单未支付"})");
}

/// The value of a text in a request, written as the client writes it.
std::string_view text_in(std::string_view body, std::string_view before) {
  const auto found = body.find(before);
  if (found == std::string_view::npos) return {};
  body.remove_prefix(found + before.size());
  return body.substr(0, body.find('"'));
}

std::string accepted(std::string_view request) {
  std::string body{R"({"refund_id":"50300000000000000000000000001","out_refund_no":")"};
  body.append(text_in(request, R"("out_refund_no":")"));
  body.append(R"(","transaction_id":"4200000000000000000000000001","out_trade_no":")");
  body.append(text_in(request, R"("out_trade_no":")"));
  body.append(R"(","channel":"ORIGINAL","user_received_account":"支付用户零钱",)"
              R"("create_time":"2026-11-28T10:00:00+08:00","status":"PROCESSING","amount":{"total":)");
  body.append(fixed_total).append(R"(,"refund":)").append(fixed_refund);
  return body.append(R"(,"payer_total":1000,"payer_refund":300,"currency":"CNY"}})");
}

}  // namespace

FixedAnswersV3::FixedAnswersV3(std::string_view platform_key, std::string_view merchant_key,
                               std::string serial)
    : platform_key_{crypto::PrivateKey::from_pem(platform_key, nullptr, {"the platform's key"})},
      merchant_key_{crypto::PublicKey::from_pem(merchant_key, {"the merchant's key"})},
      serial_{std::move(serial)} {}

bool FixedAnswersV3::is_signed(const FixedRequest& request) const {
  const auto signature = crypto::from_base64(parameter(request.head, "signature=\""));
  const auto text = wire::signed_lines({request.head.substr(0, request.head.find(' ')), request.target,
                                        parameter(request.head, "timestamp=\""),
                                        parameter(request.head, "nonce_str=\""), request.body});
  return signature && merchant_key_.verify(text, *signature);
}

bool FixedAnswersV3::append_answer(std::string& out, const FixedRequest& request) const {
  if (!is_signed(request)) return false;
  std::string body{created};
  if (request.target.starts_with(query_path)) {
    const auto number = request.target.substr(query_path.size());
    body = unpaid(number.substr(0, number.find('?')));
  } else if (request.target == "/v3/refund/domestic/refunds") {
    body = accepted(request.body);
  } else if (request.target != "/v3/pay/transactions/jsapi") {
    return false;
  }
  const auto timestamp = std::to_string(std::time(nullptr));
  const auto signature = crypto::to_base64(platform_key_.sign(wire::signed_lines({timestamp, nonce, body})));
  out += "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nWechatpay-Nonce: ";
  out.append(nonce).append("\r\nWechatpay-Timestamp: ").append(timestamp);
  out.append("\r\nWechatpay-Serial: ").append(serial_);
  out.append("\r\nWechatpay-Signature: ").append(signature);
  out.append("\r\nContent-Length: ").append(std::to_string(body.size())).append("\r\n\r\n").append(body);
  return true;
}

}  // namespace wxpay::bench
