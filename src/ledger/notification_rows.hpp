#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "ledger/value.hpp"
#include "wxpay/notification_ledger.hpp"

namespace wxpay::ledger {

/// The columns of `notifications` that a row's hash covers. The raw bytes are covered by their digest.
inline constexpr std::array<std::string_view, 8> notification_columns{
    "number", "at", "mch_id", "out_trade_no", "outcome", "digest", "kind", "headers"};
using NotificationColumns = std::array<Value, notification_columns.size()>;

/// A notification as it is kept: these columns, the row's hash, and the raw bytes.
using NotificationRow = std::array<Value, notification_columns.size() + 2>;
inline constexpr std::size_t notification_hash = notification_columns.size();
inline constexpr std::size_t notification_raw = notification_hash + 1;

/// Views into the notification, which must outlive them.
NotificationColumns to_columns(std::int64_t number, const KeptNotification& notification);

/// @param ledger  its name, for messages
/// @throws Error{ledger}  the row holds what no notification can hold
KeptNotification read_notification(std::span<const Value> row, const std::string& ledger);

}  // namespace wxpay::ledger
