#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

#include "wire/json.hpp"
#include "wxpay/evidence.hpp"

namespace wxpay::v3 {

/// The first of the names that stands for something else than a text; empty: none does.
std::string_view no_text_in(const wire::JsonObject& message, std::initializer_list<const char*> names);

/// Whose message it is: merchant, app and, in service-provider mode, sub-merchant must be the account's.
/// @return predicate of the message; empty: it is ours
std::string identity_problem(const wire::JsonObject& message, const MerchantIdentity& merchant);

/// The same of an event that names neither all of them nor an app: in service-provider mode that of a refund
/// may say mchid where others say sp_mchid (API v3 reference, 15).
/// @param must_name_one  whether a message that names no merchant is no message of ours
std::string other_merchant_problem(const wire::JsonObject& message, const MerchantIdentity& merchant,
                                   bool must_name_one);

/// The app that a message of this merchant names.
MerchantIdentity merchant_in(const wire::JsonObject& message, MerchantIdentity merchant);

/// What a query's answer or a notification says of an order (API v3 reference, 7.1 and 12.4), or what is
/// wrong with it.
std::variant<PaymentEvidence, std::string> read_payment(const wire::JsonObject& message,
                                                        const MerchantIdentity& merchant,
                                                        EvidenceSource source);

}  // namespace wxpay::v3
