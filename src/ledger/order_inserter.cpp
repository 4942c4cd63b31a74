#include "ledger/order_inserter.hpp"

#include <algorithm>
#include <array>

#include "ledger/damage.hpp"
#include "ledger/order_changes.hpp"
#include "ledger/sql_text.hpp"

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
  insert_one_.execute(row);
  if (changes() == 0) return std::nullopt;
  last_seq_ = stored.seq;
  return history_.append(row,
                         new_entry(order.updated_at, std::nullopt, order.state, EvidenceSource::create, {}));
}

std::size_t OrderInserter::import(std::span<const Order> orders, std::chrono::sys_seconds now) {
  std::size_t imported = 0;
  for (; orders.size() >= together; orders = orders.subspan(together)) {
    imported += import_some(orders.first<together>(), now, insert_many_);
  }
  for (; !orders.empty(); orders = orders.subspan(1)) {
    imported += import_some(orders.first<1>(), now, insert_one_);
  }
  return imported;
}

template <std::size_t Count>
std::size_t OrderInserter::import_some(std::span<const Order, Count> orders, std::chrono::sys_seconds now,
                                       Statement& statement) {
  const auto first = last_seq() + 1;
  std::array<Value, Count * order_columns.size()> rows;
  const auto row_of = [&rows](std::size_t i) {
    return std::span{rows}.subspan(i * order_columns.size(), order_columns.size());
  };
  for (std::size_t i = 0; i < Count; ++i) {
    const auto row = imported_row(first + static_cast<std::int64_t>(i), orders[i], now);
    std::copy(row.begin(), row.end(), row_of(i).begin());
  }
  statement.execute(rows);
  const auto imported = changes();
  const auto append = [&](std::int64_t seq) {
    const auto i = static_cast<std::size_t>(seq - first);
    history_.append(row_of(i), new_entry(now, std::nullopt, orders[i].state, EvidenceSource::import, {}));
    last_seq_ = seq;
  };
  if (imported == Count) {
    for (std::size_t i = 0; i < Count; ++i) append(first + static_cast<std::int64_t>(i));
  } else if (imported > 0) {
    // Those whose numbers were known have left gaps in the keys.
    auto inserted = select_seqs_from_.run({first});
    while (inserted.next()) append(inserted.integer(0));
  }
  return imported;
}

std::int64_t OrderInserter::last_seq() {
  if (!last_seq_) {
    auto rows = select_last_seq_.run({});
    last_seq_ = rows.next() ? rows.integer(0) : 0;
    if (*last_seq_ > highest_seq) {
      throw damaged(database_.name(), "an order has a key that is never reached");
    }
  }
  return *last_seq_;
}

std::string OrderInserter::insertion(std::size_t count) {
  return "INSERT INTO orders (" + join_columns(order_columns) + ") VALUES " +
         placeholders(order_columns.size(), count) + " ON CONFLICT (mch_id, out_trade_no) DO NOTHING";
}

}  // namespace wxpay::ledger
