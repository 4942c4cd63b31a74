#pragma once

#include "support/market.hpp"

namespace wxpay::test {

inline const std::string header = "outTradeNo,openid,totalFee\n";

inline std::string row(const std::string& number, int fee = 1000) {
  return number + ",oUser," + std::to_string(fee) + "\n";
}

inline std::string rows(const std::string& prefix, int count) {
  std::string text = header;
  for (int i = 0; i < count; ++i) text += row(numbered(prefix, i));
  return text;
}

struct BatchMarket : Market {
  /// Runs a batch from a file at a rate that keeps no test waiting.
  Result batch(const std::string& text, std::vector<std::string> more = {}) const {
    shop.write("batch", text);
    std::vector<std::string> arguments{"create-order", "--batch", "batch", "--json", "--rate", "10000"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return shop.run(arguments);
  }
};

}  // namespace wxpay::test
