#pragma once

#include <string>
#include <string_view>

#include "wxpay/fields.hpp"
#include "wxpay/identifiers.hpp"
#include "wxpay/secret.hpp"
#include "wxpay/sign_type.hpp"

namespace wxpay {

/// The string that API v2 signs: names in byte order, `sign` and empty values left out, `name=value` joined
/// with `&`, values raw. The key is not in it (API v2, 4_3).
std::string canonical_string(const Fields& fields);

/// The signature of a field set: upper-case hex, 32 characters for MD5 and 64 for HMAC-SHA256 (API v2, 4_3).
std::string sign_fields(const Fields& fields, SignType type, const Secret& key);

/// Whether `sign` holds, compared in constant time and case-sensitively. A missing or empty one never does.
bool verify_fields(const Fields& fields, SignType type, const Secret& key);

/// The signature covers `name=value` joined with `&` and not where one field ends and the next begins: a
/// value that holds `&out_trade_no=…` gives the text of a document that has such a field. So one signature
/// serves for both.
/// @return the field of WeChat Pay's messages that this value holds as `&NAME=`; empty: none
std::string_view field_within(std::string_view value);

/// Why a signed set is ambiguous: "attach holds &out_trade_no="; empty where it is not. What was signed must
/// not be believed otherwise, since a set that changes a field of the genuine one must hide that field in a
/// value.
std::string ambiguity(const Fields& fields);

/// What `wx.requestPayment` (mini program, JSAPI) is called with: appId, timeStamp, nonceStr, package,
/// signType, paySign, in this order (API v2, 7_7).
Fields jsapi_pay_parameters(const AppId& app_id, const PrepayId& prepay_id, std::string_view timestamp,
                            std::string_view nonce, SignType type, const Secret& key);

/// What the APP SDK is called with: appid, partnerid, prepayid, package, noncestr, timestamp, sign.
Fields app_pay_parameters(const AppId& app_id, const MerchantId& partner_id, const PrepayId& prepay_id,
                          std::string_view timestamp, std::string_view nonce, SignType type,
                          const Secret& key);

}  // namespace wxpay
