#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "ledger/order_rows.hpp"
#include "ledger/refund_rows.hpp"
#include "support/memory_rows.hpp"
#include "wxpay/refund_ledger.hpp"

/// What the store in memory selects of its table of refunds.
namespace wxpay::test {

inline RefundState refund_state_of(const KeptRow& refund) {
  return static_cast<RefundState>(number_at(refund, ledger::refund_place_of("state")));
}

inline std::chrono::sys_seconds refund_instant_at(const KeptRow& refund, std::size_t place) {
  return std::chrono::sys_seconds{std::chrono::seconds{number_at(refund, place)}};
}

/// Those of a merchant with this text in a column.
inline Table refunds_with(const Table& refunds, const MerchantId& mch_id, std::size_t column,
                          const std::string& text) {
  return rows_where(refunds, [&](const KeptRow& row) {
    return text_at(row, ledger::refund_place_of("mch_id")) == mch_id.text() && text_at(row, column) == text;
  });
}

inline Table listed_refunds(const Table& refunds, const MerchantId& mch_id, const RefundFilter& filter) {
  auto rows = refunds_with(refunds, mch_id, ledger::refund_place_of("mch_id"), mch_id.text());
  if (filter.out_trade_no)
    rows = refunds_with(rows, mch_id, ledger::refund_place_of("out_trade_no"), filter.out_trade_no->text());
  rows = rows_where(rows, [&](const KeptRow& row) {
    const auto created_at = refund_instant_at(row, ledger::refund_place_of("created_at"));
    const Fen fee{number_at(row, ledger::refund_place_of("refund_fee"))};
    return (!filter.state || refund_state_of(row) == *filter.state) &&
           (!filter.since || created_at >= *filter.since) && (!filter.until || created_at < *filter.until) &&
           (!filter.min_fee || fee >= *filter.min_fee) && (!filter.max_fee || fee <= *filter.max_fee);
  });
  if (!filter.oldest_first) std::reverse(rows.begin(), rows.end());
  if (filter.limit) limit(rows, static_cast<std::size_t>(std::max(*filter.limit, std::int64_t{0})));
  return rows;
}

inline Table open_refunds(const Table& refunds, const MerchantId& mch_id, const OpenRefunds& which) {
  return rows_where(refunds_with(refunds, mch_id, ledger::refund_place_of("mch_id"), mch_id.text()),
                    [&](const KeptRow& row) {
                      return is_open(refund_state_of(row)) &&
                             refund_instant_at(row, ledger::refund_place_of("sent_at")) < which.until;
                    });
}

/// The numbers of orders whose refunds are more than was paid.
inline Table over_refunded_orders(const Table& orders, const Table& refunds) {
  Table found;
  for (const auto& order : orders) {
    const MerchantId mch_id{text_at(order, ledger::place_of("mch_id"))};
    const auto number = text_at(order, ledger::place_of("out_trade_no"));
    std::int64_t held = 0;
    for (const auto& row : refunds_with(refunds, mch_id, ledger::refund_place_of("out_trade_no"), number)) {
      if (holds_amount(refund_state_of(row))) held += number_at(row, ledger::refund_place_of("refund_fee"));
    }
    if (held > number_at(order, ledger::place_of("total_fee")))
      found.push_back({order.at(ledger::place_of("out_trade_no"))});
  }
  return found;
}

}  // namespace wxpay::test
