#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/text_template.hpp"
#include "crypto/digest.hpp"
#include "wxpay/order.hpp"
#include "wxpay/secret.hpp"
#include "wxpay/sign_type.hpp"

namespace wxpay::app {

/// Signs the pay parameters of many orders of one merchant: the signatures are those of pay_parameters(), but
/// what is the same for all of them is prepared once.
class PaySigner {
 public:
  PaySigner(TradeType trade_type, const MerchantIdentity& merchant, SignType sign_type, const Secret& key);
  PaySigner(const PaySigner&) = delete;
  PaySigner& operator=(const PaySigner&) = delete;
  PaySigner(PaySigner&&) = delete;
  PaySigner& operator=(PaySigner&&) = delete;
  ~PaySigner();

  std::string sign(std::string_view prepay_id, std::string_view timestamp, std::string_view nonce);

 private:
  TextTemplate canonical_;
  Secret key_;
  std::optional<crypto::HmacSha256> hmac_;  ///< none for MD5
  std::string text_;                        ///< what is signed, with the key in it: wiped at the end
};

}  // namespace wxpay::app
