#pragma once

#include <string>
#include <vector>

#include "app/query_refund.hpp"
#include "app/refund_order.hpp"
#include "report/record.hpp"

namespace wxpay::cli {

/// What a refund's result may have, in the order of its columns.
const std::vector<std::string>& refund_columns();

/// The result of one refund that was asked for.
void describe_refund(report::Record& record, const RefundRequest& request, const app::RefundResult& result);

const std::vector<std::string>& refund_query_columns();
report::Record describe(const app::RefundQueryResult& result);

}  // namespace wxpay::cli
