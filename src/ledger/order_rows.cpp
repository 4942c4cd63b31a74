#include "ledger/order_rows.hpp"

#include <utility>

#include "ledger/entry_rows.hpp"
#include "ledger/row_reader.hpp"
#include "ledger/row_values.hpp"

namespace wxpay::ledger {

OrderRow to_row(std::int64_t seq, const Order& order) {
  OrderRow row;
  std::size_t place = 0;
  row[place] = seq;
  for_each_order_column([&](const auto& column) {
    ++place;
    if (const auto* field = column.in(order)) row[place] = value_of(*field);
  });
  return row;
}

StoredOrder read_order(std::span<const Value, order_columns.size()> row, std::string_view ledger) {
  RowReader reader{row, order_columns, ledger, "order", place_of("out_trade_no")};
  const auto seq = reader.integer();
  auto no_number = OutTradeNo::trusted({});
  OrderIntent intent{.merchant = {}, .out_trade_no = std::move(no_number), .total_fee = Fen{0}};
  StoredOrder stored{seq, {.intent = std::move(intent)}};
  auto& order = stored.order;
  if (!reader.is_null(place_of("prepay_id"))) order.prepay.emplace();
  for_each_order_column([&](const auto& column) {
    auto* field = column.in(order);
    field != nullptr ? take(reader, *field) : reader.skip();
  });
  return stored;
}

HistoryEntry read_order_entry(std::span<const Value> row, std::string_view ledger) {
  RowReader reader{row, entry_columns, ledger, "history entry", 0};
  HistoryEntry entry;
  entry.number = reader.integer();
  reader.skip();  // the order's key
  entry.at = reader.time();
  entry.from = reader.optional_state(OrderState::refund);
  entry.to = reader.state(OrderState::refund);
  entry.source = reader.name(parse_evidence_source, "source");
  entry.actor = reader.text();
  entry.reason = reader.text();
  entry.digest = reader.text();
  entry.replaced = reader.text();
  if (entry.replaced == kept_mark) entry.replaced.clear();
  return entry;
}

}  // namespace wxpay::ledger
