#include "ledger/order_inserter.hpp"

#include <algorithm>
#include <array>

#include "ledger/damage.hpp"
#include "ledger/entry_rows.hpp"
#include "ledger/order_changes.hpp"
#include "ledger/subject.hpp"

namespace wxpay::ledger {

namespace {

/// Keys are counted from 1, so a higher one was not given by this program.
constexpr std::int64_t highest_seq = std::int64_t{1} << 60U;

/// The order as it is taken over. That it is paid was not proved by WeChat Pay, so that a hand may undo it;
/// until it is, a paid order has an instant of payment all the same.
OrderRow imported_row(std::int64_t seq, const Order& order, std::chrono::sys_seconds now) {
  auto row = to_row(seq, order);
  row[place_of("proven_state")] =
      static_cast<std::int64_t>(is_paid(order.state) ? OrderState::creating : order.state);
  if (is_paid(order.state) && !order.paid_at) row[place_of("paid_at")] = now.time_since_epoch().count();
  return row;
}

}  // namespace

std::optional<std::string> OrderInserter::add(StoredOrder& stored) {
  const auto& order = stored.order;
  stored.seq = last_seq() + 1;
  const auto row = to_row(stored.seq, order);
  if (!store_.insert_orders({&row, 1}).front()) return std::nullopt;
  last_seq_ = stored.seq;
  return history_.append(order_kind(), row,
                         new_entry(order.updated_at, std::nullopt, order.state, EvidenceSource::create, {}));
}

std::size_t OrderInserter::import(std::span<const Order> orders, std::chrono::sys_seconds now) {
  std::size_t imported = 0;
  while (!orders.empty()) {
    const auto count = std::min(orders.size(), rows_together);
    imported += import_some(orders.first(count), now);
    orders = orders.subspan(count);
  }
  return imported;
}

std::size_t OrderInserter::import_some(std::span<const Order> orders, std::chrono::sys_seconds now) {
  const auto first = last_seq() + 1;
  std::array<OrderRow, rows_together> rows;
  for (std::size_t i = 0; i < orders.size(); ++i) {
    rows.at(i) = imported_row(first + static_cast<std::int64_t>(i), orders[i], now);
  }
  const auto added = store_.insert_orders(std::span{rows}.first(orders.size()));
  std::size_t imported = 0;
  // Those whose numbers were known leave gaps in the keys.
  for (std::size_t i = 0; i < orders.size(); ++i) {
    if (!added[i]) continue;
    history_.append(order_kind(), rows.at(i),
                    new_entry(now, std::nullopt, orders[i].state, EvidenceSource::import, {}));
    last_seq_ = first + static_cast<std::int64_t>(i);
    ++imported;
  }
  return imported;
}

std::int64_t OrderInserter::last_seq() {
  if (!last_seq_) {
    last_seq_ = store_.last_order();
    if (*last_seq_ > highest_seq) {
      throw damaged(store_.name(), "an order has a key that is never reached");
    }
  }
  return *last_seq_;
}

}  // namespace wxpay::ledger
