#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "cli/output.hpp"
#include "cli/services.hpp"
#include "report/record.hpp"
#include "wxpay/order.hpp"

namespace wxpay::cli {

/// The keys of an order that the table of `orders list` has, in the order in which they are shown.
const std::vector<std::string>& listed_columns();
/// All of them, as JSON, CSV and an export have: also whose order it is.
const std::vector<std::string>& exported_columns();

report::Record describe_order(const Order& order);

/// Appends what report::to_json and report::csv_row make of describe_order(order), and faster.
void append_json(std::string& text, const Order& order);
void append_csv(std::string& text, const Order& order);

/// A state of an option.
/// @throws Error{usage}  there is no such state
OrderState checked_state(const std::string& text);

}  // namespace wxpay::cli
