#include "cli/query_result.hpp"

#include "wxpay/time.hpp"

namespace wxpay::cli {

const std::vector<std::string>& query_columns() {
  static const std::vector<std::string> columns{
      "outTradeNo",  "transactionId", "tradeState", "tradeStateDesc", "totalFee",   "timeEnd",
      "ledgerState", "resultMsg",     "reason",     "note",           "updateError"};
  return columns;
}

report::Record describe(const app::QueryResult& result) {
  report::Record record;
  record.text_if_set("outTradeNo", result.out_trade_no)
      .text_if_set("transactionId", result.transaction_id)
      .text_if_set("tradeState", result.trade_state)
      .text_if_set("tradeStateDesc", result.trade_state_desc);
  if (result.total_fee) record.number("totalFee", result.total_fee->count());
  if (result.time_end) record.text("timeEnd", format_rfc3339(*result.time_end));
  if (result.ledger_state) record.text("ledgerState", std::string{to_string(*result.ledger_state)});
  record.text_if_set("resultMsg", result.result_msg)
      .text_if_set("reason", result.reason)
      .text_if_set("note", result.note)
      .text_if_set("updateError", result.update_error);
  return record;
}

}  // namespace wxpay::cli
