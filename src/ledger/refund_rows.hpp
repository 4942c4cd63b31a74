#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "ledger/value.hpp"
#include "wxpay/order_listing.hpp"
#include "wxpay/refund.hpp"

namespace wxpay::ledger {

/// The key and the columns of `refunds`, in the order in which they are read, written and hashed. A column
/// that is added comes last.
inline constexpr std::array<std::string_view, 15> refund_columns{
    "seq",           "mch_id",    "out_refund_no", "out_trade_no", "state",
    "refund_fee",    "total_fee", "refund_id",     "reason",       "notify_url",
    "funds_account", "sent_at",   "success_at",    "created_at",   "updated_at"};
using RefundRow = std::array<Value, refund_columns.size()>;

/// Where the column of this name stands in a row.
consteval std::size_t refund_place_of(std::string_view name) {
  std::size_t place = 0;
  while (refund_columns.at(place) != name) ++place;
  return place;
}

/// Where those stand that may change: what was asked for stays as it was begun.
inline constexpr std::array changing_refund_columns{refund_place_of("state"), refund_place_of("refund_id"),
                                                    refund_place_of("sent_at"), refund_place_of("success_at"),
                                                    refund_place_of("updated_at")};

/// A refund with its key in the ledger.
struct StoredRefund {
  std::int64_t seq = 0;
  Refund refund;
};

/// Views into the refund, which must outlive them. An empty text is NULL.
/// @throws Error{ledger}  a time that read_refund would refuse
RefundRow to_row(std::int64_t seq, const Refund& refund);

/// @param row     begins with the refund_columns
/// @param ledger  its name, for messages
/// @throws UnreadableOrder  the row holds what no refund can hold
StoredRefund read_refund(std::span<const Value> row, std::string_view ledger);

/// An entry about a refund of this number.
/// @param row     begins with the entry_columns
/// @param ledger  its name, for messages
/// @throws UnreadableOrder  the row holds what no such entry can hold
HistoryEntry read_refund_entry(std::span<const Value> row, const OutRefundNo& number,
                               std::string_view ledger);

}  // namespace wxpay::ledger
