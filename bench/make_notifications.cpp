// Prints saved payment notifications of so many different orders of the built-in sandbox merchant, signed,
// one document a line:
//
//   wxpay_make_notifications COUNT [--v3 PLATFORM_KEY SERIAL APIV3_KEY]
//
// Those of API v3 are JSON Lines, with the headers by which they are signed; the first two are a file of PEM
// and the serial number that names it. They are about the orders B0000000000, B0000000001 and so on, each of
// 1000 fen.

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "cli/config/settings.hpp"
#include "crypto/aead.hpp"
#include "crypto/base64.hpp"
#include "crypto/private_key.hpp"
#include "sample_order.hpp"
#include "wire/http_signing.hpp"
#include "wire/json.hpp"
#include "wire/xml.hpp"
#include "wxpay/signing.hpp"

namespace {

wxpay::Fields notification(std::int64_t number) {
  const auto out_trade_no = wxpay::bench::sample_number(number).text();
  return {{"appid", wxpay::cli::sandbox_app_id},
          {"bank_type", "OTHERS"},
          {"cash_fee", "1000"},
          {"fee_type", "CNY"},
          {"is_subscribe", "N"},
          {"mch_id", wxpay::cli::sandbox_mch_id},
          {"nonce_str", "rTfgB8X3QmYHc2vN"},
          {"openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},
          {"out_trade_no", out_trade_no},
          {"result_code", "SUCCESS"},
          {"return_code", "SUCCESS"},
          {"time_end", "20261123100000"},
          {"total_fee", "1000"},
          {"trade_type", "JSAPI"},
          {"transaction_id", "4200002026112300" + out_trade_no.substr(1)}};
}

std::string v2_document(std::int64_t number) {
  static const wxpay::Secret key{wxpay::cli::sandbox_key};
  auto fields = notification(number);
  const auto sign = wxpay::sign_fields(fields, wxpay::SignType::md5, key);
  fields.add("sign", sign);
  return wxpay::wire::to_xml(fields) + "\n";
}

/// WeChat Pay's side of API v3.
class V3Notifications {
 public:
  V3Notifications(const std::string& key_file, std::string serial, const char* apiv3_key)
      : key_{wxpay::crypto::PrivateKey::from_pem(read_file(key_file), nullptr, {"the platform's key"})},
        serial_{std::move(serial)},
        aead_{wxpay::Secret{apiv3_key}, {"the APIv3 key"}} {}

  std::string document(std::int64_t number) const {
    const auto body = envelope(number);
    const auto signature =
        wxpay::crypto::to_base64(key_.sign(wxpay::wire::signed_lines({timestamp, nonce, body})));
    wxpay::wire::JsonLine headers;
    headers.text("Wechatpay-Nonce", nonce).text("Wechatpay-Serial", serial_);
    headers.text("Wechatpay-Signature", signature).text("Wechatpay-Timestamp", timestamp);
    wxpay::wire::JsonLine line;
    line.raw("headers", std::move(headers).str()).text("body", body);
    return std::move(line).str() + "\n";
  }

 private:
  static constexpr const char* timestamp = "1795428000";
  static constexpr const char* nonce = "c5ac7061fccab6bf3e254dcf98995b8c";

  static std::string read_file(const std::string& path) {
    std::ifstream file{path};
    if (!file) throw std::runtime_error{path + " cannot be read"};
    return {std::istreambuf_iterator<char>{file}, {}};
  }

  static std::string payment(std::int64_t number) {
    const auto out_trade_no = wxpay::bench::sample_number(number).text();
    wxpay::wire::JsonLine payer;
    payer.text("openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o");
    wxpay::wire::JsonLine amount;
    amount.number("total", 1000).number("payer_total", 1000).text("currency", "CNY");
    amount.text("payer_currency", "CNY");
    wxpay::wire::JsonLine payment;
    payment.text("mchid", wxpay::cli::sandbox_mch_id).text("appid", wxpay::cli::sandbox_app_id);
    payment.text("out_trade_no", out_trade_no);
    payment.text("transaction_id", "4200002026112300" + out_trade_no.substr(1));
    payment.text("trade_type", "JSAPI").text("trade_state", "SUCCESS").text("trade_state_desc", "支付成功");
    payment.text("bank_type", "OTHERS").text("success_time", "2026-11-23T10:00:00+08:00");
    payment.raw("payer", std::move(payer).str()).raw("amount", std::move(amount).str());
    return std::move(payment).str();
  }

  std::string envelope(std::int64_t number) const {
    auto iv = std::to_string(number);
    iv.insert(0, wxpay::crypto::Aead::nonce_size - iv.size(), '0');
    wxpay::wire::JsonLine resource;
    resource.text("original_type", "transaction").text("algorithm", wxpay::wire::v3_cipher);
    resource.text("ciphertext", wxpay::crypto::to_base64(aead_.seal(iv, "transaction", payment(number))));
    resource.text("associated_data", "transaction").text("nonce", iv);
    wxpay::wire::JsonLine body;
    body.text("id", "EV-2026112300000000" + iv).text("create_time", "2026-11-23T10:00:00+08:00");
    body.text("resource_type", "encrypt-resource").text("event_type", "TRANSACTION.SUCCESS");
    body.text("summary", "支付成功").raw("resource", std::move(resource).str());
    return std::move(body).str();
  }

  wxpay::crypto::PrivateKey key_;
  std::string serial_;
  wxpay::crypto::Aead aead_;
};

bool print_all(std::int64_t count, const std::function<std::string(std::int64_t)>& document) {
  for (std::int64_t number = 0; number < count; ++number) {
    const auto text = document(number);
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) return false;
  }
  return std::fflush(stdout) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::int64_t count = 0;
  const std::string_view text = argc >= 2 ? argv[1] : "";
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const bool is_v3 = argc == 6 && std::string_view{argv[2]} == "--v3";
  if (error != std::errc{} || end != text.data() + text.size() || count < 0 || (argc != 2 && !is_v3)) {
    std::fputs("usage: wxpay_make_notifications COUNT [--v3 PLATFORM_KEY SERIAL APIV3_KEY]\n", stderr);
    return 2;
  }
  try {
    if (!is_v3) return print_all(count, v2_document) ? 0 : 1;
    const V3Notifications notifications{argv[3], argv[4], argv[5]};
    return print_all(count, [&](std::int64_t number) { return notifications.document(number); }) ? 0 : 1;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "wxpay_make_notifications: %s\n", failure.what());
    return 1;
  }
}
