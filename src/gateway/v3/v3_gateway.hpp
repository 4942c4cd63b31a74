#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "gateway/v3/platform_keys.hpp"
#include "gateway/v3/request_signer.hpp"
#include "gateway/v3/trust_store.hpp"
#include "wxpay/gateway.hpp"
#include "wxpay/v3_gateway.hpp"

namespace wxpay::v3 {

/// What every gateway of one account shares.
struct GatewayParts {
  MerchantIdentity merchant;
  std::shared_ptr<const RequestSigner> signer;  ///< null, with keys: only the clock can be checked
  std::shared_ptr<PlatformKeys> keys;
  std::vector<std::string> base_urls;
  std::chrono::milliseconds timeout;
};

std::unique_ptr<PaymentGateway> make_gateway(GatewayParts parts, GatewayDeps deps);

/// Fetches by GET /v3/certificates.
std::unique_ptr<CertificateSource> make_certificate_source(std::shared_ptr<const RequestSigner> signer,
                                                           std::string public_key_id,
                                                           const std::vector<std::string>& base_urls,
                                                           std::chrono::milliseconds timeout, V3Deps deps);

}  // namespace wxpay::v3
