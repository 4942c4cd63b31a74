#include "cli/refund_result.hpp"

#include "app/refund_rules.hpp"
#include "cli/result_fields.hpp"
#include "wxpay/time.hpp"

namespace wxpay::cli {

const std::vector<std::string>& refund_columns() {
  static const std::vector<std::string> columns{"outTradeNo", "outRefundNo", "refundId",  "refundFee",
                                                "totalFee",   "refundState", "successAt", "returnCode",
                                                "returnMsg",  "resultCode",  "errCode",   "errCodeDes"};
  return columns;
}

void describe_refund(report::Record& record, const RefundRequest& request, const app::RefundResult& result) {
  record.text("outTradeNo", request.out_trade_no.text()).text("outRefundNo", request.out_refund_no.text());
  if (const auto& refund = result.refund) {
    record.text_if_set("refundId", refund->refund_id.text())
        .number("refundFee", refund->intent.refund_fee.count())
        .number("totalFee", refund->intent.total_fee.count())
        .text("refundState", std::string{to_string(refund->state)});
    if (refund->success_at) record.text("successAt", format_rfc3339(*refund->success_at));
  } else {
    if (request.refund_fee) record.number("refundFee", request.refund_fee->count());
    if (result.total_fee) record.number("totalFee", result.total_fee->count());
  }
  describe_answer(record, result.said);
  const bool is_done = result.outcome == app::Outcome::done;
  describe_reply(record, result.reply, is_done ? std::string{} : result.said.code,
                 is_done ? std::string{} : result.said.text);
  record.text_if_set("hint", result.hint);
}

const std::vector<std::string>& refund_query_columns() {
  static const std::vector<std::string> columns{
      "outTradeNo", "outRefundNo", "refundId",    "refundFee", "totalFee", "refundState", "successAt",
      "resultCode", "errCode",     "ledgerState", "resultMsg", "reason",   "updateError", "hint"};
  return columns;
}

report::Record describe(const app::RefundQueryResult& result) {
  report::Record record;
  const auto& said = result.said;
  const auto& refund = result.refund;
  const auto order = said ? said->out_trade_no.text() : refund ? refund->intent.out_trade_no.text() : "";
  record.text_if_set("outTradeNo", order).text("outRefundNo", result.out_refund_no);
  if (said) {
    record.text_if_set("refundId", said->refund_id.text());
    if (said->refund_fee) record.number("refundFee", said->refund_fee->count());
    if (said->total_fee) record.number("totalFee", said->total_fee->count());
    record.text("refundState", std::string{to_string(said->state)});
    if (said->success_at) record.text("successAt", format_rfc3339(*said->success_at));
  } else if (refund) {
    record.number("refundFee", refund->intent.refund_fee.count())
        .number("totalFee", refund->intent.total_fee.count());
  }
  record.text("resultCode", said ? "SUCCESS" : "FAIL");
  if (!said) record.text("errCode", "REFUNDNOTEXIST");
  if (refund) record.text("ledgerState", std::string{to_string(refund->state)});
  record.text_if_set("resultMsg", result.result_msg)
      .text_if_set("reason", result.reason)
      .text_if_set("updateError", result.update_error);
  record.text_if_set("hint", result.is_abnormal() ? app::abnormal_refund_hint : result.hint);
  return record;
}

}  // namespace wxpay::cli
