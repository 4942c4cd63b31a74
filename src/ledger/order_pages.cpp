#include "ledger/order_pages.hpp"

#include "ledger/order_rows.hpp"

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

}  // namespace wxpay::ledger
