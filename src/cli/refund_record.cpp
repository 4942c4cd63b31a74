#include "cli/refund_record.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "wxpay/error.hpp"
#include "wxpay/time.hpp"

namespace wxpay::cli {

const std::vector<std::string>& listed_refund_columns() {
  static const std::vector<std::string> columns{"outTradeNo", "outRefundNo", "refundState", "refundFee",
                                                "totalFee",   "refundId",    "createdAt",   "successAt"};
  return columns;
}

const std::vector<std::string>& exported_refund_columns() {
  static const std::vector<std::string> columns{"outTradeNo", "outRefundNo", "refundId",    "refundFee",
                                                "totalFee",   "refundState", "reason",      "createdAt",
                                                "successAt",  "updatedAt",   "fundsAccount"};
  return columns;
}

const std::vector<std::string>& shown_refund_columns() {
  static const std::vector<std::string> columns{"outRefundNo", "refundId",  "refundFee", "refundState",
                                                "reason",      "createdAt", "successAt"};
  return columns;
}

report::Record describe_refund(const Refund& refund) {
  const auto& intent = refund.intent;
  report::Record record;
  record.text("outTradeNo", intent.out_trade_no.text())
      .text("outRefundNo", intent.out_refund_no.text())
      .text_if_set("refundId", refund.refund_id.text())
      .number("refundFee", intent.refund_fee.count())
      .number("totalFee", intent.total_fee.count())
      .text("refundState", std::string{to_string(refund.state)})
      .text_if_set("reason", intent.reason)
      .text("createdAt", format_rfc3339(refund.created_at));
  if (refund.success_at) record.text("successAt", format_rfc3339(*refund.success_at));
  record.text("updatedAt", format_rfc3339(refund.updated_at));
  if (intent.funds_account != FundsAccount::unsettled) {
    record.text("fundsAccount", std::string{to_string(intent.funds_account)});
  }
  return record;
}

report::Record describe_refund_of_order(const Refund& refund) {
  const auto& intent = refund.intent;
  report::Record record;
  record.text("outRefundNo", intent.out_refund_no.text())
      .text_if_set("refundId", refund.refund_id.text())
      .number("refundFee", intent.refund_fee.count())
      .text("refundState", std::string{to_string(refund.state)})
      .text_if_set("reason", intent.reason)
      .text("createdAt", format_rfc3339(refund.created_at));
  if (refund.success_at) record.text("successAt", format_rfc3339(*refund.success_at));
  return record;
}

RefundState checked_refund_state(const std::string& text) {
  if (const auto state = parse_refund_state(text)) return *state;
  std::vector<std::string> names;
  std::string all;
  for (int number = 0; number <= static_cast<int>(RefundState::failed); ++number) {
    names.emplace_back(to_string(static_cast<RefundState>(number)));
    all += (all.empty() ? "" : ", ") + names.back();
  }
  auto typed = text;
  std::transform(typed.begin(), typed.end(), typed.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  const auto meant = nearest(typed, names);
  throw Error{ErrorKind::usage, "a refund has no state '" + shortened(text) + "'",
              meant ? "did you mean " + *meant + "?" : "states of a refund are " + all};
}

}  // namespace wxpay::cli
