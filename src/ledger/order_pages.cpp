#include "ledger/order_pages.hpp"

#include <algorithm>

#include "ledger/order_rows.hpp"
#include "ledger/refund_rows.hpp"
#include "ledger/subject.hpp"

namespace wxpay::ledger {

namespace {

template <class Which>
std::vector<Order> take_page(LedgerStore& store, const MerchantId& mch_id, const Which& which,
                             OrderCursor& cursor, std::size_t most) {
  constexpr std::size_t updated_at = place_of("updated_at");
  std::vector<Order> orders;
  bool at_the_end = false;
  // An empty page is the end, so one of nothing but orders that cannot be read is none.
  while (orders.empty() && !at_the_end) {
    at_the_end = true;
    const auto rows = store.page(mch_id, which, cursor, most);
    for (auto row = rows->next(); !row.empty(); row = rows->next()) {
      at_the_end = false;
      cursor.seq = number_in(row.front());
      cursor.instant = number_in(row[updated_at]);
      try {
        orders.push_back(read_order(row.template first<order_columns.size()>(), store.name()).order);
      } catch (const UnreadableOrder& error) {
        cursor.unreadable.add(error);
      }
    }
  }
  return orders;
}

}  // namespace

void list_orders(LedgerStore& store, const MerchantId& mch_id, const OrderFilter& filter,
                 const std::function<bool(const Order&)>& visit) {
  UnreadableOrders unreadable;
  const auto rows = store.orders(mch_id, filter);
  for (auto row = rows->next(); !row.empty(); row = rows->next()) {
    try {
      const auto stored = read_order(row.first<order_columns.size()>(), store.name());
      if (!visit(stored.order)) return;
    } catch (const UnreadableOrder& error) {
      unreadable.add(error);
    }
  }
  if (!unreadable.empty()) throw unreadable.together();
}

std::vector<Order> page_of(LedgerStore& store, const MerchantId& mch_id, const OpenOrders& which,
                           OrderCursor& cursor, std::size_t most) {
  return take_page(store, mch_id, which, cursor, most);
}

std::vector<Order> page_of(LedgerStore& store, const MerchantId& mch_id, const ClosedOrders& which,
                           OrderCursor& cursor, std::size_t most) {
  return take_page(store, mch_id, which, cursor, most);
}

std::vector<HistoryEntry> history_of(LedgerStore& store, const MerchantId& mch_id,
                                     const OutTradeNo& out_trade_no) {
  std::vector<HistoryEntry> entries;
  const auto orders = store.find_order(mch_id, out_trade_no);
  const auto order = orders->next();
  if (order.empty()) return entries;
  const auto of_order = store.entries_of({order_subject, number_in(order.front())});
  for (auto row = of_order->next(); !row.empty(); row = of_order->next()) {
    entries.push_back(read_order_entry(row, store.name()));
  }
  const auto refunds = store.refunds_of(mch_id, out_trade_no);
  for (auto refund = refunds->next(); !refund.empty(); refund = refunds->next()) {
    const auto number = OutRefundNo::trusted(std::string{text_of(refund[refund_place_of("out_refund_no")])});
    const auto of_refund = store.entries_of({refund_subject, number_in(refund.front())});
    for (auto row = of_refund->next(); !row.empty(); row = of_refund->next()) {
      entries.push_back(read_refund_entry(row, number, store.name()));
    }
  }
  std::sort(entries.begin(), entries.end(),
            [](const HistoryEntry& one, const HistoryEntry& other) { return one.number < other.number; });
  return entries;
}

}  // namespace wxpay::ledger
