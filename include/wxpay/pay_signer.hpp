#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "wxpay/clock.hpp"
#include "wxpay/fields.hpp"
#include "wxpay/order.hpp"
#include "wxpay/pay_scheme.hpp"

namespace wxpay {

/// Signs the pay parameters of many prepay_ids that differ in nothing else: what is the same for all of them
/// is prepared once. For one thread.
class PaySeries {
 public:
  virtual ~PaySeries() = default;
  /// The signature alone.
  virtual std::string sign(std::string_view prepay_id, std::string_view timestamp,
                           std::string_view nonce) = 0;
};

/// Signs the parameters with which the payer's side is called. Any number of threads may use it at once.
class PaySigner {
 public:
  virtual ~PaySigner() = default;

  /// By which scheme the prepay_ids that the account makes now are signed.
  virtual PayScheme scheme() const = 0;

  /// The set of JSAPI or of APP, its signature last; empty for the trade types that are paid at a link. In
  /// service-provider mode the sub-merchant's app and number take the place of the provider's.
  /// @param scheme  of the prepay_id
  /// @throws Error{key}  the account has no key for this scheme
  virtual Fields parameters(TradeType trade_type, const MerchantIdentity& merchant, const PrepayId& prepay_id,
                            PayScheme scheme, const std::string& timestamp,
                            const std::string& nonce) const = 0;

  /// Gives the signatures that `parameters` would give.
  virtual std::unique_ptr<PaySeries> series(TradeType trade_type, const MerchantIdentity& merchant,
                                            PayScheme scheme) const = 0;

  /// Whether a secret of the account stands in a text that would be printed.
  virtual bool holds_secret(std::string_view text) const = 0;
};

/// Whether it is the name of the signature in a set of pay parameters: paySign of JSAPI, sign of APP.
bool is_pay_signature(std::string_view name);

/// Whether it can be one: 1 to 64 visible characters.
bool is_prepay_id(std::string_view text);

/// Seconds since 1970, as the parameters carry them.
std::string pay_timestamp(const Clock& clock);

}  // namespace wxpay
