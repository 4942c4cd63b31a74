#pragma once

#include <string>
#include <variant>
#include <vector>

#include "wire/malformed.hpp"
#include "wxpay/fields.hpp"
#include "wxpay/identifiers.hpp"
#include "wxpay/secret.hpp"
#include "wxpay/sign_type.hpp"

namespace wxpay::v2 {

/// Pay parameters that were made somewhere, in the form in which they are signed.
struct PaySet {
  Fields fields;          ///< what is signed, under the names that are signed; `sign` is its own signature
  std::string sign_type;  ///< as it names it; empty where it does not
  std::vector<std::string> notes;  ///< how it differs from what was given
};

/// Whether a set is what the payer's side is called with: its package begins with `prepay_id=` (mini program,
/// JSAPI), or it has a prepayid and a partnerid (APP).
bool is_pay_set(const Fields& fields);

/// Takes the set as create-order prints it, what it prints beside left out, and as wx.requestPayment and
/// chooseWXPay take it: without appId, which is then the profile's, and with timestamp for timeStamp. A field
/// that is neither is refused: its value would not be signed, and nothing would vouch for it.
std::variant<PaySet, wire::Malformed> read_pay_set(const Fields& fields, const MerchantIdentity& merchant);

/// Which usual mistake its signature was made with; nothing where it is none of them.
std::vector<std::string> explain_pay_mismatch(const PaySet& set, SignType type, const Secret& key);

}  // namespace wxpay::v2
