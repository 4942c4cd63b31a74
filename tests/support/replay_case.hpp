#pragma once

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "support/shop.hpp"
#include "support/v2_wire.hpp"

namespace wxpay::test {

/// The transaction that pays an order: letters and digits, as WeChat Pay has them.
inline std::string transaction_of(const std::string& number, const std::string& prefix = "42") {
  auto id = prefix + number;
  std::erase(id, '-');
  return id;
}

inline WireFields payment_fields(const std::string& number, const WireFields& changes = {}) {
  WireFields fields{{"return_code", "SUCCESS"},
                    {"return_msg", "OK"},
                    {"appid", shop_app_id},
                    {"mch_id", shop_mch_id},
                    {"nonce_str", "5d2b6c2a8db53831f7eda20af46e531c"},
                    {"result_code", "SUCCESS"},
                    {"openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},
                    {"trade_type", "JSAPI"},
                    {"bank_type", "CFT"},
                    {"out_trade_no", number},
                    {"transaction_id", transaction_of(number)},
                    {"total_fee", "1000"},
                    {"cash_fee", "1000"},
                    {"fee_type", "CNY"},
                    {"time_end", "20261123100000"}};
  for (const auto& [name, value] : changes) fields[name] = value;
  std::erase_if(fields, [](const auto& field) { return field.second.empty(); });
  return fields;
}

inline std::string payment(const std::string& number, const WireFields& changes = {}) {
  return v2_signed_xml(payment_fields(number, changes), shop_key);
}

inline std::string replaced(std::string text, const std::string& part, const std::string& by) {
  const auto at = text.find(part);
  REQUIRE(at != std::string::npos);
  return text.replace(at, part.size(), by);
}

/// A shop with orders in its ledger, and no gateway: replaying asks nobody.
struct ReplayCase {
  explicit ReplayCase(const std::string& more_of_the_profile = {}) {
    shop.configure("http://127.0.0.1:9", more_of_the_profile);
  }

  void import(const std::string& lines) const {
    const auto result = shop.run({"orders", "import", "-", "-q"}, lines);
    CAPTURE(result.err);
    REQUIRE(result.code == 0);
  }
  /// An order of 1000 fen.
  void order(const std::string& number, const std::string& state = "NOTPAY") const {
    Json line{{"outTradeNo", number}, {"totalFee", 1000}, {"state", state}, {"appId", shop_app_id}};
    if (state == "SUCCESS" || state == "REFUND") line["transactionId"] = transaction_of(number);
    import(line.dump() + "\n");
  }
  Result replay(std::vector<std::string> arguments, const std::string& input = {}) const {
    arguments.insert(arguments.begin(), "replay-notify");
    arguments.emplace_back("--json");
    return shop.run(std::move(arguments), input);
  }
  /// The only result of one document on standard input.
  Json one(const std::string& document, int code, std::vector<std::string> more = {}) const {
    more.insert(more.begin(), "-");
    const auto result = replay(more, document);
    CAPTURE(result.err);
    CHECK(result.code == code);
    return json_line(result.out);
  }
  Json shown(const std::string& number) const {
    return json_line(shop.run({"orders", "show", number, "--json"}).out);
  }
  Json check() const { return json_line(shop.run({"ledger", "check", "--json"}).out); }

  Shop shop;
};

inline std::vector<std::string> outcomes_of(const std::string& output) {
  std::vector<std::string> outcomes;
  for (const auto& line : json_lines(output)) outcomes.push_back(line.at("outcome"));
  return outcomes;
}

}  // namespace wxpay::test
