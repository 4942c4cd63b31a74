#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "sandbox/fault.hpp"
#include "sandbox/store.hpp"
#include "wxpay/fields.hpp"
#include "wxpay/secret.hpp"

// What API v2 says of refunds.
namespace wxpay::sandbox {

/// Of a request whose form was checked.
/// @param out_trade_no  of the order that it names, in whichever way
RefundTerms v2_refund_terms(const std::string& out_trade_no, const Fields& request);

/// The answer to a refund (9_4).
Fields v2_refund_part(const RefundOfOrder& refund);

/// The answer to a query (9_5): at most ten refunds of the order, from this one on.
Fields v2_refunds_part(const GatewayOrder& order, std::span<const GatewayRefund> refunds, std::size_t offset);

/// Either answer as a fault has it.
Fields spoilt_v2_refund(Fields answer, FaultKind fault);

/// The req_info of a notification (9_16).
/// @param key  of the merchant
std::string v2_refund_info(const RefundOfOrder& refund, const Secret& key);

}  // namespace wxpay::sandbox
