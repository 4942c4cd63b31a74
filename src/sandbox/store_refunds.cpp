#include <algorithm>
#include <utility>

#include "sandbox/store.hpp"

namespace wxpay::sandbox {

namespace {

bool is_same_refund(const RefundTerms& known, const RefundTerms& wanted) {
  return known.out_trade_no == wanted.out_trade_no && known.refund_fee == wanted.refund_fee &&
         known.total == wanted.total;
}

}  // namespace

bool Store::restore(const GatewayRefund& refund) {
  const std::lock_guard lock{mutex_};
  const auto* order = lookup(refund.terms.out_trade_no);
  if (order == nullptr || !order->payment) return false;
  put(refund);
  return true;
}

RefundResult Store::refund(RefundTerms terms, PayScheme scheme) {
  const std::lock_guard lock{mutex_};
  const auto* order = lookup(terms.out_trade_no);
  if (const auto* known = lookup_refund(terms.out_refund_no)) {
    if (order == nullptr || !is_same_refund(known->terms, terms)) return RefundRefused::other_terms;
    return RefundOfOrder{*known, *order};
  }
  if (const auto fault = refund_fault(order, terms)) return *fault;
  GatewayRefund refund;
  refund.terms = std::move(terms);
  refund.scheme = scheme;
  refund.created_at = clock_.now();
  refund.refund_id = new_refund_id();
  return keep(std::move(refund));
}

std::optional<RefundRefused> Store::refund_fault(const GatewayOrder* order, const RefundTerms& terms) const {
  if (order == nullptr || !is_paid(order->state)) return RefundRefused::unknown_order;
  const auto paid = order->payment->fee;
  if (terms.total != paid) return RefundRefused::wrong_total;
  const auto now = clock_.now();
  if (order->payment->time_end + refund_deadline < now) return RefundRefused::too_old;
  if (refunded(terms.out_trade_no, {}) + terms.refund_fee > paid) return RefundRefused::exceeds;
  const auto others = refunds_by_order_.find(terms.out_trade_no);
  if (others == refunds_by_order_.end()) return std::nullopt;
  if (others->second.size() >= most_refunds) return RefundRefused::too_many;
  const bool soon = refunds_[others->second.back()].created_at + rules_.refund_interval > now;
  return soon ? std::optional{RefundRefused::too_soon} : std::nullopt;
}

std::optional<RefundResult> Store::settle_refund(std::string_view out_refund_no, RefundState state) {
  const std::lock_guard lock{mutex_};
  const auto* known = lookup_refund(out_refund_no);
  if (known == nullptr) return std::nullopt;
  auto refund = *known;
  const auto paid = lookup(refund.terms.out_trade_no)->payment->fee;
  const auto others = refunded(refund.terms.out_trade_no, out_refund_no);
  if (holds_amount(state) && others + refund.terms.refund_fee > paid)
    return RefundResult{RefundRefused::exceeds};
  refund.state = state;
  refund.success_at =
      state == RefundState::success ? std::optional{refund.success_at.value_or(clock_.now())} : std::nullopt;
  return RefundResult{keep(std::move(refund))};
}

std::optional<RefundOfOrder> Store::find_refund(std::string_view out_refund_no) const {
  const std::lock_guard lock{mutex_};
  const auto* known = lookup_refund(out_refund_no);
  if (known == nullptr) return std::nullopt;
  return RefundOfOrder{*known, *lookup(known->terms.out_trade_no)};
}

std::optional<RefundOfOrder> Store::find_refund_id(std::string_view refund_id) const {
  const std::lock_guard lock{mutex_};
  const auto at = by_refund_id_.find(std::string{refund_id});
  if (at == by_refund_id_.end()) return std::nullopt;
  const auto& known = refunds_[at->second];
  return RefundOfOrder{known, *lookup(known.terms.out_trade_no)};
}

std::vector<GatewayRefund> Store::refunds_of(std::string_view out_trade_no) const {
  const std::lock_guard lock{mutex_};
  std::vector<GatewayRefund> found;
  const auto at = refunds_by_order_.find(std::string{out_trade_no});
  if (at == refunds_by_order_.end()) return found;
  for (const auto index : at->second) found.push_back(refunds_[index]);
  return found;
}

void Store::for_each_refund(const std::function<void(const GatewayRefund&)>& visit) const {
  const std::lock_guard lock{mutex_};
  for (const auto& refund : refunds_) visit(refund);
}

const GatewayRefund* Store::lookup_refund(std::string_view out_refund_no) const {
  const auto at = by_refund_number_.find(std::string{out_refund_no});
  return at == by_refund_number_.end() ? nullptr : &refunds_[at->second];
}

Fen Store::refunded(std::string_view out_trade_no, std::string_view except) const {
  Fen sum{0};
  const auto at = refunds_by_order_.find(std::string{out_trade_no});
  if (at == refunds_by_order_.end()) return sum;
  for (const auto index : at->second) {
    const auto& refund = refunds_[index];
    if (holds_amount(refund.state) && refund.out_refund_no() != except) sum = sum + refund.terms.refund_fee;
  }
  return sum;
}

RefundOfOrder Store::keep(GatewayRefund refund) {
  journal_.append(refund);
  put(refund);
  const auto& order = *lookup(refund.terms.out_trade_no);
  return RefundOfOrder{std::move(refund), order};
}

void Store::put(const GatewayRefund& refund) {
  const auto [at, is_new] = by_refund_number_.try_emplace(refund.out_refund_no(), refunds_.size());
  by_refund_id_.insert_or_assign(refund.refund_id, at->second);
  if (is_new) {
    refunds_.push_back(refund);
    refunds_by_order_[refund.terms.out_trade_no].push_back(at->second);
    auto& order = orders_[by_number_.at(refund.terms.out_trade_no)];
    if (order.state == OrderState::success) order.state = OrderState::refund;
  } else {
    refunds_[at->second] = refund;
  }
}

}  // namespace wxpay::sandbox
