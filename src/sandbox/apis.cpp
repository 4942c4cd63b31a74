#include "sandbox/apis.hpp"

#include <algorithm>
#include <array>

#include "sandbox/v2_api.hpp"
#include "sandbox/v2_notify_answer.hpp"
#include "sandbox/v3_api.hpp"
#include "wire/json.hpp"

namespace wxpay::sandbox {

namespace {

struct ApiRow {
  std::string_view name;
  std::unique_ptr<GatewayApi> (*make)(const GatewayAccount& account, const ApiDeps& deps);
  NotificationRules notifications;
};

std::unique_ptr<GatewayApi> make_v2(const GatewayAccount& account, const ApiDeps& deps) {
  return std::make_unique<V2Api>(account.merchant, account.v2_key.duplicate(), deps.store, deps.clock,
                                 deps.random, deps.log);
}

std::unique_ptr<GatewayApi> make_v3(const GatewayAccount& account, const ApiDeps& deps) {
  if (!account.v3) return nullptr;
  return std::make_unique<V3Api>(V3Merchant{account.merchant, account.v3->serial_no, account.v3->key,
                                            crypto::Aead{account.v3->apiv3_key, {"the APIv3 key"}}},
                                 deps.v3_keys, deps.store, deps.clock, deps.random, deps.log);
}

/// The status says it (API v3 reference, 12.6).
NotifyAnswer read_v3_notify_answer(int status, std::string_view body) {
  NotifyAnswer answer;
  answer.taken = status == 200 || status == 204;
  const auto parsed = wire::parse_json_object(body);
  if (const auto* object = std::get_if<wire::JsonObject>(&parsed)) {
    answer.code = wire::text_of(*object, "code").value_or("");
    answer.text = wire::text_of(*object, "message").value_or("");
  }
  return answer;
}

constexpr std::array rows{ApiRow{"v2", make_v2, {read_v2_notify_answer, false}},
                          ApiRow{"v3", make_v3, {read_v3_notify_answer, true}}};

}  // namespace

std::vector<NamedApi> make_apis(const GatewayAccount& account, const ApiDeps& deps) {
  std::vector<NamedApi> apis;
  for (const auto& row : rows) {
    if (auto api = row.make(account, deps)) apis.push_back({row.name, std::move(api)});
  }
  return apis;
}

const NotificationRules* find_notification_rules(std::string_view api) {
  const auto* const found =
      std::find_if(rows.begin(), rows.end(), [api](const ApiRow& row) { return row.name == api; });
  return found == rows.end() ? nullptr : &found->notifications;
}

}  // namespace wxpay::sandbox
