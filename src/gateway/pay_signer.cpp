#include "wxpay/pay_signer.hpp"

#include "base/text.hpp"
#include "domain/limits.hpp"

namespace wxpay {

bool is_pay_signature(std::string_view name) { return name == "paySign" || name == "sign"; }

bool is_prepay_id(std::string_view text) {
  return text.size() <= limits::longest_prepay_id && is_visible(text);
}

std::string pay_timestamp(const Clock& clock) {
  return std::to_string(clock.now().time_since_epoch().count());
}

}  // namespace wxpay
