#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "crypto/certificate.hpp"
#include "gateway/v3/trust_store.hpp"
#include "wxpay/payment_api.hpp"

namespace wxpay::v3 {

/// What doctor says of the keys of one account.
/// @param own  the merchant's certificate, where it is given
std::vector<KeyFinding> key_findings(const TrustReport& trust, const std::string& serial_no,
                                     const std::optional<crypto::Certificate>& own,
                                     std::chrono::sys_seconds now);

}  // namespace wxpay::v3
