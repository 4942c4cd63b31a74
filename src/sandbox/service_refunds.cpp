// The control's commands about refunds.
#include <utility>

#include "sandbox/control_reply.hpp"
#include "sandbox/service.hpp"
#include "wxpay/time.hpp"

namespace wxpay::sandbox {

namespace {

Reply unknown_refund() { return json_refusal(404, "REFUNDNOTEXIST", "退款单不存在"); }

wire::JsonLine refund_line(const GatewayRefund& refund) {
  const auto& terms = refund.terms;
  wire::JsonLine line;
  line.text("outRefundNo", terms.out_refund_no).text("outTradeNo", terms.out_trade_no);
  line.text("refundId", refund.refund_id).text("refundState", to_string(refund.state));
  line.number("refundFee", terms.refund_fee.count()).number("totalFee", terms.total.count());
  line.text_if_set("reason", terms.reason);
  line.text("createdAt", format_rfc3339(refund.created_at));
  if (refund.success_at) line.text("successAt", format_rfc3339(*refund.success_at));
  return line;
}

}  // namespace

Reply Service::list_refunds() const {
  Reply reply = text_reply(200, "application/x-ndjson", "");
  store_.for_each_refund(
      [&](const GatewayRefund& refund) { reply.body += std::move(refund_line(refund)).str() + "\n"; });
  return reply;
}

Reply Service::settle_refund(const wire::JsonObject& request) {
  if (const auto key = unknown_key(request, {"outRefundNo", "state"}))
    return bad_request("unknown key " + *key);
  const auto number = wire::text_of(request, "outRefundNo");
  if (!number) return bad_request("outRefundNo must be a text");
  const auto state = parse_refund_status(wire::text_of(request, "state").value_or(""));
  if (!state || *state == RefundState::unknown || *state == RefundState::failed)
    return bad_request("state must be PROCESSING, SUCCESS, CLOSED or ABNORMAL");
  const auto settled = store_.settle_refund(*number, *state);
  if (!settled) return unknown_refund();
  const auto* const refund = std::get_if<RefundOfOrder>(&*settled);
  if (refund == nullptr) return json_refusal(409, "REFUND_EXCEEDS_PAID", "退款金额已被其他退款使用");
  Reply reply = json_reply(200, refund_line(refund->refund));
  reply.note = *number;
  return reply;
}

Reply Service::notify_of_refund(const wire::JsonObject& request) {
  if (wire::find(request, "outTradeNo") != nullptr) return bad_request("outTradeNo or outRefundNo, not both");
  const auto number = wire::text_of(request, "outRefundNo");
  if (!number) return bad_request("outRefundNo must be a text");
  const auto found = store_.find_refund(*number);
  if (!found) return unknown_refund();
  if (found->refund.state == RefundState::processing)
    return json_refusal(409, "REFUND_PROCESSING", "退款处理中,无退款通知");
  const auto* const maker = find_api(found->refund.scheme);
  if (maker == nullptr) return json_refusal(409, "SANDBOX", "the refund is of an API that is not served");
  return notification_reply(*maker, maker->api->refund_notification(*found, faults_.take(Operation::notify)),
                            found->order, found->refund.terms.notify_url, *number);
}

}  // namespace wxpay::sandbox
