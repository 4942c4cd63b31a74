#pragma once

#include <string>
#include <string_view>

#include "wxpay/fields.hpp"
#include "wxpay/signing.hpp"

namespace wxpay::test {

/// A customer's remark that cuts a signed message anew: behind it everything becomes the value of `z`.
inline std::string forging_attach(std::string_view out_trade_no, std::string_view total_fee,
                                  std::string_view more = {}) {
  std::string attach{"x&mch_id=1900000109&out_trade_no="};
  attach.append(out_trade_no).append("&result_code=SUCCESS&return_code=SUCCESS&total_fee=").append(total_fee);
  attach.append(more).append("&transaction_id=1&z=");
  return attach;
}

/// What a forger makes of a signed set without the key: other fields with the same text to sign.
inline Fields resplit(const Fields& genuine) {
  auto text = canonical_string(genuine);
  Fields forged;
  const auto tail = text.find("&z=");
  std::string_view head{text.data(), tail};
  while (!head.empty()) {
    const auto part = head.substr(0, head.find('&'));
    head.remove_prefix(part.size() == head.size() ? part.size() : part.size() + 1);
    const auto equals = part.find('=');
    forged.add(std::string{part.substr(0, equals)}, std::string{part.substr(equals + 1)});
  }
  forged.add("z", text.substr(tail + 3));
  forged.add("sign", genuine.get("sign"));
  return forged;
}

}  // namespace wxpay::test
