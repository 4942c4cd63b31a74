#pragma once

#include <string>

#include "wxpay/fields.hpp"
#include "wxpay/order.hpp"
#include "wxpay/secret.hpp"
#include "wxpay/sign_type.hpp"

namespace wxpay::v2 {

/// What the payer's side is called with, signed: the set of JSAPI or of APP, and nothing for the trade types
/// that are paid at a link. In service-provider mode the sub-merchant's app and number take the place of the
/// provider's (API v2, 7_7 and 8_3).
Fields pay_parameters(TradeType trade_type, const MerchantIdentity& merchant, const PrepayId& prepay_id,
                      SignType sign_type, const std::string& timestamp, const std::string& nonce,
                      const Secret& key);

/// The fields that a set of pay parameters is signed over: all but the signature itself.
Fields without_signature(const Fields& parameters);

}  // namespace wxpay::v2
