#pragma once

#include <string>
#include <string_view>

#include "sandbox/fault.hpp"
#include "sandbox/store.hpp"
#include "wxpay/fields.hpp"

// What faults make of an answer that is about something.
namespace wxpay::sandbox {

/// The same with its last character another one.
std::string another(std::string text);

/// The fields with one of them replaced, or added.
Fields with(const Fields& fields, std::string_view name, const std::string& value);

/// A refund that is not the one that was asked about.
RefundOfOrder spoilt(RefundOfOrder refund, FaultKind fault);

}  // namespace wxpay::sandbox
