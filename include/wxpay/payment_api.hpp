#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "wxpay/gateway.hpp"
#include "wxpay/notifications.hpp"
#include "wxpay/pay_signer.hpp"
#include "wxpay/set_signer.hpp"

namespace wxpay {

/// Why an API could not take an order.
struct IntentFault {
  std::string what;
  std::string hint = {};
};
/// What an API asks of an order beyond what all of them do; nothing: it takes it.
using IntentRule = std::optional<IntentFault> (*)(const OrderIntent&);

/// What a look at a key or certificate found, in words that say what is so, or what to do.
struct KeyFinding {
  enum class Weight : std::uint8_t {
    fine,
    notice,   ///< somebody should look at it
    problem,  ///< requests are refused, or answers not believed
  };
  std::string about;  ///< "trust", "platform-certificate", "apiv3-key", "certificate"
  Weight weight = Weight::fine;
  std::string words;
};

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
  /// That the certificate is there which refunds, payments by code and reversals need, before any of it is
  /// begun.
  /// @throws Error{key}  it is needed, and is missing or no good
  virtual void require_client_certificate() const {}
  /// What there is to say of keys and certificates, for people. It may ask WeChat Pay.
  virtual std::vector<KeyFinding> examine_keys() const = 0;
};

}  // namespace wxpay
