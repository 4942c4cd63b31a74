#pragma once

#include <memory>

#include "gateway/v3/platform_keys.hpp"
#include "gateway/v3/request_signer.hpp"
#include "wxpay/payment_api.hpp"
#include "wxpay/set_signer.hpp"

namespace wxpay::v3 {

/// Signs the lines of a request and pay parameters by RSA, and verifies messages as they came over HTTP. Sets
/// and messages of API v2 go to `older`.
/// @param older  null: the account has no key of API v2
std::unique_ptr<SetSigner> make_set_signer(std::shared_ptr<const RequestSigner> signer,
                                           std::shared_ptr<PlatformKeys> keys, MerchantIdentity merchant,
                                           std::shared_ptr<const PaymentApi> older);

}  // namespace wxpay::v3
