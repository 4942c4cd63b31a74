#include "sandbox/spoilt.hpp"

#include <utility>

namespace wxpay::sandbox {

std::string another(std::string text) {
  if (text.empty()) return "1";
  text.back() = text.back() == '1' ? '2' : '1';
  return text;
}

Fields with(const Fields& fields, std::string_view name, const std::string& value) {
  Fields changed;
  for (const auto& field : fields) changed.add(field.first, field.first == name ? value : field.second);
  if (!fields.has(name)) changed.add(std::string{name}, value);
  return changed;
}

RefundOfOrder spoilt(RefundOfOrder refund, FaultKind fault) {
  auto& terms = refund.refund.terms;
  if (fault == FaultKind::other_refund) {
    terms.out_refund_no = another(terms.out_refund_no);
    refund.refund.refund_id = another(refund.refund.refund_id);
  }
  if (fault == FaultKind::other_order) {
    terms.out_trade_no = another(terms.out_trade_no);
    auto& payment = refund.order.payment.value();
    payment.transaction_id = another(payment.transaction_id);
  }
  if (fault == FaultKind::other_amount) terms.refund_fee = terms.refund_fee + Fen{1};
  return refund;
}

}  // namespace wxpay::sandbox
