#include "ledger/notification_rows.hpp"

#include <chrono>
#include <string>

#include "ledger/damage.hpp"

namespace wxpay::ledger {

NotificationColumns to_columns(std::int64_t number, const KeptNotification& notification) {
  // A column without a value is in no hash: what tells of a payment and has no headers is as schema 2 kept
  // it.
  const bool is_payment = notification.kind == NotificationKind::payment;
  return {number,
          std::int64_t{notification.at.time_since_epoch().count()},
          EndedText{notification.mch_id.text()},
          EndedText{notification.out_trade_no},
          EndedText{notification.outcome},
          EndedText{notification.digest},
          is_payment ? Value{} : Value{to_string(notification.kind)},
          notification.headers.empty() ? Value{} : Value{EndedText{notification.headers}}};
}

KeptNotification read_notification(std::span<const Value> row, const std::string& ledger) {
  constexpr std::size_t kind_column = 6;
  constexpr std::size_t headers_column = 7;
  static_assert(notification_columns[kind_column] == "kind" &&
                notification_columns[headers_column] == "headers");
  const auto text = [row](std::size_t column) { return std::string{text_of(row[column])}; };
  const auto kind_name = text_in(row[kind_column]);
  const auto kind = kind_name ? parse_notification_kind(*kind_name) : NotificationKind::payment;
  if (!kind) {
    throw damaged(ledger,
                  "the kept notification " + std::to_string(number_in(row.front())) + " is of no kind");
  }
  return {.at = std::chrono::sys_seconds{std::chrono::seconds{number_in(row[1])}},
          .mch_id = MerchantId{text(2)},
          .out_trade_no = text(3),
          .outcome = text(4),
          .digest = text(5),
          .raw = text(notification_raw),
          .kind = *kind,
          .headers = text(headers_column)};
}

}  // namespace wxpay::ledger
