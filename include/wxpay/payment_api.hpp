#pragma once

#include <memory>

#include "wxpay/gateway.hpp"
#include "wxpay/notifications.hpp"
#include "wxpay/pay_signer.hpp"
#include "wxpay/set_signer.hpp"

namespace wxpay {

/// One merchant's account at one of WeChat Pay's APIs, and all that speaks that API.
class PaymentApi {
 public:
  virtual ~PaymentApi() = default;

  virtual std::unique_ptr<PaymentGateway> make_gateway(const GatewayDeps& deps) const = 0;
  virtual const NotificationReader& notifications() const = 0;
  virtual const PaySigner& pay_signer() const = 0;
  virtual const SetSigner& set_signer() const = 0;
  /// The same account at an API of before, whose key it has beside; null: there is none.
  virtual const PaymentApi* older_api() const { return nullptr; }
};

}  // namespace wxpay
