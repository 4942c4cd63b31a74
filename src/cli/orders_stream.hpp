#pragma once

#include "cli/commands.hpp"

namespace wxpay::cli {

// The commands below `orders` that take or give any number of orders.
void add_orders_import(CLI::App& orders, Command& chosen);
void add_orders_export(CLI::App& orders, Command& chosen);

}  // namespace wxpay::cli
