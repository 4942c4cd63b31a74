// Prints saved payment notifications of so many different orders of the built-in sandbox merchant, signed,
// one document a line:
//
//   wxpay_make_notifications COUNT
//
// They are about the orders B0000000000, B0000000001 and so on, each of 1000 fen.

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <string_view>

#include "cli/config/settings.hpp"
#include "sample_order.hpp"
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

}  // namespace

int main(int argc, char** argv) {
  std::int64_t count = 0;
  const std::string_view text = argc == 2 ? argv[1] : "";
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || end != text.data() + text.size() || count < 0) {
    std::fputs("usage: wxpay_make_notifications COUNT\n", stderr);
    return 2;
  }
  try {
    const wxpay::Secret key{wxpay::cli::sandbox_key};
    for (std::int64_t number = 0; number < count; ++number) {
      auto fields = notification(number);
      const auto sign = wxpay::sign_fields(fields, wxpay::SignType::md5, key);
      fields.add("sign", sign);
      const auto document = wxpay::wire::to_xml(fields) + "\n";
      if (std::fwrite(document.data(), 1, document.size(), stdout) != document.size()) return 1;
    }
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "wxpay_make_notifications: %s\n", failure.what());
    return 1;
  }
  return std::fflush(stdout) == 0 ? 0 : 1;
}
