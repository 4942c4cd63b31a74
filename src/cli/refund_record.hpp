#pragma once

#include <string>
#include <vector>

#include "report/record.hpp"
#include "wxpay/refund.hpp"

namespace wxpay::cli {

/// The keys of a refund that the table of `refunds list` has, in the order in which they are shown.
const std::vector<std::string>& listed_refund_columns();
/// All of them, as JSON, CSV and an export have.
const std::vector<std::string>& exported_refund_columns();
/// Those that `orders show` has of the order's refunds.
const std::vector<std::string>& shown_refund_columns();

report::Record describe_refund(const Refund& refund);
/// Without what the order says itself.
report::Record describe_refund_of_order(const Refund& refund);

/// A state of an option.
/// @throws Error{usage}  there is no such state
RefundState checked_refund_state(const std::string& text);

}  // namespace wxpay::cli
