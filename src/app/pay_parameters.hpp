#pragma once

#include <string>

#include "wxpay/clock.hpp"
#include "wxpay/fields.hpp"
#include "wxpay/order.hpp"
#include "wxpay/secret.hpp"

namespace wxpay::app {

/// What the payer's side is called with, signed: the set of JSAPI or of APP, and nothing for the trade types
/// that are paid at a link. In service-provider mode the sub-merchant's app and number take the place of the
/// provider's (API v2, 7_7 and 8_3).
Fields pay_parameters(TradeType trade_type, const MerchantIdentity& merchant, const PrepayId& prepay_id,
                      SignType sign_type, const std::string& timestamp, const std::string& nonce,
                      const Secret& key);

/// Seconds since 1970, as the parameters carry them.
std::string pay_timestamp(const Clock& clock);

}  // namespace wxpay::app
