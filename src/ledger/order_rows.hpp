#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "ledger/value.hpp"
#include "wxpay/ledger.hpp"
#include "wxpay/order.hpp"

namespace wxpay::ledger {

/// The columns of `orders`, in the order in which they are read, written and hashed. The first
/// `fixed_order_columns` never change after the row is made.
inline constexpr std::array<std::string_view, 34> order_columns{"seq",
                                                                "mch_id",
                                                                "out_trade_no",
                                                                "created_at",
                                                                "app_id",
                                                                "sub_mch_id",
                                                                "sub_app_id",
                                                                "state",
                                                                "proven_state",
                                                                "total_fee",
                                                                "trade_type",
                                                                "body",
                                                                "notify_url",
                                                                "client_ip",
                                                                "openid",
                                                                "sub_openid",
                                                                "attach",
                                                                "detail",
                                                                "goods_tag",
                                                                "product_id",
                                                                "device_info",
                                                                "limit_pay",
                                                                "scene_info",
                                                                "profit_sharing",
                                                                "time_expire",
                                                                "expire_in",
                                                                "prepay_id",
                                                                "code_url",
                                                                "mweb_url",
                                                                "prepay_sign_type",
                                                                "prepay_expires_at",
                                                                "transaction_id",
                                                                "paid_at",
                                                                "updated_at"};
inline constexpr std::size_t fixed_order_columns = 4;

/// Where those of them stand that evidence may change; the others change with a new try only.
inline constexpr std::array<std::size_t, 10> settled_order_columns{7, 8, 26, 27, 28, 29, 30, 31, 32, 33};
static_assert(order_columns[settled_order_columns[0]] == "state" &&
              order_columns[settled_order_columns[1]] == "proven_state" &&
              order_columns[settled_order_columns[2]] == "prepay_id" &&
              order_columns[settled_order_columns[9]] == "updated_at");
using OrderRow = std::array<Value, order_columns.size()>;
/// Where two of them stand.
inline constexpr std::size_t proven_state_column = 8;
inline constexpr std::size_t paid_at_column = 32;
static_assert(order_columns[proven_state_column] == "proven_state" &&
              order_columns[paid_at_column] == "paid_at");

/// The columns of `history` that an entry's hash covers: all but the hash itself.
inline constexpr std::array<std::string_view, 12> entry_columns{
    "number", "order_seq", "at",     "from_state", "to_state",          "source",
    "actor",  "reason",    "digest", "details",    "order_hash_before", "order_hash"};
using EntryRow = std::array<Value, entry_columns.size()>;

/// The number of the next entry in a chain. Only a file that somebody else wrote to has the highest there is,
/// and then this is the lowest, which the tables refuse.
constexpr std::int64_t number_after(std::int64_t number) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(number) + 1);
}

/// An order with its key in the ledger.
struct StoredOrder {
  std::int64_t seq = 0;
  Order order;
};

/// The details of an entry whose notification was kept in the same transaction.
inline constexpr std::string_view kept_mark{R"({"kept":true})"};

/// A history entry and what the ledger keeps with it.
struct StoredEntry {
  HistoryEntry entry;
  std::int64_t order_seq = 0;
  std::string details;      ///< the parameters that were replaced (JSON), `kept_mark`, or empty
  std::string hash_before;  ///< of the order's row, raw; empty for its first entry
  std::string hash_after;
};

/// Views into the order, which must outlive them. An empty text is NULL.
/// @throws Error{ledger}  a time that read_order would refuse
OrderRow to_row(std::int64_t seq, const Order& order);

/// @param ledger  its name, for messages
/// @throws UnreadableOrder  the row holds what no order can hold
StoredOrder read_order(const OrderRow& row, std::string_view ledger);

/// Views into the entry, which must outlive them.
EntryRow to_row(const StoredEntry& stored);

/// How many columns read_entry takes: number, at, from_state, to_state, source, actor, reason, digest,
/// details.
inline constexpr std::size_t entry_fields = 9;

/// @param ledger  its name, for messages
/// @throws Error{ledger}  the row holds what no entry can hold
HistoryEntry read_entry(std::span<const Value, entry_fields> row, std::string_view ledger);

}  // namespace wxpay::ledger
