#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "wxpay/identifiers.hpp"
#include "wxpay/merchant_certificate.hpp"
#include "wxpay/payment_api.hpp"
#include "wxpay/secret.hpp"
#include "wxpay/signing.hpp"
#include "wxpay/transport.hpp"

namespace wxpay {

struct V2Account {
  MerchantIdentity merchant;
  SignType sign_type = SignType::md5;
  Secret key;
  /// The gateway and, where there is one, its fallback. Without a trailing slash.
  std::vector<std::string> base_urls;
  /// Of one request, all its tries together.
  std::chrono::milliseconds timeout{30'000};
  /// For refunds and reversals (API v2, 9_4, 9_11), which throw Error{key} without one.
  MerchantCertificateSource certificate = {};
};

std::unique_ptr<PaymentGateway> make_v2_gateway(V2Account account, GatewayDeps deps);

/// An IntentRule: NATIVE needs a product_id (API v2, 9_1).
std::optional<IntentFault> v2_intent_fault(const OrderIntent& intent);

/// All that speaks API v2.
std::unique_ptr<PaymentApi> make_v2_api(V2Account account);

}  // namespace wxpay
