#include "ledger/order_cache.hpp"

#include <utility>

namespace wxpay::ledger {

namespace {

/// More than a batch has under way. Those that no answer comes for go when it is reached.
constexpr std::size_t most_orders = 512;

/// No identifier holds a NUL.
std::string key_of(const MerchantId& mch_id, const OutTradeNo& out_trade_no) {
  std::string key{mch_id.text()};
  key += '\0';
  key += out_trade_no.text();
  return key;
}

}  // namespace

void OrderCache::keep(Loaded order) {
  if (orders_.size() >= most_orders) forget();
  const auto& intent = order.stored.order.intent;
  auto key = key_of(intent.merchant.mch_id, intent.out_trade_no);
  orders_.insert_or_assign(std::move(key), std::move(order));
}

std::optional<Loaded> OrderCache::take(const MerchantId& mch_id, const OutTradeNo& out_trade_no) {
  if (orders_.empty()) return std::nullopt;
  auto node = orders_.extract(key_of(mch_id, out_trade_no));
  if (node.empty()) return std::nullopt;
  return std::move(node.mapped());
}

}  // namespace wxpay::ledger
