#include "support/api.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "cli/config/sandbox_v3_keys.hpp"
#include "cli/config/settings.hpp"
#include "support/raw_server.hpp"
#include "support/shop.hpp"
#include "support/v2_wire.hpp"
#include "support/v3_signing.hpp"

namespace wxpay::test {

namespace {

std::string value_of(const WireFields& fields, const std::string& name) {
  const auto found = fields.find(name);
  return found == fields.end() ? std::string{} : found->second;
}

std::string v2_profile_lines(const WriteFile& write) {
  return "key_file = \"" + write("shop.key", std::string{shop_key} + "\n") + "\"\n";
}

std::string v2_path(Operation operation) {
  switch (operation) {
    case Operation::any:
      return "/pay/";
    case Operation::create:
      return "/pay/unifiedorder";
    case Operation::query:
      return "/pay/orderquery";
    case Operation::close:
      return "/pay/closeorder";
    case Operation::refund:
      return "/secapi/pay/refund";
    case Operation::query_refund:
      return "/pay/refundquery";
  }
  throw std::logic_error{"an operation without a path"};
}

bool v2_asks(Operation operation, std::string_view request) {
  const bool is_by_certificate = operation == Operation::any && request.starts_with("POST /secapi/pay/");
  return is_by_certificate || request.starts_with("POST " + v2_path(operation));
}

std::string v2_order_of(const std::string& request) { return v2_element(request, "out_trade_no"); }

std::string v2_answer(Operation, const WireAnswer& answer) {
  const auto* const key = answer.is_signed_well ? shop_key : "another-key";
  return http_answer(v2_signed_xml(answer.said, key), 200, answer.headers);
}

bool v2_holds(const WireFields& parameters, const std::string& sign) {
  return v2_sign(parameters, cli::sandbox_key) == sign;
}

std::string v3_profile_lines(const WriteFile& write) {
  const auto key = write("apiclient_key.pem", v3_key_file("merchant_key.pem"));
  return "api = \"v3\"\nserial_no = \"" + std::string{v3_merchant_serial} + "\"\nprivate_key_file = \"" +
         key + "\"\napiv3_key_file = \"" + write("v3.key", std::string{v3_apiv3_key} + "\n") +
         "\"\npublic_key_id = \"" + v3_public_key_id + "\"\npublic_key_file = \"" +
         write("pub_key.pem", v3_key_file("wxpay_pubkey_mode_pub.pem")) + "\"\n";
}

std::string v3_path(Operation operation) {
  switch (operation) {
    case Operation::any:
      return "/v3/pay/";
    case Operation::create:
      return "/v3/pay/transactions/jsapi";
    case Operation::query:
      return "GET /v3/pay/transactions/";
    case Operation::close:
      return "/close";
    case Operation::refund:
      return "POST /v3/refund/domestic/refunds";
    case Operation::query_refund:
      return "GET /v3/refund/domestic/refunds";
  }
  throw std::logic_error{"an operation without a path"};
}

bool v3_asks(Operation operation, std::string_view request) {
  request = request.substr(0, std::min(request.find("\r\n"), request.size()));
  const bool is_query = request.starts_with("GET /v3/pay/transactions/");
  const bool is_post = request.starts_with("POST /v3/pay/transactions/");
  const bool is_closing = is_post && contains(request, "/close");
  const bool is_refund = request.starts_with(v3_path(Operation::refund));
  const bool is_refund_query = request.starts_with(v3_path(Operation::query_refund));
  switch (operation) {
    case Operation::any:
      return is_query || is_post || is_refund || is_refund_query;
    case Operation::refund:
      return is_refund;
    case Operation::query_refund:
      return is_refund_query;
    case Operation::create:
      return is_post && !is_closing;
    case Operation::query:
      return is_query;
    case Operation::close:
      return is_closing;
  }
  return false;
}

std::string v3_order_of(const std::string& request) {
  constexpr std::string_view before = "/out-trade-no/";
  constexpr std::string_view in_body = "\"out_trade_no\":\"";
  if (const auto at = request.find(before); at != std::string::npos) {
    const auto number = request.substr(at + before.size());
    return number.substr(0, number.find_first_of("/? "));
  }
  const auto at = request.find(in_body);
  if (at == std::string::npos) return {};
  const auto number = request.substr(at + in_body.size());
  return number.substr(0, number.find('"'));
}

/// "20261123100000" as API v3 writes it.
std::string v3_time(const std::string& time) {
  return time.substr(0, 4) + "-" + time.substr(4, 2) + "-" + time.substr(6, 2) + "T" + time.substr(8, 2) +
         ":" + time.substr(10, 2) + ":" + time.substr(12, 2) + "+08:00";
}

/// Of a refund, or a query for it.
std::string v3_refund_object(const WireFields& said) {
  // A query's answer of API v2 numbers what it says.
  const auto value = [&said](const std::string& name) {
    const auto plain = value_of(said, name);
    return plain.empty() ? value_of(said, name + "_0") : plain;
  };
  const auto status = value("refund_status");
  Json object{{"refund_id", value("refund_id")},
              {"out_refund_no", value("out_refund_no")},
              {"transaction_id", value("transaction_id")},
              {"out_trade_no", value("out_trade_no")},
              {"channel", "ORIGINAL"},
              {"user_received_account", "支付用户零钱"},
              {"create_time", "2026-11-23T10:00:00+08:00"},
              {"status", status.empty()       ? "PROCESSING"
                         : status == "CHANGE" ? "ABNORMAL"
                                              : status}};
  if (status == "REFUNDCLOSE") object["status"] = "CLOSED";
  for (const auto& [name, from] : {std::pair{"total", "total_fee"}, std::pair{"refund", "refund_fee"}}) {
    if (const auto fee = value(from); !fee.empty()) object["amount"][name] = std::stoll(fee);
  }
  object["amount"]["currency"] = "CNY";
  return object.dump();
}

/// Of a query.
std::string v3_object(const WireFields& said) {
  Json object;
  const auto take = [&said](Json& into, const char* name, const char* from) {
    if (const auto value = value_of(said, from); !value.empty()) into[name] = value;
  };
  take(object, "appid", "appid");
  take(object, "mchid", "mch_id");
  for (const auto* name : {"out_trade_no", "transaction_id", "trade_type", "trade_state", "trade_state_desc"})
    take(object, name, name);
  if (const auto time = value_of(said, "time_end"); !time.empty()) object["success_time"] = v3_time(time);
  if (const auto openid = value_of(said, "openid"); !openid.empty()) object["payer"]["openid"] = openid;
  for (const auto& [name, from] : {std::pair{"total", "total_fee"}, std::pair{"payer_total", "cash_fee"}}) {
    if (const auto fee = value_of(said, from); !fee.empty()) object["amount"][name] = std::stoll(fee);
  }
  if (const auto currency = value_of(said, "fee_type"); !currency.empty() && object.contains("amount"))
    object["amount"]["currency"] = currency;
  return object.dump();
}

std::string v3_answer(Operation operation, const WireAnswer& answer) {
  int status = 200;
  std::string body;
  if (value_of(answer.said, "result_code") == "FAIL") {
    status = 400;
    const auto code = value_of(answer.said, "err_code");
    body = Json{{"code", code}, {"message", value_of(answer.said, "err_code_des")}}.dump();
  } else if (operation == Operation::close) {
    status = 204;
  } else if (operation == Operation::refund || operation == Operation::query_refund) {
    body = v3_refund_object(answer.said);
  } else if (operation == Operation::create) {
    body = Json{{"prepay_id", value_of(answer.said, "prepay_id")}}.dump();
  } else {
    body = v3_object(answer.said);
  }
  auto headers = answer.headers;
  const std::string key = answer.is_signed_well ? "wxpay_pubkey_mode_key.pem" : "merchant_key.pem";
  for (const auto& [name, value] : v3_signature(body, {}, key)) headers += name + ": " + value + "\r\n";
  return http_answer(body, status, headers);
}

bool v3_holds_parameters(const WireFields& parameters, const std::string& sign) {
  const bool app = parameters.contains("prepayid");
  std::string text;
  for (const auto* name : app ? std::array{"appid", "timestamp", "noncestr", "prepayid"}
                              : std::array{"appId", "timeStamp", "nonceStr", "package"})
    text += value_of(parameters, name) + "\n";
  return v3_holds(cli::sandbox_private_key, text, sign);
}

const std::array apis{Api{.name = "v2",
                          .profile = "sandbox",
                          .sign_type = "MD5",
                          .names_closed_order = true,
                          .has_prepay_id_with_link = true,
                          .names_fee_of_unpaid = false,
                          .profile_lines = v2_profile_lines,
                          .path = v2_path,
                          .asks = v2_asks,
                          .order_of = v2_order_of,
                          .answer = v2_answer,
                          .holds = v2_holds},
                      Api{.name = "v3",
                          .profile = "sandbox-v3",
                          .sign_type = "RSA",
                          .names_closed_order = false,
                          .has_prepay_id_with_link = false,
                          .names_fee_of_unpaid = true,
                          .profile_lines = v3_profile_lines,
                          .path = v3_path,
                          .asks = v3_asks,
                          .order_of = v3_order_of,
                          .answer = v3_answer,
                          .holds = v3_holds_parameters}};

}  // namespace

const Api& tested_api() {
  const auto* const named = std::getenv("WXPAY_TEST_API");
  static const Api& api = api_named(named == nullptr ? "v2" : named);
  return api;
}

const Api& api_named(std::string_view name) {
  const auto* const found =
      std::find_if(apis.begin(), apis.end(), [name](const Api& each) { return each.name == name; });
  if (found == apis.end()) throw std::runtime_error{"there is no API " + std::string{name}};
  return *found;
}

}  // namespace wxpay::test
