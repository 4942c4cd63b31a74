#pragma once

#include <memory>
#include <optional>

#include "crypto/aead.hpp"
#include "gateway/v3/platform_keys.hpp"
#include "wxpay/notifications.hpp"
#include "wxpay/order.hpp"

namespace wxpay::v3 {

/// How a reader of notifications is made.
struct ReaderSettings {
  MerchantIdentity merchant;
  std::optional<crypto::Aead> aead;  ///< by the APIv3 key; none: nothing can be opened
  /// Of API v2, whose notifications may still come; null: its key is not there.
  std::shared_ptr<const NotificationReader> older = nullptr;
};

/// Reads the notifications of API v3 (its reference, 12), and hands those of API v2 on.
std::unique_ptr<NotificationReader> make_notification_reader(ReaderSettings settings, PlatformKeys& keys);

}  // namespace wxpay::v3
