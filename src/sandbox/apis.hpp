#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "sandbox/account.hpp"
#include "sandbox/gateway_api.hpp"
#include "sandbox/store.hpp"
#include "wxpay/clock.hpp"
#include "wxpay/log.hpp"

namespace wxpay::sandbox {

struct ApiDeps {
  Store& store;
  Clock& clock;
  Random& random;  ///< bears calls from many threads
  Log& log;
  std::shared_ptr<V3Keys> v3_keys;  ///< null where API v3 is not served
};

/// An API under its name, "v2" and so on.
struct NamedApi {
  std::string_view name;
  std::unique_ptr<GatewayApi> api;
};

/// All APIs that the gateway speaks, each at its paths.
std::vector<NamedApi> make_apis(const GatewayAccount& account, const ApiDeps& deps);

/// How an API's notifications are delivered and kept.
struct NotificationRules {
  /// Reads what a back end answered.
  NotifyAnswer (*read_answer)(int status, std::string_view body);
  bool is_signed_in_headers;  ///< so that a body without its headers proves nothing
};
/// Null where no API has the name.
const NotificationRules* find_notification_rules(std::string_view api);

}  // namespace wxpay::sandbox
