#pragma once

#include <memory>
#include <string_view>

#include "wxpay/notifications.hpp"
#include "wxpay/v2_gateway.hpp"

namespace wxpay::v2 {

/// Reads the body of one request of WeChat Pay's to a notify_url, in the order in which it may be believed:
/// size, XML without a DOCTYPE, return_code, signature, identity, result_code, fields (API v2, 9_7). A
/// refund's notification (9_16) carries no sign: that it can be opened is all that proves it, and so the
/// ledger and a query have the last word. Bytes are worthless, and have no digest, when they are malformed,
/// not signed, and name no order.
Notification read_notification(std::string_view document, const V2Account& account);

/// Whether it is a message, of whatever kind, that bears the account's signature, be its fields ambiguous or
/// not: what is signed is one document.
bool is_signed(std::string_view document, const V2Account& account);

/// Reads notifications as they are saved without their headers: all that is verified stands in the body.
std::unique_ptr<NotificationReader> make_notification_reader(V2Account account);

}  // namespace wxpay::v2
