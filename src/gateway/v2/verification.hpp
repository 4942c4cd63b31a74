#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wxpay/evidence.hpp"
#include "wxpay/fields.hpp"
#include "wxpay/v2_gateway.hpp"

namespace wxpay::v2 {

// What is checked of everything that WeChat Pay sends, be it an answer or a notification; `what` names it in
// the text. Each gives why it does not hold, or an empty text.

/// Whether a value may hold `&NAME=`, so that the signature serves for other fields too (wxpay::ambiguity).
enum class Ambiguity : std::uint8_t { refused, allowed };

/// The signature, by the account's sign type alone, and that it can be the signature of these fields only.
std::string signature_problem(const Fields& fields, const V2Account& account, std::string_view what,
                              Ambiguity ambiguous = Ambiguity::refused);

/// That it is about this merchant and app, and these sub ones.
/// @param required  whether the identity must be there; an error may leave it out, its signature has been
/// checked
std::string identity_problem(const Fields& fields, const MerchantIdentity& merchant, bool required,
                             std::string_view what);

/// Takes the time of payment. One that cannot be true is kept as the reason and not as the time: the money
/// was paid all the same.
void take_time_end(PaymentEvidence& evidence, const Fields& fields);

/// That its amount, time and transaction could be read, and are there where it is paid.
std::string payment_problem(const PaymentEvidence& evidence, const Fields& fields);

/// What WeChat Pay says is shown to people, so it must not carry terminal sequences.
std::string printable(std::string text);

}  // namespace wxpay::v2
