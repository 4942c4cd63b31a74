#pragma once

#include <string>
#include <vector>

#include "app/query_order.hpp"
#include "report/record.hpp"

namespace wxpay::cli {

/// The columns of an order that WeChat Pay was asked about.
const std::vector<std::string>& query_columns();

report::Record describe(const app::QueryResult& result);

}  // namespace wxpay::cli
