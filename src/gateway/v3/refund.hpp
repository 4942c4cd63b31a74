#pragma once

#include <string>
#include <variant>

#include "wire/json.hpp"
#include "wxpay/evidence.hpp"
#include "wxpay/refund.hpp"

namespace wxpay::v3 {

/// What an answer or a notification says of a refund (API v3 reference, 9.1 and 12.5), or what is wrong with
/// it. Its state has one name in answers and another in notifications; either is taken.
std::variant<RefundEvidence, std::string> read_refund(const wire::JsonObject& message,
                                                      const MerchantIdentity& merchant,
                                                      EvidenceSource source);

}  // namespace wxpay::v3
