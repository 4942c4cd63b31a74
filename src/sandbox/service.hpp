#pragma once

#include <array>
#include <mutex>
#include <string>
#include <string_view>

#include "sandbox/fault.hpp"
#include "sandbox/gateway_api.hpp"
#include "sandbox/store.hpp"
#include "sandbox/v2_api.hpp"
#include "wire/json.hpp"
#include "wxpay/clock.hpp"
#include "wxpay/identifiers.hpp"
#include "wxpay/log.hpp"
#include "wxpay/secret.hpp"

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
  Service(MerchantIdentity merchant, Secret key, Clock& clock, Random& random, Log& log, Journal& journal)
      : random_{random}, log_{log}, store_{clock, random_, journal}, v2_{std::move(merchant),
                                                                         std::move(key),
                                                                         store_,
                                                                         clock,
                                                                         random_,
                                                                         log} {}

  Reply handle(const HttpCall& call);
  /// For restoring what a state file holds.
  Store& store() { return store_; }

 private:
  Reply dispatch(const HttpCall& call);
  Reply answer(GatewayApi& api, Operation operation, const HttpCall& call);
  Reply control(const HttpCall& call);
  Reply list_orders() const;
  Reply pay(const wire::JsonObject& request);
  Reply notify(const wire::JsonObject& request);
  Reply set_fault(const wire::JsonObject& request);

  SharedRandom random_;
  Log& log_;
  Store store_;
  FaultBook faults_;
  V2Api v2_;
  std::array<GatewayApi*, 1> apis_{&v2_};
};

}  // namespace wxpay::sandbox
