#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/apis.hpp"
#include "sandbox/fault.hpp"
#include "sandbox/gateway_api.hpp"
#include "sandbox/store.hpp"
#include "sandbox/v3_keys.hpp"
#include "wire/json.hpp"
#include "wxpay/clock.hpp"
#include "wxpay/log.hpp"

namespace wxpay::sandbox {

/// Lets many threads draw from one source.
class SharedRandom final : public Random {
 public:
  explicit SharedRandom(Random& random) : random_{random} {}
  void fill(std::span<std::byte> bytes) override {
    const std::lock_guard lock{mutex_};
    random_.fill(bytes);
  }

 private:
  std::mutex mutex_;
  Random& random_;
};

/// The gateway without its HTTP: its APIs, each at its paths, and its control as JSON under /sandbox/. Any
/// thread may call handle.
class Service {
 public:
  Service(const GatewayAccount& account, Clock& clock, Random& random, Log& log, Journal& journal,
          StoreRules rules = {})
      : merchant_{account.merchant},
        merchant_serial_no_{account.v3 ? account.v3->serial_no : std::string{}},
        random_{random},
        log_{log},
        store_{clock, random_, journal, rules},
        v3_keys_{account.v3 ? std::make_shared<V3Keys>(account.v3->trust, clock, random_) : nullptr},
        apis_{make_apis(account, ApiDeps{store_, clock, random_, log, v3_keys_})} {}

  Reply handle(const HttpCall& call);
  /// For restoring what a state file holds.
  Store& store() { return store_; }

 private:
  Reply dispatch(const HttpCall& call);
  Reply answer(GatewayApi& api, Operation operation, const HttpCall& call);
  Reply control(const HttpCall& call);
  Reply list_orders() const;
  Reply list_refunds() const;
  Reply pay(const wire::JsonObject& request);
  Reply settle_refund(const wire::JsonObject& request);
  Reply notify(const wire::JsonObject& request);
  Reply notify_of_refund(const wire::JsonObject& request);
  /// Null where none that is served signs so.
  const NamedApi* find_api(PayScheme scheme) const;
  /// @param out_refund_no  that it is about; empty: about the order's payment
  static Reply notification_reply(const NamedApi& maker, const Notification& notification,
                                  const GatewayOrder& order, const std::string& url,
                                  const std::string& out_refund_no);
  Reply set_fault(const wire::JsonObject& request);
  Reply show_keys() const;
  Reply rotate(const wire::JsonObject& request);

  MerchantIdentity merchant_;
  std::string merchant_serial_no_;  ///< of its certificate; empty where API v3 is not served
  SharedRandom random_;
  Log& log_;
  Store store_;
  FaultBook faults_;
  std::shared_ptr<V3Keys> v3_keys_;  ///< null where API v3 is not served
  std::vector<NamedApi> apis_;
};

}  // namespace wxpay::sandbox
